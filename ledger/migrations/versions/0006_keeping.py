"""What keeps the ledger true: holds on issuing, what a check of the chain found, and what was read from it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None

# SQLite gives out row ids by itself only for a column that is spelled INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", sa.BigInteger()),
        sa.Column("accepted_by", sa.String()),
    )
    op.create_index(
        "holds_open",
        "holds",
        ["code", "subject"],
        unique=True,
        sqlite_where=sa.text("accepted_at IS NULL"),
        postgresql_where=sa.text("accepted_at IS NULL"),
    )
    op.create_table(
        "differences",
        sa.Column("hold", ROW_ID, sa.ForeignKey("holds.id"), primary_key=True, autoincrement=False),
        sa.Column("subject", sa.String(), primary_key=True),
        sa.Column("here", sa.String(), nullable=False),
        sa.Column("on_chain", sa.String(), nullable=False),
    )
    op.create_table(
        "doubts",
        sa.Column("hold", ROW_ID, sa.ForeignKey("holds.id"), primary_key=True, autoincrement=False),
        sa.Column("issuer_id", sa.LargeBinary(), primary_key=True),
        sa.Column("root", sa.LargeBinary(), primary_key=True),
    )
    op.create_table(
        "final_anchors",
        sa.Column("issuer_id", sa.LargeBinary(), primary_key=True),
        sa.Column("root", sa.LargeBinary(), primary_key=True),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("final_anchors_looked_at", "final_anchors", ["looked_at"])
    op.create_table(
        "registry_events",
        sa.Column("block_number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("log_index", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("block_time", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "registry_readings",
        sa.Column("chain_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("address", sa.LargeBinary(), primary_key=True),
        sa.Column("first_block", sa.BigInteger(), nullable=False),
        sa.Column("next_block", sa.BigInteger(), nullable=False),
        sa.Column("last_hash", sa.LargeBinary()),
        sa.Column("issuers", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "unowned_statuses",
        sa.Column("issuer_id", sa.LargeBinary(), primary_key=True),
        sa.Column("word", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("revoked", sa.LargeBinary(), nullable=False),
        sa.Column("suspended", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    for table in (
        "unowned_statuses",
        "registry_readings",
        "registry_events",
        "final_anchors",
        "doubts",
        "differences",
        "holds",
    ):
        op.drop_table(table)
