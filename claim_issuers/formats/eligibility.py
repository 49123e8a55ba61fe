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
from struct import Struct

from claim_issuers.formats.eip712 import StructType, domain_separator, typed_digest
from claim_issuers.formats.words import ValueOutOfRange, checked_address, checked_bytes, checked_uint
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.hashing import keccak256
from claim_issuers.keys.secp256k1 import recover_address
from claim_issuers.keys.signers import DigestSigner

DOMAIN_NAME = "EligibilityRegistry"
DOMAIN_VERSION = "1"
TYPE = StructType(
    "Eligibility",
    (
        ("account", "address"),
        ("token", "address"),
        ("categories", "uint128"),
        ("issuedAt", "uint64"),
        ("validUntil", "uint64"),
        ("epoch", "uint64"),
    ),
)
# The type hash and the six words of TYPE in one go, in a third of hash_struct's time: every question asked is a signature
_WORDS = Struct(">32s 12x20s 12x20s 16x16s 24xQ 24xQ 24xQ")


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
        checked_address(self.account)
        checked_address(self.token)
        checked_uint(self.categories, bits=128)
        for number in (self.issued_at, self.valid_until, self.epoch):
            checked_uint(number, bits=64)
        if self.valid_until < self.issued_at:
            raise ValueOutOfRange("the attestation ends before it begins", pointer="/valid_until")

    def struct_hash(self) -> bytes:
        """The EIP-712 ``hashStruct`` of this answer."""
        return keccak256(
            _WORDS.pack(
                TYPE.type_hash,
                self.account.value,
                self.token.value,
                self.categories.to_bytes(16, "big"),
                self.issued_at,
                self.valid_until,
                self.epoch,
            )
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """A signed eligibility as it travels: the answer, the domain it says it is meant for, and a signature of any length.

    Nothing in it is believed yet: ``verify_attestation`` does that. Raises ValueOutOfRange.
    """

    eligibility: Eligibility
    chain_id: int
    verifying_contract: Address
    signature: bytes

    def __post_init__(self) -> None:
        checked_uint(self.chain_id, bits=256)
        checked_address(self.verifying_contract)
        checked_bytes(self.signature)

    def recover(self) -> Address:
        """Who signed, in the domain it names. Raises NonCanonicalSignature, BadSignature."""
        return recover(self.eligibility, self.signature, chain_id=self.chain_id, verifying_contract=self.verifying_contract)
