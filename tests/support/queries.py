"""Counts the statements that a block sends to a database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from identity_service.storage import Database


@contextmanager
def counted(db: Database) -> Iterator[list[str]]:
    """The statements sent while the block runs, in a list that grows."""
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
