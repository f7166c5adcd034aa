"""What durable work needs: who asked for what, who works, and by which contexts and schemas a batch was opened.

Approvals of batches become orders.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None

# SQLite gives out row ids by itself only for a column that is spelled INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "work_orders",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Integer()),
        sa.Column("sponsor", sa.String()),
        sa.Column("sponsor_days", sa.Integer()),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String()),
        sa.Column("problem_code", sa.String()),
        sa.Column("parked", sa.Boolean(), nullable=False),
        sa.Column("done_at", sa.BigInteger()),
    )
    op.create_index("work_orders_subject", "work_orders", ["kind", "subject"], unique=True)
    op.create_index("work_orders_open", "work_orders", ["done_at", "id"])
    op.create_table(
        "workers",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.Column("stopped_at", sa.BigInteger()),
    )
    op.add_column("batches", sa.Column("definitions_hash", sa.LargeBinary()))
    op.execute(
        "INSERT INTO work_orders (kind, subject, asked_at, attempt, parked, done_at) "
        "SELECT 'issue', batches.id, batch_approvals.approved_at, 1, false, batches.attached_at "
        "FROM batch_approvals JOIN batches ON batches.id = batch_approvals.batch"
    )
    op.drop_table("batch_approvals")
