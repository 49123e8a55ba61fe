"""Credential offers, authorizations and credential sets (OpenID4VCI 1.0).

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "openid4vci_offers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("pre_authorized_code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("issuer_state_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("application_id", sa.String(length=64), nullable=False),
        sa.Column("claim_issuer_id", sa.String(length=64), nullable=False),
        sa.Column("configuration_id", sa.String(length=32), nullable=False),
        sa.Column("with_tx_code", sa.Boolean(), nullable=False),
        sa.Column("tx_code_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("tx_code_attempts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("locked_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("redeemed_at", sa.BigInteger(), nullable=True),
        sa.Column("deferred_at", sa.BigInteger(), nullable=True),
        sa.Column("issued_at", sa.BigInteger(), nullable=True),
        sa.Column("told", sa.String(length=32), nullable=True),
        sa.Column("last_event", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_openid4vci_offers")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_openid4vci_offers_code_hash")),
        sa.UniqueConstraint("issuer_state_hash", name=op.f("uq_openid4vci_offers_issuer_state_hash")),
        sa.UniqueConstraint("pre_authorized_code_hash", name=op.f("uq_openid4vci_offers_pre_authorized_code_hash")),
    )
    with op.batch_alter_table("openid4vci_offers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_openid4vci_offers_application_id"), ["application_id"], unique=False)

    op.create_table(
        "openid4vci_present_offers",
        sa.Column("application_id", sa.String(length=64), nullable=False),
        sa.Column("offer_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_openid4vci_present_offers")),
    )
    op.create_table(
        "openid4vci_authorizations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("offer_id", sa.String(length=64), nullable=True),
        sa.Column("application_id", sa.String(length=64), nullable=False),
        sa.Column("claim_issuer_id", sa.String(length=64), nullable=False),
        sa.Column("configuration_id", sa.String(length=32), nullable=False),
        sa.Column("credential_identifier", sa.String(length=64), nullable=True),
        sa.Column("dpop_jkt", sa.String(length=64), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("wallet", sa.String(length=300), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_openid4vci_authorizations")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_openid4vci_authorizations_code_hash")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_openid4vci_authorizations_offer_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_openid4vci_authorizations_token_hash")),
    )
    with op.batch_alter_table("openid4vci_authorizations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_openid4vci_authorizations_application_id"), ["application_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_openid4vci_authorizations_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "openid4vci_credential_sets",
        sa.Column("authorization_id", sa.String(length=64), nullable=False),
        sa.Column("holder_jwks", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("form_ids", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("deferred", sa.Boolean(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=True),
        sa.Column("told", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("authorization_id", name=op.f("pk_openid4vci_credential_sets")),
    )


def downgrade() -> None:
    op.drop_table("openid4vci_credential_sets")
    with op.batch_alter_table("openid4vci_authorizations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_openid4vci_authorizations_expires_at"))
        batch_op.drop_index(batch_op.f("ix_openid4vci_authorizations_application_id"))

    op.drop_table("openid4vci_authorizations")
    op.drop_table("openid4vci_present_offers")
    with op.batch_alter_table("openid4vci_offers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_openid4vci_offers_application_id"))

    op.drop_table("openid4vci_offers")
