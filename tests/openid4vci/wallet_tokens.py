"""Tokens as a wallet signs them, and as one should not: every member can be changed or left out (None)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from claim_issuers.clock import unix_seconds
from claim_issuers.encodings.base64url import encode
from claim_issuers.encodings.canonical_json import canonical
from claim_issuers.keys.signers import P256Signer, Signer

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOW = unix_seconds(AT)
CREDENTIAL_ISSUER = "https://identity.example/claim-issuers/ci_1"


def signed(header: Mapping[str, Any], payload: Mapping[str, Any], signer: Signer) -> str:
    """A compact JWS with exactly these members, those that are None left out."""
    text = f"{_part(header)}.{_part(payload)}"
    return f"{text}.{encode(signer.sign(text.encode()))}"


def key_proof(signer: Signer, *, nonce: str | None = "n-1", header: Mapping[str, Any] | None = None, **changes: Any) -> str:
    """A key proof for CREDENTIAL_ISSUER at AT."""
    protected = {"typ": "openid4vci-proof+jwt", "alg": signer.alg, "jwk": public_jwk(signer), **(header or {})}
    return signed(protected, {"aud": CREDENTIAL_ISSUER, "iat": NOW, "nonce": nonce, **changes}, signer)


def dpop_proof(
    signer: Signer,
    url: str,
    *,
    method: str = "POST",
    access_token: str | None = None,
    header: Mapping[str, Any] | None = None,
    **changes: Any,
) -> str:
    """A DPoP proof at AT."""
    protected = {"typ": "dpop+jwt", "alg": signer.alg, "jwk": public_jwk(signer), **(header or {})}
    ath = None if access_token is None else encode(sha256(access_token.encode()).digest())
    claims = {"htm": method, "htu": url, "iat": NOW, "jti": "j-1", "nonce": "n-1", "ath": ath}
    return signed(protected, {**claims, **changes}, signer)


def public_jwk(signer: Signer) -> dict[str, str]:
    """The key's required members only."""
    return {name: value for name, value in signer.public_jwk().items() if name not in ("kid", "alg")}


def wallet_key(number: int) -> P256Signer:
    """The wallet's key of this number."""
    return P256Signer(bytes([number] * 32))


def _part(members: Mapping[str, Any]) -> str:
    return encode(canonical({name: value for name, value in members.items() if value is not None}))
