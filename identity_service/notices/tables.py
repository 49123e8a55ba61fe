"""The tables of notices and of onboarding events.

Neither holds anything personal but which party was written to, and for a day a keyed hash of the address that a code went to.
"""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.storage import Base, Bytes32, Instant


class NoticeRow(Base):
    """A mail that was asked for; ``once`` is what makes a second one superfluous, for as long as it is."""

    __tablename__ = "notices"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    party_id: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    reference: Mapped[str] = mapped_column(String(64), index=True)
    language: Mapped[str | None] = mapped_column(String(8))
    once: Mapped[str | None] = mapped_column(String(200), unique=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    reason: Mapped[str | None] = mapped_column(String(64))
    requested_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    address_hash: Mapped[bytes | None] = mapped_column(Bytes32)

    __table_args__ = (
        Index("ix_notices_of_party", "party_id", "requested_at", "id"),
        Index("ix_notices_to_address", "address_hash", "requested_at"),
    )


class OnboardingEventRow(Base):
    """One thing that happened to an invitation or an offer, as a code."""

    __tablename__ = "notices_onboarding_events"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64))
    step: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index("ix_notices_onboarding_events_newest", "subject", "at", "id"),)
