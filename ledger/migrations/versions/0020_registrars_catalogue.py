"""Versions of programmes, what admins asked for, drafts of editors, and changes of status that wait for a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision: str | None = "0019"
branch_labels: str | None = None
depends_on: str | None = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "programme_versions",
        sa.Column("programme", ROW_ID, sa.ForeignKey("programmes.id"), primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("saved_by", sa.String(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "admin_acts",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("issuer", ROW_ID, sa.ForeignKey("issuers.id"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("wanted", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=True),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("block_time", sa.BigInteger(), nullable=True),
    )
    op.create_index("admin_acts_state", "admin_acts", ["state"])
    op.create_table(
        "editor_drafts",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("form", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("edited_by", sa.String(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("editor_drafts_issuer", "editor_drafts", ["issuer", "kind"])
    op.create_table(
        "status_proposals",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("reason", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("batch", sa.BigInteger(), nullable=True),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("calls", sa.LargeBinary(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("prepared_by", sa.String(), nullable=False),
        sa.Column("prepared_name", sa.String(), nullable=False),
        sa.Column("prepared_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_name", sa.String(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
    )
    op.create_index("status_proposals_issuer", "status_proposals", ["issuer", "state"])


def downgrade() -> None:
    for table in ("status_proposals", "editor_drafts", "admin_acts", "programme_versions"):
        op.drop_table(table)
