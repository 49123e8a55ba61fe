"""Public keys that verify: Ed25519 on PyNaCl, secp256k1 on libsecp256k1, P-256 on OpenSSL.

A key verifies by returning and refuses by raising, so that a forgotten ``if`` cannot accept a forgery.

>>> from claim_issuers.keys.signers import Ed25519Signer
>>> signer = Ed25519Signer(bytes(32))
>>> signer.public_key.verify(b"hello", signer.sign(b"hello"))
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import ClassVar, Protocol, Self

import coincurve
import nacl.exceptions
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from nacl.bindings import crypto_core_ed25519_add, crypto_sign_open

from claim_issuers.encodings.base64url import encode
from claim_issuers.errors import InvalidInput
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.curves import P256_ORDER, SECP256K1_ORDER, BadSignature, NonCanonicalSignature, split_low_s
from claim_issuers.keys.hashing import keccak256


class InvalidPublicKey(InvalidInput):
    """The bytes are no public key: wrong length, not on the curve, or of small order."""

    code = "invalid_public_key"


class PublicKey(Protocol):
    """Verifies what one private key signed."""

    @property
    def alg(self) -> str:
        """The one JOSE algorithm of this key: EdDSA, ES256K or ES256."""
        ...

    def verify(self, message: bytes, signature: bytes) -> None:
        """Return when ``signature`` is this key's JOSE signature over ``message``.

        Raises BadSignature, or NonCanonicalSignature for a wrong length or a high s.
        """
        ...

    def jwk(self) -> dict[str, str]:
        """The required members of the key's JWK (RFC 7517), no ``kid``."""
        ...


# RFC 8032 §5.1: the field's prime, and the y of the eight points whose order divides the cofactor
_ED25519_PRIME = 2**255 - 19
_SMALL_ORDER_Y = frozenset(
    {
        0,
        1,
        _ED25519_PRIME - 1,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    }
)


def _is_canonical_of_large_order(value: bytes) -> bool:
    y = int.from_bytes(value, "little") & ((1 << 255) - 1)
    return len(value) == 32 and y < _ED25519_PRIME and y not in _SMALL_ORDER_Y


# Decoding a point is a quarter of a verification, and the same keys come again and again.
@lru_cache(maxsize=4096)
def _is_on_curve(value: bytes) -> bool:
    try:
        crypto_core_ed25519_add(value, value)
    except nacl.exceptions.RuntimeError:
        return False
    return True


@dataclass(frozen=True)
class Ed25519PublicKey:
    """32 bytes of RFC 8032; keys of small order are refused, because a forged signature verifies under them."""

    value: bytes
    alg: ClassVar[str] = "EdDSA"

    def __post_init__(self) -> None:
        if not _is_canonical_of_large_order(self.value) or not _is_on_curve(self.value):
            raise InvalidPublicKey("not an Ed25519 public key, or one of small order")

    @classmethod
    def not_proved(cls, value: bytes) -> Self:
        """The key that is only to verify: whether it is a point of the curve is left to ``verify``, which refuses all it is not.

        Never for a key that is to be remembered. Raises InvalidPublicKey for another length, and for small order.
        """
        if not _is_canonical_of_large_order(value):
            raise InvalidPublicKey("not an Ed25519 public key, or one of small order")
        key = object.__new__(cls)
        object.__setattr__(key, "value", value)
        return key

    def verify(self, message: bytes, signature: bytes) -> None:
        """Return when the 64-byte signature is this key's. Raises BadSignature, NonCanonicalSignature for another length."""
        if len(signature) != 64:
            raise NonCanonicalSignature("an Ed25519 signature has 64 bytes")
        try:
            crypto_sign_open(signature + message, self.value)
        except nacl.exceptions.BadSignatureError as fault:
            raise BadSignature("the Ed25519 signature does not verify") from fault

    def jwk(self) -> dict[str, str]:
        """The RFC 8037 members."""
        return {"kty": "OKP", "crv": "Ed25519", "x": encode(self.value)}


@dataclass(frozen=True)
class Secp256k1PublicKey:
    """A secp256k1 point, 65 bytes uncompressed; the key of an Ethereum account."""

    value: bytes
    alg: ClassVar[str] = "ES256K"

    def __post_init__(self) -> None:
        _uncompressed(self.value)
        _ = self._point

    @cached_property
    def _point(self) -> coincurve.PublicKey:
        try:
            return coincurve.PublicKey(self.value)
        except ValueError as fault:
            raise InvalidPublicKey("not a point of secp256k1") from fault

    @cached_property
    def address(self) -> Address:
        """The account's address: the last 20 bytes of keccak256 over x‖y."""
        return Address(keccak256(self.value[1:])[12:])

    def verify(self, message: bytes, signature: bytes) -> None:
        """Return when r‖s is this key's ES256K signature (RFC 8812: over SHA-256 of the message).

        Raises BadSignature, NonCanonicalSignature.
        """
        der = encode_dss_signature(*split_low_s(signature, SECP256K1_ORDER))
        if not self._point.verify(der, message):
            raise BadSignature("the ES256K signature does not verify")

    def jwk(self) -> dict[str, str]:
        """The RFC 8812 members."""
        return _point_jwk("secp256k1", self.value)


@dataclass(frozen=True)
class P256PublicKey:
    """A P-256 point, 65 bytes uncompressed."""

    value: bytes
    alg: ClassVar[str] = "ES256"

    def __post_init__(self) -> None:
        _uncompressed(self.value)
        _ = self._point

    @cached_property
    def _point(self) -> ec.EllipticCurvePublicKey:
        try:
            return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.value)
        except ValueError as fault:
            raise InvalidPublicKey("not a point of P-256") from fault

    def verify(self, message: bytes, signature: bytes) -> None:
        """Return when r‖s is this key's ES256 signature (RFC 7518 §3.4). Raises BadSignature, NonCanonicalSignature."""
        der = encode_dss_signature(*split_low_s(signature, P256_ORDER))
        try:
            self._point.verify(der, message, ec.ECDSA(SHA256()))
        except InvalidSignature as fault:
            raise BadSignature("the ES256 signature does not verify") from fault

    def jwk(self) -> dict[str, str]:
        """The RFC 7518 §6.2.1 members."""
        return _point_jwk("P-256", self.value)


def _uncompressed(value: bytes) -> None:
    if len(value) != 65 or value[0] != 4:
        raise InvalidPublicKey("give the point uncompressed: 04, x, y, 65 bytes")


def _point_jwk(curve: str, value: bytes) -> dict[str, str]:
    return {"kty": "EC", "crv": curve, "x": encode(value[1:33]), "y": encode(value[33:])}
