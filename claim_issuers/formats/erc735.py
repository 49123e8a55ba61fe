"""The ERC-735 claim of ONCHAINID 2.x, as the contracts deployed today check it.

The signature covers the identity **contract**, the topic and ``data`` only: no chain, no expiry, no scheme, no uri. Our data
therefore carries them in 31 bytes, opened off chain; on chain it says nothing.

>>> from claim_issuers.identifiers.accounts import Address
>>> from claim_issuers.keys.signers import Secp256k1Signer
>>> identity_contract, signer = Address(b"\\x22" * 20), Secp256k1Signer(b"\\x11" * 32)
>>> data = Erc735Data(valid_from=1700000000, valid_until=1731536000, status_index=7, binding17=bytes(17)).pack()
>>> signature = sign(identity_contract, 5, data, signer)
>>> recover(identity_contract, 5, data, signature) == signer.address
True
"""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from claim_issuers.formats.words import (
    ValueOutOfRange,
    address_word,
    bytes_tail,
    checked_address,
    checked_uint,
    exact_bytes,
    uint_word,
)
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.hashing import keccak256
from claim_issuers.keys.secp256k1 import eip191_digest, recover_address
from claim_issuers.keys.signers import DigestSigner

# ERC-734 purposes and ERC-735 scheme
PURPOSE_MANAGEMENT = 1
PURPOSE_ACTION = 2
PURPOSE_CLAIM = 3
SCHEME_ECDSA = 1
DATA_LENGTH = 31
# The six words that a binding hashes; the salt is padded behind, as abi.encode pads bytes16
_OPENING = Struct(">32s 12x20s 12x20s 32s 32s 16s16x")
# where the tail begins: behind the three words of the head
_DATA_OFFSET = uint_word(96)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erc735Data:
    """The 31 bytes that Solidity keeps in one storage slot: uint40, uint40, uint32, bytes17; times in Unix seconds.

    Raises ValueOutOfRange for what does not fit, and for a validity that does not end after it begins.
    """

    valid_from: int
    valid_until: int
    status_index: int
    binding17: bytes

    def __post_init__(self) -> None:
        checked_uint(self.valid_from, bits=40)
        checked_uint(self.valid_until, bits=40)
        checked_uint(self.status_index, bits=32)
        exact_bytes(self.binding17, length=17)
        if self.valid_until <= self.valid_from:
            raise ValueOutOfRange("the claim ends before it begins", pointer="/valid_until")

    def pack(self) -> bytes:
        """The 31 bytes of the claim's ``data``."""
        numbers = self.valid_from << 72 | self.valid_until << 32 | self.status_index
        return numbers.to_bytes(14, "big") + self.binding17

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """The parts of a claim's ``data``. Raises ValueOutOfRange unless it is what ``pack`` would give."""
        exact_bytes(data, length=DATA_LENGTH)
        return cls(
            valid_from=int.from_bytes(data[:5], "big"),
            valid_until=int.from_bytes(data[5:10], "big"),
            status_index=int.from_bytes(data[10:14], "big"),
            binding17=data[14:],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingOpening:
    """What opens a claim's binding: its chain, the claim issuer's contract, the off-chain claim's digest and the 16 salt bytes.

    Raises ValueOutOfRange.
    """

    chain_id: int
    issuer_contract: Address
    claim_digest: bytes
    salt16: bytes

    def __post_init__(self) -> None:
        checked_uint(self.chain_id, bits=256)
        checked_address(self.issuer_contract)
        exact_bytes(self.claim_digest, length=32)
        exact_bytes(self.salt16, length=16)

    def binding(self, identity_contract: Address, topic: int) -> bytes:
        """The 17 bytes that a claim on this identity contract and topic must hold. Raises ValueOutOfRange."""
        return binding(
            chain_id=self.chain_id,
            issuer_contract=self.issuer_contract,
            identity_contract=identity_contract,
            topic=topic,
            claim_digest=self.claim_digest,
            salt16=self.salt16,
        )


def binding(
    *, chain_id: int, issuer_contract: Address, identity_contract: Address, topic: int, claim_digest: bytes, salt16: bytes
) -> bytes:
    """17 bytes that tie a claim to its chain, its contracts and the off-chain claim, and tell nothing without the salt.

    They begin keccak256(abi.encode(uint256 chainId, address, address, uint256 topic, bytes32 digest, bytes16 salt)). The salt
    must be fresh: RFC 6979 gives equal data an equal signature, which may already be revoked. Raises ValueOutOfRange.
    """
    opening = _OPENING.pack(
        uint_word(chain_id),
        checked_address(issuer_contract).value,
        checked_address(identity_contract).value,
        uint_word(topic),
        exact_bytes(claim_digest, length=32),
        exact_bytes(salt16, length=16),
    )
    return keccak256(opening)[:17]


def inner_hash(identity_contract: Address, topic: int, data: bytes) -> bytes:
    """keccak256(abi.encode(address, uint256, bytes)): what the contract hashes before EIP-191. Raises ValueOutOfRange."""
    return keccak256(address_word(identity_contract) + uint_word(topic) + _DATA_OFFSET + bytes_tail(data))


def digest(identity_contract: Address, topic: int, data: bytes) -> bytes:
    """The 32 bytes to sign: EIP-191 over the inner hash. Raises ValueOutOfRange."""
    return eip191_digest(inner_hash(identity_contract, topic, data))


def sign(identity_contract: Address, topic: int, data: bytes, signer: DigestSigner) -> bytes:
    """The claim's signature: r‖s‖v, 65 bytes, v 27/28, low s.

    Leaves to the caller that a trusted factory made the identity contract, and that ``data`` was never signed before.
    """
    return signer.sign_digest(digest(identity_contract, topic, data))


def recover(identity_contract: Address, topic: int, data: bytes, signature: bytes) -> Address:
    """Who signed the claim. Raises NonCanonicalSignature, BadSignature, ValueOutOfRange."""
    return recover_address(digest(identity_contract, topic, data), signature)


@dataclass(frozen=True, slots=True)
class Erc735Form:
    """This form as a value, for what treats all on-chain forms alike (``formats.onchain.OnChainForm``)."""

    name: ClassVar[str] = "erc735"

    def digest(self, identity_contract: Address, topic: int, data: bytes) -> bytes:
        """As the function ``digest``."""
        return digest(identity_contract, topic, data)

    def sign(self, identity_contract: Address, topic: int, data: bytes, signer: DigestSigner) -> bytes:
        """As the function ``sign``."""
        return sign(identity_contract, topic, data, signer)

    def recover(self, identity_contract: Address, topic: int, data: bytes, signature: bytes) -> Address:
        """As the function ``recover``."""
        return recover(identity_contract, topic, data, signature)

    def is_for(self, chain_id: int, issuer_contract: Address) -> bool:  # noqa: ARG002 - the digest names neither
        """Always: the digest names neither chain nor contract (DESIGN §4, fault 4), so each chain needs a key of its own."""
        return True

    def read(self, data: bytes) -> Erc735Data:
        """As ``Erc735Data.unpack``."""
        return Erc735Data.unpack(data)


def claim_id(issuer_contract: Address, topic: int) -> bytes:
    """The claim's id in an identity contract: one for each claim issuer and topic, so adding again overwrites."""
    return keccak256(address_word(issuer_contract) + uint_word(topic))


def key_hash(address: Address) -> bytes:
    """The ERC-734 key of an address: keccak256 of its padded word."""
    return keccak256(address_word(address))
