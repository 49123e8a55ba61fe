"""did:key: a public key that is its own identifier, for Ed25519, P-256 and secp256k1 (did:key method, "The did:key Format").

>>> key = Ed25519PublicKey(bytes.fromhex("3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"))
>>> did = did_key(key)
>>> did
'did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp'
>>> public_key_of_did_key(did) == key
True
"""

from collections.abc import Callable, Mapping
from typing import Final

import coincurve
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from claim_issuers.encodings import base58
from claim_issuers.errors import InvalidInput
from claim_issuers.identifiers.did import MalformedDid, identifier_of
from claim_issuers.keys.public_keys import Ed25519PublicKey, P256PublicKey, PublicKey, Secp256k1PublicKey

# Multibase: the letter that announces base58btc
_BASE58BTC: Final = "z"
# Multicodec names as varints: ed25519-pub 0xed, p256-pub 0x1200, secp256k1-pub 0xe7
_ED25519: Final = b"\xed\x01"
_P256: Final = b"\x80\x24"
_SECP256K1: Final = b"\xe7\x01"


def did_key(public_key: PublicKey) -> str:
    """The one did:key of an Ed25519, P-256 or secp256k1 key. Raises MalformedDid for a key of another kind."""
    return f"did:key:{_BASE58BTC}{base58.encode(_named_bytes(public_key))}"


def public_key_of_did_key(did: str) -> PublicKey:
    """The key that a did:key is.

    Raises MalformedDid for another method, another multibase or multicodec, a wrong length, bytes that are no key (of small
    order, off the curve) and a fragment behind the DID. Each key has one did:key, so an accepted text is the one that
    ``did_key`` writes.
    """
    text = identifier_of(did, "key")
    if not text.startswith(_BASE58BTC):
        raise MalformedDid("a did:key is written in base58btc and begins with z")
    try:
        return _public_key(base58.decode(text[1:]))
    except MalformedDid:
        raise
    except InvalidInput as fault:
        raise MalformedDid(fault.detail) from fault


def did_key_method_id(did: str) -> str:
    """The id of the only verification method of a did:key, ``did:key:z…#z…``. Raises MalformedDid for a DID that is no key."""
    public_key_of_did_key(did)
    return f"{did}#{identifier_of(did, 'key')}"


def _named_bytes(public_key: PublicKey) -> bytes:
    match public_key:
        case Ed25519PublicKey(value=value):
            return _ED25519 + value
        case P256PublicKey(value=value):
            return _P256 + _compressed(value)
        case Secp256k1PublicKey(value=value):
            return _SECP256K1 + _compressed(value)
        case _:
            raise MalformedDid("did:key is written here for Ed25519, P-256 and secp256k1 keys")


def _public_key(named: bytes) -> PublicKey:
    read = _READERS.get(named[:2])
    if read is None:
        raise MalformedDid("use an Ed25519, P-256 or secp256k1 key")
    try:
        return read(named[2:])
    except ValueError as fault:
        raise MalformedDid("the bytes of the did:key are no point of its curve") from fault


def _compressed(point: bytes) -> bytes:
    """SEC 1 §2.3.3: the parity of y, then x. ``point`` has 65 bytes."""
    return bytes([2 + point[64] % 2]) + point[1:33]


def _require_compressed(point: bytes) -> None:
    if len(point) != 33:
        raise MalformedDid("a did:key holds the compressed point, 33 bytes")


def _p256(point: bytes) -> P256PublicKey:
    _require_compressed(point)
    whole = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    return P256PublicKey(whole.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _secp256k1(point: bytes) -> Secp256k1PublicKey:
    _require_compressed(point)
    return Secp256k1PublicKey(coincurve.PublicKey(point).format(compressed=False))


_READERS: Final[Mapping[bytes, Callable[[bytes], PublicKey]]] = {
    _ED25519: Ed25519PublicKey,
    _P256: _p256,
    _SECP256K1: _secp256k1,
}
