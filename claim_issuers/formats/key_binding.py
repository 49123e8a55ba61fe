"""Key binding (RFC 9901 §4.3): the holder signs what is shown, to whom, and for which nonce.

>>> from datetime import UTC, datetime
>>> from claim_issuers.formats.jose import read_unverified
>>> from claim_issuers.keys.signers import Ed25519Signer
>>> holder = Ed25519Signer(bytes(32))
>>> shown = bind(SdJwt("eyJ9.e30.x", ()), audience="https://verifier.example", nonce="n-1",
...              issued_at=datetime(2026, 1, 1, tzinfo=UTC), signer=holder)
>>> read_unverified(shown.key_binding).payload["aud"]
'https://verifier.example'
"""

from dataclasses import replace
from datetime import datetime

from claim_issuers.clock import unix_seconds
from claim_issuers.formats.jose import sign_compact
from claim_issuers.formats.sd_jwt import SdJwt
from claim_issuers.keys.signers import Signer

TYP = "kb+jwt"


def bind(sd_jwt: SdJwt, *, audience: str, nonce: str, issued_at: datetime, signer: Signer) -> SdJwt:
    """The presentation of ``sd_jwt`` to one verifier: with a key-binding JWT of ``iat``, ``aud``, ``nonce`` and ``sd_hash``.

    Leaves to the caller that the signer is the key in the credential's ``cnf``. Raises NaiveInstant.
    """
    payload = {"iat": unix_seconds(issued_at), "aud": audience, "nonce": nonce, "sd_hash": sd_jwt.sd_hash}
    return replace(sd_jwt, key_binding=sign_compact(TYP, payload, signer))
