"""Account proofs in batches, for family offices and custodians: their machine clients, and people with a seat there."""

from typing import Annotated, Any, Literal

from flask import Blueprint, Response
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account
from identity_service.access.gate import Gate, caller_of_request
from identity_service.access.model import Caller
from identity_service.onboarding.account_batch_model import MOST_ACCOUNTS, AccountBatch, Answer, BatchItem, Judgement, messages_csv
from identity_service.onboarding.account_batches import AccountBatches
from identity_service.onboarding.batch_routes import with_large_body
from identity_service.parties.model import Capacity
from identity_service.web.gate import Creation
from identity_service.web.limits import CostlyWork
from identity_service.web.requests import JsonModel, body, parsed, query
from identity_service.web.responses import items, json_response

SCOPE = "accounts:write"


class NewAccountBatch(JsonModel):
    """The accounts to prove, and for whom the desk holds what is in them."""

    accounts: list[Annotated[Account, parsed(Account.parse)]] = Field(min_length=1, max_length=MOST_ACCOUNTS)
    capacity: Literal["own", "client"]


class NewAnswer(JsonModel):
    """A signature over the message of one account."""

    account: str = Field(max_length=128)
    signature: str = Field(max_length=8192)


class NewAnswers(JsonModel):
    """Signatures that came back, in any order; the rest may follow."""

    answers: list[NewAnswer] = Field(min_length=1, max_length=MOST_ACCOUNTS)


class BatchPage(JsonModel):
    """Which part of the batches."""

    cursor: str = Field(default="", max_length=64)
    limit: int = Field(default=50, ge=1, le=200)


def blueprint(gate: Gate, batches: AccountBatches, asks_chain: CostlyWork) -> Blueprint:
    """``/v1/account-proofs/batches``."""
    routes = Blueprint("account_batches", __name__)
    _making_routes(routes, gate, batches)
    _answering_routes(routes, gate, batches, asks_chain)
    return routes


def _making_routes(routes: Blueprint, gate: Gate, batches: AccountBatches) -> None:
    @routes.post("/v1/account-proofs/batches")
    @gate.requires(SCOPE)
    def create() -> Response:
        wanted = body(NewAccountBatch)

        def act(session: Session, caller: Caller) -> Creation:
            made = batches.create(session, wanted.accounts, capacity=Capacity(wanted.capacity), caller=caller)
            return Creation(body=_batch_json(made), location=f"/v1/account-proofs/batches/{made.id}")

        return gate.create("account-batches", act)

    @routes.get("/v1/account-proofs/batches")
    @gate.requires(SCOPE)
    def overview() -> Response:
        page = query(BatchPage)
        with gate.db.read() as session:
            found = batches.batches(session, caller_of_request(), after=page.cursor, limit=page.limit + 1)
        shown = found[: page.limit]
        return items([_batch_json(one) for one in shown], shown[-1].id if len(found) > page.limit else None)

    @routes.get("/v1/account-proofs/batches/<batch_id>")
    @gate.requires(SCOPE)
    def show(batch_id: str) -> Response:
        with gate.db.read() as session:
            found = batches.batch(session, batch_id, caller_of_request())
        return json_response(whole_json(found))

    @routes.get("/v1/account-proofs/batches/<batch_id>/messages.csv")
    @gate.requires(SCOPE)
    def messages(batch_id: str) -> Response:
        with gate.db.read() as session:
            return csv_response(batches.batch(session, batch_id, caller_of_request()))


def _answering_routes(routes: Blueprint, gate: Gate, batches: AccountBatches, asks_chain: CostlyWork) -> None:
    @routes.post("/v1/account-proofs/batches/<batch_id>/answers")
    @with_large_body
    @gate.requires(SCOPE)
    def answer(batch_id: str) -> Response:
        wanted = body(NewAnswers)
        asks_chain.spend(cost_of(len(wanted.answers)))
        answers = [Answer(one.account, one.signature) for one in wanted.answers]
        judged = batches.answer(batch_id, answers, caller_of_request())
        return json_response({"answers": [_judgement_json(one) for one in judged]})


def cost_of(answers: int) -> int:
    """What judging so many answers costs the caller: codes are read a hundred at a time."""
    return 1 + answers // 10


def csv_response(batch: AccountBatch) -> Response:
    """The batch as a CSV file to keep."""
    response = Response(messages_csv(batch), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{batch.id}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def whole_json(batch: AccountBatch) -> dict[str, Any]:
    """The batch with every account and its message."""
    return {**_batch_json(batch), "accounts": [_item_json(one) for one in batch.items]}


def _batch_json(batch: AccountBatch) -> dict[str, Any]:
    return {
        "id": batch.id,
        "party": batch.party_id,
        "capacity": batch.capacity.value,
        "created_at": batch.created_at.isoformat(),
        "expires_at": batch.expires_at.isoformat(),
        "counts": {state.value: number for state, number in batch.counts.items()},
    }


def _item_json(one: BatchItem) -> dict[str, Any]:
    return {
        "number": one.number,
        "account": str(one.account),
        "state": one.state.value,
        "code": one.code,
        "attempts": one.attempts,
        "message": one.message,
    }


def _judgement_json(one: Judgement) -> dict[str, Any]:
    return {"account": one.account, "state": None if one.state is None else one.state.value, "code": one.code}
