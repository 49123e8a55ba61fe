"""The tables of accepted orders. A refused order leaves nothing."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.storage import Base, Bytes32, Instant, Json, Uint256


class OrderRow(Base):
    """An accepted order as it was signed, on what it was accepted, and the mint recorded for it.

    The unique keys are what makes an order's id count once, and a mint for one order. ``watched_to`` is the block up to which the
    register was searched for its mint, ``watched_hash`` the hash that this block had, None before the first search.
    """

    __tablename__ = "orders_orders"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    network: Mapped[str] = mapped_column(String(64), index=True)
    order_id: Mapped[str] = mapped_column(String(36), unique=True)
    document: Mapped[bytes] = mapped_column(Bytes32)
    signed: Mapped[dict[str, Any]] = mapped_column(Json)
    token: Mapped[str] = mapped_column(String(96), index=True)
    party_id: Mapped[str] = mapped_column(String(64))
    side: Mapped[str] = mapped_column(String(8))
    quantity: Mapped[int] = mapped_column(Uint256)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    accepted_at: Mapped[datetime] = mapped_column(Instant)
    checks: Mapped[list[str]] = mapped_column(Json)
    claim_type: Mapped[str] = mapped_column(String(32))
    claim_issuer: Mapped[str] = mapped_column(String(2048))
    accreditation_path: Mapped[list[str]] = mapped_column(Json)
    block_number: Mapped[int]
    block_hash: Mapped[bytes] = mapped_column(Bytes32)
    watched_to: Mapped[int]
    watched_hash: Mapped[bytes | None] = mapped_column(Bytes32)
    mint_transaction: Mapped[bytes | None] = mapped_column(Bytes32)
    mint_log_index: Mapped[int | None]
    mint_block: Mapped[int | None]
    mint_block_hash: Mapped[bytes | None] = mapped_column(Bytes32)

    __table_args__ = (
        UniqueConstraint("token", "mint_transaction", "mint_log_index"),
        Index("ix_orders_orders_newest", "accepted_at", "id"),
        Index("ix_orders_orders_of_party", "party_id", "expires_at"),
    )


class OrderQueueRow(Base):
    """An intermediary that sends orders; the row is locked while one of them is let in."""

    __tablename__ = "orders_queues"

    party_id: Mapped[str] = mapped_column(String(64), primary_key=True)
