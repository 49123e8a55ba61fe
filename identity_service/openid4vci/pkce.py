"""Proof Key for Code Exchange (RFC 7636), with S256 and no other method. No I/O.

>>> verify_code_verifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
"""

import hmac
import re
from hashlib import sha256
from typing import Final

from claim_issuers.encodings.base64url import MalformedBase64Url, decode, encode
from identity_service.openid4vci.protocol_errors import CodeChallengeInvalid, CodeVerifierInvalid

S256: Final = "S256"
# RFC 7636 §4.1: unreserved characters
_VERIFIER: Final = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


def checked_challenge(challenge: str | None, method: str | None) -> str:
    """The challenge of an authorization request, when it was made with S256 (RFC 7636 §4.3).

    Raises CodeChallengeInvalid when it is missing, of another method (a missing method means plain), or no SHA-256.
    """
    if challenge is None or method != S256:
        raise CodeChallengeInvalid("send a code_challenge with code_challenge_method S256")
    try:
        digest = decode(challenge)
    except MalformedBase64Url as fault:
        raise CodeChallengeInvalid("write the code_challenge as base64url without padding") from fault
    if len(digest) != sha256().digest_size:
        raise CodeChallengeInvalid("the code_challenge is the SHA-256 of the verifier: 43 characters")
    return challenge


def verify_code_verifier(verifier: str | None, challenge: str) -> None:
    """Return when ``challenge`` was made of ``verifier`` (RFC 7636 §4.6). Raises CodeVerifierInvalid."""
    if verifier is None or not _VERIFIER.fullmatch(verifier):
        raise CodeVerifierInvalid("send the code_verifier: 43 to 128 letters, digits and -._~")
    if not hmac.compare_digest(encode(sha256(verifier.encode("ascii")).digest()).encode(), challenge.encode()):
        raise CodeVerifierInvalid("the code_verifier is not the one behind the code_challenge")
