"""base64url without padding (RFC 7515 §2), read strictly: one text for each value.

>>> encode(b"\\xff\\xfe")
'__4'
>>> decode("__4")
b'\\xff\\xfe'
"""

from binascii import Error, a2b_base64, b2a_base64

from claim_issuers.errors import InvalidInput

_TO_URL = bytes.maketrans(b"+/", b"-_")
# The characters that only the other alphabet has become a foreign one.
_FROM_URL = bytes.maketrans(b"-_+/", b"+/!!")
_PADDING = (b"", b"===", b"==", b"=")


class MalformedBase64Url(InvalidInput):
    """The text is not base64url without padding, or is not the one canonical text of its value."""

    code = "malformed_base64url"


def encode(value: bytes) -> str:
    """``value`` as base64url without padding."""
    return encode_bytes(value).decode("ascii")


def encode_bytes(value: bytes) -> bytes:
    """``encode`` as the ASCII bytes of the text."""
    return b2a_base64(value, newline=False).translate(_TO_URL).rstrip(b"=")


def decode(text: str) -> bytes:
    """The bytes that ``text`` stands for.

    Raises MalformedBase64Url for padding, foreign characters and set bits behind the end, all of which would give one value
    several texts.
    """
    try:
        characters = text.encode("ascii")
        value = a2b_base64(characters.translate(_FROM_URL) + _PADDING[len(characters) % 4])
    except (AttributeError, UnicodeEncodeError, Error) as fault:
        raise MalformedBase64Url("write base64url without padding") from fault
    # What the decoder passed over, a foreign character or an unused bit, is missing from the value's own text.
    if encode_bytes(value) != characters:
        raise MalformedBase64Url("write base64url without padding, and no bits behind the end")
    return value
