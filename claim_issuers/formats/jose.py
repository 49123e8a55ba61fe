"""The one way a JWS is made or accepted here: compact form, strict, round PyJWT.

>>> from claim_issuers.keys.signers import Ed25519Signer
>>> signer = Ed25519Signer(bytes(32))
>>> token = sign_compact("demo+jwt", {"exp": 1800000000}, signer)
>>> verify_compact(token, keys=lambda kid: signer.public_key, algorithms=["EdDSA"], typ="demo+jwt").payload
{'exp': 1800000000}
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import rfc8785
from jwt import PyJWS
from jwt.algorithms import Algorithm
from jwt.exceptions import PyJWTError

from claim_issuers.clock import unix_seconds
from claim_issuers.errors import Refused
from claim_issuers.formats.strict_json import MalformedJson, parse_object
from claim_issuers.keys.base64url import MalformedBase64Url, decode
from claim_issuers.keys.public_keys import PublicKey
from claim_issuers.keys.signers import Signer

MAX_TOKEN_BYTES = 64 * 1024
ALGORITHMS = ("EdDSA", "ES256K", "ES256")
# RFC 7515 §4.1.2-4.1.6: a token that brings its own key vouches for itself
_KEY_HEADERS = ("jwk", "jku", "x5u", "x5c")

KeyLookup = Callable[[str], PublicKey]


class MalformedToken(Refused):
    """The token is not a compact JWS of three canonical base64url parts with JSON objects in the first two."""

    code = "malformed_token"


class TokenTooLarge(Refused):
    """The token is longer than we read."""

    code = "token_too_large"


class AlgorithmNotAllowed(Refused):
    """The token's algorithm is not one the caller chose, or not the key's."""

    code = "algorithm_not_allowed"


class WrongTokenType(Refused):
    """The token's ``typ`` is missing or names another kind of token."""

    code = "wrong_token_type"


class KeyInToken(Refused):
    """The token's header carries or points to a key."""

    code = "key_in_token"


class CriticalHeader(Refused):
    """The token's header demands an extension (``crit``) or an unencoded payload (``b64``)."""

    code = "critical_header"


class UnknownKey(Refused):
    """The token names no key, or one that the caller does not know."""

    code = "unknown_key"


class ExpiryMissing(Refused):
    """The token has no ``exp``, or one that is not a whole number of seconds."""

    code = "expiry_missing"


class TokenExpired(Refused):
    """The token's time is over."""

    code = "token_expired"


class TokenNotYetValid(Refused):
    """The token's time has not come, or it was issued in the future."""

    code = "token_not_yet_valid"


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """Header and payload of a token: the signature was this key's, nothing else in the payload is judged yet."""

    header: Mapping[str, Any]
    payload: Mapping[str, Any]

    def check_time(self, instant: datetime, *, leeway: timedelta = timedelta()) -> None:
        """Return when ``exp`` lies ahead and ``nbf`` and ``iat``, where present, do not.

        Raises TokenExpired, TokenNotYetValid, ExpiryMissing, MalformedToken for an nbf or iat that is no whole number.
        """
        now, slack = unix_seconds(instant), int(leeway.total_seconds())
        if now >= _expiry(self.payload) + slack:
            raise TokenExpired
        for name in ("nbf", "iat"):
            if name in self.payload and _seconds(self.payload, name) > now + slack:
                raise TokenNotYetValid(pointer=f"/{name}")


class _OurKeys(Algorithm):
    """Lets PyJWT verify and sign through our keys, which are strict where ``cryptography`` is not."""

    def prepare_key(self, key: Any) -> Any:
        return key

    def sign(self, msg: bytes, key: Signer) -> bytes:
        return key.sign(msg)

    def verify(self, msg: bytes, key: PublicKey, sig: bytes) -> bool:
        key.verify(msg, sig)
        return True

    @staticmethod
    def to_jwk(key_obj: Any, as_dict: bool = False) -> Any:
        raise NotImplementedError

    @staticmethod
    def from_jwk(jwk: str | dict[str, Any]) -> Any:
        raise NotImplementedError


def _strict_jws() -> PyJWS:
    jws = PyJWS(algorithms=[])
    for name in ALGORITHMS:
        jws.register_algorithm(name, _OurKeys())
    return jws


_JWS = _strict_jws()


def sign_compact(
    header_typ: str, payload: Mapping[str, Any], signer: Signer, extra_headers: Mapping[str, Any] | None = None
) -> str:
    """A compact JWS over the RFC 8785 form of ``payload``, with ``alg`` and ``kid`` of the signer and this ``typ``.

    Extra headers cannot replace those three. The same payload and key always give the same token.
    """
    headers = {**(extra_headers or {}), "typ": header_typ, "kid": signer.kid, "alg": signer.alg}
    return _JWS.encode(rfc8785.dumps(dict(payload)), signer, algorithm=signer.alg, headers=headers)  # type: ignore[arg-type]


def verify_compact(
    token: str,
    *,
    keys: KeyLookup,
    algorithms: Collection[str],
    typ: str | Collection[str | None],
    require_exp: bool = True,
    require_kid: bool = True,
    max_bytes: int = MAX_TOKEN_BYTES,
) -> VerifiedToken:
    """Header and payload of ``token``, once its signature is that of the key ``keys`` gives for its ``kid``.

    ``algorithms`` is the caller's choice, never the token's; ``keys`` may raise KeyError or a domain error of its own. Where a
    protocol leaves the type open, ``typ`` lists what will do, None for a header without one; with ``require_kid`` off, ``keys``
    is asked for "" when the token names none. Leaves to the caller: time (``check_time``), audience, subject, single use.
    Raises, all of them Refused: TokenTooLarge, MalformedToken, WrongTokenType, AlgorithmNotAllowed, CriticalHeader, KeyInToken,
    UnknownKey, ExpiryMissing, BadSignature, NonCanonicalSignature.
    """
    unverified = read_unverified(token, max_bytes=max_bytes)
    _check_header(unverified.header, algorithms=algorithms, typ=typ)
    key = _find_key(unverified.header, keys, require_kid=require_kid)
    try:
        _JWS.decode_complete(token, key, algorithms=[key.alg])  # type: ignore[arg-type]
    except PyJWTError as fault:
        raise MalformedToken("the token is not a JWS we accept") from fault
    if require_exp:
        _expiry(unverified.payload)
    return unverified


def read_unverified(token: str, *, max_bytes: int = MAX_TOKEN_BYTES) -> VerifiedToken:
    """Header and payload **before** any signature is checked: only to choose the key to check it with.

    Raises TokenTooLarge, MalformedToken (padding, non-canonical base64url, duplicate JSON keys, no object).
    """
    if len(token) > max_bytes:
        raise TokenTooLarge(f"tokens have at most {max_bytes} characters")
    parts = token.split(".")
    if len(parts) != 3:
        raise MalformedToken("a compact JWS has three parts")
    try:
        header, payload, _ = (decode(part) for part in parts)
        return VerifiedToken(parse_object(header), parse_object(payload))
    except (MalformedBase64Url, MalformedJson) as fault:
        raise MalformedToken(fault.detail) from fault


def _check_header(header: Mapping[str, Any], *, algorithms: Collection[str], typ: str | Collection[str | None]) -> None:
    accepted = (typ,) if isinstance(typ, str) else tuple(typ)
    if header.get("typ") not in accepted:
        raise WrongTokenType(f"expected typ {' or '.join(str(name) for name in accepted)}")
    if not isinstance(header.get("alg"), str) or header["alg"] not in tuple(algorithms):
        raise AlgorithmNotAllowed("sign with an algorithm from: " + ", ".join(algorithms))
    if "crit" in header or "b64" in header:
        raise CriticalHeader
    if any(name in header for name in _KEY_HEADERS):
        raise KeyInToken


def _find_key(header: Mapping[str, Any], keys: KeyLookup, *, require_kid: bool) -> PublicKey:
    kid = header.get("kid", "")
    if not isinstance(kid, str) or (require_kid and not kid):
        raise UnknownKey("name the key in the header's kid")
    try:
        key = keys(kid)
    except KeyError as fault:
        raise UnknownKey("the kid names no key we know") from fault
    if key.alg != header["alg"]:
        raise AlgorithmNotAllowed("alg is not the key's algorithm")
    return key


def _expiry(payload: Mapping[str, Any]) -> int:
    expiry = payload.get("exp")
    if not isinstance(expiry, int) or isinstance(expiry, bool):
        raise ExpiryMissing("exp must be a whole number of seconds", pointer="/exp")
    return expiry


def _seconds(payload: Mapping[str, Any], name: str) -> int:
    value = payload[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedToken(f"{name} must be a whole number of seconds", pointer=f"/{name}")
    return value
