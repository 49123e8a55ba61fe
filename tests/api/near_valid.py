"""Requests that are almost right: built from the request models' JSON Schema and from what exists, then bent.

Which model a route reads is taken from the route itself, so that a new route is fuzzed from its first day.
"""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask
from hypothesis import strategies as st
from werkzeug.routing import Rule

from identity_service.web.requests import JsonModel
from tests.support.description import is_page

Draw = Callable[[st.SearchStrategy[Any]], Any]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
NASTY_TEXT = (
    "",
    " ",
    "null",
    "-1",
    "0",
    "1e999",
    "\u0000",
    "a\u0000b",
    "\u202e",
    "\ufffd",
    "\U0001f600",
    "'",
    '"',
    "%",
    "%00",
    "%ff",
    "../../etc",
    "<script>",
    "${7*7}",
    "eip155:31337:0x",
    "eip155:0:0x" + "00" * 20,
    f"eip155:{2**63 - 1}:0x" + "ff" * 20,
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "2026-02-30T00:00:00Z",
    "9" * 78,
    "x" * 5000,
)
NASTY_JSON = (None, True, 0, -1, 1.5, 2**31, 2**53, 2**63, -(2**63) - 1, 10**78, [], {}, [[]], {"": None}, ["x"] * 300)
NASTY_BYTES = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'{"a":NaN}',
    b'{"a":1,"a":2}',
    b'{"a":"\\ud800"}',
    b'{"a":"\\u0000"}',
    b"\xff\xfe",
    b"[" * 9000,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One rule of the app, with the model that it reads from the body (POST) or the query (GET) and the scope it needs."""

    rule: Rule
    method: str
    model: type[JsonModel] | None
    scope: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Somebody with an access token."""

    name: str
    token: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A request to send."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None


def routes_of(app: Flask) -> list[Route]:
    """Every rule with each of its methods, pages for people left out."""
    return [
        Route(rule=rule, method=method, model=_model_of(app, rule), scope=_scope_of(app, rule))
        for rule in app.url_map.iter_rules()
        if not is_page(rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def _model_of(app: Flask, rule: Rule) -> type[JsonModel] | None:
    view: Any = inspect.unwrap(app.view_functions[rule.endpoint])
    named = (view.__globals__.get(name) for name in view.__code__.co_names)
    return next((one for one in named if isinstance(one, type) and issubclass(one, JsonModel)), None)


def _scope_of(app: Flask, rule: Rule) -> str | None:
    """The scope that ``Gate.requires`` was told."""
    view: Any = app.view_functions[rule.endpoint]
    scope = inspect.getclosurevars(view).nonlocals.get("scope")
    return scope if isinstance(scope, str) else None


@st.composite
def attempts(draw: Draw, routes: Sequence[Route], known: Mapping[str, Sequence[str]], bearers: Sequence[Bearer]) -> Attempt:
    """A request by anybody, mostly by one of the ``bearers`` who may.

    ``known`` holds good values by the name of path parts and fields.
    """
    route = draw(st.sampled_from(routes))
    method = route.method if draw(_mostly) else draw(st.sampled_from(METHODS))
    path = draw(_path(route, known))
    reads_body = method not in ("GET", "HEAD", "OPTIONS") and draw(_mostly)
    query = route.model if route.method == "GET" else None
    return Attempt(
        method=method,
        path=path + draw(_query(query, known)),
        headers=draw(_headers(route, bearers)),
        body=draw(_body(route, known)) if reads_body else None,
    )


_mostly = st.integers(0, 9).map(lambda number: number > 0)
_seldom = st.integers(0, 9).map(lambda number: number == 0)
_text = st.sampled_from(NASTY_TEXT) | st.text(max_size=30)
_scalar = st.sampled_from(NASTY_JSON) | _text
_json = st.recursive(_scalar, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3), max_leaves=6)


@st.composite
def _path(draw: Draw, route: Route, known: Mapping[str, Sequence[str]]) -> str:
    path = route.rule.rule
    for name in sorted(route.rule.arguments):
        values = known.get(name, ())
        part = quote(draw(st.sampled_from(values)) if values and draw(_mostly) else draw(_text), safe=":")
        path = path.replace(f"<{name}>", part)
    if draw(_seldom):
        path += draw(st.sampled_from(["/", "//", "%00", "%ff", "%2e%2e", ";a=b", "/x"]))
    return path


@st.composite
def _query(draw: Draw, model: type[JsonModel] | None, known: Mapping[str, Sequence[str]]) -> str:
    pairs: list[tuple[str, str]] = []
    if model is not None:
        value = draw(_object(model.model_json_schema(), {}, known))
        pairs = [(name, one if isinstance(one, str) else json.dumps(one)) for name, one in value.items()]
    if draw(_seldom):
        pairs += draw(st.lists(st.tuples(_text, _text), max_size=3))
    if not pairs:
        return draw(st.sampled_from(["", "", "", "?", "?%ff=%ff", "?&&=&"]))
    return "?" + urlencode(pairs)


@st.composite
def _authorization(draw: Draw, route: Route, bearers: Sequence[Bearer]) -> str | None:
    entitled = [one for one in bearers if route.scope in one.scopes]
    if draw(_mostly):
        return f"Bearer {draw(st.sampled_from(entitled if entitled and draw(_mostly) else bearers)).token}"
    return draw(st.sampled_from([None, None, "", "Bearer", "Bearer x", "Basic x", "bearer \xff", "Bearer " + "x" * 5000]))


@st.composite
def _headers(draw: Draw, route: Route, bearers: Sequence[Bearer]) -> dict[str, str]:
    authorization = draw(_authorization(route, bearers))
    headers = {} if authorization is None else {"Authorization": authorization}
    if draw(_mostly):
        headers["Content-Type"] = "application/json"
    elif draw(st.booleans()):
        headers["Content-Type"] = draw(
            st.sampled_from(
                [
                    "text/plain",
                    "multipart/form-data",
                    "application/x-www-form-urlencoded",
                    "a/b; c=\xff",
                    ";",
                    "application/json; charset=x",
                ]
            )
        )
    if draw(_mostly):
        fresh = st.binary(min_size=8, max_size=8).map(bytes.hex)
        headers["Idempotency-Key"] = draw(
            fresh if draw(_mostly) else st.sampled_from(["", "reused", "reused", " ", "\xff", "x" * 256])
        )
    if draw(_seldom):
        name = draw(
            st.sampled_from(["X-Request-ID", "Content-Encoding", "Accept", "If-Match", "If-None-Match", "Range", "Host", "Expect"])
        )
        headers[name] = draw(st.sampled_from(["", "gzip", "*", "\xff", "bytes=0-1", 'W/"x"', "100-continue", "x" * 200]))
    return headers


@st.composite
def _body(draw: Draw, route: Route, known: Mapping[str, Sequence[str]]) -> bytes:
    if route.rule.rule == "/oauth/token":
        return urlencode(
            draw(st.lists(st.tuples(st.sampled_from(["grant_type", "scope", "client_assertion", "x"]), _text)))
        ).encode()
    if draw(_seldom):
        return bytes(draw(st.sampled_from(NASTY_BYTES) | st.binary(max_size=40)))
    if route.model is None or route.method == "GET":
        return json.dumps(draw(_json)).encode()
    value = draw(_object(route.model.model_json_schema(), {}, known))
    if draw(_seldom) and value:
        value.pop(draw(st.sampled_from(sorted(value))))
    if draw(_seldom):
        value[draw(st.sampled_from(sorted(value)) if value and draw(st.booleans()) else _text)] = draw(_json)
    return json.dumps(value).encode()


@st.composite
def _object(draw: Draw, schema: Mapping[str, Any], definitions: Mapping[str, Any], known: Mapping[str, Sequence[str]]) -> Any:
    definitions = schema.get("$defs", definitions)
    required = schema.get("required", ())
    return {
        name: draw(_value(name, one, definitions, known))
        for name, one in schema.get("properties", {}).items()
        if name in required or draw(st.booleans())
    }


@st.composite
def _value(
    draw: Draw, name: str, schema: Mapping[str, Any], definitions: Mapping[str, Any], known: Mapping[str, Sequence[str]]
) -> Any:
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if draw(st.integers(0, 19)) == 0:
        return draw(_json)
    if "anyOf" in schema:
        return draw(_value(name, draw(st.sampled_from(schema["anyOf"])), definitions, known))
    if "const" in schema or "enum" in schema:
        return draw(st.sampled_from(schema.get("enum") or [schema["const"]]))
    kind = schema.get("type")
    if kind == "object" and f"{name} as JSON" in known and draw(_mostly):
        return json.loads(draw(st.sampled_from(known[f"{name} as JSON"])))
    if kind == "object" and "properties" in schema:
        return draw(_object(schema, definitions, known))
    if kind == "object":
        return draw(st.dictionaries(_text, _json, max_size=3))
    if kind == "array":
        return [draw(_value(name, schema.get("items", {}), definitions, known)) for _ in range(draw(st.integers(0, 3)))]
    if kind == "integer":
        low, high = schema.get("minimum", -(2**64)), schema.get("maximum", schema.get("exclusiveMaximum", 2**64 + 1) - 1)
        return draw(st.integers(low, high))
    if kind == "boolean":
        return draw(st.booleans())
    if kind == "string":
        return draw(_string(name, schema, known))
    return None


@st.composite
def _string(draw: Draw, name: str, schema: Mapping[str, Any], known: Mapping[str, Sequence[str]]) -> str:
    if name in known and draw(_mostly):
        return str(draw(st.sampled_from(known[name])))
    if "pattern" in schema and draw(st.booleans()):
        return str(draw(st.from_regex(schema["pattern"], fullmatch=True)))
    return str(draw(_text))
