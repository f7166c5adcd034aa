"""Batches that gather learners' records, and the pathways that a learner looks at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision: str | None = "0012"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("batches", sa.Column("gathers_until", sa.BigInteger()))
    op.create_table(
        "wallet_pathways",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("wallet", sa.String(), sa.ForeignKey("wallets.id", ondelete="CASCADE"), nullable=False),
        sa.Column("pathway_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("wallet", "pathway_id", name="wallet_pathways_once"),
    )


def downgrade() -> None:
    op.drop_table("wallet_pathways")
    op.drop_column("batches", "gathers_until")
