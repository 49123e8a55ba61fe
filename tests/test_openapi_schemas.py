"""``openapi.yaml`` asks for what the code reads: members, rules, closed vocabularies, and the problems that follow from them."""

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from claim_issuers.claims.vocabulary import CLAIM_TYPES
from claim_issuers.orders.order import Side
from identity_service.access import routes as access
from identity_service.access import seat_routes
from identity_service.access.grants import FIELDS, PURPOSES, VIEWER_ROLES, GrantorKind
from identity_service.access.model import Role
from identity_service.audit import routes as audit
from identity_service.cap_table import routes as cap_table
from identity_service.cap_table.model import Standing, View
from identity_service.issuance import claim_routes
from identity_service.issuance import routes as issuance
from identity_service.issuance.model import ApplicationState, FormState, Liveness
from identity_service.issuance.presentation import NewAttributes
from identity_service.jobs.model import JobState
from identity_service.mesh import routes as mesh
from identity_service.notices import routes as notices
from identity_service.notices.event_words import MendedBy as EventMender
from identity_service.notices.model import Language, NoticeKind, NoticeState
from identity_service.onboarding import account_batch_routes, batch_routes, invitation_routes, move_routes, plan_routes
from identity_service.onboarding import routes as onboarding
from identity_service.onboarding.account_batch_model import ItemState
from identity_service.onboarding.agent_batches import EntryState
from identity_service.onboarding.allowance_model import AllowanceState
from identity_service.onboarding.batch_model import RowCode
from identity_service.onboarding.invitation_model import InvitationState
from identity_service.onboarding.model import REQUESTED
from identity_service.onboarding.move_model import ActKind, MoveState, StepKind
from identity_service.onboarding.move_model import StepState as AccountStepState
from identity_service.onboarding.plan_steps import SentBy, StepName, StepState
from identity_service.openid4vci import offer_routes
from identity_service.openid4vci.model import OfferState
from identity_service.orders import routes as orders
from identity_service.orders.model import ClaimNow, OrderState
from identity_service.parties import routes as parties
from identity_service.parties.bases import Basis
from identity_service.parties.model import Capacity, PartyKind
from identity_service.tokens import routes as tokens
from identity_service.verification import routes as verification
from identity_service.verification.explain import EnforcedBy, MendedBy, OnchainState, RestsOn, Subject
from identity_service.verification.model import Outcome
from tests.support.description import Operation, description, operations, resolved

OPERATIONS = {one.id: one for one in operations()}
SCHEMAS = description()["components"]["schemas"]

BODIES: Mapping[str, type[BaseModel]] = {
    "registerClient": access.NewClient,
    "requestChallenge": access.NewChallenge,
    "proveAccount": access.NewAccountProof,
    "makeAccountBatch": account_batch_routes.NewAccountBatch,
    "answerAccountBatch": account_batch_routes.NewAnswers,
    "requestLinkChallenge": move_routes.NewLinkChallenge,
    "linkAccount": move_routes.NewLink,
    "openMove": move_routes.NewMove,
    "confirmMove": move_routes.MoveConfirmation,
    "requestRecovery": move_routes.NewRecovery,
    "giveGrant": access.NewGrant,
    "giveSeat": seat_routes.NewSeat,
    "registerParty": parties.NewParty,
    "enrol": parties.NewMe,
    "registerClaimIssuer": mesh.NewClaimIssuer,
    "nameClaimIssuerContract": mesh.NewContract,
    "registerToken": tokens.NewToken,
    "applyForClaim": issuance.NewApplication,
    "decideApplication": issuance.NewDecision,
    "makeForm": claim_routes.NewForm,
    "revokeClaim": claim_routes.NewRevocation,
    "invite": invitation_routes.NewInvitation,
    "sendInvitationBatch": batch_routes.NewBatch,
    "acceptInvitation": NewAttributes,
    "requestIdentityContract": onboarding.NewIdentityContract,
    "requestRegistration": onboarding.NewRegistration,
    "bringClaimOnChain": plan_routes.NewClaimOnChain,
    "askForRegistration": plan_routes.NewRequest,
    "sendOrder": orders.NewOrder,
    "makeCredentialOffer": offer_routes.NewOffer,
}
PROTOCOL_BODIES = {"requestCredential", "fetchDeferredCredential", "notifyOfCredential"}
"""Of wallets, which may say more than we know (OpenID4VCI 1.0 §8.2): read by ``openid4vci.requests``, refused in OAuth's form."""
QUERIES: Mapping[str, type[BaseModel]] = {
    "listGrants": access.Page,
    "listSeats": access.Page,
    "listAccountBatches": account_batch_routes.BatchPage,
    "listMoves": move_routes.MovePage,
    "listMyDisclosures": parties.DisclosurePage,
    "listMyNotices": notices.NoticePage,
    "listAccreditations": mesh.AccreditationPage,
    "listTokens": tokens.TokenPage,
    "listApplications": issuance.Desk,
    "listClaims": claim_routes.ClaimPage,
    "listInvitations": invitation_routes.InvitationPage,
    "listInvitationBatches": batch_routes.BatchPage,
    "sendInvitationBatch": batch_routes.BatchOptions,
    "listRegistrations": onboarding.RegistrationPage,
    "planClaimOnChain": plan_routes.PlanQuestion,
    "prepareRegistrations": plan_routes.BatchQuestion,
    "explainTransfer": verification.TransferQuestion,
    "explainMyTransfer": verification.TransferQuestion,
    "listOrders": orders.OrderPage,
    "readCapTable": cap_table.CapTableQuery,
    "listAuditEntries": audit.AuditPage,
    "readStatusList": issuance.PastList,
    "readBitstringStatusList": issuance.PastBitstring,
}
ENUMS = {
    "Role": Role,
    "ViewerRole": VIEWER_ROLES,
    "Purpose": PURPOSES,
    "NameField": FIELDS,
    "DisclosedField": FIELDS | Basis.of_claim("", holder_party_id="", claim_issuer_party_id="").fields,
    "PartyKind": PartyKind,
    "Capacity": Capacity,
    "BatchedAccountState": ItemState,
    "AccountActKind": ActKind,
    "AccountStepKind": StepKind,
    "AccountStepState": AccountStepState,
    "MoveState": MoveState,
    "ApplicationState": ApplicationState,
    "ClaimState": Liveness,
    "FormState": FormState,
    "InvitationState": InvitationState,
    "AllowanceState": AllowanceState,
    "BatchRowCode": RowCode,
    "JobState": JobState,
    "RegistrationState": {*JobState, REQUESTED},
    "RegistrationEntryState": EntryState,
    "StepName": StepName,
    "StepState": StepState,
    "SentBy": SentBy,
    "NoticeKind": NoticeKind,
    "NoticeState": NoticeState,
    "MailLanguage": Language,
    "EventMender": EventMender,
    "CredentialOfferState": OfferState,
    "OrderState": OrderState,
    "ClaimNow": ClaimNow,
    "OrderSide": Side,
    "TransferSubject": Subject,
    "RestsOn": RestsOn,
    "EnforcedBy": EnforcedBy,
    "TransferMender": MendedBy,
    "ClaimOnChain": OnchainState,
    "Standing": Standing,
    "View": View,
}


def members(schema: Mapping[str, Any], within: Mapping[str, Any] | None = None) -> dict[str, Mapping[str, Any]]:
    return {name: flat(child, within) for name, child in schema["properties"].items()}


def flat(schema: Mapping[str, Any], within: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """``schema`` with its reference followed, and its one branch that is not null laid open."""
    schema = resolved(schema, within)
    branches = [one for one in schema.get("oneOf", schema.get("anyOf", [])) if one.get("type") != "null"]
    own = {name: value for name, value in schema.items() if name not in ("oneOf", "anyOf")}
    return {**(flat(branches[0], within) if branches else {}), **own}


def test_every_body_and_query_string_has_its_model_here() -> None:
    bodies = {one.id for one in operations() if "application/json" in one.spec.get("requestBody", {}).get("content", {})}
    assert set(BODIES) | PROTOCOL_BODIES == bodies
    assert set(QUERIES) == {one.id for one in operations() if one.parameters_in("query")}


@pytest.mark.parametrize("operation_id", BODIES)
def test_request_bodies_have_the_members_that_the_code_reads(operation_id: str) -> None:
    schema = resolved(OPERATIONS[operation_id].spec["requestBody"]["content"]["application/json"]["schema"])
    model = BODIES[operation_id].model_json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema.get("required", [])) == set(model.get("required", []))
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
    assert set(SCHEMAS["TransferCheck"]["properties"]["outcome"]["enum"]) == set(Outcome)


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
