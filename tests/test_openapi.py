"""``openapi.yaml`` says what the service does: a valid document with the same routes, scopes, answers and problems."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import TestResponse

from identity_service.access.model import ROLE_SCOPES, WALLET_SCOPES, Role
from identity_service.web.problems import PROBLEMS
from tests.support.description import (
    Operation,
    answer_faults,
    described_values,
    description,
    documented_operations,
    operations,
    schema_faults,
    served_operations,
)
from tests.support.door import Door

OPERATIONS = {one.id: one for one in operations()}
LOOKS_FIRST = {"registerToken", "nameClaimIssuerContract", "makeForm", "sendOrder", "askForRegistration"}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    door = Door(tmp_path_factory.mktemp("service"))
    yield door
    door.service.close()


def faults_of(operation: Operation, answer: TestResponse) -> list[str]:
    content_type = answer.headers.get("Content-Type", "")
    return answer_faults(operation.method, operation.path, answer.status_code, content_type, answer.data)


# The document itself


def test_the_document_is_valid_openapi() -> None:
    assert list(OpenAPIV31SpecValidator(dict(description())).iter_errors()) == []
    assert description()["openapi"].startswith("3.1.")


def test_no_member_of_the_document_is_written_twice() -> None:
    class Once(yaml.SafeLoader):
        pass

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        assert len(set(names)) == len(names), f"{node.start_mark}: {names}"
        return loader.construct_mapping(node, deep=True)

    Once.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    yaml.load((Path(__file__).parents[1] / "openapi.yaml").read_text(), Loader=Once)  # noqa: S506 - a SafeLoader


def test_operation_ids_are_unique_and_every_operation_has_a_known_tag() -> None:
    assert len(OPERATIONS) == len(operations())
    tags = {tag["name"] for tag in description()["tags"]}
    assert {tag for one in operations() for tag in one.spec["tags"]} == tags


@pytest.mark.parametrize(
    ("place", "schema", "value"), list(described_values()), ids=lambda part: part if isinstance(part, str) else ""
)
def test_every_example_fits_its_schema(place: str, schema: Mapping[str, Any], value: Any) -> None:
    assert schema_faults(schema, value) == []


def test_a_member_that_no_schema_names_is_a_fault() -> None:
    media = OPERATIONS["readClaim"].response(200)["content"]["application/json"]
    claim, schema = media["example"], media["schema"]
    assert schema_faults(schema, {**claim, "legal_name": "Elena Rossi"})
    assert schema_faults(schema, {**claim, "forms": [{**claim["forms"][0], "salt": "0x00"}]})
    assert schema_faults(schema, {name: claim[name] for name in claim if name != "state"})


# The document and the code


def test_the_documented_routes_are_the_served_ones(door: Door) -> None:
    assert documented_operations() == served_operations(door.app)


@pytest.mark.parametrize("operation", [one for one in operations() if one.scopes], ids=lambda one: one.id)
def test_a_token_without_the_documented_scope_is_refused_by_its_name(door: Door, operation: Operation) -> None:
    assert door.call(operation).json["code"] == "access_token_missing"
    refused = door.call(operation, token=door.client_token(Role.ADMINISTRATOR, frozenset()))
    assert (refused.status_code, refused.json["code"]) == (403, "scope_missing")
    assert refused.json["detail"] == f"this needs the scope {next(iter(operation.scopes))}"
    assert faults_of(operation, refused) == []


@pytest.mark.parametrize("operation", [one for one in operations() if not one.spec["security"]], ids=lambda one: one.id)
def test_an_operation_without_security_asks_nobody_who_they_are(door: Door, operation: Operation) -> None:
    assert door.call(operation).status_code not in (401, 403)


def test_the_document_names_the_scopes_of_every_role() -> None:
    schemes = description()["components"]["securitySchemes"]
    described = schemes["client"]["flows"]["clientCredentials"]["scopes"]
    held = {
        scope: {role.value for role in Role if scope in ROLE_SCOPES[role]} for scope in frozenset().union(*ROLE_SCOPES.values())
    }
    assert {scope: set(text.rpartition("Held by: ")[2].rstrip(".").split(", ")) for scope, text in described.items()} == held
    by_scheme = {
        (scheme, scope) for one in operations() for need in one.spec["security"] for scheme in need for scope in need[scheme]
    }
    assert {scope for scheme, scope in by_scheme if scheme == "client"} <= set(described)
    assert {scope for scheme, scope in by_scheme if scheme == "wallet"} == set(WALLET_SCOPES)


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one.id)
def test_the_service_reads_the_examples_and_answers_as_described(door: Door, operation: Operation) -> None:
    for number, body in enumerate(operation.request_examples() or [None]):
        answer = door.call(operation, token=door.token_for(operation), key=f"example-{number}", body=body)
        assert faults_of(operation, answer) == []
        code = (answer.json or {}).get("code") if answer.is_json else None
        assert code not in ("invalid_field", "invalid_parameter", "malformed_json", "unsupported_media_type", "malformed_account")
        assert answer.status_code != 500


@pytest.mark.parametrize("operation", [one for one in operations() if one.method == "POST"], ids=lambda one: one.id)
def test_the_idempotency_key_is_required_where_the_document_says_so(door: Door, operation: Operation) -> None:
    body = next(iter(operation.request_examples()), None)
    answer = door.call(operation, token=door.token_for(operation), body=body)
    missing = (answer.json or {}).get("code") == "idempotency_key_missing"
    if operation.id in LOOKS_FIRST:
        assert "Idempotency-Key" in operation.parameters_in("header")
        assert answer.status_code in (404, 503)  # it asks the database or the chain before it creates
    else:
        assert missing == ("Idempotency-Key" in operation.parameters_in("header"))


# Problems


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one.id)
def test_every_problem_that_an_operation_names_exists_under_its_status(operation: Operation) -> None:
    for status in operation.spec["responses"]:
        for code in operation.problem_codes(status):
            assert status in ("default", str(PROBLEMS[code].status)), code


@pytest.mark.parametrize("name", [name for name in description()["components"]["responses"] if name != "OAuthError"])
def test_problem_examples_have_the_words_of_the_table(name: str) -> None:
    content = description()["components"]["responses"][name]["content"]
    problem = content.get("application/problem+json", {}).get("example")
    if problem is not None:
        entry = PROBLEMS[problem["code"]]
        assert (problem["status"], problem["title"], problem["advice"]) == (entry.status, entry.title, entry.advice)
