"""Databases and data directories that are made once and put back for each test.

Making them anew would take longer than most tests.
"""

import importlib
import pkgutil
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

import identity_service
from identity_service.storage import Database

_OTHERS_LEAVE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_FUNCTIONS_LEAVE = """
FOR made IN SELECT oid::regprocedure AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace LOOP
EXECUTE 'DROP FUNCTION ' || made.name || ' CASCADE'; END LOOP;
"""
_OTHER_TABLES_LEAVE = """
FOR made IN SELECT tablename AS name FROM pg_tables AS every WHERE schemaname = 'public'
AND NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'opened' AND tablename = every.tablename) LOOP
EXECUTE 'DROP TABLE public.' || quote_ident(made.name) || ' CASCADE'; END LOOP;
"""


class KeptDatabase:
    """A PostgreSQL database whose rows ``remember`` keeps and ``restore`` puts back; who has it has it alone."""

    def __init__(self, server: str, name: str) -> None:
        self.url = server.replace("/postgres?", f"/{name}?")
        self._restore = ""
        admin = create_engine(server, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()

    def remember(self) -> None:
        """Keep a copy of every row, in a schema of its own."""
        engine = create_engine(self.url)
        in_any_order = "SET LOCAL session_replication_role = replica;"  # foreign keys are not looked at meanwhile
        steps = [in_any_order, _FUNCTIONS_LEAVE, _OTHER_TABLES_LEAVE]
        with engine.begin() as connection:
            found = inspect(connection)
            connection.execute(text("CREATE SCHEMA opened"))
            for name in found.get_table_names():
                connection.execute(text(f'CREATE TABLE opened."{name}" AS TABLE public."{name}"'))
                steps.append(f'DELETE FROM public."{name}";')  # noqa: S608
                if connection.execute(text(f'SELECT 1 FROM opened."{name}" LIMIT 1')).first():  # noqa: S608
                    steps.append(f'INSERT INTO public."{name}" SELECT * FROM opened."{name}";')  # noqa: S608
            for name in found.get_sequence_names():
                at, called = connection.execute(text(f'SELECT last_value, is_called FROM public."{name}"')).one()  # noqa: S608
                steps.append(f"PERFORM setval('public.\"{name}\"', {at}, {called});")
        engine.dispose()
        self._restore = f"DO $restore$ DECLARE made record; BEGIN {' '.join(steps)} END $restore$"

    def restore(self) -> None:
        """Every table has the rows that were remembered; whoever is still connected from an earlier test has to go."""
        engine = create_engine(self.url)
        with engine.begin() as connection:
            connection.execute(text(_OTHERS_LEAVE))
            connection.exec_driver_sql(self._restore)
        engine.dispose()


@dataclass(frozen=True, slots=True)
class Kept:
    """A data directory at rest, with its database: a file in it on SQLite, ``database`` on PostgreSQL."""

    directory: Path
    database: KeptDatabase | None

    @classmethod
    def empty(cls, directory: Path, engine: str, server: Callable[[], str], name: str) -> "Kept":
        """A place for a service that somebody makes there and then gives to ``keep``."""
        return cls(directory, None if engine == "sqlite" else KeptDatabase(server(), name))

    @property
    def url(self) -> str:
        return _sqlite(self.directory) if self.database is None else self.database.url

    def keep(self) -> None:
        """From now on copies are copies of this."""
        if self.database is not None:
            self.database.remember()

    def copy(self, directory: Path) -> str:
        """Copy the directory, put the database back as it was kept, and give the URL of the copy's; one copy at a time."""
        shutil.copytree(self.directory, directory)
        if self.database is None:
            return _sqlite(directory)
        self.database.restore()
        return self.database.url


def _sqlite(directory: Path) -> str:
    return f"sqlite:///{directory / 'service.db'}"


@pytest.fixture(scope="session")
def kept_place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Kept]:
    """An empty place of this name for the engine."""

    def place(name: str, engine: str) -> Kept:
        directory = tmp_path_factory.mktemp(f"{name}-{engine}") / "data"
        return Kept.empty(directory, engine, lambda: str(request.getfixturevalue("postgresql_server")), name)

    return place


def import_all_tables() -> None:
    """Import each room's tables, so that the metadata is whole."""
    for room in pkgutil.iter_modules(identity_service.__path__, "identity_service."):
        if room.ispkg:
            package = importlib.import_module(room.name)
            for module in pkgutil.iter_modules(package.__path__):
                if module.name == "tables":
                    importlib.import_module(f"{room.name}.tables")


@pytest.fixture(scope="session")
def all_tables(kept_place: Callable[[str, str], Kept]) -> Callable[[str], Kept]:
    """Gives a place with every table and no row, made when an engine is first asked for."""

    @cache
    def made(engine: str) -> Kept:
        kept = kept_place("tables", engine)
        kept.directory.mkdir()
        import_all_tables()
        database = Database.open(kept.url)
        database.create_all()
        database.close()
        kept.keep()
        return kept

    return made
