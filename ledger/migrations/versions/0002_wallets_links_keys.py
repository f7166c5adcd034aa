"""The tables of `api/`: wallets with what they hold, share links, API keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def belongs_to(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.id", ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "wallets",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "wallet_addresses",
        sa.Column("wallet", sa.String(), belongs_to("wallets"), primary_key=True),
        sa.Column("email", sa.String(), primary_key=True),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_wallet_addresses_email", "wallet_addresses", ["email"])
    op.create_table(
        "wallet_credentials",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("wallet", sa.String(), belongs_to("wallets"), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("issuer_name", sa.String()),
        sa.Column("learner_name", sa.String()),
        sa.Column("valid_from", sa.String()),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("wallet", "issuer", "credential_id", name="wallet_credentials_once"),
    )
    op.create_table(
        "wallet_records",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("wallet", sa.String(), belongs_to("wallets"), nullable=False),
        sa.Column("version", sa.Integer()),
        sa.Column("previous", sa.String()),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False, unique=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("wallet", "version", name="wallet_records_version"),
    )
    op.create_index("ix_wallet_records_wallet", "wallet_records", ["wallet"])
    op.create_table(
        "claims",
        sa.Column("token_hash", sa.LargeBinary(), primary_key=True),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("wallet", sa.String(), belongs_to("wallets")),
        sa.Column("claimed_at", sa.BigInteger()),
        sa.UniqueConstraint("batch", "email", name="claims_once"),
    )
    op.create_table(
        "share_links",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("wallet", sa.String(), belongs_to("wallets"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("record", sa.String(), belongs_to("wallet_records")),
        sa.Column("credential", sa.String(), belongs_to("wallet_credentials")),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger()),
    )
    op.create_index("ix_share_links_wallet", "share_links", ["wallet"])
    op.create_table(
        "share_views",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("link", sa.String(), belongs_to("share_links"), nullable=False),
        sa.Column("viewed_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
    )
    op.create_index("ix_share_views_link", "share_views", ["link"])
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String(), primary_key=True),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
    )
    op.create_index("ix_api_keys_issuer", "api_keys", ["issuer"])
    op.create_table(
        "idempotency_keys",
        sa.Column("issuer", sa.String(), primary_key=True),
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "batch_approvals",
        sa.Column("batch", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("approved_at", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.String()),
    )


def downgrade() -> None:
    for table in (
        "batch_approvals",
        "idempotency_keys",
        "api_keys",
        "share_views",
        "share_links",
        "claims",
        "wallet_records",
        "wallet_credentials",
        "wallet_addresses",
        "wallets",
    ):
        op.drop_table(table)
