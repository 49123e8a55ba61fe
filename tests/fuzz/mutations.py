"""Changes of texts and bytes that know nothing of their meaning, and the seeded chance behind every mutant.

A mutant is named by its seed, its target and its number: the same three give the same mutant, in whatever process.

>>> first, again = chance(7, "jose", 12), chance(7, "jose", 12)
>>> changed_text(first, "eyJhIjoxfQ") == changed_text(again, "eyJhIjoxfQ")
True
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from random import Random
from typing import TypeVar

T = TypeVar("T")

BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# Delimiters of every format here, and characters that careless parsers strip, fold, count as digits or cannot encode.
ODD_CHARACTERS = "=+/.~:,;\"\\'{}[]()<>%#?&@!*$ \t\r\n\v\f\x00\x1c\x7f\x85\xa0éßİſKA０١²\u2028\u200b\ufeff\ud800\udfff🂡"


def chance(seed: int, target: str, number: int) -> Random:
    """The source of chance for one mutant."""
    name = f"{seed}/{target}/{number}".encode()
    return Random(int.from_bytes(blake2b(name, digest_size=16).digest(), "big"))


def either(rng: Random, *options: T) -> T:
    """One of the options."""
    return options[int(rng.random() * len(options))]


def place(rng: Random, things: Sequence[object]) -> int:
    """A place in a sequence, or the one behind its end."""
    return int(rng.random() * (len(things) + 1))


def stretch(rng: Random, length: int) -> tuple[int, int]:
    """Where a stretch of at most 16 begins and ends."""
    start = int(rng.random() * max(length, 1))
    return start, min(length, start + 1 + int(rng.random() * 16))


def changed_text(rng: Random, text: str) -> str:
    """The text with one small change anywhere in it."""
    return either(rng, *_TEXT_CHANGES)(rng, text)


def changed_bytes(rng: Random, value: bytes) -> bytes:
    """The bytes with one small change anywhere in them."""
    return either(rng, *_BYTE_CHANGES)(rng, value)


def changed_number(rng: Random, value: int) -> int:
    """Another number: near, one bit off, or at the edge of a Solidity type."""
    other = either(rng, value + 1, value - 1, -value, 0, 1, 2**32, 2**64, 2**128, 2**255, 2**256 - 1, 2**256, value << 8)
    return value ^ 1 << int(rng.random() * 256) if rng.random() < 0.4 else other


def changed_base64url(rng: Random, text: str) -> str:
    """The same or nearly the same value in a second spelling that lax decoders take."""
    return either(rng, _unused_bits, _padded, _other_alphabet, _broken_line)(rng, text)


def _flip(rng: Random, text: str) -> str:
    at = int(rng.random() * len(text)) if text else 0
    return text[:at] + either(rng, *BASE64URL) + text[at + 1 :]


def _odd(rng: Random, text: str) -> str:
    at = int(rng.random() * len(text)) if text else 0
    return text[:at] + either(rng, *ODD_CHARACTERS) + text[at + 1 :]


def _insert(rng: Random, text: str) -> str:
    at = place(rng, text)
    return text[:at] + either(rng, either(rng, *BASE64URL), either(rng, *ODD_CHARACTERS)) * either(rng, 1, 1, 2, 4) + text[at:]


def _at_an_end(rng: Random, text: str) -> str:
    odd = either(rng, either(rng, *ODD_CHARACTERS), "\r\n", "==", "\ufeff", "..", "null")
    return either(rng, odd + text, text + odd)


def _delete(rng: Random, text: str) -> str:
    at = int(rng.random() * len(text)) if text else 0
    return text[:at] + text[at + 1 :]


def _cut(rng: Random, text: str) -> str:
    start, end = stretch(rng, len(text))
    return text[:start] + text[end:]


def _truncate(rng: Random, text: str) -> str:
    return either(rng, text[: place(rng, text)], text[:-1], text[1:], text[place(rng, text) :])


def _repeat(rng: Random, text: str) -> str:
    start, end = stretch(rng, len(text))
    return text[:end] + text[start:end] * either(rng, 1, 1, 1, 40) + text[end:]


def _swap(rng: Random, text: str) -> str:
    at = int(rng.random() * max(len(text) - 1, 1))
    return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]


def _turn_case(rng: Random, text: str) -> str:
    start, end = stretch(rng, len(text))
    return either(rng, text[:start] + text[start:end].swapcase() + text[end:], text.swapcase(), text.lower(), text.upper())


def _move(rng: Random, text: str) -> str:
    start, end = stretch(rng, len(text))
    rest = text[:start] + text[end:]
    at = place(rng, rest)
    return rest[:at] + text[start:end] + rest[at:]


_TEXT_CHANGES: tuple[Callable[[Random, str], str], ...] = (
    _flip,
    _flip,
    _odd,
    _insert,
    _at_an_end,
    _delete,
    _cut,
    _truncate,
    _repeat,
    _swap,
    _turn_case,
    _move,
)


def _flip_bit(rng: Random, value: bytes) -> bytes:
    if not value:
        return b"\0"
    at = int(rng.random() * len(value))
    return value[:at] + bytes([value[at] ^ 1 << int(rng.random() * 8)]) + value[at + 1 :]


def _other_byte(rng: Random, value: bytes) -> bytes:
    at = place(rng, value)
    return value[:at] + bytes([either(rng, 0, 1, 0x22, 0x5C, 0x7B, 0x7F, 0x80, 0xC0, 0xEF, 0xFF)]) + value[at + either(rng, 0, 1) :]


def _cut_bytes(rng: Random, value: bytes) -> bytes:
    start, end = stretch(rng, len(value))
    return either(rng, value[:start] + value[end:], value[:start], value[end:], b"")


def _repeat_bytes(rng: Random, value: bytes) -> bytes:
    start, end = stretch(rng, len(value))
    return either(rng, value[:end] + value[start:end] + value[end:], value + value)


def _longer_bytes(rng: Random, value: bytes) -> bytes:
    return either(rng, value + b"\0", b"\0" + value, value + bytes(32), value + b"\n", b"0x" + value)


def _move_bytes(rng: Random, value: bytes) -> bytes:
    start, end = stretch(rng, len(value))
    rest = value[:start] + value[end:]
    at = place(rng, rest)
    return either(rng, rest[:at] + value[start:end] + rest[at:], value[::-1])


_BYTE_CHANGES: tuple[Callable[[Random, bytes], bytes], ...] = (
    _flip_bit,
    _flip_bit,
    _flip_bit,
    _other_byte,
    _cut_bytes,
    _repeat_bytes,
    _longer_bytes,
    _move_bytes,
)


def _unused_bits(rng: Random, text: str) -> str:
    spare = {2: 16, 3: 4}.get(len(text) % 4)
    if spare is None or text[-1] not in BASE64URL:
        return text + either(rng, *BASE64URL)
    return text[:-1] + BASE64URL[BASE64URL.index(text[-1]) // spare * spare + int(rng.random() * spare)]


def _padded(rng: Random, text: str) -> str:
    return text + either(rng, "=", "==", "===", "====", "%3D", "=" * (-len(text) % 4 or 4))


def _other_alphabet(rng: Random, text: str) -> str:
    return text.translate(str.maketrans("-_", either(rng, "+/", "+_", "-/", "~.", "‐＿")))


def _broken_line(rng: Random, text: str) -> str:
    at = place(rng, text)
    return text[:at] + either(rng, "\n", "\r\n", " ", "\t", "=") + text[at:]
