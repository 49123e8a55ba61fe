"""A custody desk's pages for proving many accounts: a list of accounts in, messages out, signatures in, each row judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, request

from claim_issuers.errors import DomainError, InvalidInput
from claim_issuers.identifiers.accounts import Account
from identity_service.access.gate import caller_of_request
from identity_service.access.page_gate import PageGate
from identity_service.onboarding.account_batch_model import (
    ATTEMPTS_EXHAUSTED,
    BATCH_EXPIRED,
    NOT_IN_BATCH,
    POSTPONED,
    REPEATED,
    AccountBatchInvalid,
    AnswersMalformed,
    ItemState,
    Judgement,
    read_accounts,
    read_answers,
)
from identity_service.onboarding.account_batch_routes import SCOPE, cost_of, csv_response, whole_json
from identity_service.onboarding.account_batches import AccountBatches
from identity_service.onboarding.batch_routes import with_large_body
from identity_service.parties.model import Capacity
from identity_service.web.documents import page
from identity_service.web.limits import CostlyWork
from identity_service.web.pages import EMPTY, Filled, form_values, pages, see_other
from identity_service.web.problems import PROBLEMS
from identity_service.web.requests import JsonModel, query
from identity_service.web.responses import json_response

_PAGE: Final = 50
_CAPACITIES: Final = frozenset({Capacity.OWN.value, Capacity.CLIENT.value})
_WORDS: Final = {
    NOT_IN_BATCH: "The account is not in this batch",
    ATTEMPTS_EXHAUSTED: "Too many signatures did not hold: make another batch for this account",
    BATCH_EXPIRED: "The messages have expired: make another batch",
    POSTPONED: "Not looked at yet: send it again",
    REPEATED: "The account stands in the file twice",
}


class BatchesView(JsonModel):
    """Which part of the batches."""

    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBatchPages:
    """Shows batches of accounts to the firm that made them."""

    gate: PageGate
    batches: AccountBatches
    asks_chain: CostlyWork

    def overview(self, filled: Filled = EMPTY, *, status: int = 200) -> Response:
        """The firm's batches, and the form for another."""
        view = query(BatchesView)
        with self.gate.db.read() as session:
            found = self.batches.batches(session, caller_of_request(), after=view.after[:64], limit=_PAGE + 1)
        following = found[_PAGE - 1].id if len(found) > _PAGE else None
        shown = page("onboarding/account_batches.html", batches=found[:_PAGE], following=following, filled=filled)
        shown.status_code = status
        return shown

    def create(self) -> Response:
        """Make a batch and show it; a list with a fault comes back with it."""
        values = {"accounts": "", "capacity": "", **form_values()}
        if values["capacity"] not in _CAPACITIES:
            return self.overview(Filled(values, {"capacity": "Choose one."}), status=422)
        try:
            accounts = _accounts(values["accounts"])
            with self.gate.db.write() as session:
                made = self.batches.create(session, accounts, capacity=Capacity(values["capacity"]), caller=caller_of_request())
        except (AccountBatchInvalid, InvalidInput) as error:
            fault = f"{error.detail[:1].upper()}{error.detail[1:]}."
            return self.overview(Filled(values, {"accounts": fault}), status=422)
        return see_other(f"/account-batches/{made.id}")

    def batch(self, batch_id: str, judged: Sequence[Judgement] = (), *, filled: Filled = EMPTY, status: int = 200) -> Response:
        """One batch, and what came of the signatures that were just sent. Raises AccountBatchUnknown."""
        with self.gate.db.read() as session:
            found = self.batches.batch(session, batch_id, caller_of_request())
        shown = page(
            "onboarding/account_batch.html",
            batch=found,
            judged=bool(judged),
            proved=sum(one.state is ItemState.PROVED for one in judged),
            refused=[(one, in_words(one.code)) for one in judged if one.code is not None],
            rows=[(one, in_words(one.code)) for one in found.items],
            over=found.expires_at <= self.batches.clock.now(),
            filled=filled,
        )
        shown.status_code = status
        return shown

    def answer(self, batch_id: str) -> Response:
        """Judge the signatures of a file or of the text field. Raises AccountBatchUnknown, TooManyRequests."""
        values = {"csv": "", **form_values()}
        try:
            answers = read_answers(_file() or values["csv"])
        except AnswersMalformed as error:
            fault = f"{error.detail[:1].upper()}{error.detail[1:]}."
            return self.batch(batch_id, filled=Filled(values, {"csv": fault}), status=422)
        self.asks_chain.spend(cost_of(len(answers)))
        return self.batch(batch_id, self.batches.answer(batch_id, answers, caller_of_request()))


def blueprint(gate: PageGate, batches: AccountBatches, asks_chain: CostlyWork) -> Blueprint:
    """``/account-batches`` and each of them."""
    routes = pages("account_batches", __name__)
    shown = AccountBatchPages(gate=gate, batches=batches, asks_chain=asks_chain)
    _list_routes(routes, gate, shown)
    _batch_routes(routes, gate, shown)
    return routes


def in_words(code: str | None) -> str:
    """A code of a row for people to read."""
    if code is None:
        return ""
    return _WORDS.get(code) or (PROBLEMS[code].title if code in PROBLEMS else code.replace("_", " "))


def _list_routes(routes: Blueprint, gate: PageGate, shown: AccountBatchPages) -> None:
    @routes.get("/account-batches")
    @gate.requires(SCOPE)
    def overview() -> Response:
        return shown.overview()

    @routes.post("/account-batches")
    @gate.requires(SCOPE)
    def create() -> Response:
        return shown.create()


def _batch_routes(routes: Blueprint, gate: PageGate, shown: AccountBatchPages) -> None:
    @routes.get("/account-batches/<batch_id>")
    @gate.requires(SCOPE)
    def batch(batch_id: str) -> Response:
        return shown.batch(batch_id)

    @routes.post("/account-batches/<batch_id>")
    @with_large_body
    @gate.requires(SCOPE)
    def answer(batch_id: str) -> Response:
        return shown.answer(batch_id)

    @routes.get("/account-batches/<batch_id>/messages.csv")
    @gate.requires(SCOPE)
    def as_csv(batch_id: str) -> Response:
        with gate.db.read() as session:
            return csv_response(shown.batches.batch(session, batch_id, caller_of_request()))

    @routes.get("/account-batches/<batch_id>/messages.json")
    @gate.requires(SCOPE)
    def as_json(batch_id: str) -> Response:
        with gate.db.read() as session:
            found = whole_json(shown.batches.batch(session, batch_id, caller_of_request()))
        return json_response(found, 200, {"Content-Disposition": f'attachment; filename="{batch_id}.json"'})


def _accounts(text: str) -> list[Account]:
    """The accounts of a pasted list. Raises AccountBatchInvalid, which names the line at fault."""
    found: list[Account] = []
    for number, line in enumerate(read_accounts(text), start=1):
        try:
            found.append(Account.parse(line))
        except DomainError as error:
            raise AccountBatchInvalid(
                f"account {number} cannot be read: write it as eip155:1:0x…, one a line", pointer="/accounts"
            ) from error
    return found


def _file() -> str:
    """The chosen file's text, or nothing. Raises AnswersMalformed."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return ""
    try:
        return sent.stream.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AnswersMalformed("send the file as UTF-8 text") from error
