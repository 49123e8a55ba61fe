"""The attestations we reserved: what is signed is always recorded here first."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.storage import Base, Bytes20, Instant


class AttestationRow(Base):
    """The newest attestation of an account for a token; ``issued_at`` only rises (DESIGN §4)."""

    __tablename__ = "verification_attestations"

    token: Mapped[str] = mapped_column(String(80), primary_key=True)
    address: Mapped[bytes] = mapped_column(Bytes20, primary_key=True)
    categories: Mapped[int]
    generation: Mapped[int]
    issued_at: Mapped[datetime] = mapped_column(Instant)
    valid_until: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index("ix_verification_attestations_valid_until", "valid_until"),)
