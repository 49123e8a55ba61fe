"""The same claim for our own ``StatusListClaimIssuer`` contract: EIP-712, signature in the 64 bytes of EIP-2098.

>>> from claim_issuers.identifiers.accounts import Address
>>> from claim_issuers.keys.signers import Secp256k1Signer
>>> contract, identity_contract = Address(b"\\x33" * 20), Address(b"\\x22" * 20)
>>> signer = Secp256k1Signer(b"\\x11" * 32)
>>> signature = sign(identity_contract, 5, bytes(31), chain_id=1, issuer_contract=contract, signer=signer)
>>> len(signature)
64
>>> recover(identity_contract, 5, bytes(31), signature, chain_id=1, issuer_contract=contract) == signer.address
True
"""

from dataclasses import dataclass
from typing import ClassVar

from claim_issuers.formats.eip712 import StructType, domain_separator, typed_digest
from claim_issuers.formats.erc735 import Erc735Data
from claim_issuers.formats.words import address_word, checked_address, checked_bytes, checked_uint, uint_word
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.hashing import keccak256
from claim_issuers.keys.secp256k1 import compact_signature, expand_compact, recover_address
from claim_issuers.keys.signers import DigestSigner

DOMAIN_NAME = "StatusListClaimIssuer"
DOMAIN_VERSION = "1"
TYPE = StructType("Claim", (("identity", "address"), ("topic", "uint256"), ("data", "bytes")))


def digest(identity_contract: Address, topic: int, data: bytes, *, chain_id: int, issuer_contract: Address) -> bytes:
    """The 32 bytes to sign for the claim in this contract's domain. Raises ValueOutOfRange."""
    # TYPE.hash_struct gives the same and takes twice as long
    words = address_word(identity_contract) + uint_word(topic) + keccak256(checked_bytes(data))
    separator = domain_separator(DOMAIN_NAME, DOMAIN_VERSION, chain_id, issuer_contract)
    return typed_digest(separator, keccak256(TYPE.type_hash + words))


def sign(
    identity_contract: Address, topic: int, data: bytes, *, chain_id: int, issuer_contract: Address, signer: DigestSigner
) -> bytes:
    """The 64-byte EIP-2098 signature over the digest. Raises ValueOutOfRange."""
    message = digest(identity_contract, topic, data, chain_id=chain_id, issuer_contract=issuer_contract)
    return compact_signature(signer.sign_digest(message))


def recover(
    identity_contract: Address, topic: int, data: bytes, signature: bytes, *, chain_id: int, issuer_contract: Address
) -> Address:
    """Who signed the claim. Raises NonCanonicalSignature, also for 65 bytes; BadSignature, ValueOutOfRange."""
    message = digest(identity_contract, topic, data, chain_id=chain_id, issuer_contract=issuer_contract)
    return recover_address(message, expand_compact(signature))


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusListClaimForm:
    """This form for one contract on one chain, for what treats all on-chain forms alike (``formats.onchain.OnChainForm``).

    ``data`` is laid out as for the stock contract. Raises ValueOutOfRange.
    """

    chain_id: int
    issuer_contract: Address
    name: ClassVar[str] = "status_list_claim"

    def __post_init__(self) -> None:
        checked_uint(self.chain_id, bits=256)
        checked_address(self.issuer_contract)

    def digest(self, identity_contract: Address, topic: int, data: bytes) -> bytes:
        """As the function ``digest``."""
        return digest(identity_contract, topic, data, chain_id=self.chain_id, issuer_contract=self.issuer_contract)

    def sign(self, identity_contract: Address, topic: int, data: bytes, signer: DigestSigner) -> bytes:
        """As the function ``sign``."""
        return compact_signature(signer.sign_digest(self.digest(identity_contract, topic, data)))

    def recover(self, identity_contract: Address, topic: int, data: bytes, signature: bytes) -> Address:
        """As the function ``recover``."""
        return recover_address(self.digest(identity_contract, topic, data), expand_compact(signature))

    def is_for(self, chain_id: int, issuer_contract: Address) -> bool:
        """Whether it is the contract of this form's domain."""
        return (self.chain_id, self.issuer_contract) == (chain_id, issuer_contract)

    def read(self, data: bytes) -> Erc735Data:
        """As ``Erc735Data.unpack``."""
        return Erc735Data.unpack(data)
