"""How learners come into their wallets; records in chains, so that two wallets can become one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision: str | None = "0010"
branch_labels: str | None = None
depends_on: str | None = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PROVEN = sa.text("proven_at IS NOT NULL")
TABLES = (
    "wallet_events",
    "access_letters",
    "access_challenges",
    "used_claim_links",
    "access_links",
    "wallet_recovery_codes",
    "wallet_accounts",
    "wallet_passkeys",
    "wallet_sessions",
)


def moment(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def wallet(*, nullable: bool = False) -> sa.Column[str]:
    return sa.Column("wallet", sa.String(), belongs_to("wallets"), nullable=nullable)


def belongs_to(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.id", ondelete="CASCADE")


def upgrade() -> None:
    op.add_column("wallets", sa.Column("has_token", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("wallet_addresses", moment("proven_at", nullable=True))
    op.create_index(
        "wallet_addresses_proven",
        "wallet_addresses",
        ["email"],
        unique=True,
        sqlite_where=PROVEN,
        postgresql_where=PROVEN,
    )
    _make_ways_in()
    _make_links_and_letters()
    _put_records_into_chains(("wallet", "chain", "version"))


def downgrade() -> None:
    _put_records_into_chains(("wallet", "version"))
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("wallet_addresses_proven", "wallet_addresses")
    op.drop_column("wallet_addresses", "proven_at")
    op.drop_column("wallets", "has_token")


def _make_ways_in() -> None:
    op.create_table(
        "wallet_sessions",
        sa.Column("token_hash", sa.LargeBinary(), primary_key=True),
        sa.Column("id", sa.String(), nullable=False, unique=True),
        wallet(),
        sa.Column("way", sa.String(), nullable=False),
        moment("created_at"),
        moment("seen_at"),
        moment("expires_at"),
    )
    op.create_table(
        "wallet_passkeys",
        sa.Column("credential_id", sa.LargeBinary(), primary_key=True),
        sa.Column("id", sa.String(), nullable=False, unique=True),
        wallet(),
        sa.Column("user_handle", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        moment("sign_count"),
        sa.Column("name", sa.String(), nullable=False),
        moment("added_at"),
        moment("used_at", nullable=True),
        moment("stopped_at", nullable=True),
    )
    op.create_table(
        "wallet_accounts",
        sa.Column("address", sa.LargeBinary(), primary_key=True),
        wallet(),
        moment("added_at"),
        moment("used_at", nullable=True),
    )
    op.create_table(
        "wallet_recovery_codes",
        sa.Column("code_hash", sa.LargeBinary(), primary_key=True),
        wallet(),
        moment("made_at"),
    )
    op.create_table(
        "wallet_events",
        sa.Column("id", ROW_ID, primary_key=True),
        wallet(),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        moment("at"),
    )
    for table in ("sessions", "passkeys", "accounts", "recovery_codes", "events"):
        op.create_index(f"ix_wallet_{table}_wallet", f"wallet_{table}", ["wallet"])


def _make_links_and_letters() -> None:
    op.create_table(
        "access_links",
        sa.Column("token_hash", sa.LargeBinary(), primary_key=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        wallet(nullable=True),
        moment("created_at"),
        moment("expires_at"),
    )
    op.create_index("ix_access_links_email", "access_links", ["email"])
    op.create_table(
        "used_claim_links",
        sa.Column("token_hash", sa.LargeBinary(), primary_key=True),
        moment("expires_at"),
    )
    op.create_table(
        "access_challenges",
        sa.Column("challenge_hash", sa.LargeBinary(), primary_key=True),
        sa.Column("purpose", sa.String(), nullable=False),
        wallet(nullable=True),
        sa.Column("context", sa.String(), nullable=False),
        moment("expires_at"),
    )
    op.create_table(
        "access_letters",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        wallet(nullable=True),
        sa.Column("said", sa.String()),
        moment("created_at"),
        moment("due_at"),
        sa.Column("tries", sa.Integer(), nullable=False),
    )
    for table, column in (
        ("used_claim_links", "expires_at"),
        ("access_challenges", "expires_at"),
        ("access_letters", "due_at"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])


def _put_records_into_chains(unique: tuple[str, ...]) -> None:
    """One number of a version for each chain of a wallet; or, without chains, for each wallet."""
    if op.get_context().dialect.name == "sqlite":
        _rebuild_records(unique)
        return
    op.drop_constraint("wallet_records_version", "wallet_records")
    if "chain" in unique:
        op.add_column("wallet_records", sa.Column("chain", sa.String(), nullable=False, server_default=""))
    else:
        op.drop_column("wallet_records", "chain")
    op.create_unique_constraint("wallet_records_version", "wallet_records", unique)


def _rebuild_records(unique: tuple[str, ...]) -> None:
    """SQLite cannot change a constraint: the tables are made anew.

    With them those that point to them, from the inside out: to drop a table deletes its rows first, and what points to
    them goes too.
    """
    chain = [sa.Column("chain", sa.String(), nullable=False, server_default="")] if "chain" in unique else []
    op.create_table(
        "new_wallet_records",
        sa.Column("id", sa.String(), primary_key=True),
        wallet(),
        *chain,
        sa.Column("version", sa.Integer()),
        sa.Column("previous", sa.String()),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False, unique=True),
        sa.Column("size", sa.Integer(), nullable=False),
        moment("created_at"),
        sa.UniqueConstraint(*unique, name="wallet_records_version"),
    )
    op.create_table(
        "new_share_links",
        sa.Column("id", sa.String(), primary_key=True),
        wallet(),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("record", sa.String(), belongs_to("new_wallet_records")),
        sa.Column("credential", sa.String(), belongs_to("wallet_credentials")),
        sa.Column("label", sa.String(), nullable=False),
        moment("created_at"),
        moment("expires_at"),
        moment("withdrawn_at", nullable=True),
    )
    op.create_table(
        "new_share_views",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("link", sa.String(), belongs_to("new_share_links"), nullable=False),
        moment("viewed_at"),
        sa.Column("kind", sa.String(), nullable=False),
    )
    records = "id, wallet, version, previous, name, credential_id, size, created_at"
    links = "id, wallet, token_hash, record, credential, label, created_at, expires_at, withdrawn_at"
    columns = {"wallet_records": records, "share_links": links, "share_views": "id, link, viewed_at, kind"}
    for table, names in columns.items():
        op.execute(f"INSERT INTO new_{table} ({names}) SELECT {names} FROM {table}")  # noqa: S608 - our own names
    for table in reversed(columns):
        op.drop_table(table)
    for table in columns:
        op.rename_table(f"new_{table}", table)
    for table, column in (("wallet_records", "wallet"), ("share_links", "wallet"), ("share_views", "link")):
        op.create_index(f"ix_{table}_{column}", table, [column])
