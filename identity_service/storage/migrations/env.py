"""Alembic's entry: runs on the connection that ``storage.migrate`` hands in."""

from typing import Any, Literal

from alembic import context

from identity_service.storage.types import Base, Instant, Uint256


def plain(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Types of our own are written into migrations as what the engines keep, so that an old migration never changes."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, Uint256):
        return 'sa.Numeric(78, 0).with_variant(sa.String(78), "sqlite")'
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=plain,
    compare_type=True,
)
context.run_migrations()
