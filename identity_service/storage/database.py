"""Engines and transactions.

``write()`` opens one transaction that is committed at the end or rolled back on any error; ``read()`` sees one snapshot
and never commits. On SQLite a write begins IMMEDIATE, so two writers queue instead of failing half-way, and a commit reaches
the disk before it returns (WAL, synchronous=FULL).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.orm import Session

from claim_issuers.errors import Unavailable
from identity_service.storage.types import Base

_BUSY_MILLISECONDS = 30_000


class DatabaseUnavailable(Unavailable):
    """The database does not answer, is full, or stayed locked for too long."""

    code = "database_unavailable"


class Database:
    """One database, SQLite or PostgreSQL, and the only way to a Session."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str) -> Self:
        """Connect to ``sqlite:///…`` or ``postgresql+psycopg://…``; nothing is created."""
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return cls(_sqlite_engine(url))
        postgresql = parsed.set(drivername="postgresql+psycopg")
        return cls(create_engine(postgresql, pool_size=10, max_overflow=20, pool_pre_ping=True))

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction that may change rows. Raises DatabaseUnavailable when the engine itself fails."""
        with self._session(mode="IMMEDIATE") as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One consistent snapshot; whatever is changed in it is rolled back."""
        with self._session(mode="DEFERRED") as session:
            yield session
            session.rollback()

    @contextmanager
    def _session(self, *, mode: str) -> Iterator[Session]:
        isolation: dict[str, Any] = {} if self.is_sqlite or mode == "IMMEDIATE" else {"isolation_level": "REPEATABLE READ"}
        bind = self.engine.execution_options(sqlite_begin=mode, **isolation)
        with engine_faults(), Session(bind, expire_on_commit=False) as session:
            yield session

    def create_all(self) -> None:
        """Create every table the imported rooms declare: for tests of one room; a service migrates instead."""
        Base.metadata.create_all(self.engine)

    def ping(self) -> None:
        """Raise DatabaseUnavailable unless a trivial query is answered."""
        with self.read() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


@contextmanager
def engine_faults() -> Iterator[None]:
    """Raise DatabaseUnavailable for what the engine itself gets wrong; errors of statements and data pass."""
    try:
        yield
    except OperationalError as error:
        raise DatabaseUnavailable("the database did not take the request; nothing was changed") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseUnavailable("the connection to the database was lost; nothing was changed") from error
        if type(error) is DatabaseError:  # SQLite's own word for a file that is damaged or none of its
            raise DatabaseUnavailable("the database file is damaged, or no database") from error
        raise


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(url, pool_size=10, max_overflow=20, connect_args={"timeout": _BUSY_MILLISECONDS / 1000})
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, in _begin_sqlite
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        f"busy_timeout={_BUSY_MILLISECONDS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")
