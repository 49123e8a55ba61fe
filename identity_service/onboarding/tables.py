"""The registration queue of each token's agent, and invitations."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.storage import Base, Bytes20, Bytes32, Instant, Json, Uint256


class RegistrationRow(Base):
    """An account that waits for, or has, its entry in a token's identity registry.

    ``job_id`` is None while the token's agent has not taken it up as it stands; ``revision`` counts changes of the country, and
    ``country_differs`` is whether the holder named another one than is on record.
    """

    __tablename__ = "onboarding_registrations"

    token: Mapped[str] = mapped_column(String(80), primary_key=True)
    address: Mapped[bytes] = mapped_column(Bytes20, primary_key=True)
    country: Mapped[int]
    job_id: Mapped[str | None] = mapped_column(String(64))
    revision: Mapped[int] = mapped_column(server_default="0")
    country_differs: Mapped[bool | None]
    requested_by: Mapped[str] = mapped_column(String(80))
    requested_at: Mapped[datetime] = mapped_column(Instant)


class InvitationRow(Base):
    """An invitation to apply for a claim; its code is not kept, only the hash under which it is found.

    ``allowance`` base units of ``token`` are asked for ``spender``, an account on the token's chain; what its owner had done by
    ``asked_at_block`` does not count.
    """

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
    batch_id: Mapped[str | None] = mapped_column(String(64))
    batch_row: Mapped[int | None]
    token: Mapped[str | None] = mapped_column(String(96))
    allowance: Mapped[int | None] = mapped_column(Uint256)
    spender: Mapped[bytes | None] = mapped_column(Bytes20)
    asked_at_block: Mapped[int | None]

    __table_args__ = (
        Index("ix_onboarding_invitations_inviter", "inviter_party_id", "id"),
        Index("uq_onboarding_invitations_batch_id_reference", "batch_id", "reference", unique=True),
    )


class InvitationBatchRow(Base):
    """Invitations that were sent together. ``left_out`` holds row, field and code of what was wrong when it was last sent."""

    __tablename__ = "onboarding_invitation_batches"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    inviter_party_id: Mapped[str] = mapped_column(String(64))
    key_hash: Mapped[bytes] = mapped_column(Bytes32)
    created_at: Mapped[datetime] = mapped_column(Instant)
    left_out: Mapped[list[Any]] = mapped_column(Json)

    __table_args__ = (
        Index("uq_onboarding_invitation_batches_key", "inviter_party_id", "key_hash", unique=True),
        Index("ix_onboarding_invitation_batches_inviter", "inviter_party_id", "created_at", "id"),
    )


class MoveRow(Base):
    """Somebody's word that the wallet of one account was lost and that another account is theirs now.

    ``pending_key`` is set while it waits for its confirmation, and unique: one for each new account. ``party_id`` is the party that
    the lost account was bound to when it was opened, if any.
    """

    __tablename__ = "onboarding_moves"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    chain: Mapped[int]
    lost_address: Mapped[bytes] = mapped_column(Bytes20)
    new_address: Mapped[bytes] = mapped_column(Bytes20)
    party_id: Mapped[str | None] = mapped_column(String(64), index=True)
    account_proof_id: Mapped[str] = mapped_column(String(64))
    pending_key: Mapped[str | None] = mapped_column(String(96), unique=True)
    state: Mapped[str] = mapped_column(String(16))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    objected_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[str | None] = mapped_column(String(80))

    __table_args__ = (
        Index("ix_onboarding_moves_lost", "chain", "lost_address"),
        Index("ix_onboarding_moves_new", "chain", "new_address", "opened_at"),
    )


class AccountActRow(Base):
    """An account that was linked, unlinked or moved: what follows from it stands in its steps."""

    __tablename__ = "onboarding_account_acts"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    party_id: Mapped[str] = mapped_column(String(64), index=True)
    chain: Mapped[int]
    address: Mapped[bytes | None] = mapped_column(Bytes20)
    ended_address: Mapped[bytes | None] = mapped_column(Bytes20)
    actor: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class AccountStepRow(Base):
    """What must yet happen, mostly on chain, for an act to be over; ``block_number`` and its like say where it was seen done."""

    __tablename__ = "onboarding_account_steps"

    act_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(160), index=True)
    claim_issuer_id: Mapped[str | None] = mapped_column(String(64))
    particulars: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(16))
    waits_for: Mapped[str | None] = mapped_column(String(64))
    call: Mapped[dict[str, Any] | None] = mapped_column(Json)
    transaction: Mapped[str | None] = mapped_column(String(66))
    block_number: Mapped[int | None]
    block_hash: Mapped[bytes | None] = mapped_column(Bytes32)
    changed_at: Mapped[datetime] = mapped_column(Instant)


class AccountBatchRow(Base):
    """Accounts that a custody desk proves together, for one party and in one capacity."""

    __tablename__ = "onboarding_account_batches"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    party_id: Mapped[str] = mapped_column(String(64))
    capacity: Mapped[str] = mapped_column(String(16))
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index("ix_onboarding_account_batches_party", "party_id", "id"),)


class AccountBatchItemRow(Base):
    """One account of a batch: the message to sign, and what came of the signatures so far."""

    __tablename__ = "onboarding_account_batch_items"

    batch_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    chain: Mapped[int]
    address: Mapped[bytes] = mapped_column(Bytes20)
    message: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    code: Mapped[str | None] = mapped_column(String(64))
    attempts: Mapped[int]
    account_proof_id: Mapped[str | None] = mapped_column(String(64))
    judged_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (UniqueConstraint("batch_id", "chain", "address"),)
