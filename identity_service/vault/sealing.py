"""Authenticated encryption and derived keys. No I/O.

The cipher is AES-256-GCM-SIV (RFC 8452): nonces are random under keys that live for years, and here a repeated nonce (a cloned
machine, a restored snapshot) shows at most that two plaintexts are equal, where GCM or ChaCha20-Poly1305 would give the
authentication key or the plaintexts away.

>>> from claim_issuers.clock import SystemEntropy
>>> sealed = seal(bytes(32), b"secret", b"row 7", SystemEntropy())
>>> open_sealed(bytes(32), sealed, b"row 7")
b'secret'
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from claim_issuers.clock import Entropy
from identity_service.vault.model import InvalidVaultInput, ScryptCost, SealBroken

KEY_BYTES = 32
_VERSION = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16
_OVERHEAD = len(_VERSION) + _NONCE_BYTES + _TAG_BYTES


def seal(key: bytes, plaintext: bytes, associated_data: bytes, entropy: Entropy) -> bytes:
    """Version 01, 12-byte nonce, ciphertext, 16-byte tag. The associated data is bound but not contained.

    Raises InvalidVaultInput unless the key has 32 bytes.
    """
    nonce = entropy.token_bytes(_NONCE_BYTES)
    return _VERSION + nonce + AESGCMSIV(exactly_32(key)).encrypt(nonce, plaintext, associated_data)


def open_sealed(key: bytes, sealed: bytes, associated_data: bytes) -> bytes:
    """The plaintext of ``seal``. Raises SealBroken for other bytes, another key or other associated data."""
    if len(sealed) < _OVERHEAD or sealed[:1] != _VERSION:
        raise SealBroken("not sealed bytes of this version")
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return AESGCMSIV(exactly_32(key)).decrypt(nonce, body, associated_data)
    except InvalidTag as fault:
        raise SealBroken("the seal does not open") from fault


def derive(secret: bytes, purpose: bytes) -> bytes:
    """A 32-byte key for one purpose (HKDF-SHA256, RFC 5869, no salt: the secret is uniform)."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(secret)


def stretch(passphrase: str, salt: bytes, cost: ScryptCost) -> bytes:
    """The 32-byte key of a passphrase (scrypt, RFC 7914). Slow on purpose."""
    return Scrypt(salt=salt, length=KEY_BYTES, n=cost.n, r=cost.r, p=cost.p).derive(passphrase.encode())


def exactly_32(key: bytes) -> bytes:
    """``key``, which has 32 bytes. Raises InvalidVaultInput."""
    if len(key) != KEY_BYTES:
        raise InvalidVaultInput("a key has 32 bytes")
    return key
