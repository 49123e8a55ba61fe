"""Other signatures: second forms of the same one, and what is none at all.

>>> signature = bytes(31) + b"\\1" + bytes(31) + b"\\1"
>>> other_jose_signature(chance(1, "doc", 1), "ES256", signature) == signature
False
"""

from random import Random

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from claim_issuers.keys.curves import P256_ORDER, SECP256K1_ORDER
from tests.fuzz.mutations import chance, changed_bytes, either

__all__ = ["chance", "other_compact_signature", "other_evm_signature", "other_jose_signature"]

# RFC 8032 §5.1: the order of the base point
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
_ORDERS = {"ES256": P256_ORDER, "ES256K": SECP256K1_ORDER}
# Points of small order: under such a key, or with such an R, cofactored and careless verifiers accept what nobody signed.
_SMALL_ORDER = (
    bytes(32),
    b"\x01" + bytes(31),
    b"\xec" + b"\xff" * 30 + b"\x7f",
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
)


def other_jose_signature(rng: Random, alg: str, signature: bytes) -> bytes:
    """Another 64-byte JOSE signature, a twin where the algorithm has one, or another length."""
    if rng.random() < 0.3:
        return changed_bytes(rng, signature)
    if rng.random() < 0.3:
        return _worthless(rng, signature)
    return _other_eddsa(rng, signature) if alg == "EdDSA" else _other_ecdsa(rng, _ORDERS[alg], signature)


def other_evm_signature(rng: Random, signature: bytes) -> bytes:
    """Another r‖s‖v: the encodings that wallets, contracts and libraries have taken beside the canonical one."""
    body, v = signature[:64], signature[64]
    if rng.random() < 0.25:
        return changed_bytes(rng, signature)
    if rng.random() < 0.2:
        return _worthless(rng, signature)
    twin = _negated(SECP256K1_ORDER, body)
    return either(
        rng,
        body + bytes([v - 27]),
        body + bytes([55 - v]),
        body + bytes([either(rng, 0, 1, 2, 3, 26, 29, 30, 31, 32, 35, 36, 37, 38, 255, v | 0x80)]),
        twin + bytes([55 - v]),
        twin + bytes([28 - v]),
        twin + bytes([v]),
        _compact(body, v),
        _compact(twin, 55 - v),
        bytes([v]) + body,
        body,
        _der(SECP256K1_ORDER, body),
        _reduced_less(rng, SECP256K1_ORDER, body) + bytes([v]),
        body[32:] + body[:32] + bytes([v]),
        signature + b"\x64\x92" * 16,
        body + bytes([0, v]),
    )


def other_compact_signature(rng: Random, signature: bytes) -> bytes:
    """Another form of a 64-byte EIP-2098 signature: parity turned, high s, or spread over 65 bytes."""
    v = 27 + (signature[32] >> 7)
    body = signature[:32] + bytes([signature[32] & 0x7F]) + signature[33:]
    if rng.random() < 0.3:
        return changed_bytes(rng, signature)
    return either(
        rng,
        signature[:32] + bytes([signature[32] ^ 0x80]) + signature[33:],
        _compact(_negated(SECP256K1_ORDER, body), 55 - v),
        _negated(SECP256K1_ORDER, body),
        other_evm_signature(rng, body + bytes([v])),
        body + bytes([v]),
        signature + b"\0",
    )


def _worthless(rng: Random, signature: bytes) -> bytes:
    return either(
        rng,
        b"",
        bytes(len(signature)),
        b"\xff" * len(signature),
        bytes(31) + b"\1" + bytes(31) + b"\1" + signature[64:],
        signature[:32] + bytes(32) + signature[64:],
        bytes(32) + signature[32:],
        signature + signature,
        signature[::-1],
        signature.hex().encode(),
    )


def _other_ecdsa(rng: Random, order: int, signature: bytes) -> bytes:
    twin = _negated(order, signature)
    return either(
        rng,
        twin,
        twin,
        _der(order, signature),
        _der(order, twin),
        _reduced_less(rng, order, signature),
        signature[32:] + signature[:32],
        signature + either(rng, b"\0", b"\1", b"\x1b", b"\x1c"),
        b"\0" + signature[:32] + b"\0" + signature[32:],
        order.to_bytes(32, "big") + signature[32:],
        signature[:32] + order.to_bytes(32, "big"),
    )


def _other_eddsa(rng: Random, signature: bytes) -> bytes:
    s = int.from_bytes(signature[32:], "little")
    beyond = (s + ED25519_ORDER * either(rng, 1, 2, 7)) % 2**256
    return either(
        rng,
        signature[:32] + beyond.to_bytes(32, "little"),
        signature[:32] + (ED25519_ORDER - s).to_bytes(32, "little"),
        either(rng, *_SMALL_ORDER) + either(rng, bytes(32), signature[32:]),
        signature[:31] + bytes([signature[31] ^ 0x80]) + signature[32:],
        signature[32:] + signature[:32],
    )


def _negated(order: int, body: bytes) -> bytes:
    return body[:32] + (order - int.from_bytes(body[32:64], "big") % order).to_bytes(32, "big")


def _reduced_less(rng: Random, order: int, body: bytes) -> bytes:
    r, s = int.from_bytes(body[:32], "big"), int.from_bytes(body[32:64], "big")
    larger = (r + order, s) if rng.random() < 0.5 else (r, s + order)
    return b"".join((number % 2**256).to_bytes(32, "big") for number in larger)


def _compact(body: bytes, v: int) -> bytes:
    return body[:32] + bytes([body[32] | (v - 27 & 1) << 7]) + body[33:64]


def _der(order: int, body: bytes) -> bytes:
    return encode_dss_signature(int.from_bytes(body[:32], "big") % order, int.from_bytes(body[32:64], "big") % order)
