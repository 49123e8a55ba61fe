"""Identity contracts, claims on them, and the registration queue."""

from typing import Annotated, Any

from flask import Blueprint, Response
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account
from identity_service.access.gate import Gate, caller_of_request
from identity_service.access.model import Caller
from identity_service.issuance.desk import OfficersDesk
from identity_service.issuance.forms import Forms
from identity_service.issuance.model import FormUnknown
from identity_service.issuance.service import Issuance
from identity_service.onboarding.model import Registration
from identity_service.onboarding.service import Onboarding, claim_call_data
from identity_service.tokens.service import Tokens
from identity_service.web.gate import Creation
from identity_service.web.requests import JsonModel, body, parsed, query
from identity_service.web.responses import items, json_response

AccountField = Annotated[Account, parsed(Account.parse)]


class NewIdentityContract(JsonModel):
    """The account that needs an identity contract."""

    account: AccountField


class NewRegistration(JsonModel):
    """The account to register; ``country`` is ISO 3166-1 numeric and becomes public, 0 says nothing.

    ``revision`` is that of the place in the queue as the agent read it; with it and without a country that stays as it is.
    """

    account: AccountField
    country: int | None = Field(default=None, ge=0, le=999)
    revision: int | None = Field(default=None, ge=0)


class RegistrationPage(JsonModel):
    """Which part of the queue."""

    cursor: str = Field(default="", pattern=r"^([0-9a-f]{40})?$")
    limit: int = Field(default=50, ge=1, le=200)


def blueprint(gate: Gate, onboarding: Onboarding, issuance: Issuance, forms: Forms, tokens: Tokens) -> Blueprint:
    """From account to registered holder."""
    routes = Blueprint("onboarding", __name__)
    _identity_contract_routes(routes, gate, onboarding)
    _carrying_routes(routes, gate, onboarding, issuance, forms)
    _registration_routes(routes, gate, onboarding, tokens)
    return routes


def _identity_contract_routes(routes: Blueprint, gate: Gate, onboarding: Onboarding) -> None:
    def request_identity_contract() -> Response:
        wanted = body(NewIdentityContract)

        def act(session: Session, caller: Caller) -> Creation:
            job_id = onboarding.request_identity_contract(session, wanted.account, actor=caller.subject)
            return Creation(body={"job": job_id, "account": str(wanted.account)}, location=f"/v1/jobs/{job_id}", status=202)

        return gate.create("identity-contracts", act)

    routes.add_url_rule(
        "/v1/identity-contracts",
        "identity_contract",
        gate.requires("identity-contracts:write")(request_identity_contract),
        methods=["POST"],
    )


def _carrying_routes(routes: Blueprint, gate: Gate, onboarding: Onboarding, issuance: Issuance, forms: Forms) -> None:
    desk = OfficersDesk(issuance=issuance, forms=forms)

    @routes.post("/v1/claims/<claim_id>/forms/<form_id>/relay")
    @gate.requires("claims:issue")
    def relay(claim_id: str, form_id: str) -> Response:
        def act(session: Session, caller: Caller) -> Creation:
            desk.to_carry(session, claim_id, caller)
            form = forms.form(session, form_id)
            if form.claim_id != claim_id:
                raise FormUnknown("the claim has no such form")
            job_id = onboarding.request_claim_addition(session, form, actor=caller.subject)
            return Creation(body={"job": job_id, "form": form_id}, location=f"/v1/jobs/{job_id}", status=202)

        return gate.create("claim-relays", act)

    @routes.get("/v1/me/claims/<claim_id>/forms/<form_id>/call-data")
    @gate.requires("me")
    def call_data(claim_id: str, form_id: str) -> Response:
        with gate.db.read() as session:
            claim = issuance.claim_held_by(session, claim_id, caller_of_request())
            form = forms.form(session, form_id)
        if form.claim_id != claim_id:
            raise FormUnknown("the claim has no such form")
        made = claim_call_data(form, claim.account)
        return json_response({"to": str(made.to), "data": "0x" + made.data.hex(), "sender": made.sender, "value": "0"})


def _registration_routes(routes: Blueprint, gate: Gate, onboarding: Onboarding, tokens: Tokens) -> None:
    @routes.post("/v1/tokens/<token>/registrations")
    @gate.requires("registrations:write")
    def register(token: str) -> Response:
        wanted, account = body(NewRegistration), Account.parse(token)

        def act(session: Session, caller: Caller) -> Creation:
            made = onboarding.request_registration(
                session,
                tokens.get(session, account),
                wanted.account,
                country=wanted.country,
                revision=wanted.revision,
                caller=caller,
            )
            return Creation(body=_registration_json(made), location=f"/v1/jobs/{made.job_id}", status=202)

        return gate.create("registrations", act)

    @routes.get("/v1/tokens/<token>/registrations")
    @gate.requires("registrations:write")
    def queue(token: str) -> Response:
        page, account = query(RegistrationPage), Account.parse(token)
        with gate.db.read() as session:
            found = onboarding.registrations(
                session,
                tokens.get(session, account),
                caller_of_request(),
                after=bytes.fromhex(page.cursor),
                limit=page.limit + 1,
            )
        following = found[page.limit - 1].account.address.value.hex() if len(found) > page.limit else None
        return items([_registration_json(one) for one in found[: page.limit]], following)


def _registration_json(one: Registration) -> dict[str, Any]:
    return {
        "token": str(one.token),
        "account": str(one.account),
        "country": one.country,
        "country_differs": one.country_differs,
        "revision": one.revision,
        "job": one.job_id,
        "state": one.state,
        "requested_by": "holder" if one.by_holder else "token_issuer",
    }
