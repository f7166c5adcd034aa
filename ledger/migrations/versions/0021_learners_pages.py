"""What a learner has seen of each credential, so that pages can mark what is new and what has changed since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision: str | None = "0020"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "wallet_sights",
        sa.Column("credential", sa.String(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["credential"], ["wallet_credentials.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("credential"),
    )
    # What is held already is new to nobody.
    op.execute(
        "INSERT INTO wallet_sights (credential, standing, seen_at) "
        "SELECT id, CASE WHEN verdict = 'valid' THEN 'valid' ELSE code END, added_at FROM wallet_credentials"
    )


def downgrade() -> None:
    op.drop_table("wallet_sights")
