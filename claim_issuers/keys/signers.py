"""Signers: what signs a claim, whether its key lives in this process or elsewhere.

>>> signer = Secp256k1Signer(bytes([0x11]) * 32)
>>> str(signer.address)
'0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A'
>>> len(signer.sign(b"message")), len(signer.sign_digest(bytes(32)))
(64, 65)
"""

from functools import cached_property
from typing import Protocol

import coincurve
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

from claim_issuers.errors import InvalidInput
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.curves import P256_ORDER, SECP256K1_ORDER, is_low_s
from claim_issuers.keys.jwk import thumbprint
from claim_issuers.keys.public_keys import Ed25519PublicKey, P256PublicKey, Secp256k1PublicKey


class InvalidSecretKey(InvalidInput):
    """The bytes are no private key of this curve."""

    code = "invalid_secret_key"


class Signer(Protocol):
    """Signs JOSE messages with one key."""

    @property
    def alg(self) -> str:
        """The JOSE algorithm: EdDSA, ES256K or ES256."""
        ...

    @property
    def kid(self) -> str:
        """The key's name, by default its RFC 7638 thumbprint."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The 64-byte JOSE signature over ``message``."""
        ...

    def public_jwk(self) -> dict[str, str]:
        """The public JWK with ``kid`` and ``alg``."""
        ...


class DigestSigner(Protocol):
    """Signs 32-byte digests as an Ethereum account does."""

    @property
    def address(self) -> Address:
        """The account of the key."""
        ...

    def sign_digest(self, digest: bytes) -> bytes:
        """r‖s‖v over a 32-byte digest: 65 bytes, v 27 or 28, low s."""
        ...


class Ed25519Signer:
    """An Ed25519 key held in this process, from its 32-byte seed (RFC 8032). Raises InvalidSecretKey."""

    alg = "EdDSA"

    def __init__(self, seed: bytes, kid: str | None = None) -> None:
        public, self._secret = crypto_sign_seed_keypair(_exactly_32(seed))
        self.public_key = Ed25519PublicKey(public)
        self.kid = kid or thumbprint(self.public_key.jwk())

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature over ``message``."""
        return crypto_sign(message, self._secret)[:64]

    def public_jwk(self) -> dict[str, str]:
        """The public JWK with ``kid`` and ``alg``."""
        return {**self.public_key.jwk(), "kid": self.kid, "alg": self.alg}


class Secp256k1Signer:
    """A secp256k1 key held in this process: signs JOSE messages (ES256K) and Ethereum digests. Raises InvalidSecretKey."""

    alg = "ES256K"

    def __init__(self, secret: bytes, kid: str | None = None) -> None:
        _within(_exactly_32(secret), SECP256K1_ORDER)
        self._key = coincurve.PrivateKey(secret)
        self.public_key = Secp256k1PublicKey(self._key.public_key.format(compressed=False))
        self.kid = kid or thumbprint(self.public_key.jwk())

    @cached_property
    def address(self) -> Address:
        """The account of the key."""
        return self.public_key.address

    def sign(self, message: bytes) -> bytes:
        """r‖s over SHA-256 of ``message``, low s (RFC 8812)."""
        return self._key.sign_recoverable(message)[:64]

    def sign_digest(self, digest: bytes) -> bytes:
        """r‖s‖v over a 32-byte digest: 65 bytes, v 27 or 28, low s, deterministic (RFC 6979).

        Raises InvalidInput when the digest has another length.
        """
        if len(digest) != 32:
            raise InvalidInput("a digest has 32 bytes")
        signature = self._key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([27 + signature[64]])

    def public_jwk(self) -> dict[str, str]:
        """The public JWK with ``kid`` and ``alg``."""
        return {**self.public_key.jwk(), "kid": self.kid, "alg": self.alg}


class P256Signer:
    """A P-256 key held in this process; signs deterministically and with low s. Raises InvalidSecretKey."""

    alg = "ES256"

    def __init__(self, secret: bytes, kid: str | None = None) -> None:
        self._key = ec.derive_private_key(_within(_exactly_32(secret), P256_ORDER), ec.SECP256R1())
        encoded = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public_key = P256PublicKey(encoded)
        self.kid = kid or thumbprint(self.public_key.jwk())

    def sign(self, message: bytes) -> bytes:
        """r‖s over SHA-256 of ``message``, low s (RFC 7518 §3.4)."""
        der = self._key.sign(message, ec.ECDSA(SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(der)
        low = s if is_low_s(s, P256_ORDER) else P256_ORDER - s
        return r.to_bytes(32, "big") + low.to_bytes(32, "big")

    def public_jwk(self) -> dict[str, str]:
        """The public JWK with ``kid`` and ``alg``."""
        return {**self.public_key.jwk(), "kid": self.kid, "alg": self.alg}


def _exactly_32(secret: bytes) -> bytes:
    if len(secret) != 32:
        raise InvalidSecretKey("a private key has 32 bytes")
    return secret


def _within(secret: bytes, order: int) -> int:
    number = int.from_bytes(secret, "big")
    if not 0 < number < order:
        raise InvalidSecretKey("the private key is outside the curve's order")
    return number
