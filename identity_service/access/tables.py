"""Tables of clients, tokens, sessions, seats, single-use values, account proofs and grants."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.storage import Base, Bytes20, Bytes32, Instant, Json


class ClientRow(Base):
    """A machine client and its public key (private_key_jwt)."""

    __tablename__ = "access_clients"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    role: Mapped[str] = mapped_column(String(32))
    party_id: Mapped[str | None] = mapped_column(String(64))
    public_jwk: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Instant)
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)


class SingleUseRow(Base):
    """A code, nonce or token id that is consumed once; only its hash is kept."""

    __tablename__ = "access_single_use"

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    value_hash: Mapped[bytes] = mapped_column(Bytes32, primary_key=True)
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    consumed_at: Mapped[datetime | None] = mapped_column(Instant)


class AccessTokenRow(Base):
    """A bearer token; only its hash is kept."""

    __tablename__ = "access_tokens"

    token_hash: Mapped[bytes] = mapped_column(Bytes32, primary_key=True)
    client_id: Mapped[str | None] = mapped_column(String(64), index=True)
    account_proof_id: Mapped[str | None] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(Json)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class SessionRow(Base):
    """A browser's session; only the hash of its cookie is kept."""

    __tablename__ = "access_sessions"

    session_hash: Mapped[bytes] = mapped_column(Bytes32, primary_key=True)
    account_proof_id: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class SeatRow(Base):
    """The right of whoever controls an account to act for a party in a role; the row of an ended seat stays."""

    __tablename__ = "access_seats"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    chain: Mapped[int]
    address: Mapped[bytes] = mapped_column(Bytes20)
    role: Mapped[str] = mapped_column(String(32))
    party_id: Mapped[str] = mapped_column(String(64), index=True)
    given_by: Mapped[str] = mapped_column(String(80))
    given_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index(
            "uq_access_seats_live",
            "chain",
            "address",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


class AccountProofRow(Base):
    """A proof that somebody controlled an account at a block."""

    __tablename__ = "access_account_proofs"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    chain: Mapped[int]
    address: Mapped[bytes] = mapped_column(Bytes20)
    method: Mapped[str] = mapped_column(String(16))
    public_jwk: Mapped[dict[str, Any] | None] = mapped_column(Json)
    message_hash: Mapped[bytes] = mapped_column(Bytes32)
    block_number: Mapped[int]
    block_hash: Mapped[bytes] = mapped_column(Bytes32)
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index("ix_access_account_proofs_account", "chain", "address"),)


class LostAccountRow(Base):
    """An account whose holder lost the wallet: no proof of it counts from now on."""

    __tablename__ = "access_lost_accounts"

    chain: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    address: Mapped[bytes] = mapped_column(Bytes20, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)


class GrantRow(Base):
    """A reader's right to see names of one token's holders."""

    __tablename__ = "access_grants"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    token: Mapped[str] = mapped_column(String(80), index=True)
    viewer_party_id: Mapped[str] = mapped_column(String(64), index=True)
    role: Mapped[str] = mapped_column(String(32))
    grantor_kind: Mapped[str] = mapped_column(String(16))
    grantor_party_id: Mapped[str | None] = mapped_column(String(64))
    granted_by: Mapped[str] = mapped_column(String(80))
    purposes: Mapped[list[str]] = mapped_column(Json)
    legal_basis: Mapped[str] = mapped_column(String(200))
    case_number: Mapped[str | None] = mapped_column(String(100))
    threshold: Mapped[str] = mapped_column(String(78))
    fields: Mapped[list[str]] = mapped_column(Json)
    valid_from: Mapped[datetime] = mapped_column(Instant)
    valid_until: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
