"""Orders: sent signed, verified, answered with a signed statement; and the keys that the statement is checked with."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.orders.signed import SignedOrder
from identity_service.access.gate import Gate, caller_of_request
from identity_service.access.model import Caller
from identity_service.orders.evidence import Evidences
from identity_service.orders.model import CallData, Mint, OrderRecord, OrderState, OrderView, as_of_json
from identity_service.orders.service import Orders
from identity_service.orders.statements import Statements
from identity_service.web.gate import Creation
from identity_service.web.limits import CostlyWork
from identity_service.web.requests import JsonModel, body, query
from identity_service.web.responses import items, json_response


class NewOrder(JsonModel):
    """A signed order; its members are checked by the library, which says exactly which one is at fault."""

    order: dict[str, Any] = Field(max_length=30)
    domain: dict[str, Any] = Field(max_length=30)
    document: str = Field(max_length=66)
    signature: str = Field(max_length=4098)


class OrderPage(JsonModel):
    """Which part of the orders."""

    cursor: str = Field(default="", max_length=64)
    limit: int = Field(default=50, ge=1, le=200)


def blueprint(gate: Gate, orders: Orders, evidences: Evidences, statements: Statements, asks_chain: CostlyWork) -> Blueprint:
    """Orders and the JWK set."""
    routes = Blueprint("orders", __name__)
    _writing(routes, gate, orders, evidences, statements, asks_chain)
    _reading(routes, gate, orders, statements)

    @routes.get("/.well-known/jwks.json")
    def key_set() -> Response:
        headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
        return json_response(statements.key_set(), headers=headers, media_type="application/jwk-set+json")

    return routes


def _writing(
    routes: Blueprint, gate: Gate, orders: Orders, evidences: Evidences, statements: Statements, asks_chain: CostlyWork
) -> None:
    @routes.post("/v1/orders")
    @gate.requires("orders:write")
    @asks_chain
    def send() -> Response:
        signed = SignedOrder.from_json(body(NewOrder).model_dump())
        wallet = evidences.ask_wallet(signed)

        def act(session: Session, caller: Caller) -> Creation:
            order_id = orders.accept(session, signed, wallet, caller)
            return Creation(body={"id": order_id}, location=f"/v1/orders/{order_id}")

        made = gate.create("orders", act)
        with gate.db.read() as session:
            record = orders.record(session, made.get_json()["id"])
        answer = {"id": record.id, "state": OrderState.ACCEPTED.value, **_verification_json(record, statements)}
        return json_response(answer, made.status_code, {"Location": made.headers["Location"]})


def _reading(routes: Blueprint, gate: Gate, orders: Orders, statements: Statements) -> None:
    @routes.get("/v1/orders")
    @gate.requires("orders:read")
    def listed() -> Response:
        page = query(OrderPage)
        with gate.db.read() as session:
            found = orders.page(session, caller_of_request(), after=page.cursor, limit=page.limit + 1)
        return items([_order_json(one) for one in found[: page.limit]], _next(found, page.limit))

    @routes.get("/v1/orders/<order_id>")
    @gate.requires("orders:read")
    def one(order_id: str) -> Response:
        with gate.db.read() as session:
            found = orders.get(session, order_id, caller_of_request())
        return json_response({**_order_json(found), **_verification_json(found.record, statements)})


def _next(found: Sequence[OrderView], limit: int) -> str | None:
    return found[limit - 1].record.id if len(found) > limit else None


def _verification_json(record: OrderRecord, statements: Statements) -> dict[str, Any]:
    """Every check, and our signed word for them; the same whenever it is asked for."""
    return {
        "checks": [{"check": code, "outcome": "passed"} for code in record.acceptance.checks],
        "verification": statements.signed(record),
        "as_of": as_of_json(record),
    }


def _order_json(view: OrderView) -> dict[str, Any]:
    record = view.record
    return {
        "id": record.id,
        "state": view.state.value,
        "signed_order": record.signed.as_json(),
        "claim_type": record.acceptance.claim_type,
        "claim_issuer": record.acceptance.claim_issuer,
        "claim_now": view.standing.claim.value,
        "accepted_at": record.acceptance.instant.isoformat(),
        "mint": None if view.mint is None else _mint_json(view.mint),
        "mint_call_data": None if view.mint_call_data is None else _call_json(view.mint_call_data),
    }


def _mint_json(mint: Mint) -> dict[str, Any]:
    return {
        "transaction": "0x" + mint.transaction.hex(),
        "block_number": mint.block_number,
        "block_hash": "0x" + mint.block_hash.hex(),
        "final": mint.final,
    }


def _call_json(call: CallData) -> dict[str, str]:
    return {"to": str(call.to), "data": "0x" + call.data.hex(), "value": "0"}
