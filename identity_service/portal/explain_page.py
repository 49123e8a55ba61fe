"""Why may this transfer not happen, and who can mend it: a question as a form, the answer as a list of checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from claim_issuers.clock import from_unix_seconds
from claim_issuers.errors import DomainError, InvalidInput
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.access.gate import caller_of_request
from identity_service.access.model import Caller
from identity_service.access.page_gate import PageGate
from identity_service.register.model import BlockNotIndexed, RegisterBehind
from identity_service.register.service import Register
from identity_service.tokens.model import Token
from identity_service.tokens.service import Tokens
from identity_service.verification.explain import NotYourTransfer, Question
from identity_service.verification.explaining import ExplainedTransfer, Explaining
from identity_service.verification.model import Outcome
from identity_service.web.documents import page
from identity_service.web.limits import CostlyWork
from identity_service.web.pages import Filled, pages, refilled
from identity_service.web.quantities import base_units
from identity_service.web.requests import FieldError, InvalidField

_ACCOUNTS: Final = ("account", "sender", "spender")
_FIELDS: Final = ("token", *_ACCOUNTS, "quantity")
_MOST_LOOKED_AT: Final = 20
MENDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "holder": "the holder of the receiving wallet",
        "claim_issuer": "the claim issuer",
        "token_agent": "the token's agent",
        "token_issuer": "the token's issuer",
        "sender": "the sender",
    }
)
"""Who can mend a check, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainPages:
    """Asks the question of the form and shows the answer."""

    gate: PageGate
    tokens: Tokens
    register: Register
    explaining: Explaining
    asks_chain: CostlyWork

    def show(self) -> Response:
        """The form, and beneath it the answer once there is a question."""
        caller, values = caller_of_request(), _asked()
        is_asked = "token" in values and "account" in request.args
        with self.gate.db.read() as session:
            tokens = self.tokens.list(session)
            filled = Filled(values if is_asked else {**self._suggested(session, caller, tokens), **values}, {})
        answer, status = None, 200
        if is_asked:
            try:
                answer = self._answer(caller, _question(values, tokens))
            except InvalidField as error:
                filled, status = refilled(values, error.errors), 422
        shown = page("portal/explain.html", tokens=tokens, filled=filled, **_answer_values(answer, tokens))
        shown.status_code = status
        return shown

    def _suggested(self, session: Session, caller: Caller, tokens: Sequence[Token]) -> dict[str, str]:
        """What a person most likely asks about: the own wallet, and the first token that it holds."""
        if caller.account is None or caller.holds("eligibility:read"):
            return {}
        own = {"account": str(caller.account.address)}
        near = [one for one in tokens if one.chain == caller.account.chain][:_MOST_LOOKED_AT]
        held = next((one for one in near if self._holds(session, caller.account, one)), next(iter(near), None))
        return own if held is None else {**own, "token": str(held.id)}

    def _holds(self, session: Session, account: Account, token: Token) -> bool:
        try:
            return self.register.holding(session, token, account).quantity > 0
        except (RegisterBehind, BlockNotIndexed):
            return False

    def _answer(self, caller: Caller, question: Question) -> ExplainedTransfer:
        self.asks_chain.spend()
        try:
            if caller.holds("eligibility:read"):
                return self.explaining.for_reader(caller, question)
            return self.explaining.for_person(caller, question)
        except NotYourTransfer as error:
            fault = "Ask about a transfer in which one of your own wallets has a part. Others can ask for theirs."
            raise InvalidField([FieldError("/account", fault)]) from error


def blueprint(gate: PageGate, tokens: Tokens, register: Register, explaining: Explaining, asks_chain: CostlyWork) -> Blueprint:
    """``/explain``, whose question stands in its address, so that it can be linked to."""
    routes = pages("explain", __name__)
    shown = ExplainPages(gate=gate, tokens=tokens, register=register, explaining=explaining, asks_chain=asks_chain)

    @routes.get("/explain")
    @gate.signed_in
    def explain() -> Response:
        return shown.show()

    return routes


def _asked() -> dict[str, str]:
    """The question's fields that were given; of an account on the token's own chain the address alone, as the form asks for it."""
    asked = {name: request.args[name].strip()[:200] for name in _FIELDS if request.args.get(name, "").strip()}
    chain = asked.get("token", "").rpartition(":")[0]
    return {name: text.removeprefix(f"{chain}:") if name in _ACCOUNTS else text for name, text in asked.items()}


def _question(values: Mapping[str, str], tokens: tuple[Token, ...]) -> Question:
    """The question as it was written. Raises InvalidField."""
    token = next((one for one in tokens if str(one.id) == values["token"]), None)
    if token is None:
        raise InvalidField([FieldError("/token", "Choose one of the tokens in the list.")])
    named = {name: _account(name, values[name], token.chain) for name in _ACCOUNTS if name in values}
    if "account" not in named:
        raise InvalidField([FieldError("/account", "Say which wallet is to receive.")])
    try:
        return Question(
            token=token.id,
            receiver=named["account"],
            sender=named.get("sender"),
            spender=named.get("spender"),
            quantity=_quantity(values, token),
        )
    except InvalidInput as error:
        raise InvalidField([FieldError(error.pointer or "/account", f"{error.detail}.")]) from error


def _account(name: str, text: str, chain: ChainId) -> Account:
    """A wallet address, with or without its chain in front."""
    try:
        return Account.parse(text) if ":" in text else Account(chain, Address.parse(text))
    except DomainError as error:
        raise InvalidField([FieldError(f"/{name}", "This is no wallet address: 0x and 40 digits, copied whole.")]) from error


def _quantity(values: Mapping[str, str], token: Token) -> int:
    if "quantity" not in values:
        return 1
    quantity = base_units(values["quantity"], token.decimals)
    if quantity is None:
        raise InvalidField(
            [FieldError("/quantity", f"Write a number above 0, with at most {token.decimals} digits behind the point.")]
        )
    return quantity


def _answer_values(answer: ExplainedTransfer | None, tokens: tuple[Token, ...]) -> dict[str, object]:
    if answer is None:
        return {"answer": None}
    checks = answer.explanation.checks
    return {
        "answer": answer,
        "token": next(one for one in tokens if one.id == answer.question.token),
        "failed": [one for one in checks if one.outcome is Outcome.FAILED],
        "open": [one for one in checks if one.outcome is Outcome.NOT_CHECKED],
        "menders": MENDERS,
        "block_instant": from_unix_seconds(answer.block.timestamp),
    }
