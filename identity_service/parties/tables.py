"""Tables of parties, their keys and encrypted data, relations, accounts and disclosures."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.storage import Base, Bytes20, Bytes32, Instant, Json


class PartyRow(Base):
    """A person or an organisation; everything that names it lies encrypted in party_data."""

    __tablename__ = "parties"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class PartyKeyRow(Base):
    """The party's data key, wrapped by the vault; destroying it erases the party's data."""

    __tablename__ = "party_keys"

    party_id: Mapped[str] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    destroy_at: Mapped[datetime | None] = mapped_column(Instant)
    destroyed_at: Mapped[datetime | None] = mapped_column(Instant)


class PartyDataRow(Base):
    """One encrypted field; its id is the associated data of the encryption."""

    __tablename__ = "party_data"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("parties.id"), index=True)
    field: Mapped[str] = mapped_column(String(32))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    lookup: Mapped[bytes | None] = mapped_column(Bytes32, index=True)

    __table_args__ = (UniqueConstraint("party_id", "field"),)


class RelationRow(Base):
    """How one party stands to another, since when and on what evidence."""

    __tablename__ = "party_relations"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("parties.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    other_party_id: Mapped[str] = mapped_column(ForeignKey("parties.id"), index=True)
    evidence: Mapped[str] = mapped_column(String(80))
    valid_from: Mapped[datetime] = mapped_column(Instant)
    valid_until: Mapped[datetime | None] = mapped_column(Instant)


class AccountRow(Base):
    """A chain account that a party proved."""

    __tablename__ = "party_accounts"

    chain: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    address: Mapped[bytes] = mapped_column(Bytes20, primary_key=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("parties.id"), index=True)
    capacity: Mapped[str] = mapped_column(String(16))
    account_proof_id: Mapped[str] = mapped_column(String(64))
    holder_jwk: Mapped[dict[str, Any] | None] = mapped_column(Json)
    identity_contract: Mapped[bytes | None] = mapped_column(Bytes20)
    identity_factory: Mapped[bytes | None] = mapped_column(Bytes20)
    linked_at: Mapped[datetime] = mapped_column(Instant)
    unlinked_at: Mapped[datetime | None] = mapped_column(Instant)
    unlinked_because: Mapped[str | None] = mapped_column(String(16))

    __table_args__ = (Index("ix_party_accounts_identity_contract", "chain", "identity_contract"),)


class DisclosureRow(Base):
    """One reading of one party's data: who, what, why, under which basis, as of which block."""

    __tablename__ = "disclosures"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("parties.id"), index=True)
    viewer: Mapped[str] = mapped_column(String(80))
    viewer_party_id: Mapped[str | None] = mapped_column(String(64), index=True)
    basis_kind: Mapped[str] = mapped_column(String(16))
    basis_id: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(64))
    legal_basis: Mapped[str] = mapped_column(String(200))
    fields: Mapped[list[str]] = mapped_column(Json)
    token: Mapped[str | None] = mapped_column(String(80))
    as_of_block: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(Instant)
    audit_seq: Mapped[int] = mapped_column(index=True)
