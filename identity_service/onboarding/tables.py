"""The registration queue of each token's agent."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.storage import Base, Bytes20, Instant


class RegistrationRow(Base):
    """An account that waits for, or has, its entry in a token's identity registry."""

    __tablename__ = "onboarding_registrations"

    token: Mapped[str] = mapped_column(String(80), primary_key=True)
    address: Mapped[bytes] = mapped_column(Bytes20, primary_key=True)
    country: Mapped[int]
    job_id: Mapped[str] = mapped_column(String(64))
    requested_by: Mapped[str] = mapped_column(String(80))
    requested_at: Mapped[datetime] = mapped_column(Instant)
