"""The log's tables: entries, the tree's frontier in a single row, and the checkpoints we signed."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.storage import Base, Bytes32, Instant

# SQLite fills only an INTEGER primary key by itself
_Counter = BigInteger().with_variant(Integer, "sqlite")


class AuditEntryRow(Base):
    """One entry: the canonical bytes, and the leaf hash over them."""

    __tablename__ = "audit_entries"

    seq: Mapped[int] = mapped_column(_Counter, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    entry: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(Bytes32)


class AuditTreeRow(Base):
    """The only row: the frontier after the last entry. Whoever appends holds its lock until the end of the transaction."""

    __tablename__ = "audit_tree"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)
    frontier: Mapped[bytes] = mapped_column(LargeBinary)


class AuditCheckpointRow(Base):
    """A checkpoint we signed: kept, because two that disagree would prove a fork."""

    __tablename__ = "audit_checkpoints"

    id: Mapped[int] = mapped_column(_Counter, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, index=True)
    root: Mapped[bytes] = mapped_column(Bytes32)
    at: Mapped[datetime] = mapped_column(Instant)
    kid: Mapped[str] = mapped_column(String(128))
    signature: Mapped[bytes] = mapped_column(LargeBinary)
