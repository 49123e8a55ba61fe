"""Tables of applications, claims, forms (each begins as an intent), status lists and revocation places."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.storage import Base, Bytes20, Bytes32, Instant, Json, Uint256


class ApplicationRow(Base):
    """A request for a claim; its attributes lie encrypted under the party's key.

    ``pending_key`` is set until it is decided, and unique: one for each party, claim issuer and claim type.
    """

    __tablename__ = "issuance_applications"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    party_id: Mapped[str] = mapped_column(String(64), index=True)
    chain: Mapped[int]
    address: Mapped[bytes] = mapped_column(Bytes20)
    claim_issuer_id: Mapped[str] = mapped_column(String(64))
    claim_type: Mapped[str] = mapped_column(String(32))
    sealed_attributes: Mapped[bytes] = mapped_column(LargeBinary)
    intermediary_party_id: Mapped[str | None] = mapped_column(String(64))
    intermediary_confirmed: Mapped[bool] = mapped_column(default=False, server_default="0")
    pending_key: Mapped[str | None] = mapped_column(String(200), unique=True, index=True)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(64))
    claim_id: Mapped[str | None] = mapped_column(String(64))
    submitted_at: Mapped[datetime] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index("ix_issuance_applications_desk", "claim_issuer_id", "state", "id"),)


class ClaimRow(Base):
    """A claim; ``digest`` names it whatever its signed forms look like."""

    __tablename__ = "issuance_claims"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    party_id: Mapped[str] = mapped_column(String(64), index=True)
    chain: Mapped[int]
    address: Mapped[bytes] = mapped_column(Bytes20)
    claim_issuer_id: Mapped[str] = mapped_column(String(64), index=True)
    claim_type: Mapped[str] = mapped_column(String(32))
    sealed_attributes: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(Bytes32)
    valid_from: Mapped[datetime] = mapped_column(Instant)
    valid_until: Mapped[datetime] = mapped_column(Instant, index=True)
    status_list_id: Mapped[str] = mapped_column(String(64))
    status_index: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Instant)
    issued_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revocation_reason: Mapped[str | None] = mapped_column(String(64))
    account_unlinked_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index("ix_issuance_claims_account", "chain", "address"),)


class FormRow(Base):
    """One signed representation of a claim; until ``signed_at`` is set it is an intent.

    ``holder_jwk`` is the wallet's key that a dc+sd-jwt is bound to; ``sealed_secret``, from which its salts come, is there until
    it is signed. ``live_key`` is set while an erc735 form may stand on chain, and unique: one for each claim issuer, topic and
    identity.
    """

    __tablename__ = "issuance_forms"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    claim_id: Mapped[str] = mapped_column(ForeignKey("issuance_claims.id"), index=True)
    format: Mapped[str] = mapped_column(String(16))
    digest: Mapped[bytes] = mapped_column(Bytes32)
    intended_at: Mapped[datetime] = mapped_column(Instant)
    signed_at: Mapped[datetime | None] = mapped_column(Instant, index=True)
    sealed_content: Mapped[bytes | None] = mapped_column(LargeBinary)
    holder_jwk: Mapped[dict[str, Any] | None] = mapped_column(Json)
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    chain: Mapped[int | None]
    topic: Mapped[int | None] = mapped_column(Uint256)
    issuer_contract: Mapped[bytes | None] = mapped_column(Bytes20)
    identity_contract: Mapped[bytes | None] = mapped_column(Bytes20)
    data: Mapped[bytes | None] = mapped_column(LargeBinary(31))
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    signature: Mapped[bytes | None] = mapped_column(LargeBinary(65))
    live_key: Mapped[str | None] = mapped_column(String(200), unique=True)


class OnchainIndexRow(Base):
    """The next on-chain status index of a claim-issuer contract."""

    __tablename__ = "issuance_onchain_indexes"

    chain: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    issuer_contract: Mapped[bytes] = mapped_column(Bytes20, primary_key=True)
    next_index: Mapped[int] = mapped_column(BigInteger)


class StatusListRow(Base):
    """A list of 2^17 places; ``version`` rises with every change, ``published`` is the token signed last."""

    __tablename__ = "issuance_status_lists"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    claim_issuer_id: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    used: Mapped[int]
    version: Mapped[int]
    published_version: Mapped[int | None]
    published: Mapped[str | None] = mapped_column(Text)
    published_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (UniqueConstraint("claim_issuer_id", "number"),)


class StatusEntryRow(Base):
    """A place that is taken, for ever."""

    __tablename__ = "issuance_status_entries"

    status_list_id: Mapped[str] = mapped_column(ForeignKey("issuance_status_lists.id"), primary_key=True)
    offset: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    claim_id: Mapped[str] = mapped_column(String(64), unique=True)
    status: Mapped[int]


class ClaimStateRow(Base):
    """The generation of all claims: it rises with every change, so an answer made under it can be cached."""

    __tablename__ = "issuance_claim_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    generation: Mapped[int] = mapped_column(BigInteger)


class RevocationPlaceRow(Base):
    """A place that a revocation must reach, and the job that takes it there."""

    __tablename__ = "issuance_revocation_places"

    claim_id: Mapped[str] = mapped_column(ForeignKey("issuance_claims.id"), primary_key=True)
    place: Mapped[str] = mapped_column(String(300), primary_key=True)
    job_id: Mapped[str] = mapped_column(String(64))
