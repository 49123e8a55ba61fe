"""JSON read so that two parsers cannot disagree about it: no duplicate keys, no NaN, no broken Unicode.

>>> parse_object(b'{"a": 1}')
{'a': 1}
"""

import json
import re
from typing import Any, NoReturn

import orjson

from claim_issuers.errors import InvalidInput

MAX_DEPTH = 64

# A whole string (the last may lack its end), or one bracket. The possessive forms keep it linear on hostile input.
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class MalformedJson(InvalidInput):
    """The bytes are not JSON in UTF-8, name a member twice, or hold another kind of value than expected."""

    code = "malformed_json"


def parse_object(text: bytes) -> dict[str, Any]:
    """The JSON object in ``text``.

    Raises MalformedJson for a duplicate member at any depth, NaN or Infinity, a number too long, invalid UTF-8, lone
    surrogates, nesting beyond 64 levels, and anything that is no object.
    """
    value = _parse(text)
    if not isinstance(value, dict):
        raise MalformedJson("expected a JSON object")
    return value


def parse_array(text: bytes) -> list[Any]:
    """The JSON array in ``text``, as strictly as ``parse_object``. Raises MalformedJson."""
    value = _parse(text)
    if not isinstance(value, list):
        raise MalformedJson("expected a JSON array")
    return value


def refuse_deep_nesting(text: bytes, depth: int) -> None:
    """Return unless brackets nest deeper than ``depth``. Raises MalformedJson.

    Counted before parsing: packages in the same process raise the recursion limit so far that the parser would overrun the C
    stack and take the process with it.
    """
    if text.count(b"{") + text.count(b"[") <= depth:
        return
    level = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        first = token[0][0]
        level += (first in b"[{") - (first in b"]}")
        if level > depth:
            raise MalformedJson(f"nested deeper than {depth} levels")


def _parse(text: bytes) -> Any:
    refuse_deep_nesting(text, MAX_DEPTH)
    try:
        value = orjson.loads(text)
        # A text that is its own re-encoding names no member twice and hides nothing; others go the slow way.
        if orjson.dumps(value) == text:
            return value
    except (orjson.JSONDecodeError, TypeError):
        pass
    return _parse_any_spelling(text)


def _parse_any_spelling(text: bytes) -> Any:
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except MalformedJson:
        raise
    except (ValueError, RecursionError) as fault:
        raise MalformedJson("not JSON in UTF-8") from fault
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise MalformedJson("a member is named twice")
    return value


def _no_constant(_: str) -> NoReturn:
    raise MalformedJson("NaN and Infinity are not JSON")
