"""The database: engine, transactions, column types and migrations. Every room keeps its own tables on this ground."""

from identity_service.storage.database import Database
from identity_service.storage.ids import new_id
from identity_service.storage.inserts import insert_if_absent
from identity_service.storage.types import Base, Bytes20, Bytes32, Instant, Json, Uint256

__all__ = ["Base", "Bytes20", "Bytes32", "Database", "Instant", "Json", "Uint256", "insert_if_absent", "new_id"]
