"""An insert that two processes may do at once."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from identity_service.storage.types import Base


def insert_if_absent(session: Session, table: type[Base], **values: Any) -> bool:
    """Insert a row unless one with its keys is there; True when it was inserted.

    On PostgreSQL this waits for a transaction that inserts the same keys, so a False means that the other one has committed.
    """
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    first_key = next(iter(table.__table__.primary_key))
    statement = insert(table).values(**values).on_conflict_do_nothing().returning(first_key)
    return session.execute(statement).first() is not None
