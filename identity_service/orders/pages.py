"""Orders for people: a network's inbox, an intermediary's own orders and a new one, and every detail of each."""

import json
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, request
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.clock import Entropy
from claim_issuers.encodings.strict_json import MalformedJson, parse_object
from claim_issuers.errors import Refused
from claim_issuers.orders.errors import MalformedOrder
from claim_issuers.orders.order import Order
from claim_issuers.orders.signed import SignedOrder
from claim_issuers.orders.typed_data import OrderDomain, typed_data
from claim_issuers.verifiers.checks import Check, Outcome
from identity_service.access.gate import caller_of_request
from identity_service.access.model import Caller, Role
from identity_service.access.page_gate import PageGate
from identity_service.access.role_holders import parties_in_role
from identity_service.orders.model import (
    OrderIdReused,
    OrderNotYours,
    OrderReplayed,
    OrderState,
    OrderView,
    TooManyOpenOrders,
)
from identity_service.orders.names import OrderNames
from identity_service.orders.order_form import LIFETIMES, Choices, OrderForm, checks_in_words, order_of
from identity_service.orders.service import INTERMEDIARY_ROLES, Orders
from identity_service.orders.statements import Statements
from identity_service.web.documents import page
from identity_service.web.limits import CostlyWork
from identity_service.web.pages import EMPTY, Filled, form, form_values, pages, refilled, see_other
from identity_service.web.requests import InvalidField, JsonModel, query

_PAGE: Final = 50
_POLL: Final = 3000
_SENDER_ERRORS: Final = (MalformedOrder, OrderNotYours, OrderReplayed, OrderIdReused, TooManyOpenOrders)


class OrdersView(JsonModel):
    """Which part of the orders."""

    after: str = Field(default="", max_length=64)


class SentOrder(JsonModel):
    """An order that a wallet has signed."""

    order: str = Field(max_length=4000)
    signature: str = Field(max_length=4098)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPages:
    """Shows orders, prepares new ones for the wallet, and sends what it signed."""

    gate: PageGate
    orders: Orders
    statements: Statements
    names: OrderNames
    entropy: Entropy

    def overview(self) -> Response:
        """The caller's orders, newest first. Raises CursorInvalid."""
        view, caller = query(OrdersView), caller_of_request()
        with self.gate.db.read() as session:
            found = self.orders.page(session, caller, after=view.after, limit=_PAGE + 1)
            tokens = {one.id: one for one in self.orders.tokens.list(session)}
            senders = self.names.senders(session, caller, [one.record for one in found[:_PAGE]])
        return page(
            "orders/orders.html",
            orders=[(one, one.record.order, tokens[one.record.order.token]) for one in found[:_PAGE]],
            senders=senders,
            following=found[_PAGE - 1].record.id if len(found) > _PAGE else None,
            role="" if caller.role is None else caller.role.value,
            may_order=_may_order(caller),
        )

    def order(self, order_id: str) -> Response:
        """One order with its checks and our signed word for them. Raises OrderUnknown."""
        caller = caller_of_request()
        with self.gate.db.read() as session:
            view = self.orders.get(session, order_id, caller)
            order = view.record.order
            token = self.orders.tokens.get(session, order.token)
            network = self.names.networks(session, caller, [order.network]).get(order.network)
            sender = self.names.senders(session, caller, [view.record]).get(view.record.party_id)
            claim_issuer = self.names.claim_issuers(session).get(view.record.acceptance.claim_issuer)
        checks = (Check(code, Outcome.PASSED) for code in view.record.acceptance.checks)
        return page(
            "orders/order.html",
            token=token,
            order=order,
            network=network,
            sender=sender,
            claim_issuer=claim_issuer,
            checks=checks_in_words(checks, view.standing.claim),
            statement=self.statements.signed(view.record),
            **_state_values(view, _mark(view)),
        )

    def state(self, order_id: str) -> Response:
        """The part of an order's page that keeps itself up to date. Raises OrderUnknown."""
        with self.gate.db.read() as session:
            view = self.orders.get(session, order_id, caller_of_request())
        return page("orders/_state.html", **_state_values(view, request.args.get("shown", "")))

    def new(self, filled: Filled = EMPTY, *, status: int = 200) -> Response:
        """The form of an order."""
        with self.gate.db.read() as session:
            choices = self._choices(session, caller_of_request())
        lifetimes = [(name, words) for name, (words, _) in LIFETIMES.items()]
        shown = page("orders/new.html", choices=choices, filled=filled, lifetimes=lifetimes)
        shown.status_code = status
        return shown

    def review(self) -> Response:
        """The order as it will be signed, for the intermediary to read and its wallet to sign."""
        with self.gate.db.read() as session:
            choices = self._choices(session, caller_of_request())
        try:
            order = order_of(form(OrderForm), choices, instant=self.orders.clock.now(), entropy=self.entropy)
        except InvalidField as error:
            return self.new(refilled(form_values(), error.errors), status=422)
        return page(
            "orders/review.html",
            order=order,
            token=next(one for one in choices.tokens if one.id == order.token),
            network=dict(choices.networks)[order.network],
            written=order.canonical().decode(),
            typed_data=json.dumps(typed_data(order), indent=1),
        )

    def send(self) -> Response:
        """Send a signed order; when it is refused, every check says why or why not."""
        try:
            signed = _signed(form(SentOrder))
            wallet = self.orders.evidences.ask_wallet(signed)
            with self.gate.db.write() as session:
                order_id = self.orders.accept(session, signed, wallet, caller_of_request())
        except _SENDER_ERRORS as error:
            return _refused(error.detail)
        except Refused:
            with self.gate.db.read() as session:
                verification = self.orders.verify(session, signed, wallet, caller_of_request())
            return _refused("", verification.checks)
        return see_other(f"/orders/{order_id}")

    def _choices(self, session: Session, caller: Caller) -> Choices:
        names = self.names.networks(session, caller, parties_in_role(session, Role.NETWORK))
        accounts = [one.account for one in self.orders.parties.accounts_of(session, caller.party_id or "")]
        licensed = self.orders.evidences.licensed(session, accounts, self.orders.clock.now())
        return Choices(
            tokens=self.orders.tokens.list(session),
            networks=tuple(sorted(names.items(), key=lambda named: named[1])),
            accounts=tuple(one for one in accounts if one in licensed),
            unlicensed=tuple(one for one in accounts if one not in licensed),
        )


def blueprint(
    gate: PageGate, orders: Orders, statements: Statements, names: OrderNames, entropy: Entropy, asks_chain: CostlyWork
) -> Blueprint:
    """``/orders``."""
    routes = pages("orders", __name__)
    shown = OrderPages(gate=gate, orders=orders, statements=statements, names=names, entropy=entropy)
    _reading(routes, gate, shown)
    _writing(routes, gate, shown, asks_chain)
    return routes


def _reading(routes: Blueprint, gate: PageGate, shown: OrderPages) -> None:
    @routes.get("/orders")
    @gate.requires("orders:read")
    def overview() -> Response:
        return shown.overview()

    @routes.get("/orders/<order_id>")
    @gate.requires("orders:read")
    def order(order_id: str) -> Response:
        return shown.order(order_id)

    @routes.get("/orders/<order_id>/state")
    @gate.requires("orders:read")
    def state(order_id: str) -> Response:
        return shown.state(order_id)


def _writing(routes: Blueprint, gate: PageGate, shown: OrderPages, asks_chain: CostlyWork) -> None:
    @routes.get("/orders/new")
    @gate.requires("orders:write")
    def new() -> Response:
        return shown.new()

    @routes.post("/orders/new")
    @gate.requires("orders:write")
    def review() -> Response:
        return shown.review()

    @routes.post("/orders")
    @gate.requires("orders:write")
    @asks_chain
    def send() -> Response:
        return shown.send()


def _may_order(caller: Caller) -> bool:
    return caller.role in INTERMEDIARY_ROLES and caller.holds("orders:write")


def _signed(sent: SentOrder) -> SignedOrder:
    """The signed order of the form. Raises MalformedOrder."""
    try:
        order = Order.from_json(parse_object(sent.order.encode()))
    except MalformedJson as error:
        raise MalformedOrder("the order was changed on the way: fill in the form again") from error
    envelope = {
        "order": order.as_json(),
        "domain": OrderDomain.of(order).as_json(),
        "document": "0x" + order.document().hex(),
        "signature": sent.signature,
    }
    return SignedOrder.from_json(envelope)


def _refused(alert: str, checks: tuple[Check, ...] = ()) -> Response:
    shown = page("orders/refused.html", alert=alert, checks=checks_in_words(checks))
    shown.status_code = 422
    return shown


def _state_values(view: OrderView, shown: str) -> dict[str, object]:
    final = view.mint is not None and view.mint.final
    return {
        "view": view,
        "mark": _mark(view),
        "shown": shown,
        "following": not final and view.state is not OrderState.LAPSED,
        "version": f"{_mark(view)} {final}",
        "poll": _POLL,
    }


def _mark(view: OrderView) -> str:
    """What the rest of the page depends on: the state, and the claim once it lives no more."""
    return view.state.value if view.standing.is_live else f"{view.state.value}-{view.standing.claim.value}"
