"""Tables of claim issuers, their chains, accreditations and roots."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.storage import Base, Bytes20, Instant, Json


class ClaimIssuerRow(Base):
    """An organisation that issues claims."""

    __tablename__ = "mesh_claim_issuers"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    party_id: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    did: Mapped[str] = mapped_column(String(300), unique=True)
    key_name: Mapped[str] = mapped_column(String(120))
    claim_types: Mapped[list[str]] = mapped_column(Json)
    maximum_validity_seconds: Mapped[int] = mapped_column(BigInteger)
    is_root: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Instant)


class ChainPresenceRow(Base):
    """A claim issuer's keys and contract on one chain."""

    __tablename__ = "mesh_chain_presences"

    claim_issuer_id: Mapped[str] = mapped_column(ForeignKey("mesh_claim_issuers.id"), primary_key=True)
    chain: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    contract: Mapped[bytes | None] = mapped_column(Bytes20)
    claim_key_name: Mapped[str] = mapped_column(String(120))
    revocation_key_name: Mapped[str] = mapped_column(String(120))


class AccreditationRow(Base):
    """One edge of the mesh; its id is the id of the CLAIM_ISSUER claim that says so. No ``jurisdictions`` are everywhere."""

    __tablename__ = "mesh_accreditations"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    accreditor_id: Mapped[str] = mapped_column(ForeignKey("mesh_claim_issuers.id"), index=True)
    claim_issuer_id: Mapped[str] = mapped_column(ForeignKey("mesh_claim_issuers.id"), index=True)
    topics: Mapped[list[str]] = mapped_column(Json)
    jurisdictions: Mapped[list[str] | None] = mapped_column(Json)
    may_accredit: Mapped[bool]
    path_length: Mapped[int]
    valid_from: Mapped[datetime] = mapped_column(Instant)
    valid_until: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
