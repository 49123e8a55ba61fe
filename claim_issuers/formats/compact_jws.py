"""A compact JWS taken apart, and every check of its header and signature made, each on its own.

>>> from claim_issuers.formats.token_errors import MalformedToken
>>> try:
...     read_compact("x")
... except MalformedToken as fault:
...     fault.detail
'a compact JWS has three parts'
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from jwt import PyJWS
from jwt.algorithms import Algorithm

from claim_issuers.encodings.base64url import MalformedBase64Url, decode
from claim_issuers.encodings.strict_json import MalformedJson, parse_object
from claim_issuers.errors import DomainError, Refused
from claim_issuers.formats.token_errors import (
    AlgorithmNotAllowed,
    CriticalHeader,
    KeyInToken,
    MalformedToken,
    SignatureNotChecked,
    TokenTooLarge,
    UnknownKey,
    WrongTokenType,
)
from claim_issuers.keys.curves import with_low_s
from claim_issuers.keys.public_keys import PublicKey
from claim_issuers.keys.signers import Signer

MAX_TOKEN_BYTES = 64 * 1024
MAX_HEADER_CHARACTERS = 8 * 1024
_REMEMBERED_CHARACTERS = 512
ALGORITHMS = ("EdDSA", "ES256K", "ES256")
# RFC 7515 §4.1.2-4.1.6: a token that brings its own key vouches for itself
_KEY_HEADERS = frozenset({"jwk", "jku", "x5u", "x5c"})

KeyLookup = Callable[[str], PublicKey]


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


JWS = strict_jws()


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


def examine(
    read: ReadToken,
    *,
    keys: KeyLookup,
    algorithms: Collection[str],
    typ: str | Collection[str | None],
    require_kid: bool = True,
    accept_high_s: bool = False,
    brings_own_key: bool = False,
) -> Faults:
    """Every check of a token's header and signature, made even where another failed; arguments as in ``verify_compact``.

    ``brings_own_key`` lets a ``jwk`` stand in the header, for proofs that a key is held (``proof_of_possession``) and no others.
    """
    header = read.header
    key_fault, signature_fault = _key_faults(read, keys, require_kid=require_kid, accept_high_s=accept_high_s)
    return Faults(
        typ=_typ_fault(header, typ),
        algorithm=_algorithm_fault(header, algorithms),
        header=_header_fault(header, _KEY_HEADERS - {"jwk"} if brings_own_key else _KEY_HEADERS),
        key=key_fault,
        signature=signature_fault,
    )


def _header_of(text: str) -> Mapping[str, Any]:
    if len(text) > MAX_HEADER_CHARACTERS:
        raise MalformedToken(f"a header has at most {MAX_HEADER_CHARACTERS} characters")
    # What nobody signed is remembered too, so only what is short.
    return _remembered_header(text) if len(text) <= _REMEMBERED_CHARACTERS else _parsed_header(text)


def _parsed_header(text: str) -> Mapping[str, Any]:
    return MappingProxyType(parse_object(decode(text)))


# One issuer's tokens have one header; nobody changes what is handed out.
_remembered_header = lru_cache(maxsize=256)(_parsed_header)


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
    JWS.get_algorithm_by_name(key.alg).verify(read.signing_input, key, signature)


def _typ_fault(header: Mapping[str, Any], typ: str | Collection[str | None]) -> WrongTokenType | None:
    accepted = (typ,) if isinstance(typ, str) else tuple(typ)
    if header.get("typ") in accepted:
        return None
    return WrongTokenType(f"expected typ {' or '.join(str(name) for name in accepted)}")


def _algorithm_fault(header: Mapping[str, Any], algorithms: Collection[str]) -> AlgorithmNotAllowed | None:
    if isinstance(header.get("alg"), str) and header["alg"] in tuple(algorithms):
        return None
    return AlgorithmNotAllowed("sign with an algorithm from: " + ", ".join(algorithms))


def _header_fault(header: Mapping[str, Any], refused: frozenset[str]) -> Refused | None:
    if "crit" in header or "b64" in header:
        return CriticalHeader()
    return None if refused.isdisjoint(header) else KeyInToken()


def _find_key(header: Mapping[str, Any], keys: KeyLookup, *, require_kid: bool) -> PublicKey:
    kid = header.get("kid", "")
    if not isinstance(kid, str) or (require_kid and not kid):
        raise UnknownKey("name the key in the header's kid")
    try:
        return keys(kid)
    except KeyError as fault:
        raise UnknownKey("the kid names no key we know") from fault
