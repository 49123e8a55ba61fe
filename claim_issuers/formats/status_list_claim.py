"""The same claim for our own ``StatusListClaimIssuer`` contract: EIP-712, signature in the 64 bytes of EIP-2098.

>>> from claim_issuers.identifiers.accounts import Address
>>> from claim_issuers.keys.signers import Secp256k1Signer
>>> contract, identity_contract = Address(b"\\x33" * 20), Address(b"\\x22" * 20)
>>> signer = Secp256k1Signer(b"\\x11" * 32)
>>> len(sign(identity_contract, 5, bytes(31), chain_id=1, issuer_contract=contract, signer=signer))
64
"""

from claim_issuers.formats.eip712 import domain_separator, typed_digest
from claim_issuers.formats.words import address_word, uint_word
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.hashing import keccak256
from claim_issuers.keys.secp256k1 import compact_signature
from claim_issuers.keys.signers import DigestSigner

DOMAIN_NAME = "StatusListClaimIssuer"
DOMAIN_VERSION = "1"
TYPE_HASH = keccak256(b"Claim(address identity,uint256 topic,bytes data)")


def digest(identity_contract: Address, topic: int, data: bytes, *, chain_id: int, issuer_contract: Address) -> bytes:
    """The 32 bytes to sign for the claim in this contract's domain. Raises ValueOutOfRange."""
    struct_hash = keccak256(TYPE_HASH + address_word(identity_contract) + uint_word(topic) + keccak256(data))
    return typed_digest(domain_separator(DOMAIN_NAME, DOMAIN_VERSION, chain_id, issuer_contract), struct_hash)


def sign(
    identity_contract: Address, topic: int, data: bytes, *, chain_id: int, issuer_contract: Address, signer: DigestSigner
) -> bytes:
    """The 64-byte EIP-2098 signature over the digest."""
    message = digest(identity_contract, topic, data, chain_id=chain_id, issuer_contract=issuer_contract)
    return compact_signature(signer.sign_digest(message))
