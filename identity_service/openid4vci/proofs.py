"""Key proofs (OpenID4VCI 1.0 §8.2.1 and Appendix F.1): whose keys the credentials of a request are to name. No I/O.

>>> from datetime import UTC, datetime
>>> from claim_issuers.formats.jose import sign_compact
>>> from claim_issuers.keys.signers import P256Signer
>>> wallet, at = P256Signer(bytes([1] * 32)), datetime(2026, 1, 1, tzinfo=UTC)
>>> claims = {"aud": "https://issuer.example", "iat": 1767225600, "nonce": "n-1"}
>>> header = {"alg": "ES256", "typ": TYP, "jwk": wallet.public_key.jwk()}
>>> from claim_issuers.encodings.base64url import encode
>>> from claim_issuers.encodings.canonical_json import canonical
>>> signed = encode(canonical(header)) + "." + encode(canonical(claims))
>>> proof = signed + "." + encode(wallet.sign(signed.encode()))
>>> proved = verify_key_proofs({"jwt": [proof]}, credential_issuer="https://issuer.example", instant=at,
...                            require_nonce=lambda nonce: None, limit=1)
>>> proved.nonce, proved.holder_jwks[0]["crv"]
('n-1', 'P-256')
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from claim_issuers.clock import unix_seconds
from claim_issuers.errors import DomainError
from claim_issuers.formats.proof_of_possession import key_in_jwk_or_did, verify_possession
from claim_issuers.keys.jwk import thumbprint
from identity_service.openid4vci.protocol_errors import KeyProofInvalid

TYP: Final = "openid4vci-proof+jwt"
ALGORITHMS: Final = ("ES256", "EdDSA")
PROOF_TYPE: Final = "jwt"
MAXIMUM_AGE: Final = timedelta(minutes=5)
LEEWAY: Final = timedelta(seconds=60)
_POINTER: Final = "/proofs/jwt"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyProofs:
    """The public keys that were proved, in the order of their proofs, each once, and the nonce that all proofs hold."""

    holder_jwks: tuple[dict[str, str], ...]
    nonce: str


def verify_key_proofs(
    proofs: object,
    *,
    credential_issuer: str,
    instant: datetime,
    require_nonce: Callable[[str], None],
    limit: int,
    client_id: str | None = None,
) -> KeyProofs:
    """What the ``proofs`` member of a credential request proves: at most ``limit`` proofs of type ``jwt``.

    ``require_nonce`` is asked once, when everything else holds, and refuses a nonce that is not ours or too old. ``client_id`` is
    the wallet's where the token was given to one: a proof with ``iss`` must name it. Leaves to the caller that the nonce is used
    up in the transaction that issues. Raises KeyProofInvalid, and what ``require_nonce`` raises (CredentialNonceInvalid).
    """
    texts = _texts(proofs, limit)
    judged = [
        _judged(text, credential_issuer=credential_issuer, now=unix_seconds(instant), client_id=client_id, place=place)
        for place, text in enumerate(texts)
    ]
    keys, nonces = [key for key, _ in judged], {nonce for _, nonce in judged}
    if len({thumbprint(key) for key in keys}) != len(keys):
        raise KeyProofInvalid("prove each key once", pointer=_POINTER)
    if len(nonces) != 1:
        raise KeyProofInvalid("use one nonce in all proofs of a request", pointer=_POINTER)
    nonce = nonces.pop()
    require_nonce(nonce)
    return KeyProofs(holder_jwks=tuple(keys), nonce=nonce)


def _texts(proofs: object, limit: int) -> Sequence[str]:
    """The proofs' texts: ``{"jwt": [...]}`` and nothing besides (§8.2)."""
    if not isinstance(proofs, Mapping) or not proofs:
        raise KeyProofInvalid('send the key proofs as "proofs": {"jwt": [...]}', pointer="/proofs")
    if set(proofs) != {PROOF_TYPE}:
        raise KeyProofInvalid("send proofs of the one type jwt", pointer="/proofs")
    texts = proofs[PROOF_TYPE]
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise KeyProofInvalid("jwt is a list of at least one proof, each a text", pointer=_POINTER)
    if len(texts) > limit:
        raise KeyProofInvalid(f"send at most {limit} key proofs in a request", pointer=_POINTER)
    return texts


def _judged(text: str, *, credential_issuer: str, now: int, client_id: str | None, place: int) -> tuple[dict[str, str], str]:
    pointer = f"{_POINTER}/{place}"
    try:
        proven = verify_possession(text, algorithms=ALGORITHMS, typ=TYP, key_of_header=key_in_jwk_or_did)
    except DomainError as fault:
        raise KeyProofInvalid(fault.detail or fault.code, pointer=pointer) from fault
    payload = proven.payload
    _check_audience(payload, credential_issuer, pointer)
    _check_times(payload, now, pointer)
    if client_id is not None and payload.get("iss", client_id) != client_id:
        raise KeyProofInvalid("iss must be the client_id", pointer=pointer)
    nonce = payload.get("nonce")
    if not isinstance(nonce, str) or not nonce:
        raise KeyProofInvalid("put the c_nonce of the nonce endpoint into the proof", pointer=pointer)
    return proven.key.jwk(), nonce


def _check_audience(payload: Mapping[str, Any], credential_issuer: str, pointer: str) -> None:
    audience = payload.get("aud")
    values = audience if isinstance(audience, list) else [audience]
    if values != [credential_issuer]:
        raise KeyProofInvalid("aud must be the credential issuer's identifier", pointer=pointer)


def _check_times(payload: Mapping[str, Any], now: int, pointer: str) -> None:
    leeway = int(LEEWAY.total_seconds())
    issued_at = payload.get("iat")
    if type(issued_at) is not int or not now - int(MAXIMUM_AGE.total_seconds()) <= issued_at <= now + leeway:
        raise KeyProofInvalid("iat must be the present time, in whole seconds: make a new proof", pointer=pointer)
    _check_bound(payload, "exp", now - leeway + 1, None, pointer)
    _check_bound(payload, "nbf", None, now + leeway, pointer)


def _check_bound(payload: Mapping[str, Any], name: str, least: int | None, most: int | None, pointer: str) -> None:
    if name not in payload:
        return
    value = payload[name]
    if type(value) is not int or (least is not None and value < least) or (most is not None and value > most):
        raise KeyProofInvalid(f"{name} does not allow the proof now, or is no whole number", pointer=pointer)
