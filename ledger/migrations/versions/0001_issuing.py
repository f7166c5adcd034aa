"""The tables of issuing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

# SQLite gives out row ids by itself only for a column that is spelled INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "accreditors",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("slug", sa.String(), nullable=False, unique=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("url", sa.String()),
        sa.Column("country", sa.String()),
    )
    op.create_table(
        "issuers",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("slug", sa.String(), nullable=False, unique=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("did", sa.String(), nullable=False, unique=True),
        sa.Column("base_url", sa.String(), nullable=False),
        sa.Column("url", sa.String()),
        sa.Column("country", sa.String()),
        sa.Column("issuer_id", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("admin", sa.LargeBinary(), nullable=False),
        sa.Column("anchoring", sa.LargeBinary(), nullable=False),
        sa.Column("revoking", sa.LargeBinary(), nullable=False),
        sa.Column("registered_at", sa.BigInteger()),
        sa.Column("next_status_index", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "transactions",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sender", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("planned_at", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger()),
        sa.Column("block_hash", sa.LargeBinary()),
        sa.Column("block_time", sa.BigInteger()),
        sa.Column("gas_used", sa.BigInteger()),
    )
    op.create_index(
        "transactions_lane",
        "transactions",
        ["sender", "nonce"],
        unique=True,
        sqlite_where=sa.text("state <> 'lost'"),
        postgresql_where=sa.text("state <> 'lost'"),
    )
    op.create_index(
        "transactions_purpose",
        "transactions",
        ["purpose"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('reverted', 'lost')"),
        postgresql_where=sa.text("state NOT IN ('reverted', 'lost')"),
    )
    op.create_table(
        "accreditations",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("accreditor", ROW_ID, sa.ForeignKey("accreditors.id"), nullable=False),
        sa.Column("issuer", ROW_ID, sa.ForeignKey("issuers.id"), nullable=False),
        sa.Column("scope", sa.LargeBinary(), nullable=False),
        sa.Column("valid_from", sa.BigInteger()),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
    )
    op.create_index("accreditations_pair", "accreditations", ["accreditor", "issuer"], unique=False)
    op.create_table(
        "batches",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("issuer", ROW_ID, sa.ForeignKey("issuers.id"), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("suites", sa.String()),
        sa.Column("verification_method", sa.String()),
        sa.Column("configuration_hash", sa.LargeBinary()),
        sa.Column("root", sa.LargeBinary()),
        sa.Column("sealed_at", sa.BigInteger()),
        sa.Column("anchored_at", sa.BigInteger()),
        sa.Column("anchor_block", sa.BigInteger()),
        sa.Column("attached_at", sa.BigInteger()),
        sa.Column("withdrawn_at", sa.BigInteger()),
        sa.Column("withdrawal_reason", sa.Integer()),
    )
    op.create_index("batches_label", "batches", ["issuer", "label"], unique=False)
    op.create_index("batches_root", "batches", ["issuer", "root"], unique=True)
    op.create_table(
        "issuer_keys",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("issuer", ROW_ID, sa.ForeignKey("issuers.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("opened_at", sa.BigInteger()),
        sa.Column("closed_at", sa.BigInteger()),
    )
    op.create_index("issuer_keys_number", "issuer_keys", ["issuer", "number"], unique=True)
    op.create_table(
        "pathways",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("issuer", ROW_ID, sa.ForeignKey("issuers.id"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("pathway_id", sa.String(), nullable=False, unique=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_index("pathways_version", "pathways", ["issuer", "code", "version"], unique=True)
    op.create_table(
        "programmes",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("issuer", ROW_ID, sa.ForeignKey("issuers.id"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_index("programmes_code", "programmes", ["issuer", "code"], unique=True)
    op.create_table(
        "status_calls",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("issuer", ROW_ID, sa.ForeignKey("issuers.id"), nullable=False),
        sa.Column("action", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger()),
        sa.Column("block_time", sa.BigInteger()),
    )
    op.create_table(
        "achievements",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("issuer", ROW_ID, sa.ForeignKey("issuers.id"), nullable=False),
        sa.Column("programme", ROW_ID, sa.ForeignKey("programmes.id"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
    )
    op.create_index("achievements_code", "achievements", ["issuer", "code"], unique=True)
    op.create_table(
        "anchor_proofs",
        sa.Column("batch", ROW_ID, sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "award_evidence",
        sa.Column("batch", ROW_ID, sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "credentials",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("credential_id", sa.String(), nullable=False, unique=True),
        sa.Column("batch", ROW_ID, sa.ForeignKey("batches.id"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("issuer", ROW_ID, sa.ForeignKey("issuers.id"), nullable=False),
        sa.Column("status_index", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("achievement", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("learner_name", sa.String(), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
    )
    op.create_index("credentials_email", "credentials", ["email"], unique=False)
    op.create_index("credentials_leaf", "credentials", ["batch", "position"], unique=True)
    op.create_index("credentials_learner", "credentials", ["issuer", "learner_id"], unique=False)
    op.create_index(
        "credentials_once",
        "credentials",
        ["issuer", "achievement", "learner_id"],
        unique=True,
        sqlite_where=sa.text("kind <> 'record' AND status NOT IN ('revoked', 'withdrawn')"),
        postgresql_where=sa.text("kind <> 'record' AND status NOT IN ('revoked', 'withdrawn')"),
    )
    op.create_index("credentials_status_index", "credentials", ["issuer", "status_index"], unique=True)
    op.create_table(
        "documents",
        sa.Column("batch", ROW_ID, sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "signatures",
        sa.Column("batch", ROW_ID, sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("proofs", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "status_changes",
        sa.Column("call", ROW_ID, sa.ForeignKey("status_calls.id"), primary_key=True),
        sa.Column("credential", ROW_ID, sa.ForeignKey("credentials.id"), primary_key=True),
    )
    op.create_index("status_changes_credential", "status_changes", ["credential"], unique=False)


def downgrade() -> None:
    op.drop_table("status_changes")
    op.drop_table("signatures")
    op.drop_table("documents")
    op.drop_table("credentials")
    op.drop_table("award_evidence")
    op.drop_table("anchor_proofs")
    op.drop_table("achievements")
    op.drop_table("status_calls")
    op.drop_table("programmes")
    op.drop_table("pathways")
    op.drop_table("issuer_keys")
    op.drop_table("batches")
    op.drop_table("accreditations")
    op.drop_table("transactions")
    op.drop_table("issuers")
    op.drop_table("accreditors")
