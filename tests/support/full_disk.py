"""A database that refuses the rows of one table, on either engine."""

from sqlalchemy import text

from identity_service.storage import Database


def refuse_inserts(db: Database, table: str) -> None:
    """From now on no row enters ``table``: a full disk, a lost right, a broken trigger."""
    if db.is_sqlite:
        statements = [f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END"]
    else:
        statements = [
            "CREATE FUNCTION full_disk() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'no'; END $$ LANGUAGE plpgsql",
            f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk()",
        ]
    with db.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def accept_inserts(db: Database, table: str) -> None:
    """Rows enter ``table`` again."""
    with db.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER full_disk" + ("" if db.is_sqlite else f" ON {table}")))
