"""base58btc, the alphabet of Bitcoin: bytes as text without look-alike letters (draft-msporny-base58-03).

>>> encode(b"Hello World!")
'2NEpo7TZRRrLZSi2U'
>>> decode("2NEpo7TZRRrLZSi2U")
b'Hello World!'
"""

import re
from typing import Final

from claim_issuers.errors import InvalidInput

MAX_LENGTH: Final = 128
"""Characters. The work grows with the square of the length, and no key of ours needs more than 48."""

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_TEXT = re.compile(rf"[{_ALPHABET}]{{0,{MAX_LENGTH}}}")
# int() reads base 36 at most, so each digit is looked up
_DIGITS: Final = {character: value for value, character in enumerate(_ALPHABET)}


class MalformedBase58(InvalidInput):
    """The text is not base58btc, or is longer than 128 characters."""

    code = "malformed_base58"


def encode(value: bytes) -> str:
    """``value`` as base58btc; each leading zero byte becomes a ``1``."""
    number, digits = int.from_bytes(value, "big"), []
    while number:
        number, digit = divmod(number, 58)
        digits.append(_ALPHABET[digit])
    return "1" * (len(value) - len(value.lstrip(b"\0"))) + "".join(reversed(digits))


def decode(text: str) -> bytes:
    """The bytes that ``text`` stands for; every text has its own value, so none has a twin.

    Raises MalformedBase58, before any arithmetic, for another alphabet and for more than 128 characters.
    """
    if not isinstance(text, str) or not _TEXT.fullmatch(text):
        raise MalformedBase58(f"write at most {MAX_LENGTH} base58btc characters")
    number = 0
    for character in text:
        number = number * 58 + _DIGITS[character]
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
