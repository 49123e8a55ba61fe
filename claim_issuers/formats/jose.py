"""The one way a JWS is made or accepted here: compact form, strict.

>>> from claim_issuers.keys.signers import Ed25519Signer
>>> signer = Ed25519Signer(bytes(32))
>>> token = sign_compact("demo+jwt", {"exp": 1800000000}, signer)
>>> verify_compact(token, keys=lambda kid: signer.public_key, algorithms=["EdDSA"], typ="demo+jwt").payload
{'exp': 1800000000}

PyJWT keeps the table of algorithms, with our keys in it. Its own reading of tokens is not used: it takes the high-s twin, padding,
duplicate members, a missing or textual ``exp`` and any ``typ`` (docs/adr/0012).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from jwt import PyJWS
from jwt.algorithms import Algorithm

from claim_issuers.clock import unix_seconds
from claim_issuers.errors import DomainError, Refused
from claim_issuers.formats.strict_json import MalformedJson, parse_object
from claim_issuers.keys.base64url import MalformedBase64Url, decode, encode_bytes
from claim_issuers.keys.canonical_json import canonical, canonical_plain
from claim_issuers.keys.curves import with_low_s
from claim_issuers.keys.public_keys import PublicKey
from claim_issuers.keys.signers import Signer

MAX_TOKEN_BYTES = 64 * 1024
ALGORITHMS = ("EdDSA", "ES256K", "ES256")
# RFC 7515 §4.1.2-4.1.6: a token that brings its own key vouches for itself
_KEY_HEADERS = frozenset({"jwk", "jku", "x5u", "x5c"})

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
            if name in self.payload and whole_seconds(self.payload, name) > now + slack:
                raise TokenNotYetValid(pointer=f"/{name}")


@dataclass(frozen=True, slots=True)
class ReadToken:
    """A token taken apart, nothing of it verified: header, payload, signature, and the bytes that were signed."""

    header: Mapping[str, Any]
    payload: Mapping[str, Any]
    signature: bytes
    signing_input: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What is wrong with a token's header and signature, each None where nothing is; all of them, not the first only."""

    typ: DomainError | None
    algorithm: DomainError | None
    header: DomainError | None
    key: DomainError | None
    signature: DomainError | None

    def first(self) -> DomainError | None:
        """The fault to name when only one can be named."""
        return self.typ or self.algorithm or self.header or self.key or self.signature


class SignatureNotChecked(Refused):
    """Without a key that fits, no signature can be checked."""

    code = "signature_not_checked"


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


def strict_jws() -> PyJWS:
    """A PyJWT instance that knows our three algorithms on our keys and no other."""
    jws = PyJWS(algorithms=[])
    for name in ALGORITHMS:
        jws.register_algorithm(name, _OurKeys())
    return jws


_JWS = strict_jws()


def sign_compact(
    header_typ: str, payload: Mapping[str, Any], signer: Signer, extra_headers: Mapping[str, Any] | None = None
) -> str:
    """A compact JWS over the RFC 8785 form of ``payload``, with ``alg`` and ``kid`` of the signer and this ``typ``.

    Extra headers cannot replace those three. The same payload and key always give the same token. Raises NotCanonicalJson.
    """
    headers = {**(extra_headers or {}), "typ": header_typ, "kid": signer.kid, "alg": signer.alg}
    return _signed(encode_bytes(canonical(headers)), canonical(dict(payload)), signer)


def sign_plain(header_typ: str, payload: Mapping[str, Any], signer: Signer, *, cty: str | None = None) -> str:
    """``sign_compact`` for the forms of claims: remembers headers, and leaves to the caller that the payload is plain.

    Plain: no fraction, no member name beyond ASCII (``canonical_plain``). Raises NotCanonicalJson.
    """
    return _signed(_header_text(header_typ, signer.kid, signer.alg, cty), canonical_plain(payload), signer)


def verify_compact(
    token: str,
    *,
    keys: KeyLookup,
    algorithms: Collection[str],
    typ: str | Collection[str | None],
    require_exp: bool = True,
    require_kid: bool = True,
    accept_high_s: bool = False,
    max_bytes: int = MAX_TOKEN_BYTES,
) -> VerifiedToken:
    """Header and payload of ``token``, once its signature is that of the key ``keys`` gives for its ``kid``.

    ``algorithms`` is the caller's choice, never the token's; ``keys`` may raise KeyError or a domain error of its own. Where a
    protocol leaves the type open, ``typ`` lists what will do, None for a header without one; with ``require_kid`` off, ``keys``
    is asked for "" when the token names none. ``accept_high_s`` is for proofs of devices that cannot choose, used up with a
    nonce. Leaves to the caller: time (``check_time``), audience, subject, single use. Raises, all of them Refused:
    TokenTooLarge, MalformedToken, WrongTokenType, AlgorithmNotAllowed, CriticalHeader, KeyInToken, UnknownKey, ExpiryMissing,
    BadSignature, NonCanonicalSignature.
    """
    read = read_compact(token, max_bytes=max_bytes)
    faults = examine(read, keys=keys, algorithms=algorithms, typ=typ, require_kid=require_kid, accept_high_s=accept_high_s)
    first = faults.first()
    if first is not None:
        raise first
    if require_exp:
        _expiry(read.payload)
    return VerifiedToken(read.header, read.payload)


def read_compact(token: str, *, max_bytes: int = MAX_TOKEN_BYTES) -> ReadToken:
    """The parts of ``token``, before any signature is checked.

    Raises TokenTooLarge, MalformedToken (padding, non-canonical base64url, duplicate JSON members, no object).
    """
    if not isinstance(token, str):
        raise MalformedToken("a token is text")
    if len(token) > max_bytes:
        raise TokenTooLarge(f"tokens have at most {max_bytes} characters")
    parts = token.split(".")
    if len(parts) != 3:
        raise MalformedToken("a compact JWS has three parts")
    header, payload, signature = parts
    try:
        return ReadToken(_header_of(header), parse_object(decode(payload)), decode(signature), f"{header}.{payload}".encode())
    except (MalformedBase64Url, MalformedJson) as fault:
        raise MalformedToken(fault.detail) from fault


def read_unverified(token: str, *, max_bytes: int = MAX_TOKEN_BYTES) -> VerifiedToken:
    """Header and payload **before** any signature is checked: only to choose the key to check it with.

    Raises TokenTooLarge, MalformedToken.
    """
    read = read_compact(token, max_bytes=max_bytes)
    return VerifiedToken(read.header, read.payload)


def examine(
    read: ReadToken,
    *,
    keys: KeyLookup,
    algorithms: Collection[str],
    typ: str | Collection[str | None],
    require_kid: bool = True,
    accept_high_s: bool = False,
) -> Faults:
    """Every check of a token's header and signature, made even where another failed; arguments as in ``verify_compact``."""
    header = read.header
    key_fault, signature_fault = _key_faults(read, keys, require_kid=require_kid, accept_high_s=accept_high_s)
    return Faults(
        typ=_typ_fault(header, typ),
        algorithm=_algorithm_fault(header, algorithms),
        header=_header_fault(header),
        key=key_fault,
        signature=signature_fault,
    )


def whole_seconds(payload: Mapping[str, Any], name: str) -> int:
    """The NumericDate ``name`` of a payload. Raises MalformedToken unless it is a whole number."""
    value = payload.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedToken(f"{name} must be a whole number of seconds", pointer=f"/{name}")
    return value


# One issuer's tokens have one header; nobody changes what is handed out.
@lru_cache(maxsize=256)
def _header_of(text: str) -> Mapping[str, Any]:
    return MappingProxyType(parse_object(decode(text)))


@lru_cache(maxsize=1024)
def _header_text(typ: str, kid: str, alg: str, cty: str | None) -> bytes:
    headers = {"typ": typ, "kid": kid, "alg": alg}
    return encode_bytes(canonical(headers if cty is None else {**headers, "cty": cty}))


def _signed(header: bytes, payload: bytes, signer: Signer) -> str:
    signing_input = header + b"." + encode_bytes(payload)
    signature = _JWS.get_algorithm_by_name(signer.alg).sign(signing_input, signer)
    return (signing_input + b"." + encode_bytes(signature)).decode()


def _key_faults(
    read: ReadToken, keys: KeyLookup, *, require_kid: bool, accept_high_s: bool
) -> tuple[DomainError | None, DomainError | None]:
    try:
        key = _find_key(read.header, keys, require_kid=require_kid)
    except DomainError as fault:
        return fault, SignatureNotChecked()
    try:
        _verify(read, key, accept_high_s=accept_high_s)
    except DomainError as fault:
        return None, fault
    return None, None


def _verify(read: ReadToken, key: PublicKey, *, accept_high_s: bool) -> None:
    if key.alg != read.header.get("alg"):
        raise AlgorithmNotAllowed("alg is not the key's algorithm")
    signature = with_low_s(read.signature, key.alg) if accept_high_s else read.signature
    _JWS.get_algorithm_by_name(key.alg).verify(read.signing_input, key, signature)


def _typ_fault(header: Mapping[str, Any], typ: str | Collection[str | None]) -> WrongTokenType | None:
    accepted = (typ,) if isinstance(typ, str) else tuple(typ)
    if header.get("typ") in accepted:
        return None
    return WrongTokenType(f"expected typ {' or '.join(str(name) for name in accepted)}")


def _algorithm_fault(header: Mapping[str, Any], algorithms: Collection[str]) -> AlgorithmNotAllowed | None:
    if isinstance(header.get("alg"), str) and header["alg"] in tuple(algorithms):
        return None
    return AlgorithmNotAllowed("sign with an algorithm from: " + ", ".join(algorithms))


def _header_fault(header: Mapping[str, Any]) -> Refused | None:
    if "crit" in header or "b64" in header:
        return CriticalHeader()
    return None if _KEY_HEADERS.isdisjoint(header) else KeyInToken()


def _find_key(header: Mapping[str, Any], keys: KeyLookup, *, require_kid: bool) -> PublicKey:
    kid = header.get("kid", "")
    if not isinstance(kid, str) or (require_kid and not kid):
        raise UnknownKey("name the key in the header's kid")
    try:
        return keys(kid)
    except KeyError as fault:
        raise UnknownKey("the kid names no key we know") from fault


def _expiry(payload: Mapping[str, Any]) -> int:
    expiry = payload.get("exp")
    if not isinstance(expiry, int) or isinstance(expiry, bool):
        raise ExpiryMissing("exp must be a whole number of seconds", pointer="/exp")
    return expiry
