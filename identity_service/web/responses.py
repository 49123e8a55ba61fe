"""One shape of answer: compact JSON in UTF-8, never stored by a cache unless the route says otherwise."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from flask.json.provider import JSONProvider
from pydantic import BaseModel


class CompactJson(JSONProvider):
    """The app's JSON: no spaces, no escapes for letters, nothing that JSON cannot say."""

    def dumps(self, obj: Any, **_options: Any) -> str:
        return json.dumps(obj, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)

    def loads(self, s: str | bytes, **_options: Any) -> Any:
        return json.loads(s)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form; render it in the route")


def json_response(
    body: Any, status: int = 200, headers: Mapping[str, str] | None = None, *, media_type: str = "application/json"
) -> Response:
    """``body`` as JSON: a mapping, a sequence or a pydantic model."""
    encoded = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode("utf-8")
    response = Response(encoded, status=status, content_type=media_type)
    response.headers["Cache-Control"] = "no-store"
    response.headers.update(headers or {})
    return response


def ok(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a question."""
    return json_response(body, status, headers)


def created(body: Any, location: str, headers: Mapping[str, str] | None = None) -> Response:
    """201 with the path of the new thing (RFC 9110 §15.3.2)."""
    return json_response(body, 201, {"Location": location, **(headers or {})})


def accepted(body: Any, location: str, headers: Mapping[str, str] | None = None) -> Response:
    """202 with the path where the outcome will show (RFC 9110 §15.3.3)."""
    return json_response(body, 202, {"Location": location, **(headers or {})})


def no_content() -> Response:
    """204: done, and nothing to say."""
    response = Response(status=204)
    response.headers["Cache-Control"] = "no-store"
    del response.headers["Content-Type"]
    return response


def items(rows: Sequence[Any], next_cursor: str | None, headers: Mapping[str, str] | None = None) -> Response:
    """One page of a list, ``{"items": […], "next": cursor or null}``, with the next page's address as a Link (RFC 8288)."""
    links = {"Link": f'<{_page(next_cursor)}>; rel="next"'} if next_cursor is not None else {}
    return json_response({"items": list(rows), "next": next_cursor}, 200, {**links, **(headers or {})})


def _page(cursor: str) -> str:
    """This request's address with another cursor; relative, so no Host header can lead it astray."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    return f"{request.script_root}{request.path}?{urlencode([*kept, ('cursor', cursor)])}"
