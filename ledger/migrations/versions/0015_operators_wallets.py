"""Which wallet the operator made for an e-mail address, so that its learner finds it by the first claim."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision: str | None = "0014"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("wallet_addresses", sa.Column("by_operator", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("wallet_addresses", "by_operator")
