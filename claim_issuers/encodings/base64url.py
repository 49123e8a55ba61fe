"""base64url without padding (RFC 7515 §2), read strictly: one text for each value.

>>> encode(b"\\xff\\xfe")
'__4'
>>> decode("__4")
b'\\xff\\xfe'
"""

from binascii import Error, a2b_base64, b2a_base64

from claim_issuers.errors import InvalidInput

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# To the alphabet that binascii reads; + / and padding, which are not ours, to what it refuses
_TO_BASE64 = bytes.maketrans(b"-_+/=", b"+/!!!")
# By the length modulo 4. The last letter says nothing behind the value's end (RFC 4648 §3.5), and one letter alone is no byte.
_PADDING = (b"", b"", b"==", b"=")
_LAST_LETTERS = (_LETTERS, b"", _LETTERS[::16], _LETTERS[::4])


class MalformedBase64Url(InvalidInput):
    """The text is not base64url without padding, or is not the one canonical text of its value."""

    code = "malformed_base64url"


def encode(value: bytes) -> str:
    """``value`` as base64url without padding."""
    return encode_bytes(value).decode("ascii")


def encode_bytes(value: bytes) -> bytes:
    """``encode`` as the ASCII bytes of the text."""
    return b2a_base64(value, newline=False).replace(b"+", b"-").replace(b"/", b"_").rstrip(b"=")


def decode(text: str) -> bytes:
    """The bytes that ``text`` stands for.

    Raises MalformedBase64Url for padding, foreign characters and set bits behind the end, all of which would give one value
    several texts.
    """
    try:
        characters = text.encode("ascii")
        left = len(characters) % 4
        value = a2b_base64(characters.translate(_TO_BASE64) + _PADDING[left], strict_mode=True)
    except (AttributeError, UnicodeEncodeError, Error) as fault:
        raise MalformedBase64Url("write base64url without padding") from fault
    if characters[-1:] not in _LAST_LETTERS[left]:
        raise MalformedBase64Url("write base64url without padding, and no bits behind the end")
    return value
