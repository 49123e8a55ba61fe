"""Which parties are here in a role: they have a machine client or a seat in it."""

from sqlalchemy import exists, or_, select, union
from sqlalchemy.orm import Session

from identity_service.access.model import Role
from identity_service.access.tables import ClientRow, SeatRow


def acts_in_role(session: Session, party_id: str, role: Role) -> bool:
    """Whether anybody may act for this party in this role now."""
    client = exists().where(ClientRow.party_id == party_id, ClientRow.role == role.value, ClientRow.disabled_at.is_(None))
    seat = exists().where(SeatRow.party_id == party_id, SeatRow.role == role.value, SeatRow.ended_at.is_(None))
    return bool(session.scalar(select(or_(client, seat))))


def parties_in_role(session: Session, role: Role) -> list[str]:
    """The ids of the parties for which anybody may act in this role now, in a stable order."""
    clients = select(ClientRow.party_id).where(ClientRow.role == role.value, ClientRow.disabled_at.is_(None))
    seats = select(SeatRow.party_id).where(SeatRow.role == role.value, SeatRow.ended_at.is_(None))
    return sorted({party_id for party_id in session.scalars(union(clients, seats)) if party_id is not None})
