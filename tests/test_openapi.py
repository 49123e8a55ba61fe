"""``openapi.yaml`` says what the service does: the same routes, scopes, bodies and problems, and examples that hold."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from eth_account import Account as EthAccount
from eth_account.messages import encode_defunct
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel
from werkzeug.test import TestResponse

from claim_issuers.account_proofs.siwe import SiweMessage
from claim_issuers.claims.vocabulary import CLAIM_TYPES
from claim_issuers.clock import SystemEntropy, unix_seconds
from claim_issuers.formats import eligibility, erc735, jose, vc_jwt
from claim_issuers.formats.eligibility import Eligibility
from claim_issuers.identifiers.accounts import Account, Address
from claim_issuers.keys.public_keys import Ed25519PublicKey
from claim_issuers.keys.signers import Ed25519Signer, Secp256k1Signer
from claim_issuers.status import token_status_list
from claim_issuers.status.array import Status
from identity_service.access import routes as access
from identity_service.access.grants import FIELDS, PURPOSES, VIEWER_ROLES, GrantorKind
from identity_service.access.model import ROLE_SCOPES, WALLET_SCOPES, Role
from identity_service.access.proofs import AccountProofs
from identity_service.audit import routes as audit
from identity_service.audit.export import verify_export
from identity_service.bootstrap import Service
from identity_service.cap_table import routes as cap_table
from identity_service.cap_table.model import Cursor, Standing, View
from identity_service.issuance import routes as issuance
from identity_service.issuance.model import ApplicationState, FormState, Liveness
from identity_service.jobs.model import JobState
from identity_service.mesh import routes as mesh
from identity_service.onboarding import routes as onboarding
from identity_service.parties import routes as parties
from identity_service.parties.model import Capacity, PartyKind
from identity_service.settings import Settings
from identity_service.storage.ids import looks_like_id
from identity_service.tokens import routes as tokens
from identity_service.vault.service import Vault
from identity_service.verification.model import Outcome
from identity_service.web.problems import PROBLEMS
from tests.support.description import (
    Operation,
    answer_faults,
    described_values,
    description,
    documented_operations,
    operations,
    resolved,
    schema_faults,
    served_operations,
)

OPERATIONS = {one.id: one for one in operations()}
SCHEMAS = description()["components"]["schemas"]
# RFC 8032 §7.1, test 1
RFC8032_KEY = Ed25519PublicKey(bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
WALLET = Secp256k1Signer(b"\x11" * 32)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LOOKS_FIRST = {"registerToken", "nameClaimIssuerContract", "makeForm"}

BODIES: Mapping[str, type[BaseModel]] = {
    "registerClient": access.NewClient,
    "requestChallenge": access.NewChallenge,
    "proveAccount": access.NewAccountProof,
    "giveGrant": access.NewGrant,
    "registerParty": parties.NewParty,
    "enrol": parties.NewMe,
    "registerClaimIssuer": mesh.NewClaimIssuer,
    "nameClaimIssuerContract": mesh.NewContract,
    "registerToken": tokens.NewToken,
    "applyForClaim": issuance.NewApplication,
    "decideApplication": issuance.NewDecision,
    "makeForm": issuance.NewForm,
    "revokeClaim": issuance.NewRevocation,
    "requestIdentityContract": onboarding.NewIdentityContract,
    "requestRegistration": onboarding.NewRegistration,
}
QUERIES: Mapping[str, type[BaseModel]] = {
    "listGrants": access.Page,
    "listMyDisclosures": parties.DisclosurePage,
    "listAccreditations": mesh.AccreditationPage,
    "listTokens": tokens.TokenPage,
    "listApplications": issuance.Desk,
    "listClaims": issuance.ClaimPage,
    "listRegistrations": onboarding.RegistrationPage,
    "readCapTable": cap_table.CapTableQuery,
    "listAuditEntries": audit.AuditPage,
}
ENUMS = {
    "Role": Role,
    "ViewerRole": VIEWER_ROLES,
    "Purpose": PURPOSES,
    "NameField": FIELDS,
    "PartyKind": PartyKind,
    "Capacity": Capacity,
    "ApplicationState": ApplicationState,
    "ClaimState": Liveness,
    "FormState": FormState,
    "JobState": JobState,
    "Standing": Standing,
    "View": View,
}


class NoContractWallets:
    """A chain on which no account has code."""

    def code(self, account: Account) -> tuple[bytes, int, bytes]:
        return b"", 1, bytes(32)

    def accepts_signature(self, account: Account, digest: bytes, signature: bytes, block_hash: bytes) -> bool:
        return False


class Door:
    """A whole service on an empty database, without a chain behind it, and tokens to enter with."""

    def __init__(self, directory: Path) -> None:
        settings = Settings(
            data_directory=directory,
            development=True,
            rate_limit="",
            database_url=f"sqlite:///{directory / 'service.db'}",
            chains={"eip155:1": {"rpc_url": "http://127.0.0.1:9"}},
        )
        self.service = Service(settings, Vault.create(directory / "vault", SystemEntropy()))
        self.service.db.create_all()
        self.app: Flask = self.service.app()
        self.client: FlaskClient = self.app.test_client()

    def client_token(self, role: Role, scopes: frozenset[str]) -> str:
        signer = Ed25519Signer(SystemEntropy().token_bytes(32))
        jwk = {name: signer.public_jwk()[name] for name in ("kty", "crv", "x")}
        with self.service.db.write() as session:
            client = self.service.access.register_client(session, role=role, party_id=None, public_jwk=jwk)
            return self.service.access.give_client_token(session, client.id, scopes)

    def wallet_token(self) -> str:
        proofs = AccountProofs(
            clock=self.service.world.clock,
            entropy=self.service.world.entropy,
            single_use=self.service.single_use,
            wallets=NoContractWallets(),
            domain="claims.example",
            uri="https://claims.example",
        )
        account = EthAccount.create()
        with self.service.db.write() as session:
            message = proofs.challenge(session, Account.parse(f"eip155:1:{account.address}")).message
            judged = proofs.judge(message, bytes(account.sign_message(encode_defunct(text=message)).signature))
            return self.service.access.give_wallet_token(session, proofs.record(session, judged).id)

    def token_for(self, operation: Operation) -> str | None:
        """A token that this operation lets in."""
        if not operation.scopes:
            return None
        if operation.scopes <= WALLET_SCOPES:
            return self.wallet_token()
        role = next(role for role in Role if operation.scopes <= ROLE_SCOPES[role])
        return self.client_token(role, operation.scopes)

    def call(self, operation: Operation, *, token: str | None = None, key: str | None = None, body: Any = None) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}" if token else "", "Idempotency-Key": key or ""}
        sent = {name: value for name, value in headers.items() if value}
        required = {name: parameter for name, parameter in operation.parameters_in("query").items() if parameter.get("required")}
        query = {name: resolved(parameter["schema"])["enum"][0] for name, parameter in required.items()}
        content: dict[str, Any] = {} if body is None else {"json": body}
        if "application/x-www-form-urlencoded" in operation.spec.get("requestBody", {}).get("content", {}):
            content = {"data": body}
        return self.client.open(operation.url(), method=operation.method, headers=sent, query_string=query, **content)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    door = Door(tmp_path_factory.mktemp("service"))
    yield door
    door.service.close()


def example(operation_id: str, status: int, name: str = "") -> Any:
    media = next(iter(OPERATIONS[operation_id].response(status)["content"].values()))
    return media["examples"][name]["value"] if name else media["example"]


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from strings(child)


def faults_of(operation: Operation, answer: TestResponse) -> list[str]:
    content_type = answer.headers.get("Content-Type", "")
    return answer_faults(operation.method, operation.path, answer.status_code, content_type, answer.data)


def members(schema: Mapping[str, Any], within: Mapping[str, Any] | None = None) -> dict[str, Mapping[str, Any]]:
    return {name: flat(child, within) for name, child in schema["properties"].items()}


def flat(schema: Mapping[str, Any], within: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """``schema`` with its reference followed, and its one branch that is not null laid open."""
    schema = resolved(schema, within)
    branches = [one for one in schema.get("oneOf", schema.get("anyOf", [])) if one.get("type") != "null"]
    own = {name: value for name, value in schema.items() if name not in ("oneOf", "anyOf")}
    return {**(flat(branches[0], within) if branches else {}), **own}


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
    claim = example("readClaim", 200)
    schema = OPERATIONS["readClaim"].response(200)["content"]["application/json"]["schema"]
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


@pytest.mark.parametrize("operation", [one for one in operations() if not one.scopes], ids=lambda one: one.id)
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


def test_every_body_and_query_string_has_its_model_here() -> None:
    bodies = {one.id for one in operations() if "application/json" in one.spec.get("requestBody", {}).get("content", {})}
    assert set(BODIES) == bodies
    assert set(QUERIES) == {one.id for one in operations() if one.parameters_in("query")}


@pytest.mark.parametrize("operation_id", BODIES)
def test_request_bodies_have_the_members_that_the_code_reads(operation_id: str) -> None:
    schema = resolved(OPERATIONS[operation_id].spec["requestBody"]["content"]["application/json"]["schema"])
    model = BODIES[operation_id].model_json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == set(model["required"])
    assert_same_rules(members(schema), members(model, model), model)


@pytest.mark.parametrize("operation_id", QUERIES)
def test_query_strings_have_the_parameters_that_the_code_reads(operation_id: str) -> None:
    parameters = OPERATIONS[operation_id].parameters_in("query")
    model = QUERIES[operation_id].model_json_schema()
    assert {name for name, one in parameters.items() if one.get("required")} == set(model.get("required", []))
    assert_same_rules({name: flat(one["schema"]) for name, one in parameters.items()}, members(model, model), model)


def assert_same_rules(
    described: Mapping[str, Mapping[str, Any]], coded: Mapping[str, Mapping[str, Any]], within: Mapping[str, Any]
) -> None:
    assert set(described) == set(coded)
    rules = ("minimum", "exclusiveMaximum", "minLength", "minItems", "maxItems", "maxProperties", "pattern", "const")
    for name, schema in coded.items():
        stated = {rule: schema[rule] for rule in rules if rule in schema}
        assert {rule: described[name].get(rule) for rule in stated} == stated, name
        assert described[name].get("default") == schema.get("default"), name
        if "enum" in schema:
            assert set(described[name]["enum"]) == set(schema["enum"])
        if "maximum" in schema:
            assert described[name]["maximum"] == schema["maximum"]
        if "maxLength" in schema:  # a pattern or a list of values says it more exactly
            exact = {"pattern", "enum"} & described[name].keys()
            assert exact or described[name].get("maxLength") == schema["maxLength"], name
        if "properties" in schema:
            assert_same_rules(members(described[name]), members(schema, within), within)


@pytest.mark.parametrize("name", ENUMS)
def test_closed_vocabularies_are_those_of_the_code(name: str) -> None:
    assert set(SCHEMAS[name]["enum"]) == {str(value) for value in ENUMS[name]}


def test_the_other_vocabularies_are_those_of_the_code() -> None:
    assert all(name in SCHEMAS["ClaimTypeName"]["description"] for name in CLAIM_TYPES)
    assert set(SCHEMAS["Grant"]["properties"]["granted_by"]["properties"]["kind"]["enum"]) == set(GrantorKind)
    assert set(SCHEMAS["Check"]["properties"]["outcome"]["enum"]) == set(Outcome)


# Problems


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one.id)
def test_every_problem_that_an_operation_names_exists_under_its_status(operation: Operation) -> None:
    for status in operation.spec["responses"]:
        for code in operation.problem_codes(status):
            assert status in ("default", str(PROBLEMS[code].status)), code


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one.id)
def test_operations_name_the_problems_that_follow_from_what_they_take(operation: Operation) -> None:
    named = operation.all_problem_codes()
    follows = {
        "access_token_missing access_token_invalid scope_missing": bool(operation.scopes),
        "unsupported_media_type malformed_json invalid_field": operation.id in BODIES,
        "invalid_parameter": operation.id in QUERIES,
        "idempotency_key_missing idempotency_key_malformed idempotency_key_reused idempotency_key_in_use": (
            "Idempotency-Key" in operation.parameters_in("header")
        ),
    }
    for codes, expected in follows.items():
        assert named.issuperset(codes.split()) is expected
        assert named.isdisjoint(codes.split()) is not expected
    accounts = [one for one in operation.parameters_in("path").values() if one["schema"].get("$ref", "").endswith("/Account")]
    assert "malformed_account" in named or not accounts


@pytest.mark.parametrize("name", [name for name in description()["components"]["responses"] if name != "OAuthError"])
def test_problem_examples_have_the_words_of_the_table(name: str) -> None:
    content = description()["components"]["responses"][name]["content"]
    problem = content.get("application/problem+json", {}).get("example")
    if problem is not None:
        entry = PROBLEMS[problem["code"]]
        assert (problem["status"], problem["title"], problem["advice"]) == (entry.status, entry.title, entry.advice)


# The examples hold what they say


def test_addresses_in_examples_carry_their_checksum() -> None:
    shown = {text for _, _, value in described_values() for text in strings(value)}
    accounts = [text for text in shown if text.startswith("eip155:") and text.count(":") == 2 and "#" not in text]
    addresses = [text for text in shown if text.startswith("0x") and len(text) == 42]
    assert accounts
    assert addresses
    assert [str(Account.parse(text)) for text in accounts] == accounts
    assert [str(Address.parse(text)) for text in addresses] == addresses


def test_ids_in_examples_are_ids_as_the_service_makes_them() -> None:
    shown = {text for _, _, value in described_values() for text in strings(value) if len(text) == 30 and text[3] == "_"}
    assert shown
    assert all(looks_like_id(text) for text in shown)


def test_the_example_wallet_signed_the_example_message() -> None:
    proof = OPERATIONS["proveAccount"].request_examples()[0]
    signer = EthAccount.recover_message(encode_defunct(text=proof["message"]), signature=proof["signature"])
    message = SiweMessage.parse(proof["message"])
    assert signer == str(message.address) == str(WALLET.address)
    assert f"eip155:{message.chain_id}:{signer}" == example("proveAccount", 201)["account"]
    assert example("requestChallenge", 201)["message"] == proof["message"]


def test_the_example_assertion_is_signed_by_the_example_client() -> None:
    request = OPERATIONS["getAccessToken"].request_examples()[0]
    token = jose.verify_compact(
        request["client_assertion"],
        keys=lambda _kid: RFC8032_KEY,
        algorithms=("EdDSA",),
        typ="client-authentication+jwt",
        require_kid=False,
    )
    assert token.payload["sub"] == example("registerClient", 201)["id"]
    assert example("registerClient", 201)["public_jwk"]["x"] == RFC8032_KEY.jwk()["x"]


def test_the_example_credential_is_the_example_claim() -> None:
    claim = vc_jwt.decode(example("readCredential", 200), keys=lambda _issuer, _kid: RFC8032_KEY)
    shown = example("listMyClaims", 200)["items"][0]
    assert (claim.id, claim.claim_type.name) == (f"urn:identity-service:claim:{shown['id']}", shown["claim_type"])
    assert (str(claim.account), claim.status_list_index) == (shown["account"], shown["status_list_index"])
    assert claim.validity.valid_until.isoformat() == shown["valid_until"]


def test_the_example_status_list_verifies_and_says_valid() -> None:
    uri = f"https://claims.example{OPERATIONS['readStatusList'].url()}"
    read = token_status_list.verify(
        example("readStatusList", 200), uri=uri, keys=lambda _kid: RFC8032_KEY, instant=NOON + timedelta(minutes=1)
    )
    assert read.array.get(40961) == Status.VALID


def test_the_example_form_is_signed_by_the_claim_key_and_is_what_the_call_data_add() -> None:
    form = example("readForm", 200, "erc735")
    data, signature = bytes.fromhex(form["data"][2:]), bytes.fromhex(form["signature"][2:])
    signer = erc735.recover(Address.parse(form["identity_contract"]), int(form["topic"]), data, signature)
    assert signer == WALLET.address
    assert erc735.Erc735Data.unpack(data).valid_from == unix_seconds(NOON)
    call = example("readCallData", 200)["data"]
    assert form["signature"][2:] in call
    assert form["data"][2:] in call


def test_the_example_attestation_verifies() -> None:
    shown = example("readEligibility", 200, "eligible")["attestation"]
    message, domain = shown["message"], shown["domain"]
    answer = Eligibility(
        account=Address.parse(message["account"]),
        token=Address.parse(message["token"]),
        categories=int(message["categories"]),
        issued_at=message["issuedAt"],
        valid_until=message["validUntil"],
        epoch=message["epoch"],
    )
    signer = eligibility.recover(
        answer,
        bytes.fromhex(shown["signature"][2:]),
        chain_id=domain["chainId"],
        verifying_contract=Address.parse(domain["verifyingContract"]),
    )
    assert str(signer) == shown["signer"]


@pytest.mark.parametrize("view", ["full", "bare"])
def test_the_example_cap_tables_reconcile(view: str) -> None:
    table = example("readCapTable", 200, view)
    total = int(table["total_supply"])
    assert sum(int(table[part]) for part in ("disclosed", "below_threshold", "not_disclosed")) == total
    named = [row for row in table["items"] if row["registered_holder"]["party"]]
    assert sum(int(row["quantity"]) for row in named) == int(table["disclosed"])
    assert all(float(row["percent"]) == int(row["quantity"]) * 100 / total for row in table["items"])
    if table["next"]:
        assert Cursor.decode(table["next"]).block_number == table["as_of"]["block_number"]


def test_the_example_export_verifies() -> None:
    export = example("exportAuditLog", 200).encode()
    assert verify_export(export.splitlines(keepends=True), RFC8032_KEY).size == 2
    first = json.loads(export.splitlines()[0])["entry"]
    shown = example("listAuditEntries", 200)["items"][0]
    assert {name: first[name] for name in first if name != "at"} == {name: shown[name] for name in shown if name != "at"}
