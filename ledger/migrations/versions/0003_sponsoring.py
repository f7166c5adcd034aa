"""The tables of sponsoring: acts that others submit for our operators, and what our relay submits for others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

# SQLite gives out row ids by itself only for a column that is spelled INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sponsored_acts",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("operator", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("sponsor", sa.String(), nullable=False),
        sa.Column("said", sa.String()),
        sa.Column("planned_at", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger()),
        sa.Column("block_time", sa.BigInteger()),
    )
    op.create_index(
        "sponsored_acts_purpose",
        "sponsored_acts",
        ["purpose"],
        unique=True,
        sqlite_where=sa.text("state <> 'lost'"),
        postgresql_where=sa.text("state <> 'lost'"),
    )
    op.create_index("sponsored_acts_nonce", "sponsored_acts", ["operator", "nonce"], unique=True)
    op.create_table(
        "relay_budgets",
        sa.Column("issuer_id", sa.LargeBinary(), primary_key=True),
        sa.Column("gas", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "relayed_acts",
        sa.Column("number", ROW_ID, primary_key=True),
        sa.Column("id", sa.String(), nullable=False, unique=True),
        sa.Column("issuer_id", sa.LargeBinary(), nullable=False),
        sa.Column("operator", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("gas_reserved", sa.BigInteger(), nullable=False),
        sa.Column("gas_used", sa.BigInteger()),
        sa.Column("accepted_at", sa.BigInteger(), nullable=False),
        sa.Column("spent_at", sa.BigInteger()),
        sa.Column("problem", sa.String()),
    )
    op.create_index(
        "relayed_acts_nonce",
        "relayed_acts",
        ["operator", "nonce"],
        unique=True,
        sqlite_where=sa.text("state <> 'failed'"),
        postgresql_where=sa.text("state <> 'failed'"),
    )
    op.create_index("relayed_acts_issuer", "relayed_acts", ["issuer_id", "spent_at"])


def downgrade() -> None:
    for table in ("relayed_acts", "relay_budgets", "sponsored_acts"):
        op.drop_table(table)
