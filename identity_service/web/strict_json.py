"""A request's JSON: the core's strict reading, and the limits of what we store.

>>> read_object(b'{"quantity": 5}')
{'quantity': 5}
"""

from collections.abc import Iterator
from json import JSONDecodeError
from typing import Any

from claim_issuers.encodings.strict_json import MalformedJson, parse_object, refuse_deep_nesting

MAX_DEPTH = 32


def read_object(raw: bytes) -> dict[str, Any]:
    """The one JSON object in ``raw``.

    Raises MalformedJson for all that ``parse_object`` refuses, for nesting beyond 32 levels and for NUL characters, which
    PostgreSQL cannot keep.
    """
    refuse_deep_nesting(raw, MAX_DEPTH)
    value = _parsed(raw)
    if any("\x00" in string for string in _strings(value)):
        raise MalformedJson("a string holds a NUL character")
    return value


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        return parse_object(raw)
    except MalformedJson as error:
        if isinstance(error.__cause__, JSONDecodeError):
            place = f"line {error.__cause__.lineno}, column {error.__cause__.colno}"
            raise MalformedJson(f"the body is not JSON: {place}") from error
        raise


def _strings(value: Any) -> Iterator[str]:
    """Every string in ``value``, names included."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, dict):
            yield from item
            pending.extend(item.values())
