"""Strict reading of the Ethereum API's JSON: no duplicate keys, no stray forms of numbers and bytes.

>>> quantity("0x1f"), data("0xff00")
(31, b'\\xff\\x00')
"""

import json
import re
from typing import Any

from identity_service.chain.errors import ChainAnswerMalformed

Json = Any

MAX_DEPTH = 64

_QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,63})", re.IGNORECASE)
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_DATA = re.compile(r"0x([0-9a-f]{2})*", re.IGNORECASE)


def strict_json(text: bytes) -> Json:
    """The value of a JSON text. Raises ChainAnswerMalformed, also for duplicate keys, NaN, deep nesting, no UTF-8."""
    if not _is_shallow(text):
        raise ChainAnswerMalformed("the node's answer is nested too deeply")
    try:
        return json.loads(text.decode(), object_pairs_hook=_no_duplicates, parse_constant=_no_constants)
    except ValueError as error:
        raise ChainAnswerMalformed("the node's answer is not strict JSON") from error


def quantity(value: Json) -> int:
    """The number of an execution-API QUANTITY. Raises ChainAnswerMalformed."""
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise ChainAnswerMalformed("the node's answer holds a malformed quantity")
    return int(value, 16)


def data(value: Json, length: int | None = None) -> bytes:
    """The bytes of an execution-API DATA, of exactly ``length`` where given. Raises ChainAnswerMalformed."""
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise ChainAnswerMalformed("the node's answer holds malformed bytes")
    found = bytes.fromhex(value[2:])
    if length is not None and len(found) != length:
        raise ChainAnswerMalformed("the node's answer holds bytes of the wrong length")
    return found


def member(value: Json, name: str) -> Json:
    """A member of an object. Raises ChainAnswerMalformed when there is none."""
    if not isinstance(value, dict) or name not in value:
        raise ChainAnswerMalformed(f"the node's answer lacks {name!r}")
    return value[name]


def items(value: Json) -> list[Json]:
    """The items of an array. Raises ChainAnswerMalformed for anything else."""
    if not isinstance(value, list):
        raise ChainAnswerMalformed("the node's answer is not an array")
    return value


def to_quantity(number: int) -> str:
    """``number`` as a QUANTITY."""
    return hex(number)


def to_data(value: bytes) -> str:
    """``value`` as DATA."""
    return "0x" + value.hex()


def _is_shallow(text: bytes) -> bool:
    # The parser recurses for each level as far as the interpreter's limit. A library in the process may have raised that limit
    # (py_ecc, under web3, does) beyond what the stack holds, and then deep nesting would crash the process.
    brackets = _STRING.sub(b"", text).translate(None, delete=_NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        if not brackets:
            return True
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return not brackets


def _no_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _no_constants(name: str) -> Json:
    raise ValueError(name)
