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
from typing import Self

from claim_issuers.formats.words import (
    ValueOutOfRange,
    address_word,
    bytes_tail,
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
        return (
            self.valid_from.to_bytes(5, "big")
            + self.valid_until.to_bytes(5, "big")
            + self.status_index.to_bytes(4, "big")
            + self.binding17
        )

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


def binding(
    *, chain_id: int, issuer_contract: Address, identity_contract: Address, topic: int, claim_digest: bytes, salt16: bytes
) -> bytes:
    """17 bytes that tie a claim to its chain, its contracts and the off-chain claim, and tell nothing without the salt.

    They begin keccak256(abi.encode(uint256 chainId, address, address, uint256 topic, bytes32 digest, bytes16 salt)). The salt
    must be fresh: RFC 6979 gives equal data an equal signature, which may already be revoked. Raises ValueOutOfRange.
    """
    return keccak256(
        uint_word(chain_id)
        + address_word(issuer_contract)
        + address_word(identity_contract)
        + uint_word(topic)
        + exact_bytes(claim_digest, length=32)
        + exact_bytes(salt16, length=16)
        + bytes(16)
    )[:17]


def inner_hash(identity_contract: Address, topic: int, data: bytes) -> bytes:
    """keccak256(abi.encode(address, uint256, bytes)): what the contract hashes before EIP-191. Raises ValueOutOfRange."""
    head = address_word(identity_contract) + uint_word(topic) + uint_word(96)
    return keccak256(head + bytes_tail(data))


def digest(identity_contract: Address, topic: int, data: bytes) -> bytes:
    """The 32 bytes to sign: EIP-191 over the inner hash."""
    return eip191_digest(inner_hash(identity_contract, topic, data))


def sign(identity_contract: Address, topic: int, data: bytes, signer: DigestSigner) -> bytes:
    """The claim's signature: r‖s‖v, 65 bytes, v 27/28, low s.

    Leaves to the caller that a trusted factory made the identity contract, and that ``data`` was never signed before.
    """
    return signer.sign_digest(digest(identity_contract, topic, data))


def recover(identity_contract: Address, topic: int, data: bytes, signature: bytes) -> Address:
    """Who signed the claim. Raises NonCanonicalSignature, BadSignature."""
    return recover_address(digest(identity_contract, topic, data), signature)


def claim_id(issuer_contract: Address, topic: int) -> bytes:
    """The claim's id in an identity contract: one for each claim issuer and topic, so adding again overwrites."""
    return keccak256(address_word(issuer_contract) + uint_word(topic))


def key_hash(address: Address) -> bytes:
    """The ERC-734 key of an address: keccak256 of its padded word."""
    return keccak256(address_word(address))
