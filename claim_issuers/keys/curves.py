"""Numbers of the two short Weierstrass curves, and the rule that keeps one signature for each message.

>>> is_low_s(1, SECP256K1_ORDER), is_low_s(SECP256K1_ORDER - 1, SECP256K1_ORDER)
(True, False)
"""

from claim_issuers.errors import Refused

# SEC 2 v2 §2.4.1
SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
# FIPS 186-4 D.1.2.3
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

_ORDERS = {"ES256": P256_ORDER, "ES256K": SECP256K1_ORDER}


class BadSignature(Refused):
    """The signature was not made by this key over these bytes."""

    code = "bad_signature"


class NonCanonicalSignature(Refused):
    """The signature has a second form (length, v, or high s): a twin of it would also pass, so none is accepted."""

    code = "non_canonical_signature"


def is_low_s(s: int, order: int) -> bool:
    """Whether ``s`` is in the lower half of the curve's order (EIP-2)."""
    return 0 < s <= order // 2


def split_low_s(signature: bytes, order: int) -> tuple[int, int]:
    """``r`` and ``s`` of a 64-byte r‖s signature.

    Raises NonCanonicalSignature for another length, for r or s outside the order, and for a high s.
    """
    if len(signature) != 64:
        raise NonCanonicalSignature("an r||s signature has 64 bytes")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not 0 < r < order or not is_low_s(s, order):
        raise NonCanonicalSignature("r or s is outside its canonical range")
    return r, s


def with_low_s(signature: bytes, alg: str) -> bytes:
    """The low-s twin of a 64-byte r‖s of ES256 or ES256K; any other signature as it is.

    For signatures of devices that cannot choose (a phone's secure element gives high s half of the time), where the bytes of the
    signature name nothing and a nonce is used up with it.
    """
    order = _ORDERS.get(alg)
    if order is None or len(signature) != 64:
        return signature
    s = int.from_bytes(signature[32:], "big")
    return signature if not order // 2 < s < order else signature[:32] + (order - s).to_bytes(32, "big")
