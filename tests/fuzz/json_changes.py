"""Changes of JSON: of a value, of the text that spells it, and into text that is no strict JSON any more.

>>> broken(Random(1), b'{"a":1}') != b'{"a":1}'
True
"""

import json
from collections.abc import Callable
from functools import lru_cache
from random import Random
from typing import Any

from tests.fuzz.mutations import changed_bytes, changed_text, either, place

ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.0, 0.5, -0.0, 1e308, 2**31, 2**53 + 1, 2**63, 2**64, 10**40, -(2**70), 253402300799,
    253402300800, "", " ", "0", "1", "1.0", "null", "true", "\x00", "\n", "é", "\ud800", "A" * 300, "did:web:", "did:pkh:",
    "https://", "eip155:1:0x", "2026-13-45T99:99:99Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0x", "__proto__",
    [], [[]], [None], ["a", "a"], [1] * 50, {}, {"": None}, {"a": {"a": {}}},
)  # fmt: skip
ODD_NAMES = ("", "exp", "nbf", "iat", "iss", "sub", "typ", "alg", "kid", "vct", "cnf", "_sd", "_sd_alg", "...", "__proto__", "é")
DEEP = 2_000


@lru_cache(maxsize=4096)
def _parsed(text: bytes) -> Any:
    return json.loads(text)


def respelt(rng: Random, text: bytes) -> bytes:
    """The JSON text changed: sometimes it means the same, sometimes something else, sometimes nothing."""
    if rng.random() < 0.5:
        changed = changed_value(rng, _parsed(text))
        return json.dumps(changed, ensure_ascii=either(rng, True, "\ud800" in str(changed)), separators=_separators(rng)).encode(
            "utf-8", "surrogatepass"
        )
    return either(rng, _reordered, _spaced, _escaped, _other_number, broken, changed_bytes)(rng, text)


def changed_value(rng: Random, value: Any) -> Any:
    """A copy of a JSON value with one change at any depth."""
    if rng.random() < 0.75:
        if isinstance(value, dict) and value:
            name = either(rng, *value)
            return {**value, name: changed_value(rng, value[name])} if rng.random() < 0.6 else _changed_object(rng, value, name)
        if isinstance(value, list) and value:
            return _changed_list(rng, value)
        if isinstance(value, str):
            return changed_text(rng, value)
    return _other_value(rng, value)


def broken(rng: Random, text: bytes) -> bytes:
    """A JSON object's text made into what a strict reader of one object must refuse, whatever a lax one thinks of it."""
    return either(rng, *_BREAKS)(rng, text)


def _changed_object(rng: Random, value: dict[str, Any], name: str) -> dict[str, Any]:
    kind = int(rng.random() * 5)
    if kind == 0:
        return {key: part for key, part in value.items() if key != name}
    if kind == 1:
        return {**value, either(rng, *ODD_NAMES, name + " ", name.upper()): either(rng, *ODD_VALUES)}
    if kind == 2:
        return {(changed_text(rng, key) if key == name else key): part for key, part in value.items()}
    if kind == 3:
        return {**value, name: value[either(rng, *value)]}
    return {**value, name: _other_value(rng, value[name])}


def _changed_list(rng: Random, value: list[Any]) -> list[Any]:
    at = int(rng.random() * len(value))
    kind = int(rng.random() * 5)
    if kind == 0:
        return value[:at] + value[at + 1 :]
    if kind == 1:
        return value[: at + 1] + value[at:]
    if kind == 2:
        return value[::-1]
    if kind == 3:
        return [*value, either(rng, *ODD_VALUES)]
    return [*value[:at], changed_value(rng, value[at]), *value[at + 1 :]]


def _other_value(rng: Random, value: Any) -> Any:
    if isinstance(value, int) and rng.random() < 0.5:
        return either(rng, float(value), str(value), value + 1, value - 1, -value, value << 40, [value], bool(value))
    return either(rng, either(rng, *ODD_VALUES), [value], {"": value}, str(value))


def _separators(rng: Random) -> tuple[str, str]:
    return either(rng, (",", ":"), (",", ":"), (", ", ": "), (" ,\n", "\t:\r\n"))


def _reordered(rng: Random, text: bytes) -> bytes:
    members = list(_parsed(text).items())
    rng.shuffle(members)
    return json.dumps(dict(members), ensure_ascii=False, separators=(",", ":")).encode()


def _spaced(rng: Random, text: bytes) -> bytes:
    places = [at for at, byte in enumerate(text) if byte in b"{}[],:"] or [0]
    at = either(rng, *places)
    return text[:at] + either(rng, b" ", b"\n", b"\t", b"\r\n") + text[at:]


def _escaped(rng: Random, text: bytes) -> bytes:
    places = [at for at, byte in enumerate(text) if 0x61 <= byte <= 0x7A] or [0]
    at = either(rng, *places)
    return text[:at] + f"\\u{text[at]:04{either(rng, 'x', 'X')}}".encode() + text[at + 1 :]


def _other_number(rng: Random, text: bytes) -> bytes:
    places = [at for at in range(1, len(text)) if text[at - 1 : at] in b":,[" and 0x30 <= text[at] <= 0x39]
    if not places:
        return _spaced(rng, text)
    start = end = either(rng, *places)
    while 0x30 <= text[end] <= 0x39:
        end += 1
    number = text[start:end]
    spelling = either(
        rng, number + b".0", number + b"e0", number + b"E+0", b"0" + number, b"+" + number, b"-" + number, number + b"."
    )
    return text[:start] + spelling + text[end:]


def _with_member(rng: Random, text: bytes, member: bytes) -> bytes:
    inner = text[text.index(b"{") + 1 : text.rindex(b"}")]
    return b"{" + (either(rng, member + b"," + inner, inner + b"," + member) if inner.strip() else member) + b"}"


def _named_twice(rng: Random, text: bytes) -> bytes:
    members = _parsed(text)
    if not members:
        return b'{"a":1,"a":1}'
    name = either(rng, *members)
    value = either(rng, members[name], either(rng, *ODD_VALUES))
    key = either(rng, json.dumps(name), '"' + "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else c for c in name) + '"')
    return _with_member(rng, text, f"{key}:{json.dumps(value)}".encode())


def _no_number(rng: Random, text: bytes) -> bytes:
    number = either(rng, b"NaN", b"Infinity", b"-Infinity", b"1e400", b"0x10", b"01", b"1.", b".5", b"+1", b"9" * 5000, b"1_0")
    return _with_member(rng, text, b'"x":' + number)


def _no_unicode(rng: Random, text: bytes) -> bytes:
    character = either(rng, b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\\ud800", b"\\udc00x", b"\\u12", b"\n", b"\x00", b"\\x41")
    return _with_member(rng, text, b'"x":"' + character + b'"')


def _another_encoding(rng: Random, text: bytes) -> bytes:
    plain = text.decode()
    return either(rng, b"\xef\xbb\xbf" + text, plain.encode("utf-16"), plain.encode("utf-16-le"), plain.encode("utf-32-be"))


def _something_behind(rng: Random, text: bytes) -> bytes:
    return text + either(rng, b"x", b"\x00", b"{}", b"]", b"}", b",", b" 1", b"//", b"\xff", text)


def _no_object(rng: Random, text: bytes) -> bytes:
    return either(
        rng, b"", b"null", b"1", b'""', b"[]", b"[" + text + b"]", json.dumps(text.decode()).encode(), text[:-1], text[1:]
    )


def _too_deep(rng: Random, text: bytes) -> bytes:
    opening, end = either(rng, (b"[", b"]"), (b'{"a":', b"}"))
    levels = either(rng, 64, 65, 200, DEEP)
    inner = opening * levels + either(rng, b"0", b'"["', b'"\\"]"') + end * either(rng, levels, levels, 0)
    return _with_member(rng, text, b'"x":' + inner)


def _other_marks(rng: Random, text: bytes) -> bytes:
    at = place(rng, text)
    return either(
        rng,
        text.replace(b'"', b"'") if b'"' in text else b"{'a':1}",
        text[:-1] + b",}",
        b"{," + text[1:],
        text[:-1] + b"/**/}",
        text[:at].replace(b'"', b"") + b"\x00" + text[at:],
    )


_BREAKS: tuple[Callable[[Random, bytes], bytes], ...] = (
    _named_twice,
    _named_twice,
    _no_number,
    _no_unicode,
    _another_encoding,
    _something_behind,
    _no_object,
    _too_deep,
    _other_marks,
)
