"""Lists that strangers have checked: what they gave, sealed with the key in their link, and what each run found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision: str | None = "0016"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "bulk_lists",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("contents", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_bulk_lists_expires_at", "bulk_lists", ["expires_at"])
    op.create_table(
        "bulk_files",
        sa.Column("list", sa.String(), sa.ForeignKey("bulk_lists.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "bulk_runs",
        sa.Column("list", sa.String(), sa.ForeignKey("bulk_lists.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("list_key", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("is_to_stop", sa.Boolean(), nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("held_until", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("results", sa.LargeBinary(), nullable=True),
    )
    op.create_index("ix_bulk_runs_state", "bulk_runs", ["state"])
    op.create_table(
        "bulk_details",
        sa.Column("list", sa.String(), sa.ForeignKey("bulk_lists.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    for table in ("bulk_details", "bulk_runs", "bulk_files", "bulk_lists"):
        op.drop_table(table)
