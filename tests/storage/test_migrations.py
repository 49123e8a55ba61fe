import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from identity_service.storage import Base, Database
from identity_service.storage.migrate import DatabaseOutdated, migrate, require_current
from tests.support.kept import import_all_tables


def test_the_migrations_lead_to_the_tables_that_the_rooms_declare(database_url: str) -> None:
    import_all_tables()
    database = Database.open(database_url)
    migrate(database)
    require_current(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []


def test_a_database_without_migrations_is_refused(database_url: str) -> None:
    with pytest.raises(DatabaseOutdated):
        require_current(Database.open(database_url))


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    import_all_tables()
    database = Database.open(database_url)
    migrate(database)
    migrate(database)
    require_current(database)
