"""Invitations, orders, seats and sessions.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_seats",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("chain", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.LargeBinary(length=20), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("party_id", sa.String(length=64), nullable=False),
        sa.Column("given_by", sa.String(length=80), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_seats")),
    )
    with op.batch_alter_table("access_seats", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_seats_party_id"), ["party_id"], unique=False)
        batch_op.create_index(
            "uq_access_seats_live",
            ["chain", "address"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "access_sessions",
        sa.Column("session_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_proof_id", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session_hash", name=op.f("pk_access_sessions")),
    )
    with op.batch_alter_table("access_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_sessions_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "onboarding_invitations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("inviter_party_id", sa.String(length=64), nullable=False),
        sa.Column("claim_issuer_id", sa.String(length=64), nullable=False),
        sa.Column("claim_type", sa.String(length=32), nullable=False),
        sa.Column("intermediary_party_id", sa.String(length=64), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("proved_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("application_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_onboarding_invitations")),
        sa.UniqueConstraint("application_id", name=op.f("uq_onboarding_invitations_application_id")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_onboarding_invitations_code_hash")),
    )
    with op.batch_alter_table("onboarding_invitations", schema=None) as batch_op:
        batch_op.create_index("ix_onboarding_invitations_inviter", ["inviter_party_id", "id"], unique=False)

    op.create_table(
        "orders_orders",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("document", sa.LargeBinary(length=32), nullable=False),
        sa.Column("signed", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("token", sa.String(length=96), nullable=False),
        sa.Column("party_id", sa.String(length=64), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("quantity", sa.Numeric(78, 0).with_variant(sa.String(78), "sqlite"), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", sa.BigInteger(), nullable=False),
        sa.Column("checks", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("claim_type", sa.String(length=32), nullable=False),
        sa.Column("claim_issuer", sa.String(length=2048), nullable=False),
        sa.Column("accreditation_path", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("block_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("watched_to", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("watched_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("mint_transaction", sa.LargeBinary(length=32), nullable=True),
        sa.Column("mint_log_index", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("mint_block", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("mint_block_hash", sa.LargeBinary(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_orders")),
        sa.UniqueConstraint("order_id", name=op.f("uq_orders_orders_order_id")),
        sa.UniqueConstraint(
            "token", "mint_transaction", "mint_log_index", name=op.f("uq_orders_orders_token_mint_transaction_mint_log_index")
        ),
    )
    with op.batch_alter_table("orders_orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_orders_orders_network"), ["network"], unique=False)
        batch_op.create_index("ix_orders_orders_newest", ["accepted_at", "id"], unique=False)
        batch_op.create_index("ix_orders_orders_of_party", ["party_id", "expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_orders_orders_token"), ["token"], unique=False)

    op.create_table(
        "orders_queues",
        sa.Column("party_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_orders_queues")),
    )
    with op.batch_alter_table("issuance_applications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("intermediary_confirmed", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("pending_key", sa.String(length=200), nullable=True))
        batch_op.create_index(batch_op.f("ix_issuance_applications_pending_key"), ["pending_key"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("issuance_applications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuance_applications_pending_key"))
        batch_op.drop_column("pending_key")
        batch_op.drop_column("intermediary_confirmed")

    op.drop_table("orders_queues")
    with op.batch_alter_table("orders_orders", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_orders_orders_token"))
        batch_op.drop_index("ix_orders_orders_of_party")
        batch_op.drop_index("ix_orders_orders_newest")
        batch_op.drop_index(batch_op.f("ix_orders_orders_network"))

    op.drop_table("orders_orders")
    with op.batch_alter_table("onboarding_invitations", schema=None) as batch_op:
        batch_op.drop_index("ix_onboarding_invitations_inviter")

    op.drop_table("onboarding_invitations")
    with op.batch_alter_table("access_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_sessions_expires_at"))

    op.drop_table("access_sessions")
    with op.batch_alter_table("access_seats", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_access_seats_live", sqlite_where=sa.text("ended_at IS NULL"), postgresql_where=sa.text("ended_at IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_access_seats_party_id"))

    op.drop_table("access_seats")
