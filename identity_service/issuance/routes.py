"""Applications, claims, their forms and revocation, and the published status lists."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

from flask import Blueprint, Response
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account
from identity_service.access.gate import Gate, caller_of_request
from identity_service.access.model import AccountProofUnknown, Caller
from identity_service.access.proofs import AccountProofs
from identity_service.issuance.forms import Forms, IdentityGuard, require_vouched
from identity_service.issuance.model import (
    ERC735,
    VC_JWT,
    Application,
    ApplicationRequest,
    ApplicationState,
    ClaimRecord,
    FormRecord,
    FormUnknown,
    IdentityContractMissing,
)
from identity_service.issuance.places import RevocationPlace
from identity_service.issuance.revocation import Revocations
from identity_service.issuance.service import Issuance
from identity_service.mesh.model import ClaimIssuer
from identity_service.parties.disclosures import Basis, Disclosures
from identity_service.parties.model import Candidate
from identity_service.tokens.model import Token, TokenUnknown
from identity_service.tokens.service import Tokens
from identity_service.web.gate import Creation
from identity_service.web.requests import JsonModel, body, parsed, query
from identity_service.web.responses import items, json_response

_YEAR = 366 * 24 * 3600
_REASON = r"^[a-z][a-z0-9_]{1,62}$"


class NewParty(JsonModel):
    """Who applies."""

    kind: Literal["natural_person", "organisation"]
    legal_name: str = Field(max_length=200)
    country: str | None = Field(default=None, max_length=2)
    email: str | None = Field(default=None, max_length=200)


class NewApplication(JsonModel):
    """A request for a claim about the account that the caller proved."""

    claim_issuer: str = Field(max_length=64)
    claim_type: str = Field(max_length=32)
    attributes: dict[str, Any] = Field(max_length=30)
    party: NewParty | None = None
    capacity: Literal["own", "client", "undeclared"] = "own"
    intermediary: str | None = Field(default=None, max_length=64)


class NewDecision(JsonModel):
    """What the claim issuer's desk decided."""

    outcome: Literal["approve", "reject"]
    reason: str = Field(default="evidence_sufficient", pattern=_REASON)
    valid_for_seconds: int = Field(default=_YEAR, ge=1, le=5 * _YEAR)


class NewForm(JsonModel):
    """A further form of a claim, under the topic of its type, or the one under which ``token``'s registry knows that type."""

    format: Literal["erc735"]
    token: Annotated[Account, parsed(Account.parse)] | None = None


class NewRevocation(JsonModel):
    """Why a claim ends."""

    reason: str = Field(pattern=_REASON)


class Desk(JsonModel):
    """Which applications."""

    state: Annotated[ApplicationState, parsed(ApplicationState)] | None = None
    cursor: str = Field(default="", max_length=64)
    limit: int = Field(default=50, ge=1, le=200)


class ClaimPage(JsonModel):
    """Which part of the claims."""

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
    _application_routes(routes, gate, proofs, issuance, forms, disclosures)
    _claim_routes(routes, gate, issuance, forms, revocations, disclosures)
    _form_routes(routes, gate, issuance, forms, tokens, guard)
    _status_list_routes(routes, gate, issuance)
    return routes


def _application_routes(
    routes: Blueprint, gate: Gate, proofs: AccountProofs, issuance: Issuance, forms: Forms, disclosures: Disclosures
) -> None:
    @routes.post("/v1/applications")
    @gate.requires("me")
    def apply() -> Response:
        wanted = body(NewApplication)

        def act(session: Session, caller: Caller) -> Creation:
            if caller.account_proof_id is None:
                raise AccountProofUnknown("prove the account first")
            application = issuance.apply(session, _request(wanted), proofs.get(session, caller.account_proof_id))
            return Creation(body=_application_json(application), location=f"/v1/me/applications/{application.id}")

        return gate.create("applications", act)

    @routes.get("/v1/me/applications/<application_id>")
    @gate.requires("me")
    def my_application(application_id: str) -> Response:
        account = caller_of_request().account
        assert account is not None  # noqa: S101 - the scope "me" is a wallet's
        with gate.db.read() as session:
            return json_response(_application_json(issuance.application_of(session, application_id, account)))

    @routes.get("/v1/applications")
    @gate.requires("applications:decide")
    def applications() -> Response:
        page = query(Desk)
        with gate.db.read() as session:
            found = issuance.applications(
                session, _desk_of(issuance, session), state=page.state, after=page.cursor, limit=page.limit + 1
            )
        return items([_application_json(one) for one in found[: page.limit]], _next(found, page.limit))

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
        return json_response({**_application_json(found), "applicant": applicant[found.party_id], "attributes": attributes})

    @routes.post("/v1/applications/<application_id>/decision")
    @gate.requires("applications:decide")
    def decide(application_id: str) -> Response:
        wanted = body(NewDecision)

        def act(session: Session, caller: Caller) -> Creation:
            desk = _desk_of(issuance, session)
            if wanted.outcome == "reject":
                rejected = issuance.reject(session, application_id, desk, reason=wanted.reason, caller=caller)
                return Creation(body=_application_json(rejected.application), location=f"/v1/applications/{application_id}")
            valid_for = timedelta(seconds=wanted.valid_for_seconds)
            approved = issuance.approve(session, application_id, desk, valid_for=valid_for, caller=caller)
            form_id = approved.form_id
            assert form_id is not None  # noqa: S101 - an approval intends a form
            forms.watch(session, form_id)
            return Creation(
                body=_application_json(approved.application),
                location=f"/v1/claims/{approved.application.claim_id}",
                afterwards=lambda: forms.complete(form_id, actor=caller.subject),
            )

        return gate.create("decisions", act)


def _claim_routes(
    routes: Blueprint, gate: Gate, issuance: Issuance, forms: Forms, revocations: Revocations, disclosures: Disclosures
) -> None:
    @routes.get("/v1/claims")
    @gate.requires("claims:read")
    def claims() -> Response:
        page = query(ClaimPage)
        with gate.db.read() as session:
            found = issuance.claims_by(session, _desk_of(issuance, session), after=page.cursor, limit=page.limit + 1)
        instant = issuance.clock.now()
        shown = [_claim_json(one, one.liveness(instant).value) for one in found[: page.limit]]
        return items(shown, _next(found, page.limit))

    @routes.get("/v1/me/claims")
    @gate.requires("me")
    def my_claims() -> Response:
        caller, instant = caller_of_request(), issuance.clock.now()
        assert caller.account is not None  # noqa: S101 - the scope "me" is a wallet's
        with gate.db.read() as session:
            party_id = issuance.parties.account(session, caller.account).party_id
            found = issuance.claims_of(session, party_id)
        return items([_claim_json(one, one.liveness(instant).value) for one in found], None)

    def claim_view(claim_id: str) -> Response:
        instant = issuance.clock.now()
        with gate.db.read() as session:
            found = issuance.claim_for(session, claim_id, caller_of_request())
            made = forms.forms_of(session, claim_id)
            places = revocations.places(session, claim_id)
        return json_response(
            {
                **_claim_json(found, found.liveness(instant).value),
                "forms": [_form_json(one) for one in made],
                "revocation_places": [_place_json(one) for one in places],
            }
        )

    routes.add_url_rule("/v1/claims/<claim_id>", "claim", gate.requires("claims:read")(claim_view))
    routes.add_url_rule("/v1/me/claims/<claim_id>", "my_claim", gate.requires("me")(claim_view))

    def credential(claim_id: str) -> Response:
        caller = caller_of_request()
        with gate.db.write() as session:
            found = issuance.claim_for(session, claim_id, caller)
            content = forms.content(session, claim_id)
            if caller.account is None:
                disclosures.open(
                    session,
                    caller=caller,
                    basis=Basis.of_claim(found.id, holder_party_id=found.party_id, claim_issuer_party_id=caller.party_id or ""),
                    candidates=[Candidate(party_id=found.party_id, quantity=0, is_intermediary=False)],
                )
        return Response(content, content_type="application/vc+jwt", headers={"Cache-Control": "no-store"})

    routes.add_url_rule(f"/v1/claims/<claim_id>/forms/{VC_JWT}", "credential", gate.requires("claims:read")(credential))
    routes.add_url_rule(f"/v1/me/claims/<claim_id>/forms/{VC_JWT}", "my_credential", gate.requires("me")(credential))

    @routes.post("/v1/claims/<claim_id>/revoke")
    @gate.requires("claims:revoke")
    def revoke(claim_id: str) -> Response:
        wanted = body(NewRevocation)

        def act(session: Session, caller: Caller) -> Creation:
            issuance.claim_for(session, claim_id, caller)
            revoked = revocations.revoke(session, claim_id, reason=wanted.reason, actor=caller.subject)
            shown = _claim_json(revoked, revoked.liveness(issuance.clock.now()).value)
            return Creation(body=shown, location=f"/v1/claims/{claim_id}", status=200)

        return gate.create("revocations", act)


def _form_routes(routes: Blueprint, gate: Gate, issuance: Issuance, forms: Forms, tokens: Tokens, guard: IdentityGuard) -> None:
    @routes.post("/v1/claims/<claim_id>/forms")
    @gate.requires("claims:issue")
    def make_form(claim_id: str) -> Response:
        wanted = body(NewForm)
        with gate.db.read() as session:
            found = issuance.claim_for(session, claim_id, caller_of_request())
            identity_contract = issuance.parties.account(session, found.account).identity_contract
            factories = tokens.trusted_factories(session, found.account.chain)
            topic = None if wanted.token is None else _token_on(session, tokens, wanted.token, found).topic(found.claim_type)
        if identity_contract is None:
            raise IdentityContractMissing("deploy an identity contract for the account first")
        require_vouched(guard, found.account, identity_contract, factories)

        def act(session: Session, caller: Caller) -> Creation:
            form_id = forms.intend_erc735(session, claim_id, topic=topic, actor=caller.subject)
            return Creation(
                body={"id": form_id, "claim": claim_id, "format": ERC735},
                location=f"/v1/claims/{claim_id}/forms/{form_id}",
                afterwards=lambda: forms.complete(form_id, actor=caller.subject),
            )

        return gate.create("forms", act)

    def form_view(claim_id: str, form_id: str) -> Response:
        with gate.db.read() as session:
            issuance.claim_for(session, claim_id, caller_of_request())
            found = forms.form(session, form_id)
        if found.claim_id != claim_id:
            raise FormUnknown("the claim has no such form")
        return json_response(_form_json(found))

    routes.add_url_rule("/v1/claims/<claim_id>/forms/<form_id>", "form", gate.requires("claims:read")(form_view))
    routes.add_url_rule("/v1/me/claims/<claim_id>/forms/<form_id>", "my_form", gate.requires("me")(form_view))


def _status_list_routes(routes: Blueprint, gate: Gate, issuance: Issuance) -> None:
    @routes.get("/status-lists/<status_list_id>")
    def status_list(status_list_id: str) -> Response:
        lists = issuance.status_lists
        with gate.db.read() as session:
            token = lists.is_current(session, status_list_id)
        if token is None:
            with gate.db.write() as session:
                token = lists.published(session, status_list_id)
        return Response(
            token,
            content_type="application/statuslist+jwt",
            headers={"Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"},
        )


def _desk_of(issuance: Issuance, session: Session) -> ClaimIssuer:
    """The claim issuer that the caller's party is."""
    return issuance.mesh.of_party(session, caller_of_request().party_id)


def _token_on(session: Session, tokens: Tokens, wanted: Account, claim: ClaimRecord) -> Token:
    if wanted.chain != claim.account.chain:
        raise TokenUnknown("name a token on the chain of the claim's account", pointer="/token")
    return tokens.get(session, wanted)


def _request(wanted: NewApplication) -> ApplicationRequest:
    given = {} if wanted.party is None else wanted.party.model_dump(exclude_none=True)
    kind = given.pop("kind", None)
    return ApplicationRequest(
        claim_issuer_id=wanted.claim_issuer,
        claim_type=wanted.claim_type,
        attributes=wanted.attributes,
        party_kind=kind,
        party=given or None,
        capacity=wanted.capacity,
        intermediary_party_id=wanted.intermediary,
    )


def _next(found: Sequence[Application] | Sequence[ClaimRecord], limit: int) -> str | None:
    return found[limit - 1].id if len(found) > limit else None


def _application_json(one: Application) -> dict[str, Any]:
    return {
        "id": one.id,
        "account": str(one.account),
        "party": one.party_id,
        "claim_issuer": one.claim_issuer_id,
        "claim_type": one.claim_type,
        "intermediary": one.intermediary_party_id,
        "state": one.state.value,
        "reason": one.reason,
        "claim": one.claim_id,
        "submitted_at": one.submitted_at.isoformat(),
        "decided_at": None if one.decided_at is None else one.decided_at.isoformat(),
    }


def _claim_json(one: ClaimRecord, state: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "account": str(one.account),
        "party": one.party_id,
        "claim_issuer": one.claim_issuer_id,
        "claim_type": one.claim_type,
        "state": state,
        "valid_from": one.validity.valid_from.isoformat(),
        "valid_until": one.validity.valid_until.isoformat(),
        "issued_at": None if one.issued_at is None else one.issued_at.isoformat(),
        "revoked_at": None if one.revoked_at is None else one.revoked_at.isoformat(),
        "status_list": one.status_list_id,
        "status_list_index": one.status_index,
    }


def _form_json(one: FormRecord) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": one.id, "claim": one.claim_id, "format": one.format, "state": one.state.value}
    if one.format == ERC735:
        shown |= {
            "topic": str(one.topic),
            "claim_issuer_contract": str(one.issuer_contract),
            "identity_contract": str(one.identity_contract),
            "data": _hex(one.data),
            "signature": _hex(one.signature),
        }
    return shown


def _place_json(one: RevocationPlace) -> dict[str, Any]:
    return {"place": one.place, "state": one.state, "receipts": [dict(receipt) for receipt in one.receipts]}


def _hex(value: bytes | None) -> str | None:
    return None if value is None else "0x" + value.hex()
