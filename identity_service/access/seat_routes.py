"""``/v1/seats``: administrators say which account acts for which party."""

from typing import Annotated, Any

from flask import Blueprint, Response
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account
from identity_service.access.gate import Gate, caller_of_request
from identity_service.access.model import Caller, Role, Seat
from identity_service.access.routes import KnownParties, Page
from identity_service.access.seats import Seats
from identity_service.web.gate import Creation
from identity_service.web.requests import JsonModel, body, parsed, query
from identity_service.web.responses import items, json_response


class NewSeat(JsonModel):
    """The account, and for whom and as what it is to act."""

    account: Annotated[Account, parsed(Account.parse)]
    role: Annotated[Role, parsed(Role)]
    party: str = Field(max_length=64)


def blueprint(gate: Gate, seats: Seats, parties: KnownParties, audit: Any) -> Blueprint:
    """Seats given, shown and ended."""
    routes = Blueprint("seats", __name__)

    @routes.post("/v1/seats")
    @gate.requires("clients:write")
    def give() -> Response:
        wanted = body(NewSeat)

        def act(session: Session, caller: Caller) -> Creation:
            parties.exists(session, wanted.party)
            seat = seats.give(session, account=wanted.account, role=wanted.role, party_id=wanted.party, given_by=caller.subject)
            details = {"account": str(seat.account), "role": seat.role.value, "party": seat.party_id}
            audit.append(session, actor=caller.subject, action="seat.given", subject=seat.id, details=details)
            return Creation(body=_seat_json(seat), location=f"/v1/seats/{seat.id}")

        return gate.create("seats", act)

    @routes.get("/v1/seats")
    @gate.requires("clients:write")
    def list_seats() -> Response:
        page = query(Page)
        with gate.db.read() as session:
            found = seats.list(session, after=page.cursor, limit=page.limit + 1)
        following = found[page.limit - 1].id if len(found) > page.limit else None
        return items([_seat_json(one) for one in found[: page.limit]], following)

    @routes.get("/v1/seats/<seat_id>")
    @gate.requires("clients:write")
    def show(seat_id: str) -> Response:
        with gate.db.read() as session:
            return json_response(_seat_json(seats.get(session, seat_id)))

    @routes.post("/v1/seats/<seat_id>/end")
    @gate.requires("clients:write")
    def end(seat_id: str) -> Response:
        caller = caller_of_request()
        with gate.db.write() as session:
            ended = seats.end(session, seat_id)
            audit.append(session, actor=caller.subject, action="seat.ended", subject=ended.id, details={})
        return json_response(_seat_json(ended))

    return routes


def _seat_json(seat: Seat) -> dict[str, Any]:
    return {
        "id": seat.id,
        "account": str(seat.account),
        "role": seat.role.value,
        "party": seat.party_id,
        "given_at": seat.given_at.isoformat(),
        "ended_at": None if seat.ended_at is None else seat.ended_at.isoformat(),
    }
