"""The one way a JWS is made or accepted here: compact form, strict.

>>> from claim_issuers.keys.signers import Ed25519Signer
>>> signer = Ed25519Signer(bytes(32))
>>> token = sign_compact("demo+jwt", {"exp": 1800000000}, signer)
>>> verify_compact(token, keys=lambda kid: signer.public_key, algorithms=["EdDSA"], typ="demo+jwt").payload
{'exp': 1800000000}

PyJWT keeps the table of algorithms, with our keys in it. Its own reading of tokens is not used: it takes the high-s twin, padding,
duplicate members, a missing or textual ``exp`` and any ``typ`` (docs/adr/0012).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from claim_issuers.clock import unix_seconds
from claim_issuers.encodings.base64url import encode_bytes
from claim_issuers.encodings.canonical_json import canonical, canonical_plain
from claim_issuers.formats.compact_jws import (
    ALGORITHMS,
    JWS,
    MAX_TOKEN_BYTES,
    Faults,
    KeyLookup,
    ReadToken,
    examine,
    read_compact,
)
from claim_issuers.formats.token_errors import (
    AlgorithmNotAllowed,
    CriticalHeader,
    ExpiryMissing,
    KeyInToken,
    MalformedToken,
    SignatureNotChecked,
    TokenExpired,
    TokenNotYetValid,
    TokenTooLarge,
    UnknownKey,
    WrongTokenType,
)
from claim_issuers.keys.signers import Signer

__all__ = [
    "ALGORITHMS",
    "MAX_TOKEN_BYTES",
    "AlgorithmNotAllowed",
    "CriticalHeader",
    "ExpiryMissing",
    "Faults",
    "KeyInToken",
    "KeyLookup",
    "MalformedToken",
    "ReadToken",
    "SignatureNotChecked",
    "TokenExpired",
    "TokenNotYetValid",
    "TokenTooLarge",
    "UnknownKey",
    "VerifiedToken",
    "WrongTokenType",
    "examine",
    "read_compact",
    "read_unverified",
    "sign_compact",
    "sign_plain",
    "verify_compact",
    "whole_seconds",
]


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


def read_unverified(token: str, *, max_bytes: int = MAX_TOKEN_BYTES) -> VerifiedToken:
    """Header and payload **before** any signature is checked: only to choose the key to check it with.

    Raises TokenTooLarge, MalformedToken.
    """
    read = read_compact(token, max_bytes=max_bytes)
    return VerifiedToken(read.header, read.payload)


def whole_seconds(payload: Mapping[str, Any], name: str) -> int:
    """The NumericDate ``name`` of a payload. Raises MalformedToken unless it is a whole number."""
    value = payload.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedToken(f"{name} must be a whole number of seconds", pointer=f"/{name}")
    return value


@lru_cache(maxsize=1024)
def _header_text(typ: str, kid: str, alg: str, cty: str | None) -> bytes:
    headers = {"typ": typ, "kid": kid, "alg": alg}
    return encode_bytes(canonical(headers if cty is None else {**headers, "cty": cty}))


def _signed(header: bytes, payload: bytes, signer: Signer) -> str:
    signing_input = header + b"." + encode_bytes(payload)
    signature = JWS.get_algorithm_by_name(signer.alg).sign(signing_input, signer)
    return (signing_input + b"." + encode_bytes(signature)).decode()


def _expiry(payload: Mapping[str, Any]) -> int:
    expiry = payload.get("exp")
    if not isinstance(expiry, int) or isinstance(expiry, bool):
        raise ExpiryMissing("exp must be a whole number of seconds", pointer="/exp")
    return expiry
