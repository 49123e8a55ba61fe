"""A claim's way onto the chain and into a token's registry, for its holder and for the token's agent."""

from typing import Annotated, Any

from flask import Blueprint, Response
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account
from identity_service.access.gate import Gate, caller_of_request
from identity_service.access.model import Caller
from identity_service.onboarding.agent_batches import MOST_ENTRIES, AgentBatches
from identity_service.onboarding.holder_requests import HolderRequests
from identity_service.onboarding.model import Registration
from identity_service.onboarding.plans import OnChainPlans
from identity_service.onboarding.service import Onboarding
from identity_service.tokens.service import Tokens
from identity_service.web.gate import Creation
from identity_service.web.limits import CostlyWork
from identity_service.web.requests import JsonModel, body, parsed, query
from identity_service.web.responses import items, json_response

AccountField = Annotated[Account, parsed(Account.parse)]


class PlanQuestion(JsonModel):
    """The token that is to find the claim, and an account that should be able to act should the wallet be lost."""

    token: AccountField
    recovery: AccountField | None = None


class NewClaimOnChain(JsonModel):
    """The token that is to find the claim; with ``relay`` our relayer sends what it may."""

    token: AccountField
    relay: bool = False


class NewRequest(JsonModel):
    """The token that one wants to hold; ``country`` is ISO 3166-1 numeric and becomes public, 0 says nothing."""

    token: AccountField
    country: int = Field(default=0, ge=0, le=999)


class BatchQuestion(JsonModel):
    """The agent's account that is to send, and which part of the queue."""

    sender: AccountField
    cursor: str = Field(default="", pattern=r"^([0-9a-f]{40})?$")
    limit: int = Field(default=MOST_ENTRIES, ge=1, le=MOST_ENTRIES)


def blueprint(
    gate: Gate,
    onboarding: Onboarding,
    plans: OnChainPlans,
    requests: HolderRequests,
    batches: AgentBatches,
    tokens: Tokens,
    asks_chain: CostlyWork,
) -> Blueprint:
    """Plans, requests of holders, and the agent's batches."""
    routes = Blueprint("on_chain", __name__)
    _plan_routes(routes, gate, onboarding, plans, tokens, asks_chain)
    _request_routes(routes, gate, onboarding, requests, tokens, asks_chain)
    _batch_routes(routes, gate, batches, asks_chain)
    return routes


def _plan_routes(
    routes: Blueprint, gate: Gate, onboarding: Onboarding, plans: OnChainPlans, tokens: Tokens, asks_chain: CostlyWork
) -> None:
    @routes.get("/v1/me/claims/<claim_id>/on-chain")
    @gate.requires("me")
    @asks_chain
    def plan(claim_id: str) -> Response:
        question = query(PlanQuestion)
        found = plans.plan(caller_of_request(), claim_id, question.token, recovery=question.recovery)
        return json_response(found.as_json())

    @routes.post("/v1/me/claims/<claim_id>/on-chain")
    @gate.requires("me")
    def bring(claim_id: str) -> Response:
        wanted = body(NewClaimOnChain)

        def act(session: Session, caller: Caller) -> Creation:
            token = tokens.get(session, wanted.token)
            job_id = onboarding.request_claim_on_chain(
                session, claim_id, token, relay=wanted.relay, forms=plans.forms, caller=caller
            )
            shown = {"claim": claim_id, "token": str(wanted.token), "relay": wanted.relay, "job": job_id}
            return Creation(body=shown, location=f"/v1/me/claims/{claim_id}/on-chain?token={wanted.token}", status=202)

        return gate.create("claims-on-chain", act)


def _request_routes(
    routes: Blueprint, gate: Gate, onboarding: Onboarding, requests: HolderRequests, tokens: Tokens, asks_chain: CostlyWork
) -> None:
    @routes.post("/v1/me/registrations")
    @gate.requires("me")
    @asks_chain
    def ask() -> Response:
        wanted = body(NewRequest)
        with gate.db.read() as session:
            token = tokens.get(session, wanted.token)
        requests.require_country_taken(token, wanted.country)

        def act(session: Session, caller: Caller) -> Creation:
            made = requests.request(session, token, country=wanted.country, caller=caller)
            return Creation(body=_own_json(made), location="/v1/me/registrations")

        return gate.create("own-registrations", act)

    @routes.get("/v1/me/registrations")
    @gate.requires("me")
    def own() -> Response:
        with gate.db.read() as session:
            found = onboarding.registrations_of(session, caller_of_request())
        return items([_own_json(one) for one in found], None)


def _batch_routes(routes: Blueprint, gate: Gate, batches: AgentBatches, asks_chain: CostlyWork) -> None:
    @routes.get("/v1/tokens/<token>/registration-batch")
    @gate.requires("registrations:write")
    @asks_chain
    def batch(token: str) -> Response:
        question, account = query(BatchQuestion), Account.parse(token)
        found = batches.prepare(
            caller_of_request(), account, sender=question.sender, after=bytes.fromhex(question.cursor), limit=question.limit
        )
        return json_response(found.as_json())


def _own_json(one: Registration) -> dict[str, Any]:
    return {"token": str(one.token), "account": str(one.account), "country": one.country, "state": one.state}
