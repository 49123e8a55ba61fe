"""The tables of durable work. Rows hold ids, codes and public facts, never personal data."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.storage import Base, Bytes20, Bytes32, Instant, Json, Uint256


class JobRow(Base):
    """One job."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_state_run_after", "state", "run_after"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer)
    max_attempts: Mapped[int] = mapped_column(Integer)
    run_after: Mapped[datetime] = mapped_column(Instant)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    lease_owner: Mapped[str | None] = mapped_column(String(128))
    unique_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    last_error: Mapped[str | None] = mapped_column(String(64))
    last_detail: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class ReceiptRow(Base):
    """What a place answered; the same answer is kept once."""

    __tablename__ = "receipts"
    __table_args__ = (UniqueConstraint("job_id", "place", "reference"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"))
    place: Mapped[str] = mapped_column(String(200))
    reference: Mapped[str] = mapped_column(String(200))
    details: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Instant)


class IdempotencyKeyRow(Base):
    """A request that carried an Idempotency-Key; ``status`` is empty until its answer is known."""

    __tablename__ = "idempotency_keys"

    client_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    operation: Mapped[str] = mapped_column(String(128), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(Bytes32)
    status: Mapped[int | None] = mapped_column(Integer)
    body: Mapped[Any] = mapped_column(Json, nullable=True)
    location: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant, index=True)


class ChainTransactionRow(Base):
    """A signed transaction: stored before it is sent, then followed to its block."""

    __tablename__ = "chain_transactions"
    __table_args__ = (UniqueConstraint("chain", "sender", "nonce"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), index=True)
    chain: Mapped[str] = mapped_column(String(48))
    sender: Mapped[bytes] = mapped_column(Bytes20)
    nonce: Mapped[int] = mapped_column(BigInteger)
    to: Mapped[bytes] = mapped_column(Bytes20)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    value: Mapped[int] = mapped_column(Uint256)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    tx_hash: Mapped[bytes] = mapped_column(Bytes32, unique=True)
    state: Mapped[str] = mapped_column(String(16))
    prepared_at: Mapped[datetime] = mapped_column(Instant)
    nonce_spent_at: Mapped[datetime | None] = mapped_column(Instant)
    block_number: Mapped[int | None] = mapped_column(BigInteger)
    block_hash: Mapped[bytes | None] = mapped_column(Bytes32)
    gas_used: Mapped[int | None] = mapped_column(BigInteger)
    error: Mapped[str | None] = mapped_column(String(64))


class SenderNonceRow(Base):
    """The next nonce of an account that we send from. Its row lock makes allocation one at a time."""

    __tablename__ = "sender_nonces"

    chain: Mapped[str] = mapped_column(String(48), primary_key=True)
    sender: Mapped[bytes] = mapped_column(Bytes20, primary_key=True)
    next_nonce: Mapped[int] = mapped_column(BigInteger)
