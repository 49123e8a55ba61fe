"""dc+sd-jwt forms: the holder's key and the secret behind salts of each.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("issuance_forms", schema=None) as batch_op:
        batch_op.add_column(sa.Column("holder_jwk", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True))
        batch_op.add_column(sa.Column("sealed_secret", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("issuance_forms", schema=None) as batch_op:
        batch_op.drop_column("sealed_secret")
        batch_op.drop_column("holder_jwk")
