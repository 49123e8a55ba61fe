"""JSON Web Keys: read strictly, named by their RFC 7638 thumbprint.

>>> key = public_key_from_jwk({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
>>> thumbprint(key.jwk())
'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from claim_issuers.encodings.base64url import MalformedBase64Url, decode, encode
from claim_issuers.encodings.canonical_json import canonical_plain
from claim_issuers.errors import InvalidInput
from claim_issuers.keys.public_keys import (
    Ed25519PublicKey,
    InvalidPublicKey,
    P256PublicKey,
    PublicKey,
    Secp256k1PublicKey,
)

# RFC 7518 §6.2.2, §6.3.2 and §6.4: whoever sends these has given the private key away
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

_Builder = Callable[[Mapping[str, Any]], PublicKey]


class MalformedJwk(InvalidInput):
    """The JSON Web Key is incomplete, contradictory, of a kind we do not use, or holds private parts."""

    code = "malformed_jwk"


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """The RFC 7638 SHA-256 thumbprint of a public JWK, base64url. Raises MalformedJwk."""
    return encode(sha256(canonical_plain(public_key_from_jwk(jwk).jwk())).digest())


def public_key_from_jwk(jwk: Mapping[str, Any]) -> PublicKey:
    """The Ed25519, secp256k1 or P-256 key a JWK describes; members that only describe (``kid``, …) are ignored.

    Raises MalformedJwk for private parts, another kind of key, bytes that are no key, or an ``alg`` or ``use`` that forbids
    verifying with it.
    """
    return _read(jwk, _BUILDERS)


def verifying_key_from_jwk(jwk: Mapping[str, Any]) -> PublicKey:
    """``public_key_from_jwk`` for a key that is only to verify: ``Ed25519PublicKey.not_proved``. Raises MalformedJwk."""
    return _read(jwk, _VERIFYING_BUILDERS)


def _read(jwk: Mapping[str, Any], builders: Mapping[str, _Builder]) -> PublicKey:
    if not isinstance(jwk, Mapping):
        raise MalformedJwk("a JWK is a JSON object", pointer="")
    if _PRIVATE_MEMBERS & jwk.keys():
        raise MalformedJwk("send the public key only; this key's private part is now known and must be replaced")
    build = builders.get(f"{jwk.get('kty')} {jwk.get('crv')}")
    if build is None:
        raise MalformedJwk("use an OKP Ed25519, EC secp256k1 or EC P-256 key", pointer="/crv")
    key = _build(build, jwk)
    if jwk.get("alg", key.alg) != key.alg or jwk.get("use", "sig") != "sig":
        raise MalformedJwk("alg or use contradicts the key", pointer="/alg")
    return key


def _build(build: _Builder, jwk: Mapping[str, Any]) -> PublicKey:
    try:
        return build(jwk)
    except InvalidPublicKey as fault:
        raise MalformedJwk(fault.detail, pointer="/x") from fault


def _coordinate(jwk: Mapping[str, Any], name: str) -> bytes:
    text = jwk.get(name)
    if not isinstance(text, str):
        raise MalformedJwk(f"{name} is missing", pointer=f"/{name}")
    try:
        value = decode(text)
    except MalformedBase64Url as fault:
        raise MalformedJwk(fault.detail, pointer=f"/{name}") from fault
    if len(value) != 32:
        raise MalformedJwk(f"{name} has 32 bytes", pointer=f"/{name}")
    return value


def _point(jwk: Mapping[str, Any]) -> bytes:
    return b"\x04" + _coordinate(jwk, "x") + _coordinate(jwk, "y")


_BUILDERS: Mapping[str, _Builder] = {
    "OKP Ed25519": lambda jwk: Ed25519PublicKey(_coordinate(jwk, "x")),
    "EC secp256k1": lambda jwk: Secp256k1PublicKey(_point(jwk)),
    "EC P-256": lambda jwk: P256PublicKey(_point(jwk)),
}
_VERIFYING_BUILDERS: Mapping[str, _Builder] = {
    **_BUILDERS,
    "OKP Ed25519": lambda jwk: Ed25519PublicKey.not_proved(_coordinate(jwk, "x")),
}
