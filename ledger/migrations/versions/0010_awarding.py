"""Pathways as they are published, what awards rest on, and who is to be awarded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision: str | None = "0009"
branch_labels: str | None = None
depends_on: str | None = None

# SQLite gives out row ids by itself only for a column that is spelled INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STANDS = "ended_at IS NULL"


def upgrade() -> None:
    op.add_column("pathways", sa.Column("awarding", sa.String(), nullable=False, server_default="off"))
    op.create_table(
        "award_components",
        sa.Column("batch", ROW_ID, sa.ForeignKey("batches.id"), primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("component", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("issuer_id", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("status_index", sa.BigInteger(), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
    )
    op.create_index("award_components_digest", "award_components", ["digest"])
    op.create_table(
        "award_candidates",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("pathway", ROW_ID, sa.ForeignKey("pathways.id"), nullable=False),
        sa.Column("learner_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("basis", sa.LargeBinary(), nullable=False),
        sa.Column("components", sa.LargeBinary(), nullable=False),
        sa.Column("batch", sa.BigInteger()),
        sa.Column("reason", sa.String()),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger()),
    )
    op.create_index("award_candidates_once", "award_candidates", ["pathway", "learner_id"], unique=True)
    op.create_index("award_candidates_state", "award_candidates", ["state"])
    op.create_table(
        "award_looks",
        sa.Column("pathway", ROW_ID, sa.ForeignKey("pathways.id"), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("subject", sa.BigInteger(), primary_key=True, autoincrement=False),
    )
    op.create_table(
        "award_findings",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("award", sa.String(), nullable=False),
        sa.Column("issuer", ROW_ID, sa.ForeignKey("issuers.id"), nullable=False),
        sa.Column("component", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("reason", sa.Integer()),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
    )
    op.create_index(
        "award_findings_standing",
        "award_findings",
        ["award", "component"],
        unique=True,
        sqlite_where=sa.text(STANDS),
        postgresql_where=sa.text(STANDS),
    )


def downgrade() -> None:
    for table in ("award_findings", "award_looks", "award_candidates", "award_components"):
        op.drop_table(table)
    op.drop_column("pathways", "awarding")
