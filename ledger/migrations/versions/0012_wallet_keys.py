"""The DIDs of wallets, their sealed keys, and the challenges that presentations answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision: str | None = "0011"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "wallet_keys",
        sa.Column("wallet", sa.String(), sa.ForeignKey("wallets.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("did", sa.String(), primary_key=True),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "presentation_requests",
        sa.Column("challenge_hash", sa.LargeBinary(), primary_key=True),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("purpose", sa.String()),
        sa.Column("wallet", sa.String(), sa.ForeignKey("wallets.id", ondelete="CASCADE")),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
    )
    op.create_index("ix_presentation_requests_expires_at", "presentation_requests", ["expires_at"])


def downgrade() -> None:
    op.drop_table("presentation_requests")
    op.drop_table("wallet_keys")
