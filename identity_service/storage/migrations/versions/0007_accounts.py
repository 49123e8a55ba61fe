"""Accounts unlinked and moved, signing batches, identity acts and registrations.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _registrations()
    _unlinked_accounts()
    _acts()
    _batches()


def _registrations() -> None:
    with op.batch_alter_table("onboarding_registrations", schema=None) as batch_op:
        batch_op.alter_column("job_id", existing_type=sa.String(length=64), nullable=True)
        batch_op.add_column(
            sa.Column("revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, server_default="0")
        )
        batch_op.add_column(sa.Column("country_differs", sa.Boolean(), nullable=True))


def _unlinked_accounts() -> None:
    with op.batch_alter_table("party_accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unlinked_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("unlinked_because", sa.String(length=16), nullable=True))
    with op.batch_alter_table("issuance_claims", schema=None) as batch_op:
        batch_op.add_column(sa.Column("account_unlinked_at", sa.BigInteger(), nullable=True))


def _acts() -> None:
    op.create_table(
        "access_lost_accounts",
        sa.Column("chain", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.LargeBinary(length=20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "address", name=op.f("pk_access_lost_accounts")),
    )
    op.create_table(
        "onboarding_moves",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("chain", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lost_address", sa.LargeBinary(length=20), nullable=False),
        sa.Column("new_address", sa.LargeBinary(length=20), nullable=False),
        sa.Column("party_id", sa.String(length=64), nullable=True),
        sa.Column("account_proof_id", sa.String(length=64), nullable=False),
        sa.Column("pending_key", sa.String(length=96), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("objected_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_onboarding_moves")),
        sa.UniqueConstraint("pending_key", name=op.f("uq_onboarding_moves_pending_key")),
    )
    op.create_index(op.f("ix_onboarding_moves_lost"), "onboarding_moves", ["chain", "lost_address"], unique=False)
    op.create_index("ix_onboarding_moves_new", "onboarding_moves", ["chain", "new_address", "opened_at"], unique=False)
    op.create_index(op.f("ix_onboarding_moves_party_id"), "onboarding_moves", ["party_id"], unique=False)
    op.create_table(
        "onboarding_account_acts",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("party_id", sa.String(length=64), nullable=False),
        sa.Column("chain", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.LargeBinary(length=20), nullable=True),
        sa.Column("ended_address", sa.LargeBinary(length=20), nullable=True),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_onboarding_account_acts")),
    )
    op.create_index(op.f("ix_onboarding_account_acts_party_id"), "onboarding_account_acts", ["party_id"], unique=False)
    op.create_table(
        "onboarding_account_steps",
        sa.Column("act_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("claim_issuer_id", sa.String(length=64), nullable=True),
        sa.Column("particulars", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("waits_for", sa.String(length=64), nullable=True),
        sa.Column("call", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("transaction", sa.String(length=66), nullable=True),
        sa.Column("block_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("block_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("act_id", "number", name=op.f("pk_onboarding_account_steps")),
    )
    op.create_index(op.f("ix_onboarding_account_steps_subject"), "onboarding_account_steps", ["subject"], unique=False)


def _batches() -> None:
    op.create_table(
        "onboarding_account_batches",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("party_id", sa.String(length=64), nullable=False),
        sa.Column("capacity", sa.String(length=16), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_onboarding_account_batches")),
    )
    op.create_index(op.f("ix_onboarding_account_batches_party"), "onboarding_account_batches", ["party_id", "id"], unique=False)
    op.create_table(
        "onboarding_account_batch_items",
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chain", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.LargeBinary(length=20), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_proof_id", sa.String(length=64), nullable=True),
        sa.Column("judged_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_onboarding_account_batch_items")),
        sa.UniqueConstraint("batch_id", "chain", "address", name=op.f("uq_onboarding_account_batch_items_batch_id_chain_address")),
    )


def downgrade() -> None:
    op.drop_table("onboarding_account_batch_items")
    op.drop_table("onboarding_account_batches")
    op.drop_table("onboarding_account_steps")
    op.drop_table("onboarding_account_acts")
    op.drop_table("onboarding_moves")
    op.drop_table("access_lost_accounts")
    with op.batch_alter_table("issuance_claims", schema=None) as batch_op:
        batch_op.drop_column("account_unlinked_at")
    with op.batch_alter_table("party_accounts", schema=None) as batch_op:
        batch_op.drop_column("unlinked_because")
        batch_op.drop_column("unlinked_at")
    with op.batch_alter_table("onboarding_registrations", schema=None) as batch_op:
        batch_op.drop_column("country_differs")
        batch_op.drop_column("revision")
        batch_op.alter_column("job_id", existing_type=sa.String(length=64), nullable=False)
