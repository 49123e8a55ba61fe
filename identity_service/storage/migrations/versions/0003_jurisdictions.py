"""Accreditations for some jurisdictions only; those recorded before are for everywhere.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("mesh_accreditations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("jurisdictions", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("mesh_accreditations", schema=None) as batch_op:
        batch_op.drop_column("jurisdictions")
