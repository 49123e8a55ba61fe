"""Invitations in bulk, and the allowance that comes with them.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COLUMNS = (
    ("batch_id", sa.String(length=64)),
    ("batch_row", _INTEGER),
    ("token", sa.String(length=96)),
    ("allowance", sa.Numeric(precision=78, scale=0).with_variant(sa.String(length=78), "sqlite")),
    ("spender", sa.LargeBinary(length=20)),
    ("asked_at_block", _INTEGER),
)


def upgrade() -> None:
    op.create_table(
        "onboarding_invitation_batches",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("inviter_party_id", sa.String(length=64), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("left_out", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_onboarding_invitation_batches")),
    )
    with op.batch_alter_table("onboarding_invitation_batches", schema=None) as batch_op:
        batch_op.create_index("uq_onboarding_invitation_batches_key", ["inviter_party_id", "key_hash"], unique=True)
        batch_op.create_index("ix_onboarding_invitation_batches_inviter", ["inviter_party_id", "created_at", "id"])
    with op.batch_alter_table("onboarding_invitations", schema=None) as batch_op:
        for name, kind in _COLUMNS:
            batch_op.add_column(sa.Column(name, kind, nullable=True))
        batch_op.create_index("uq_onboarding_invitations_batch_id_reference", ["batch_id", "reference"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("onboarding_invitations", schema=None) as batch_op:
        batch_op.drop_index("uq_onboarding_invitations_batch_id_reference")
        for name, _ in reversed(_COLUMNS):
            batch_op.drop_column(name)
    op.drop_table("onboarding_invitation_batches")
