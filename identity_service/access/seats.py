"""Seats: which people, each known by an account, act for which party in which role."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.access.model import Role, Seat, SeatAlreadyEnded, SeatTaken, SeatUnknown
from identity_service.access.tables import SeatRow
from identity_service.storage import new_id


@dataclass(frozen=True, slots=True)
class Seats:
    """Gives seats and ends them."""

    clock: Clock
    entropy: Entropy

    def give(self, session: Session, *, account: Account, role: Role, party_id: str, given_by: str) -> Seat:
        """A new seat; whoever controls the account has it from now on. Raises SeatInvalid, SeatTaken."""
        seat = Seat(id=new_id("set", self.entropy), account=account, role=role, party_id=party_id, given_at=self.clock.now())
        session.add(
            SeatRow(
                id=seat.id,
                chain=account.chain.number,
                address=account.address.value,
                role=role.value,
                party_id=party_id,
                given_by=given_by,
                given_at=seat.given_at,
            )
        )
        try:
            session.flush()
        except IntegrityError as error:
            raise SeatTaken("end the account's present seat first") from error
        return seat

    def get(self, session: Session, seat_id: str) -> Seat:
        """One seat, live or ended. Raises SeatUnknown."""
        row = session.get(SeatRow, seat_id)
        if row is None:
            raise SeatUnknown("no seat has this id")
        return _seat(row)

    def list(self, session: Session, *, after: str = "", limit: int = 100) -> list[Seat]:
        """Every seat, by id."""
        return [_seat(row) for row in session.scalars(select(SeatRow).where(SeatRow.id > after).order_by(SeatRow.id).limit(limit))]

    def end(self, session: Session, seat_id: str) -> Seat:
        """End a seat now: the next request of its holder comes without the role. Raises SeatUnknown, SeatAlreadyEnded."""
        row = session.get(SeatRow, seat_id, with_for_update=True)
        if row is None:
            raise SeatUnknown("no seat has this id")
        if row.ended_at is not None:
            raise SeatAlreadyEnded("the seat has ended already")
        row.ended_at = self.clock.now()
        session.flush()
        return _seat(row)


def _seat(row: SeatRow) -> Seat:
    return Seat(
        id=row.id,
        account=Account(ChainId(row.chain), Address(row.address)),
        role=Role(row.role),
        party_id=row.party_id,
        given_at=row.given_at,
        ended_at=row.ended_at,
    )
