"""Brings a database to the newest migration, and tells whether it is there."""

from functools import cache
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from claim_issuers.errors import Conflict
from identity_service.storage.database import Database, engine_faults


class DatabaseOutdated(Conflict):
    """The database is at another migration than this version of the service."""

    code = "database_outdated"


def migrate(database: Database) -> None:
    """Run every migration that is missing, in one transaction each. Raises DatabaseUnavailable."""
    config = _config()
    with engine_faults(), database.engine.execution_options(sqlite_begin="IMMEDIATE").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def require_current(database: Database) -> None:
    """Return when the newest migration was run. Raises DatabaseOutdated, DatabaseUnavailable."""
    with database.read() as session:
        present = MigrationContext.configure(session.connection()).get_current_revision()
    if present != _newest():
        raise DatabaseOutdated("run `identity-service init` with the same data directory to migrate the database")


@cache
def _newest() -> str | None:
    # read once in a process: the readiness check asks every few seconds, and the answer comes with the code
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("identity_service.storage") / "migrations"))
    return config
