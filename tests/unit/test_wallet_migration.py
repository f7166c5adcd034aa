"""Wallets of an older Cairn: nothing of theirs is lost when their tables are made anew."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from ledger.storage import Database

ROWS = (
    "INSERT INTO wallets (id, token_hash, created_at) VALUES ('w', x'01', 5)",
    "INSERT INTO wallet_addresses (wallet, email, added_at) VALUES ('w', 'a@b.example', 6)",
    "INSERT INTO wallet_records (id, wallet, version, name, credential_id, size, created_at)"  # noqa: ISC004
    " VALUES ('r', 'w', 1, 'Record', 'urn:uuid:1', 2, 7)",
    "INSERT INTO share_links (id, wallet, token_hash, record, label, created_at, expires_at)"  # noqa: ISC004
    " VALUES ('l', 'w', x'02', 'r', 'Label', 8, 9)",
    "INSERT INTO share_views (link, viewed_at, kind) VALUES ('l', 10, 'page')",
)


def migrated_to(database: Database, revision: str) -> None:
    from alembic import command

    from ledger.storage import _alembic

    with database._engine.connect() as connection:
        marked = connection.execution_options(cairn_writes=True)
        with marked.begin():
            command.upgrade(_alembic(marked), revision)


def test_records_links_and_views_go_through_the_rebuilding(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "ledger.db")
    migrated_to(database, "0010")
    with database.writing() as session:
        for row in ROWS:
            session.connection().execute(text(row))
    migrated_to(database, "0011")

    with database.writing() as session:
        run = session.connection().execute
        assert run(text("SELECT chain, version FROM wallet_records")).all() == [("", 1)]
        assert run(text("SELECT id, record FROM share_links")).all() == [("l", "r")]
        assert run(text("SELECT link, kind FROM share_views")).all() == [("l", "page")]
        assert run(text("SELECT has_token FROM wallets")).all() == [(1,)]
        assert run(text("SELECT proven_at FROM wallet_addresses")).all() == [(None,)]
        assert run(text("PRAGMA foreign_key_check")).all() == []
        run(text("DELETE FROM wallets"))  # what points to what still does
        for table in ("wallet_records", "share_links", "share_views", "wallet_addresses"):
            assert run(text(f"SELECT count(*) FROM {table}")).scalar() == 0  # noqa: S608
