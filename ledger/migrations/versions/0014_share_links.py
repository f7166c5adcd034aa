"""What share links show, for what purpose, and with which PIN."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision: str | None = "0013"
branch_labels: str | None = None
depends_on: str | None = None

PIN_COLUMNS = ("pin_salt", "pin_hash", "pin_wrong", "pin_tries", "pin_wait_until", "pin_locked_at")
LINK_COLUMNS = ("purpose", "hidden", *PIN_COLUMNS)


def upgrade() -> None:
    op.add_column("share_links", sa.Column("purpose", sa.String(), nullable=True))
    op.add_column("share_links", sa.Column("hidden", sa.String(), nullable=False, server_default=""))
    op.add_column("share_links", sa.Column("pin_salt", sa.LargeBinary(), nullable=True))
    op.add_column("share_links", sa.Column("pin_hash", sa.LargeBinary(), nullable=True))
    op.add_column("share_links", sa.Column("pin_wrong", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("share_links", sa.Column("pin_tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("share_links", sa.Column("pin_wait_until", sa.BigInteger(), nullable=True))
    op.add_column("share_links", sa.Column("pin_locked_at", sa.BigInteger(), nullable=True))
    op.add_column("share_views", sa.Column("purpose", sa.String(), nullable=True))
    op.create_table(
        "share_items",
        sa.Column("link", sa.String(), sa.ForeignKey("share_links.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column(
            "credential",
            sa.String(),
            sa.ForeignKey("wallet_credentials.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("document", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_share_items_credential", "share_items", ["credential"])


def downgrade() -> None:
    op.drop_table("share_items")
    op.drop_column("share_views", "purpose")
    for name in reversed(LINK_COLUMNS):
        op.drop_column("share_links", name)
