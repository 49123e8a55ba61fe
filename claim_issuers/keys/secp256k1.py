"""Ethereum's use of secp256k1: recover who signed, and know every encoding a contract would take.

>>> from claim_issuers.keys.signers import Secp256k1Signer
>>> signer = Secp256k1Signer(bytes([0x11]) * 32)
>>> digest = eip191_digest(b"hello")
>>> recover_address(digest, signer.sign_digest(digest)) == signer.address
True
"""

import coincurve

from claim_issuers.errors import InvalidInput
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.curves import SECP256K1_ORDER, BadSignature, NonCanonicalSignature, split_low_s
from claim_issuers.keys.hashing import keccak256
from claim_issuers.keys.public_keys import Secp256k1PublicKey


def eip191_digest(message: bytes) -> bytes:
    """The 32 bytes a wallet signs for ``message`` under EIP-191 version 0x45 (personal_sign)."""
    return keccak256(b"\x19Ethereum Signed Message:\n%d" % len(message) + message)


def recover_public_key(digest: bytes, signature: bytes) -> Secp256k1PublicKey:
    """The key that made r‖s‖v (65 bytes) over a 32-byte digest.

    Raises NonCanonicalSignature unless v is 27 or 28 and s is low, BadSignature when no key fits, InvalidInput when the digest has
    another length. Says nothing about whether that key is the expected one.
    """
    return Secp256k1PublicKey(_recovered_point(digest, signature))


def recover_address(digest: bytes, signature: bytes) -> Address:
    """The account that made r‖s‖v over ``digest``. Raises NonCanonicalSignature, BadSignature, InvalidInput."""
    return Address(keccak256(_recovered_point(digest, signature)[1:])[12:])


def signature_encodings(signature: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """The four encodings of one signature that ONCHAINID 2.2.1 accepts, the canonical one first.

    They are v 27/28 with low s, v 0/1 with low s, v 27/28 with high s, v 0/1 with high s. Its ``revokedClaims`` is keyed by
    the bytes, so a revocation must name all four. Raises NonCanonicalSignature unless ``signature`` is the canonical one.
    """
    s, recovery = _canonical_s(signature), signature[64] - 27
    low, high = signature[:64], signature[:32] + (SECP256K1_ORDER - s).to_bytes(32, "big")
    return (
        low + bytes([27 + recovery]),
        low + bytes([recovery]),
        high + bytes([28 - recovery]),
        high + bytes([1 - recovery]),
    )


def compact_signature(signature: bytes) -> bytes:
    """The 64-byte EIP-2098 form of a canonical r‖s‖v. Raises NonCanonicalSignature."""
    _canonical_s(signature)
    # A low s leaves its top bit free for the parity
    return signature[:64] if signature[64] == 27 else signature[:32] + bytes([signature[32] | 0x80]) + signature[33:64]


def expand_compact(compact: bytes) -> bytes:
    """The canonical r‖s‖v (65 bytes) of an EIP-2098 signature: r, then the parity in the top bit of s.

    Raises NonCanonicalSignature for what is not 64 bytes, for r or s outside the order, and for a high s.
    """
    if not isinstance(compact, bytes) or len(compact) != 64:
        raise NonCanonicalSignature("an EIP-2098 signature is r||s, 64 bytes, the parity in the top bit of s")
    expanded = compact[:32] + bytes([compact[32] & 0x7F]) + compact[33:]
    split_low_s(expanded, SECP256K1_ORDER)
    return expanded + bytes([27 + (compact[32] >> 7)])


def _canonical_s(signature: bytes) -> int:
    if not isinstance(signature, bytes) or len(signature) != 65 or signature[64] not in (27, 28):
        raise NonCanonicalSignature("a signature is r||s||v, 65 bytes, v 27 or 28")
    return split_low_s(signature[:64], SECP256K1_ORDER)[1]


def _recovered_point(digest: bytes, signature: bytes) -> bytes:
    if not isinstance(digest, bytes) or len(digest) != 32:
        raise InvalidInput("a digest has 32 bytes")
    _canonical_s(signature)
    recoverable = signature[:64] + bytes([signature[64] - 27])
    try:
        point = coincurve.PublicKey.from_signature_and_message(recoverable, digest, hasher=None)
    except ValueError as fault:
        raise BadSignature("no key made this signature") from fault
    uncompressed: bytes = point.format(compressed=False)
    return uncompressed
