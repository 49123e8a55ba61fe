"""Foundations: every table of the first issue.

Revision ID: 0001
Revises: nothing
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_account_proofs",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("chain", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.LargeBinary(length=20), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("public_jwk", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("message_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("block_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_account_proofs")),
    )
    with op.batch_alter_table("access_account_proofs", schema=None) as batch_op:
        batch_op.create_index("ix_access_account_proofs_account", ["chain", "address"], unique=False)

    op.create_table(
        "access_clients",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("party_id", sa.String(length=64), nullable=True),
        sa.Column("public_jwk", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_clients")),
    )
    op.create_table(
        "access_grants",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=80), nullable=False),
        sa.Column("viewer_party_id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("grantor_kind", sa.String(length=16), nullable=False),
        sa.Column("grantor_party_id", sa.String(length=64), nullable=True),
        sa.Column("granted_by", sa.String(length=80), nullable=False),
        sa.Column("purposes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("legal_basis", sa.String(length=200), nullable=False),
        sa.Column("case_number", sa.String(length=100), nullable=True),
        sa.Column("threshold", sa.String(length=78), nullable=False),
        sa.Column("fields", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_grants")),
    )
    with op.batch_alter_table("access_grants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_grants_token"), ["token"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_grants_viewer_party_id"), ["viewer_party_id"], unique=False)

    op.create_table(
        "access_single_use",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("value_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("payload", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("consumed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "value_hash", name=op.f("pk_access_single_use")),
    )
    with op.batch_alter_table("access_single_use", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_single_use_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "access_tokens",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        sa.Column("account_proof_id", sa.String(length=64), nullable=True),
        sa.Column("scopes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_access_tokens")),
    )
    with op.batch_alter_table("access_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_tokens_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_tokens_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "audit_checkpoints",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kid", sa.String(length=128), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_checkpoints")),
    )
    with op.batch_alter_table("audit_checkpoints", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_checkpoints_size"), ["size"], unique=False)

    op.create_table(
        "audit_entries",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entries_at"), ["at"], unique=False)

    op.create_table(
        "audit_tree",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_tree_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_tree")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("operation", sa.String(length=128), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "operation", "key", name=op.f("pk_idempotency_keys")),
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_keys_created_at"), ["created_at"], unique=False)

    op.create_table(
        "issuance_applications",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("party_id", sa.String(length=64), nullable=False),
        sa.Column("chain", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.LargeBinary(length=20), nullable=False),
        sa.Column("claim_issuer_id", sa.String(length=64), nullable=False),
        sa.Column("claim_type", sa.String(length=32), nullable=False),
        sa.Column("sealed_attributes", sa.LargeBinary(), nullable=False),
        sa.Column("intermediary_party_id", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("claim_id", sa.String(length=64), nullable=True),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuance_applications")),
    )
    with op.batch_alter_table("issuance_applications", schema=None) as batch_op:
        batch_op.create_index("ix_issuance_applications_desk", ["claim_issuer_id", "state", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_issuance_applications_party_id"), ["party_id"], unique=False)

    op.create_table(
        "issuance_claim_state",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuance_claim_state")),
    )
    op.create_table(
        "issuance_claims",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("party_id", sa.String(length=64), nullable=False),
        sa.Column("chain", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.LargeBinary(length=20), nullable=False),
        sa.Column("claim_issuer_id", sa.String(length=64), nullable=False),
        sa.Column("claim_type", sa.String(length=32), nullable=False),
        sa.Column("sealed_attributes", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("status_list_id", sa.String(length=64), nullable=False),
        sa.Column("status_index", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revocation_reason", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuance_claims")),
    )
    with op.batch_alter_table("issuance_claims", schema=None) as batch_op:
        batch_op.create_index("ix_issuance_claims_account", ["chain", "address"], unique=False)
        batch_op.create_index(batch_op.f("ix_issuance_claims_claim_issuer_id"), ["claim_issuer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_issuance_claims_party_id"), ["party_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_issuance_claims_valid_until"), ["valid_until"], unique=False)

    op.create_table(
        "issuance_onchain_indexes",
        sa.Column("chain", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("issuer_contract", sa.LargeBinary(length=20), nullable=False),
        sa.Column("next_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "issuer_contract", name=op.f("pk_issuance_onchain_indexes")),
    )
    op.create_table(
        "issuance_status_lists",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("claim_issuer_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("used", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("published_version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("published", sa.Text(), nullable=True),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuance_status_lists")),
        sa.UniqueConstraint("claim_issuer_id", "number", name=op.f("uq_issuance_status_lists_claim_issuer_id_number")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("run_after", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("lease_owner", sa.String(length=128), nullable=True),
        sa.Column("unique_key", sa.String(length=200), nullable=True),
        sa.Column("last_error", sa.String(length=64), nullable=True),
        sa.Column("last_detail", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("unique_key", name=op.f("uq_jobs_unique_key")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index("ix_jobs_state_run_after", ["state", "run_after"], unique=False)

    op.create_table(
        "mesh_claim_issuers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("party_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("did", sa.String(length=300), nullable=False),
        sa.Column("key_name", sa.String(length=120), nullable=False),
        sa.Column("claim_types", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("maximum_validity_seconds", sa.BigInteger(), nullable=False),
        sa.Column("is_root", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mesh_claim_issuers")),
        sa.UniqueConstraint("did", name=op.f("uq_mesh_claim_issuers_did")),
        sa.UniqueConstraint("party_id", name=op.f("uq_mesh_claim_issuers_party_id")),
    )
    op.create_table(
        "onboarding_registrations",
        sa.Column("token", sa.String(length=80), nullable=False),
        sa.Column("address", sa.LargeBinary(length=20), nullable=False),
        sa.Column("country", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.String(length=64), nullable=False),
        sa.Column("requested_by", sa.String(length=80), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token", "address", name=op.f("pk_onboarding_registrations")),
    )
    op.create_table(
        "parties",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parties")),
    )
    op.create_table(
        "register_allowances",
        sa.Column("token", sa.String(length=96), nullable=False),
        sa.Column("owner", sa.LargeBinary(length=20), nullable=False),
        sa.Column("spender", sa.LargeBinary(length=20), nullable=False),
        sa.Column("quantity", sa.Numeric(78, 0).with_variant(sa.String(78), "sqlite"), nullable=False),
        sa.Column("from_block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_block", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token", "owner", "spender", "from_block", name=op.f("pk_register_allowances")),
    )
    with op.batch_alter_table("register_allowances", schema=None) as batch_op:
        batch_op.create_index("ix_register_allowances_from_block", ["token", "from_block"], unique=False)
        batch_op.create_index("ix_register_allowances_spender", ["token", "spender"], unique=False)
        batch_op.create_index(
            "ix_register_allowances_to_block",
            ["token", "to_block"],
            unique=False,
            sqlite_where=sa.text("to_block IS NOT NULL"),
            postgresql_where=sa.text("to_block IS NOT NULL"),
        )

    op.create_table(
        "register_balances",
        sa.Column("token", sa.String(length=96), nullable=False),
        sa.Column("account", sa.LargeBinary(length=20), nullable=False),
        sa.Column("quantity", sa.Numeric(78, 0).with_variant(sa.String(78), "sqlite"), nullable=False),
        sa.Column("since_block", sa.BigInteger(), nullable=False),
        sa.Column("from_block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_block", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token", "account", "from_block", name=op.f("pk_register_balances")),
    )
    with op.batch_alter_table("register_balances", schema=None) as batch_op:
        batch_op.create_index("ix_register_balances_from_block", ["token", "from_block"], unique=False)
        batch_op.create_index(
            "ix_register_balances_to_block",
            ["token", "to_block"],
            unique=False,
            sqlite_where=sa.text("to_block IS NOT NULL"),
            postgresql_where=sa.text("to_block IS NOT NULL"),
        )

    op.create_table(
        "register_bindings",
        sa.Column("token", sa.String(length=96), nullable=False),
        sa.Column("identity_registry", sa.LargeBinary(length=20), nullable=False),
        sa.Column("from_block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_block", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token", "identity_registry", "from_block", name=op.f("pk_register_bindings")),
    )
    with op.batch_alter_table("register_bindings", schema=None) as batch_op:
        batch_op.create_index("ix_register_bindings_from_block", ["token", "from_block"], unique=False)
        batch_op.create_index(
            "ix_register_bindings_to_block",
            ["token", "to_block"],
            unique=False,
            sqlite_where=sa.text("to_block IS NOT NULL"),
            postgresql_where=sa.text("to_block IS NOT NULL"),
        )

    op.create_table(
        "register_blocks",
        sa.Column("token", sa.String(length=96), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("parent", sa.LargeBinary(length=32), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token", "number", name=op.f("pk_register_blocks")),
    )
    op.create_table(
        "register_cursors",
        sa.Column("token", sa.String(length=96), nullable=False),
        sa.Column("first_block", sa.BigInteger(), nullable=False),
        sa.Column("indexed_number", sa.BigInteger(), nullable=False),
        sa.Column("indexed_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("head_number", sa.BigInteger(), nullable=False),
        sa.Column("head_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("head_timestamp", sa.BigInteger(), nullable=False),
        sa.Column("synced_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_register_cursors")),
    )
    op.create_table(
        "register_frozen_accounts",
        sa.Column("token", sa.String(length=96), nullable=False),
        sa.Column("account", sa.LargeBinary(length=20), nullable=False),
        sa.Column("from_block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_block", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token", "account", "from_block", name=op.f("pk_register_frozen_accounts")),
    )
    with op.batch_alter_table("register_frozen_accounts", schema=None) as batch_op:
        batch_op.create_index("ix_register_frozen_accounts_from_block", ["token", "from_block"], unique=False)
        batch_op.create_index(
            "ix_register_frozen_accounts_to_block",
            ["token", "to_block"],
            unique=False,
            sqlite_where=sa.text("to_block IS NOT NULL"),
            postgresql_where=sa.text("to_block IS NOT NULL"),
        )

    op.create_table(
        "register_frozen_amounts",
        sa.Column("token", sa.String(length=96), nullable=False),
        sa.Column("account", sa.LargeBinary(length=20), nullable=False),
        sa.Column("quantity", sa.Numeric(78, 0).with_variant(sa.String(78), "sqlite"), nullable=False),
        sa.Column("from_block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_block", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token", "account", "from_block", name=op.f("pk_register_frozen_amounts")),
    )
    with op.batch_alter_table("register_frozen_amounts", schema=None) as batch_op:
        batch_op.create_index("ix_register_frozen_amounts_from_block", ["token", "from_block"], unique=False)
        batch_op.create_index(
            "ix_register_frozen_amounts_to_block",
            ["token", "to_block"],
            unique=False,
            sqlite_where=sa.text("to_block IS NOT NULL"),
            postgresql_where=sa.text("to_block IS NOT NULL"),
        )

    op.create_table(
        "register_identity_links",
        sa.Column("token", sa.String(length=96), nullable=False),
        sa.Column("account", sa.LargeBinary(length=20), nullable=False),
        sa.Column("identity_contract", sa.LargeBinary(length=20), nullable=False),
        sa.Column("country", sa.BigInteger(), nullable=False),
        sa.Column("from_block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_block", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token", "account", "from_block", name=op.f("pk_register_identity_links")),
    )
    with op.batch_alter_table("register_identity_links", schema=None) as batch_op:
        batch_op.create_index("ix_register_identity_links_from_block", ["token", "from_block"], unique=False)
        batch_op.create_index("ix_register_identity_links_identity_contract", ["token", "identity_contract"], unique=False)
        batch_op.create_index(
            "ix_register_identity_links_to_block",
            ["token", "to_block"],
            unique=False,
            sqlite_where=sa.text("to_block IS NOT NULL"),
            postgresql_where=sa.text("to_block IS NOT NULL"),
        )

    op.create_table(
        "register_movements",
        sa.Column("token", sa.String(length=96), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("transaction", sa.LargeBinary(length=32), nullable=False),
        sa.Column("source", sa.LargeBinary(length=20), nullable=False),
        sa.Column("target", sa.LargeBinary(length=20), nullable=False),
        sa.Column("quantity", sa.Numeric(78, 0).with_variant(sa.String(78), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("mover", sa.LargeBinary(length=20), nullable=True),
        sa.PrimaryKeyConstraint("token", "block", "log_index", name=op.f("pk_register_movements")),
    )
    with op.batch_alter_table("register_movements", schema=None) as batch_op:
        batch_op.create_index("ix_register_movements_transaction", ["token", "transaction"], unique=False)

    op.create_table(
        "register_pauses",
        sa.Column("token", sa.String(length=96), nullable=False),
        sa.Column("from_block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_block", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token", "from_block", name=op.f("pk_register_pauses")),
    )
    with op.batch_alter_table("register_pauses", schema=None) as batch_op:
        batch_op.create_index("ix_register_pauses_from_block", ["token", "from_block"], unique=False)
        batch_op.create_index(
            "ix_register_pauses_to_block",
            ["token", "to_block"],
            unique=False,
            sqlite_where=sa.text("to_block IS NOT NULL"),
            postgresql_where=sa.text("to_block IS NOT NULL"),
        )

    op.create_table(
        "register_supplies",
        sa.Column("token", sa.String(length=96), nullable=False),
        sa.Column("quantity", sa.Numeric(78, 0).with_variant(sa.String(78), "sqlite"), nullable=False),
        sa.Column("from_block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_block", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token", "from_block", name=op.f("pk_register_supplies")),
    )
    with op.batch_alter_table("register_supplies", schema=None) as batch_op:
        batch_op.create_index("ix_register_supplies_from_block", ["token", "from_block"], unique=False)
        batch_op.create_index(
            "ix_register_supplies_to_block",
            ["token", "to_block"],
            unique=False,
            sqlite_where=sa.text("to_block IS NOT NULL"),
            postgresql_where=sa.text("to_block IS NOT NULL"),
        )

    op.create_table(
        "sender_nonces",
        sa.Column("chain", sa.String(length=48), nullable=False),
        sa.Column("sender", sa.LargeBinary(length=20), nullable=False),
        sa.Column("next_nonce", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "sender", name=op.f("pk_sender_nonces")),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("chain", sa.String(length=48), nullable=False),
        sa.Column("token_issuer", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("identity_registry", sa.LargeBinary(length=20), nullable=False),
        sa.Column("identity_registry_storage", sa.LargeBinary(length=20), nullable=False),
        sa.Column("trusted_issuers_registry", sa.LargeBinary(length=20), nullable=False),
        sa.Column("claim_topics_registry", sa.LargeBinary(length=20), nullable=False),
        sa.Column("compliance", sa.LargeBinary(length=20), nullable=False),
        sa.Column("deployed_block", sa.BigInteger(), nullable=False),
        sa.Column("storage_deployed_block", sa.BigInteger(), nullable=False),
        sa.Column("topics", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("accepted_claim_types", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("agent_key", sa.String(length=128), nullable=True),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
    )
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tokens_chain"), ["chain"], unique=False)
        batch_op.create_index(batch_op.f("ix_tokens_token_issuer"), ["token_issuer"], unique=False)

    op.create_table(
        "verification_attestations",
        sa.Column("token", sa.String(length=80), nullable=False),
        sa.Column("address", sa.LargeBinary(length=20), nullable=False),
        sa.Column("categories", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("generation", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token", "address", name=op.f("pk_verification_attestations")),
    )
    with op.batch_alter_table("verification_attestations", schema=None) as batch_op:
        batch_op.create_index("ix_verification_attestations_valid_until", ["valid_until"], unique=False)

    op.create_table(
        "chain_transactions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("job_id", sa.String(length=32), nullable=False),
        sa.Column("chain", sa.String(length=48), nullable=False),
        sa.Column("sender", sa.LargeBinary(length=20), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("to", sa.LargeBinary(length=20), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.Numeric(78, 0).with_variant(sa.String(78), "sqlite"), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("prepared_at", sa.BigInteger(), nullable=False),
        sa.Column("nonce_spent_at", sa.BigInteger(), nullable=True),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("block_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("gas_used", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_chain_transactions_job_id_jobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_transactions")),
        sa.UniqueConstraint("chain", "sender", "nonce", name=op.f("uq_chain_transactions_chain_sender_nonce")),
        sa.UniqueConstraint("tx_hash", name=op.f("uq_chain_transactions_tx_hash")),
    )
    with op.batch_alter_table("chain_transactions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chain_transactions_job_id"), ["job_id"], unique=False)

    op.create_table(
        "disclosures",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("party_id", sa.String(length=64), nullable=False),
        sa.Column("viewer", sa.String(length=80), nullable=False),
        sa.Column("viewer_party_id", sa.String(length=64), nullable=True),
        sa.Column("basis_kind", sa.String(length=16), nullable=False),
        sa.Column("basis_id", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("legal_basis", sa.String(length=200), nullable=False),
        sa.Column("fields", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("token", sa.String(length=80), nullable=True),
        sa.Column("as_of_block", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("audit_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_disclosures_party_id_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosures")),
    )
    with op.batch_alter_table("disclosures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_disclosures_party_id"), ["party_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_disclosures_viewer_party_id"), ["viewer_party_id"], unique=False)

    op.create_table(
        "issuance_forms",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("claim_id", sa.String(length=64), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("intended_at", sa.BigInteger(), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=True),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=True),
        sa.Column("chain", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("topic", sa.Numeric(78, 0).with_variant(sa.String(78), "sqlite"), nullable=True),
        sa.Column("issuer_contract", sa.LargeBinary(length=20), nullable=True),
        sa.Column("identity_contract", sa.LargeBinary(length=20), nullable=True),
        sa.Column("data", sa.LargeBinary(length=31), nullable=True),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("signature", sa.LargeBinary(length=65), nullable=True),
        sa.Column("live_key", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["claim_id"], ["issuance_claims.id"], name=op.f("fk_issuance_forms_claim_id_issuance_claims")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuance_forms")),
        sa.UniqueConstraint("live_key", name=op.f("uq_issuance_forms_live_key")),
    )
    with op.batch_alter_table("issuance_forms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuance_forms_claim_id"), ["claim_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_issuance_forms_signed_at"), ["signed_at"], unique=False)

    op.create_table(
        "issuance_revocation_places",
        sa.Column("claim_id", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("job_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["issuance_claims.id"], name=op.f("fk_issuance_revocation_places_claim_id_issuance_claims")
        ),
        sa.PrimaryKeyConstraint("claim_id", "place", name=op.f("pk_issuance_revocation_places")),
    )
    op.create_table(
        "issuance_status_entries",
        sa.Column("status_list_id", sa.String(length=64), nullable=False),
        sa.Column("offset", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("claim_id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["status_list_id"],
            ["issuance_status_lists.id"],
            name=op.f("fk_issuance_status_entries_status_list_id_issuance_status_lists"),
        ),
        sa.PrimaryKeyConstraint("status_list_id", "offset", name=op.f("pk_issuance_status_entries")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_issuance_status_entries_claim_id")),
    )
    op.create_table(
        "mesh_accreditations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("accreditor_id", sa.String(length=64), nullable=False),
        sa.Column("claim_issuer_id", sa.String(length=64), nullable=False),
        sa.Column("topics", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("may_accredit", sa.Boolean(), nullable=False),
        sa.Column("path_length", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["accreditor_id"], ["mesh_claim_issuers.id"], name=op.f("fk_mesh_accreditations_accreditor_id_mesh_claim_issuers")
        ),
        sa.ForeignKeyConstraint(
            ["claim_issuer_id"], ["mesh_claim_issuers.id"], name=op.f("fk_mesh_accreditations_claim_issuer_id_mesh_claim_issuers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mesh_accreditations")),
    )
    with op.batch_alter_table("mesh_accreditations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mesh_accreditations_accreditor_id"), ["accreditor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mesh_accreditations_claim_issuer_id"), ["claim_issuer_id"], unique=False)

    op.create_table(
        "mesh_chain_presences",
        sa.Column("claim_issuer_id", sa.String(length=64), nullable=False),
        sa.Column("chain", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("contract", sa.LargeBinary(length=20), nullable=True),
        sa.Column("claim_key_name", sa.String(length=120), nullable=False),
        sa.Column("revocation_key_name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_issuer_id"], ["mesh_claim_issuers.id"], name=op.f("fk_mesh_chain_presences_claim_issuer_id_mesh_claim_issuers")
        ),
        sa.PrimaryKeyConstraint("claim_issuer_id", "chain", name=op.f("pk_mesh_chain_presences")),
    )
    op.create_table(
        "party_accounts",
        sa.Column("chain", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("address", sa.LargeBinary(length=20), nullable=False),
        sa.Column("party_id", sa.String(length=64), nullable=False),
        sa.Column("capacity", sa.String(length=16), nullable=False),
        sa.Column("account_proof_id", sa.String(length=64), nullable=False),
        sa.Column("holder_jwk", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("identity_contract", sa.LargeBinary(length=20), nullable=True),
        sa.Column("identity_factory", sa.LargeBinary(length=20), nullable=True),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_party_accounts_party_id_parties")),
        sa.PrimaryKeyConstraint("chain", "address", name=op.f("pk_party_accounts")),
    )
    with op.batch_alter_table("party_accounts", schema=None) as batch_op:
        batch_op.create_index("ix_party_accounts_identity_contract", ["chain", "identity_contract"], unique=False)
        batch_op.create_index(batch_op.f("ix_party_accounts_party_id"), ["party_id"], unique=False)

    op.create_table(
        "party_data",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("party_id", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_party_data_party_id_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_data")),
        sa.UniqueConstraint("party_id", "field", name=op.f("uq_party_data_party_id_field")),
    )
    with op.batch_alter_table("party_data", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_party_data_lookup"), ["lookup"], unique=False)
        batch_op.create_index(batch_op.f("ix_party_data_party_id"), ["party_id"], unique=False)

    op.create_table(
        "party_keys",
        sa.Column("party_id", sa.String(length=64), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("destroy_at", sa.BigInteger(), nullable=True),
        sa.Column("destroyed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_party_keys_party_id_parties")),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_party_keys")),
    )
    op.create_table(
        "party_relations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("party_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("other_party_id", sa.String(length=64), nullable=False),
        sa.Column("evidence", sa.String(length=80), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["other_party_id"], ["parties.id"], name=op.f("fk_party_relations_other_party_id_parties")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_party_relations_party_id_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_relations")),
    )
    with op.batch_alter_table("party_relations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_party_relations_other_party_id"), ["other_party_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_party_relations_party_id"), ["party_id"], unique=False)

    op.create_table(
        "receipts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("job_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("details", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_receipts_job_id_jobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("job_id", "place", "reference", name=op.f("uq_receipts_job_id_place_reference")),
    )
    op.create_table(
        "token_declared_totals",
        sa.Column("token", sa.String(length=96), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(78, 0).with_variant(sa.String(78), "sqlite"), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["token"], ["tokens.id"], name=op.f("fk_token_declared_totals_token_tokens")),
        sa.PrimaryKeyConstraint("token", "at", name=op.f("pk_token_declared_totals")),
    )
    op.create_table(
        "token_identity_factories",
        sa.Column("token", sa.String(length=96), nullable=False),
        sa.Column("factory", sa.LargeBinary(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["token"], ["tokens.id"], name=op.f("fk_token_identity_factories_token_tokens")),
        sa.PrimaryKeyConstraint("token", "factory", name=op.f("pk_token_identity_factories")),
    )


def downgrade() -> None:
    op.drop_table("token_identity_factories")
    op.drop_table("token_declared_totals")
    op.drop_table("receipts")
    with op.batch_alter_table("party_relations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_party_relations_party_id"))
        batch_op.drop_index(batch_op.f("ix_party_relations_other_party_id"))

    op.drop_table("party_relations")
    op.drop_table("party_keys")
    with op.batch_alter_table("party_data", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_party_data_party_id"))
        batch_op.drop_index(batch_op.f("ix_party_data_lookup"))

    op.drop_table("party_data")
    with op.batch_alter_table("party_accounts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_party_accounts_party_id"))
        batch_op.drop_index("ix_party_accounts_identity_contract")

    op.drop_table("party_accounts")
    op.drop_table("mesh_chain_presences")
    with op.batch_alter_table("mesh_accreditations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mesh_accreditations_claim_issuer_id"))
        batch_op.drop_index(batch_op.f("ix_mesh_accreditations_accreditor_id"))

    op.drop_table("mesh_accreditations")
    op.drop_table("issuance_status_entries")
    op.drop_table("issuance_revocation_places")
    with op.batch_alter_table("issuance_forms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuance_forms_signed_at"))
        batch_op.drop_index(batch_op.f("ix_issuance_forms_claim_id"))

    op.drop_table("issuance_forms")
    with op.batch_alter_table("disclosures", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_disclosures_viewer_party_id"))
        batch_op.drop_index(batch_op.f("ix_disclosures_party_id"))

    op.drop_table("disclosures")
    with op.batch_alter_table("chain_transactions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_chain_transactions_job_id"))

    op.drop_table("chain_transactions")
    with op.batch_alter_table("verification_attestations", schema=None) as batch_op:
        batch_op.drop_index("ix_verification_attestations_valid_until")

    op.drop_table("verification_attestations")
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tokens_token_issuer"))
        batch_op.drop_index(batch_op.f("ix_tokens_chain"))

    op.drop_table("tokens")
    op.drop_table("sender_nonces")
    with op.batch_alter_table("register_supplies", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_register_supplies_to_block",
            sqlite_where=sa.text("to_block IS NOT NULL"),
            postgresql_where=sa.text("to_block IS NOT NULL"),
        )
        batch_op.drop_index("ix_register_supplies_from_block")

    op.drop_table("register_supplies")
    with op.batch_alter_table("register_pauses", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_register_pauses_to_block",
            sqlite_where=sa.text("to_block IS NOT NULL"),
            postgresql_where=sa.text("to_block IS NOT NULL"),
        )
        batch_op.drop_index("ix_register_pauses_from_block")

    op.drop_table("register_pauses")
    with op.batch_alter_table("register_movements", schema=None) as batch_op:
        batch_op.drop_index("ix_register_movements_transaction")

    op.drop_table("register_movements")
    with op.batch_alter_table("register_identity_links", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_register_identity_links_to_block",
            sqlite_where=sa.text("to_block IS NOT NULL"),
            postgresql_where=sa.text("to_block IS NOT NULL"),
        )
        batch_op.drop_index("ix_register_identity_links_identity_contract")
        batch_op.drop_index("ix_register_identity_links_from_block")

    op.drop_table("register_identity_links")
    with op.batch_alter_table("register_frozen_amounts", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_register_frozen_amounts_to_block",
            sqlite_where=sa.text("to_block IS NOT NULL"),
            postgresql_where=sa.text("to_block IS NOT NULL"),
        )
        batch_op.drop_index("ix_register_frozen_amounts_from_block")

    op.drop_table("register_frozen_amounts")
    with op.batch_alter_table("register_frozen_accounts", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_register_frozen_accounts_to_block",
            sqlite_where=sa.text("to_block IS NOT NULL"),
            postgresql_where=sa.text("to_block IS NOT NULL"),
        )
        batch_op.drop_index("ix_register_frozen_accounts_from_block")

    op.drop_table("register_frozen_accounts")
    op.drop_table("register_cursors")
    op.drop_table("register_blocks")
    with op.batch_alter_table("register_bindings", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_register_bindings_to_block",
            sqlite_where=sa.text("to_block IS NOT NULL"),
            postgresql_where=sa.text("to_block IS NOT NULL"),
        )
        batch_op.drop_index("ix_register_bindings_from_block")

    op.drop_table("register_bindings")
    with op.batch_alter_table("register_balances", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_register_balances_to_block",
            sqlite_where=sa.text("to_block IS NOT NULL"),
            postgresql_where=sa.text("to_block IS NOT NULL"),
        )
        batch_op.drop_index("ix_register_balances_from_block")

    op.drop_table("register_balances")
    with op.batch_alter_table("register_allowances", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_register_allowances_to_block",
            sqlite_where=sa.text("to_block IS NOT NULL"),
            postgresql_where=sa.text("to_block IS NOT NULL"),
        )
        batch_op.drop_index("ix_register_allowances_spender")
        batch_op.drop_index("ix_register_allowances_from_block")

    op.drop_table("register_allowances")
    op.drop_table("parties")
    op.drop_table("onboarding_registrations")
    op.drop_table("mesh_claim_issuers")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index("ix_jobs_state_run_after")

    op.drop_table("jobs")
    op.drop_table("issuance_status_lists")
    op.drop_table("issuance_onchain_indexes")
    with op.batch_alter_table("issuance_claims", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuance_claims_valid_until"))
        batch_op.drop_index(batch_op.f("ix_issuance_claims_party_id"))
        batch_op.drop_index(batch_op.f("ix_issuance_claims_claim_issuer_id"))
        batch_op.drop_index("ix_issuance_claims_account")

    op.drop_table("issuance_claims")
    op.drop_table("issuance_claim_state")
    with op.batch_alter_table("issuance_applications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuance_applications_party_id"))
        batch_op.drop_index("ix_issuance_applications_desk")

    op.drop_table("issuance_applications")
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_keys_created_at"))

    op.drop_table("idempotency_keys")
    op.drop_table("audit_tree")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entries_at"))

    op.drop_table("audit_entries")
    with op.batch_alter_table("audit_checkpoints", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_checkpoints_size"))

    op.drop_table("audit_checkpoints")
    with op.batch_alter_table("access_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_tokens_expires_at"))
        batch_op.drop_index(batch_op.f("ix_access_tokens_client_id"))

    op.drop_table("access_tokens")
    with op.batch_alter_table("access_single_use", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_single_use_expires_at"))

    op.drop_table("access_single_use")
    with op.batch_alter_table("access_grants", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_grants_viewer_party_id"))
        batch_op.drop_index(batch_op.f("ix_access_grants_token"))

    op.drop_table("access_grants")
    op.drop_table("access_clients")
    with op.batch_alter_table("access_account_proofs", schema=None) as batch_op:
        batch_op.drop_index("ix_access_account_proofs_account")

    op.drop_table("access_account_proofs")
