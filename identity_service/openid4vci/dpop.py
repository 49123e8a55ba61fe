"""DPoP proofs (RFC 9449): whoever shows a token, or asks for one, holds the key it is bound to. No I/O.

>>> from datetime import UTC, datetime
>>> from claim_issuers.formats.jose import sign_compact
>>> from claim_issuers.keys.signers import P256Signer
>>> wallet, at = P256Signer(bytes([1] * 32)), datetime(2026, 1, 1, tzinfo=UTC)
>>> claims = {"htm": "POST", "htu": "https://Issuer.example:443/token?x=1", "iat": 1767225600, "jti": "j-1", "nonce": "n"}
>>> proof = sign_compact(TYP, claims, wallet, {"jwk": wallet.public_key.jwk()})
>>> proved = verify_dpop_proof(proof, method="POST", url="https://issuer.example/token", instant=at,
...                            require_nonce=lambda nonce: None)
>>> proved.jkt == wallet.kid
True
"""

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from claim_issuers.clock import from_unix_seconds, unix_seconds
from claim_issuers.encodings.base64url import MalformedBase64Url, decode, encode
from claim_issuers.errors import DomainError
from claim_issuers.formats.proof_of_possession import verify_possession
from claim_issuers.keys.jwk import thumbprint
from identity_service.openid4vci.protocol_errors import DpopNonceRequired, DpopProofInvalid

TYP: Final = "dpop+jwt"
ALGORITHMS: Final = ("ES256", "EdDSA")
MAXIMUM_AGE: Final = timedelta(minutes=5)
LEEWAY: Final = timedelta(seconds=60)
MAXIMUM_JTI_CHARACTERS: Final = 200
_PORTS: Final = {"https": 443, "http": 80}
_URL_CHARACTERS: Final = re.compile(r"[!-~]{1,2048}")
_ESCAPED: Final = re.compile(r"%([0-9A-Fa-f]{2})")
# RFC 3986 §2.3
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True, kw_only=True)
class DpopProof:
    """A key that was proved for one request: ``jkt`` is its RFC 7638 thumbprint.

    ``used_once`` is to be remembered until ``remembered_until``: whoever shows the same proof again is refused (RFC 9449 §11.1).
    """

    jkt: str
    used_once: str
    remembered_until: datetime


def verify_dpop_proof(
    proof: str,
    *,
    method: str,
    url: str,
    instant: datetime,
    require_nonce: Callable[[str], None],
    access_token: str | None = None,
    bound_to: str | None = None,
) -> DpopProof:
    """The key that ``proof`` proves for this ``method`` and ``url``, which is our own address for it, not the request's Host.

    ``access_token`` is the token shown beside it, ``bound_to`` the thumbprint it is bound to. ``require_nonce`` refuses a nonce
    that is not ours or too old. Leaves to the caller that the proof is used once. Raises DpopProofInvalid; DpopNonceRequired
    when the proof has no nonce, and what ``require_nonce`` raises.
    """
    try:
        proven = verify_possession(proof, algorithms=ALGORITHMS, typ=TYP)
    except DomainError as fault:
        raise DpopProofInvalid(fault.detail or fault.code) from fault
    payload, jkt = proven.payload, thumbprint(proven.key.jwk())
    _check_request(payload, method, url)
    issued_at = _issued_at(payload, unix_seconds(instant))
    _check_token(payload, access_token)
    if bound_to is not None and not hmac.compare_digest(jkt.encode(), bound_to.encode()):
        raise DpopProofInvalid("the proof is made with another key than the one that this is bound to")
    used_once = f"{jkt}\n{_jti(payload)}"
    _check_nonce(payload, require_nonce)
    dies_at = from_unix_seconds(issued_at) + MAXIMUM_AGE + timedelta(seconds=1)
    return DpopProof(jkt=jkt, used_once=used_once, remembered_until=dies_at)


def checked_thumbprint(jkt: str) -> str:
    """``dpop_jkt`` of an authorization request (RFC 9449 §10): a SHA-256 in base64url. Raises DpopProofInvalid."""
    try:
        digest = decode(jkt)
    except MalformedBase64Url:
        digest = b""
    if len(digest) != sha256().digest_size:
        raise DpopProofInvalid("dpop_jkt is the RFC 7638 thumbprint of the key, 43 characters")
    return jkt


def normalised_url(url: str) -> str:
    """``url`` without query and fragment, in the one spelling to compare (RFC 9449 §4.3, RFC 3986 §6.2.2 and §6.2.3).

    Raises DpopProofInvalid for what is no web address, and for one with user information.

    >>> normalised_url("HTTPS://Issuer.Example:443/%7eoffice?x=1#y")
    'https://issuer.example/~office'
    """
    try:
        parts = urlsplit(url if _URL_CHARACTERS.fullmatch(url) else "")
        host, port = parts.hostname, parts.port
    except ValueError as fault:
        raise DpopProofInvalid("htu is no web address") from fault
    if parts.scheme not in _PORTS or not host or "@" in parts.netloc:
        raise DpopProofInvalid("htu is no web address")
    name = f"[{host}]" if ":" in host else host
    written_port = "" if port in (None, _PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{name}{written_port}{_ESCAPED.sub(_unescaped, parts.path) or '/'}"


def _unescaped(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def _check_request(payload: Mapping[str, Any], method: str, url: str) -> None:
    if payload.get("htm") != method:
        raise DpopProofInvalid("htm must be the request's method")
    address = payload.get("htu")
    if not isinstance(address, str) or normalised_url(address) != normalised_url(url):
        raise DpopProofInvalid("htu must be the address that the request is sent to")


def _issued_at(payload: Mapping[str, Any], now: int) -> int:
    issued_at = payload.get("iat")
    earliest, latest = now - int(MAXIMUM_AGE.total_seconds()), now + int(LEEWAY.total_seconds())
    if type(issued_at) is not int or not earliest <= issued_at <= latest:
        raise DpopProofInvalid("iat must be the present time, in whole seconds: make a new proof")
    return issued_at


def _check_token(payload: Mapping[str, Any], access_token: str | None) -> None:
    if access_token is None:
        return
    shown = payload.get("ath")
    expected = encode(sha256(access_token.encode()).digest())
    if not isinstance(shown, str) or not hmac.compare_digest(shown.encode(), expected.encode()):
        raise DpopProofInvalid("ath must be the SHA-256 of the access token")


def _jti(payload: Mapping[str, Any]) -> str:
    jti = payload.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= MAXIMUM_JTI_CHARACTERS:
        raise DpopProofInvalid(f"give each proof a jti of its own, at most {MAXIMUM_JTI_CHARACTERS} characters")
    return jti


def _check_nonce(payload: Mapping[str, Any], require_nonce: Callable[[str], None]) -> None:
    nonce = payload.get("nonce")
    if nonce is None:
        raise DpopNonceRequired("sign the proof again with the nonce of the DPoP-Nonce header")
    if not isinstance(nonce, str):
        raise DpopProofInvalid("nonce is a text")
    require_nonce(nonce)
