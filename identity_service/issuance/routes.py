"""Everything about claims over HTTP: applications and their decisions here, claims beside, and the published status lists."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from flask import Blueprint, Response
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.clock import from_unix_seconds
from claim_issuers.status.bitstring_status_list import parse_date_time_stamp
from identity_service.access.gate import Gate, caller_of_request
from identity_service.access.model import AccountProofUnknown, Caller
from identity_service.access.proofs import AccountProofs
from identity_service.issuance.claim_routes import add_claim_routes, add_form_routes
from identity_service.issuance.derived_lists import DerivedLists
from identity_service.issuance.desk import OfficersDesk
from identity_service.issuance.forms import Forms, IdentityGuard
from identity_service.issuance.model import Application, ApplicationRequest, ApplicationState
from identity_service.issuance.presentation import REASON, NewAttributes, application_json
from identity_service.issuance.revocation import Revocations
from identity_service.issuance.service import Issuance
from identity_service.issuance.status_lists import StatusLists
from identity_service.mesh.model import ClaimIssuer
from identity_service.parties.bases import Basis
from identity_service.parties.disclosures import Disclosures
from identity_service.parties.model import Candidate
from identity_service.tokens.service import Tokens
from identity_service.web.gate import Creation
from identity_service.web.limits import CostlyWork
from identity_service.web.preconditions import strong_etag, with_etag
from identity_service.web.requests import JsonModel, body, parsed, query
from identity_service.web.responses import items, json_response

_YEAR = 366 * 24 * 3600
_LAST_SECOND = 253402300799  # the last that a datetime holds
_PAST_LISTS = "30 per minute"  # of those that must be signed first; a signature takes longer than the rest of the answer


class NewApplication(NewAttributes):
    """A request for a claim about the account that the caller proved."""

    claim_issuer: str = Field(max_length=64)
    claim_type: str = Field(max_length=32)
    intermediary: str | None = Field(default=None, max_length=64)


class NewDecision(JsonModel):
    """What the claim issuer's desk decided."""

    outcome: Literal["approve", "reject"]
    reason: str = Field(default="evidence_sufficient", pattern=REASON)
    valid_for_seconds: int = Field(default=_YEAR, ge=1, le=5 * _YEAR)


class PastList(JsonModel):
    """Which past: draft-ietf-oauth-status-list-20 §8.4."""

    time: int | None = Field(default=None, ge=0, le=_LAST_SECOND)


class PastBitstring(JsonModel):
    """Which past: Bitstring Status List 1.0 §3.2."""

    timestamp: Annotated[datetime | None, parsed(parse_date_time_stamp)] = None


class Desk(JsonModel):
    """Which applications."""

    state: Annotated[ApplicationState, parsed(ApplicationState)] | None = None
    cursor: str = Field(default="", max_length=64)
    limit: int = Field(default=50, ge=1, le=200)


def blueprint(
    gate: Gate,
    proofs: AccountProofs,
    issuance: Issuance,
    forms: Forms,
    revocations: Revocations,
    disclosures: Disclosures,
    tokens: Tokens,
    guard: IdentityGuard,
) -> Blueprint:
    """Everything about claims."""
    routes = Blueprint("issuance", __name__)
    _applicant_routes(routes, gate, proofs, issuance)
    _desk_routes(routes, gate, issuance, disclosures)
    _decision_routes(routes, gate, issuance, forms)
    add_claim_routes(routes, gate, issuance, forms, revocations, disclosures)
    add_form_routes(routes, gate, issuance, forms, tokens, guard)
    _status_list_routes(routes, gate, issuance)
    return routes


def _applicant_routes(routes: Blueprint, gate: Gate, proofs: AccountProofs, issuance: Issuance) -> None:
    @routes.post("/v1/applications")
    @gate.requires("me")
    def apply() -> Response:
        wanted = body(NewApplication)

        def act(session: Session, caller: Caller) -> Creation:
            if caller.account_proof_id is None:
                raise AccountProofUnknown("prove the account first")
            application = issuance.apply(session, _request(wanted), proofs.get(session, caller.account_proof_id))
            return Creation(body=application_json(application), location=f"/v1/me/applications/{application.id}")

        return gate.create("applications", act)

    @routes.get("/v1/me/applications/<application_id>")
    @gate.requires("me")
    def my_application(application_id: str) -> Response:
        account = caller_of_request().account
        assert account is not None  # noqa: S101 - the scope "me" is a wallet's
        with gate.db.read() as session:
            return json_response(application_json(issuance.application_of(session, application_id, account)))


def _desk_routes(routes: Blueprint, gate: Gate, issuance: Issuance, disclosures: Disclosures) -> None:
    @routes.get("/v1/applications")
    @gate.requires("applications:decide")
    def applications() -> Response:
        page = query(Desk)
        with gate.db.read() as session:
            found = issuance.applications(
                session, _desk_of(issuance, session), state=page.state, after=page.cursor, limit=page.limit + 1
            )
        return items([application_json(one) for one in found[: page.limit]], _next(found, page.limit))

    @routes.get("/v1/applications/<application_id>")
    @gate.requires("applications:decide")
    def application(application_id: str) -> Response:
        with gate.db.write() as session:
            desk = _desk_of(issuance, session)
            found = issuance.application(session, application_id, desk)
            applicant = disclosures.open(
                session,
                caller=caller_of_request(),
                basis=Basis.of_application(found.id, applicant_party_id=found.party_id, claim_issuer_party_id=desk.party_id),
                candidates=[Candidate(party_id=found.party_id, quantity=0, is_intermediary=False)],
            )
            attributes = issuance.attributes_of(session, found)
        return json_response({**application_json(found), "applicant": applicant[found.party_id], "attributes": attributes})


def _decision_routes(routes: Blueprint, gate: Gate, issuance: Issuance, forms: Forms) -> None:
    desk = OfficersDesk(issuance=issuance, forms=forms)

    @routes.post("/v1/applications/<application_id>/decision")
    @gate.requires("applications:decide")
    def decide(application_id: str) -> Response:
        wanted = body(NewDecision)

        def act(session: Session, caller: Caller) -> Creation:
            claim_issuer = desk.of(session, caller)
            if wanted.outcome == "reject":
                rejected = desk.reject(session, application_id, claim_issuer, reason=wanted.reason, caller=caller)
                return Creation(body=application_json(rejected.application), location=f"/v1/applications/{application_id}")
            valid_for = timedelta(seconds=wanted.valid_for_seconds)
            approved = desk.approve(session, application_id, claim_issuer, valid_for=valid_for, caller=caller)
            return Creation(
                body=application_json(approved.application),
                location=f"/v1/claims/{approved.application.claim_id}",
                afterwards=approved.afterwards,
            )

        return gate.create("decisions", act)


def _status_list_routes(routes: Blueprint, gate: Gate, issuance: Issuance) -> None:
    lists = issuance.status_lists
    derived, signs_past = DerivedLists(lists=lists), CostlyWork(_PAST_LISTS)

    def token_of(status_list_id: str, instant: datetime | None) -> str:
        if instant is None:
            return _published(gate, lists, status_list_id)
        with gate.db.read() as session:
            return derived.as_of(session, status_list_id, instant, before_signing=signs_past.spend)

    @routes.get("/status-lists/<status_list_id>")
    def status_list(status_list_id: str) -> Response:
        seconds = query(PastList).time
        instant = None if seconds is None else from_unix_seconds(seconds)
        return _signed_list(token_of(status_list_id, instant), "application/statuslist+jwt")

    @routes.get("/status-lists/<status_list_id>/<purpose>")
    def bitstring_status_list(status_list_id: str, purpose: str) -> Response:
        instant = query(PastBitstring).timestamp
        token, spend = token_of(status_list_id, instant), None if instant is None else signs_past.spend
        with gate.db.read() as session:
            credential = derived.bitstring(session, status_list_id, purpose, token=token, before_signing=spend)
        return _signed_list(credential, "application/vc+jwt")


def _published(gate: Gate, lists: StatusLists, status_list_id: str) -> str:
    with gate.db.read() as session:
        token = lists.is_current(session, status_list_id)
    if token is not None:
        return token
    with gate.db.write() as session:
        return lists.published(session, status_list_id)


def _signed_list(token: str, content_type: str) -> Response:
    # no-cache: a cache may keep it but must ask first, since a revocation holds as soon as it is made.
    headers = {"Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"}
    return with_etag(Response(token, content_type=content_type, headers=headers), strong_etag(token.encode()))


def _desk_of(issuance: Issuance, session: Session) -> ClaimIssuer:
    """The claim issuer that the caller's party is."""
    return issuance.mesh.of_party(session, caller_of_request().party_id)


def _request(wanted: NewApplication) -> ApplicationRequest:
    return ApplicationRequest(
        claim_issuer_id=wanted.claim_issuer,
        claim_type=wanted.claim_type,
        attributes=wanted.attributes,
        party_kind=wanted.party_kind,
        party=wanted.party_data,
        capacity=wanted.capacity,
        intermediary_party_id=wanted.intermediary,
    )


def _next(found: Sequence[Application], limit: int) -> str | None:
    return found[limit - 1].id if len(found) > limit else None
