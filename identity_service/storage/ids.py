"""Identifiers of our own records.

>>> from claim_issuers.clock import SystemEntropy
>>> new_id("pty", SystemEntropy())[:4]
'pty_'
"""

import base64
import re

from claim_issuers.clock import Entropy

_ID_BYTES = 16
_ID = re.compile(r"[a-z]{3}_[a-z2-7]{26}")


def new_id(prefix: str, entropy: Entropy) -> str:
    """``prefix``, an underscore and 26 base-32 characters that hold 128 random bits (OWASP ASVS 11.5.1)."""
    body = base64.b32encode(entropy.token_bytes(_ID_BYTES)).decode().rstrip("=").lower()
    return f"{prefix}_{body}"


def looks_like_id(text: str) -> bool:
    """Whether ``text`` has the shape of an identifier that ``new_id`` makes."""
    return _ID.fullmatch(text) is not None
