"""``openapi.yaml`` as tests use it: what it documents, and whether an answer is one that it describes.

Any test that drives an app can hold it to the description::

    faults = watch(app)
    ...
    assert faults == []
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from flask import Flask, Response, request
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from werkzeug.routing import Rule

OPENAPI = Path(__file__).parents[2] / "openapi.yaml"
_DOCUMENT_URI = "urn:test:openapi"
_CODE = re.compile(r"`([a-z][a-z0-9_]*)`")
_METHODS = frozenset({"get", "put", "post", "delete", "patch"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One documented operation; ``parameters`` are resolved, the path's own among them."""

    method: str
    path: str
    spec: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]

    @property
    def id(self) -> str:
        return str(self.spec["operationId"])

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(scope for requirement in self.spec["security"] for names in requirement.values() for scope in names)

    def parameters_in(self, place: str) -> dict[str, Mapping[str, Any]]:
        return {one["name"]: one for one in self.parameters if one["in"] == place}

    def url(self) -> str:
        """The path with the examples of its parameters."""
        path = self.path
        for name, parameter in self.parameters_in("path").items():
            path = path.replace(f"{{{name}}}", parameter["example"])
        return path

    def request_examples(self) -> list[Any]:
        """The examples of the request body; none where there is no body."""
        content = self.spec.get("requestBody", {}).get("content", {})
        return [example for media in content.values() for example in examples_of(media)]

    def response(self, status: int) -> Mapping[str, Any] | None:
        """The response that describes an answer of this status: its own, or the default."""
        found = self.spec["responses"].get(str(status), self.spec["responses"].get("default"))
        return None if found is None else resolved(found)

    def problem_codes(self, status: int | str) -> frozenset[str]:
        """The problem codes that the description names for a status, or for ``default``."""
        response = resolved(self.spec["responses"].get(str(status), {}))
        named = "application/problem+json" in response.get("content", {})
        return frozenset(_CODE.findall(response["description"])) if named else frozenset()

    def all_problem_codes(self) -> frozenset[str]:
        """Every problem code that the operation names, those of any request left out."""
        return frozenset().union(*(self.problem_codes(status) for status in self.spec["responses"] if status != "default"))


@cache
def description() -> Mapping[str, Any]:
    """The document."""
    return dict(yaml.safe_load(OPENAPI.read_text()))


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation in the order of the document."""
    found = []
    for path, item in description()["paths"].items():
        for method in sorted(_METHODS & item.keys()):  # one order in every process: the tests run in two
            parameters = [*item.get("parameters", []), *item[method].get("parameters", [])]
            found.append(Operation(method.upper(), path, item[method], tuple(map(resolved, parameters))))
    return tuple(found)


def documented_operations() -> set[tuple[str, str]]:
    """Method and path template of every operation, such as ("GET", "/v1/tokens/{token}")."""
    return {(one.method, one.path) for one in operations()}


def served_operations(app: Flask) -> set[tuple[str, str]]:
    """The same, of the rules of an app; HEAD and OPTIONS come with GET by themselves, and pages for people are exempt."""
    return {
        (method, _template(rule.rule))
        for rule in app.url_map.iter_rules()
        if not is_page(rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def is_page(rule: Rule) -> bool:
    """Whether a rule serves people: exactly the blueprints whose name ends in ``_pages`` do, by ``web.pages.pages``."""
    return rule.endpoint.rpartition(".")[0].endswith("_pages")


def resolved(node: Mapping[str, Any], within: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """``node``, or what its ``$ref`` leads to ``within`` a document, by default ours; members beside the reference win."""
    if "$ref" not in node:
        return node
    target: Any = description() if within is None else within
    for part in node["$ref"].removeprefix("#/").split("/"):
        target = target[part.replace("~1", "/").replace("~0", "~")]
    return {**resolved(target, within), **{name: value for name, value in node.items() if name != "$ref"}}


def examples_of(holder: Mapping[str, Any]) -> list[Any]:
    """The examples of a media type, parameter or header."""
    named = [one["value"] for one in holder.get("examples", {}).values()] if isinstance(holder.get("examples"), dict) else []
    return [*named, *([holder["example"]] if "example" in holder else [])]


def described_values() -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Where it stands, schema and value of every example in the document."""
    yield from _values("", description())


def schema_faults(schema: Mapping[str, Any], value: Any) -> list[str]:
    """What is wrong with ``value``; members that the schema does not name are faults too."""
    validator = OAS31Validator(_closed(schema, part_of_all=False), registry=_registry(), format_checker=oas31_format_checker)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def answer_faults(method: str, path: str, status: int, content_type: str, body: bytes) -> list[str]:
    """Why an answer is not one that the description foresees for ``method`` and the path template; empty when it is."""
    operation = next((one for one in operations() if (one.method, one.path) == (method, path)), None)
    if operation is None:
        return [f"{method} {path} is not documented"]
    response = operation.response(status)
    if response is None:
        return [f"{operation.id} does not answer {status}"]
    if "content" not in response:
        return [f"{operation.id} answers {status} without a body"] if body else []
    media_type = content_type.partition(";")[0]
    if media_type not in response["content"]:
        return [f"{operation.id} does not answer {status} as {media_type}"]
    if "json" not in media_type or "ndjson" in media_type:
        return []
    value = json.loads(body)
    faults = schema_faults(response["content"][media_type]["schema"], value)
    if media_type == "application/problem+json":
        named = operation.problem_codes(status) | operation.problem_codes("default")
        faults += [] if value["code"] in named else [f"does not name the problem {value['code']}"]
    return [f"{operation.id} {status} {fault}" for fault in faults]


def watch(app: Flask) -> list[str]:
    """A list that fills with the faults of every answer that ``app`` gives from now on, on any path but those of pages."""
    faults: list[str] = []

    @app.after_request
    def compare(response: Response) -> Response:
        if request.url_rule is not None and not is_page(request.url_rule) and request.method not in ("HEAD", "OPTIONS"):
            response.direct_passthrough = False
            rule, body = _template(request.url_rule.rule), response.get_data()
            faults.extend(answer_faults(request.method, rule, response.status_code, response.content_type or "", body))
        return response

    return faults


def _template(rule: str) -> str:
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule)


def _values(place: str, node: Any) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    if isinstance(node, list):
        for position, item in enumerate(node):
            yield from _values(f"{place}/{position}", item)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("schema"), dict):
        for value in examples_of(node):
            yield place, node["schema"], value
    if place.startswith("/components/schemas/") and isinstance(node.get("examples"), list):
        for value in node["examples"]:
            yield place, node, value
    for name, child in node.items():
        if name not in ("example", "examples", "default"):
            yield from _values(f"{place}/{name}", child)


@cache
def _registry() -> Registry[Any]:
    document = copy.deepcopy(dict(description()))
    schemas = document["components"]["schemas"]
    # A definition stays open, since another may add members to it by allOf; each place that uses it is closed.
    document["components"]["schemas"] = {name: _closed(schema, part_of_all=True) for name, schema in schemas.items()}
    registry: Registry[Any] = Registry().with_resource(_DOCUMENT_URI, DRAFT202012.create_resource(document))
    return registry


def _closed(node: Any, *, part_of_all: bool) -> Any:
    if isinstance(node, list):
        return [_closed(item, part_of_all=False) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {
        name: [_closed(item, part_of_all=True) for item in child] if name == "allOf" else _closed(child, part_of_all=False)
        for name, child in node.items()
    }
    if isinstance(node.get("$ref"), str):
        closed["$ref"] = _DOCUMENT_URI + node["$ref"]
    is_schema = isinstance(node.get("$ref"), str) or "allOf" in node or isinstance(node.get("properties"), dict)
    if is_schema and not part_of_all and "additionalProperties" not in node:
        closed["unevaluatedProperties"] = False
    return closed
