"""The outbox: events, and what is sent to whom about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision: str | None = "0007"
branch_labels: str | None = None
depends_on: str | None = None

# SQLite gives out row ids by itself only for a column that is spelled INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("number", ROW_ID, primary_key=True),
        sa.Column("id", sa.String(), nullable=False, unique=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("batch", sa.BigInteger()),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.Column("spread", sa.Integer(), nullable=False),
        sa.Column("spread_at", sa.BigInteger()),
    )
    op.create_index("events_spread", "events", ["spread_at"])
    op.create_table(
        "webhooks",
        sa.Column("number", ROW_ID, primary_key=True),
        sa.Column("id", sa.String(), nullable=False, unique=True),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("said", sa.String()),
    )
    op.create_index("webhooks_issuer", "webhooks", ["issuer"])
    op.create_table(
        "notifications",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("event", ROW_ID, sa.ForeignKey("events.number"), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("credential", sa.String()),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_by", sa.String()),
        sa.Column("claimed_until", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("problem", sa.String()),
    )
    op.create_index("notifications_due", "notifications", ["state", "due_at"])
    op.create_index("notifications_lane", "notifications", ["lane", "state"])


def downgrade() -> None:
    for table in ("notifications", "webhooks", "events"):
        op.drop_table(table)
