"""The registration queue of each token's agent, and invitations."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.storage import Base, Bytes20, Bytes32, Instant


class RegistrationRow(Base):
    """An account that waits for, or has, its entry in a token's identity registry."""

    __tablename__ = "onboarding_registrations"

    token: Mapped[str] = mapped_column(String(80), primary_key=True)
    address: Mapped[bytes] = mapped_column(Bytes20, primary_key=True)
    country: Mapped[int]
    job_id: Mapped[str] = mapped_column(String(64))
    requested_by: Mapped[str] = mapped_column(String(80))
    requested_at: Mapped[datetime] = mapped_column(Instant)


class InvitationRow(Base):
    """An invitation to apply for a claim; its code is not kept, only the hash under which it is found."""

    __tablename__ = "onboarding_invitations"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(Bytes32, unique=True)
    inviter_party_id: Mapped[str] = mapped_column(String(64))
    claim_issuer_id: Mapped[str] = mapped_column(String(64))
    claim_type: Mapped[str] = mapped_column(String(32))
    intermediary_party_id: Mapped[str | None] = mapped_column(String(64))
    reference: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime | None] = mapped_column(Instant)
    proved_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    application_id: Mapped[str | None] = mapped_column(String(64), unique=True)

    __table_args__ = (Index("ix_onboarding_invitations_inviter", "inviter_party_id", "id"),)
