"""What we say about a field that breaks a rule: never the value, which may be personal data or a secret."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic_core import ErrorDetails

BROKEN_RULE = "broken_rule"

_OWN_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "missing": "is required",
        "extra_forbidden": "is not known here",
        "model_type": "must be an object",
        "model_attributes_type": "must be an object",
        "dict_type": "must be an object",
        "list_type": "must be an array",
        "tuple_type": "must be an array",
        "set_type": "must be an array",
        "frozen_set_type": "must be an array",
        "string_type": "must be a string",
        "int_type": "must be a whole number",
        "int_parsing": "must be a whole number",
        "int_from_float": "must be a whole number",
        "bool_type": "must be true or false",
        "bool_parsing": "must be true or false",
        "float_type": "must be a number",
        "none_required": "must be null",
        "string_too_short": "must have at least {min_length} characters",
        "string_too_long": "must have at most {max_length} characters",
        "string_pattern_mismatch": "must match {pattern}",
        "too_short": "must have at least {min_length} items",
        "too_long": "must have at most {max_length} items",
        "greater_than": "must be greater than {gt}",
        "greater_than_equal": "must be at least {ge}",
        "less_than": "must be less than {lt}",
        "less_than_equal": "must be at most {le}",
        "literal_error": "must be {expected}",
        "enum": "must be {expected}",
        "union_tag_invalid": "must be one of {expected_tags}",
        "union_tag_not_found": "lacks the member {discriminator}",
        "date_type": "must be a date, YYYY-MM-DD",
        "date_parsing": "must be a date, YYYY-MM-DD",
        "date_from_datetime_parsing": "must be a date, YYYY-MM-DD",
        "datetime_type": "must be an instant, RFC 3339 with its offset",
        "datetime_parsing": "must be an instant, RFC 3339 with its offset",
        "datetime_from_date_parsing": "must be an instant, RFC 3339 with its offset",
        "timezone_aware": "must be an instant with its offset",
        "decimal_type": "must be a decimal number",
        "decimal_parsing": "must be a decimal number",
        "url_type": "must be a URL",
        "url_parsing": "must be a URL",
    }
)


def message(error: ErrorDetails) -> str:
    """The sentence for one pydantic error; ``context`` holds our own limits, never the caller's value."""
    if error["type"] == BROKEN_RULE:
        return error["msg"]
    words = _OWN_WORDS.get(error["type"], "breaks a rule of this field")
    context: dict[str, Any] = error.get("ctx", {})
    return words.format_map(context)


def json_pointer(path: tuple[int | str, ...]) -> str:
    """RFC 6901 pointer of a pydantic location.

    >>> json_pointer(("holders", 0, "a/b"))
    '/holders/0/a~1b'
    """
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
