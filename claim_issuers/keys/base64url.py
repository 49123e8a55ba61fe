"""base64url without padding (RFC 7515 §2), read strictly: one text for each value.

>>> encode(b"\\xff\\xfe")
'__4'
>>> decode("__4")
b'\\xff\\xfe'
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from claim_issuers.errors import InvalidInput

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")


class MalformedBase64Url(InvalidInput):
    """The text is not base64url without padding, or is not the one canonical text of its value."""

    code = "malformed_base64url"


def encode(value: bytes) -> str:
    """``value`` as base64url without padding."""
    return urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes that ``text`` stands for.

    Raises MalformedBase64Url for padding, foreign characters and set bits behind the end, all of which would give one value
    several texts.
    """
    if not _ALPHABET.fullmatch(text) or len(text) % 4 == 1:
        raise MalformedBase64Url("write base64url without padding")
    value = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(value) != text:
        raise MalformedBase64Url("the last base64url character has unused bits set")
    return value
