"""The eligibility attestation: a policy's answer for one account and token, signed as EIP-712 for a contract to check.

>>> from claim_issuers.identifiers.accounts import Address
>>> from claim_issuers.keys.signers import Secp256k1Signer
>>> answer = Eligibility(account=Address(b"\\x66" * 20), token=Address(b"\\x55" * 20), categories=3,
...                      issued_at=1700000000, valid_until=1700003600, epoch=1)
>>> registry, signer = Address(b"\\x33" * 20), Secp256k1Signer(b"\\x11" * 32)
>>> signature = sign(answer, chain_id=1, verifying_contract=registry, signer=signer)
>>> recover(answer, signature, chain_id=1, verifying_contract=registry) == signer.address
True
"""

from dataclasses import dataclass

from claim_issuers.formats.eip712 import domain_separator, typed_digest
from claim_issuers.formats.words import ValueOutOfRange, address_word, checked_uint, uint_word
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.hashing import keccak256
from claim_issuers.keys.secp256k1 import recover_address
from claim_issuers.keys.signers import DigestSigner

DOMAIN_NAME = "EligibilityRegistry"
DOMAIN_VERSION = "1"
TYPE_HASH = keccak256(
    b"Eligibility(address account,address token,uint128 categories,uint64 issuedAt,uint64 validUntil,uint64 epoch)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """What a compliance contract may know: category bits and until when, in Unix seconds; no name, no reason.

    ``issued_at`` must rise strictly for each (account, token); ``categories`` 0 means not eligible in any category. Raises
    ValueOutOfRange for a number that its Solidity type cannot hold, and for a validity that ends before it begins.
    """

    account: Address
    token: Address
    categories: int
    issued_at: int
    valid_until: int
    epoch: int

    def __post_init__(self) -> None:
        checked_uint(self.categories, bits=128)
        for seconds in (self.issued_at, self.valid_until, self.epoch):
            checked_uint(seconds, bits=64)
        if self.valid_until < self.issued_at:
            raise ValueOutOfRange("the attestation ends before it begins", pointer="/valid_until")

    def struct_hash(self) -> bytes:
        """The EIP-712 ``hashStruct`` of this answer."""
        return keccak256(
            TYPE_HASH
            + address_word(self.account)
            + address_word(self.token)
            + uint_word(self.categories)
            + uint_word(self.issued_at)
            + uint_word(self.valid_until)
            + uint_word(self.epoch)
        )


def digest(eligibility: Eligibility, *, chain_id: int, verifying_contract: Address) -> bytes:
    """The 32 bytes to sign; ``verifying_contract`` is the registry, or the token where none is deployed."""
    separator = domain_separator(DOMAIN_NAME, DOMAIN_VERSION, chain_id, verifying_contract)
    return typed_digest(separator, eligibility.struct_hash())


def sign(eligibility: Eligibility, *, chain_id: int, verifying_contract: Address, signer: DigestSigner) -> bytes:
    """r‖s‖v (65 bytes, v 27/28, low s) over the digest."""
    return signer.sign_digest(digest(eligibility, chain_id=chain_id, verifying_contract=verifying_contract))


def recover(eligibility: Eligibility, signature: bytes, *, chain_id: int, verifying_contract: Address) -> Address:
    """Who signed. Raises NonCanonicalSignature, BadSignature; says nothing about whether that signer is trusted."""
    return recover_address(digest(eligibility, chain_id=chain_id, verifying_contract=verifying_contract), signature)
