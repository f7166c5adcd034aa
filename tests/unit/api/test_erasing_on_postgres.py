"""Challenges, wallet keys and erasing on PostgreSQL, where locks and deleting work otherwise."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import text

from api.presentations.service import Challenges
from api.wallets.erasing import Erasing
from api.wallets.keys import WalletKeys
from api.wallets.tables import WalletAddressRow, WalletRow
from ledger.issuing.signer import KeyRing
from ledger.storage import Database
from tests.postgres import postgres_server

WALLET = "a" * 32


def test_a_challenge_counts_once_and_a_wallet_is_gone_once(tmp_path: Path) -> None:
    with postgres_server() as url:
        database = Database(url)
        database.migrate()
        with database.writing() as session:
            session.add(WalletRow(id=WALLET, token_hash=b"x" * 32, created_at=1))
            session.flush()
            session.add(WalletAddressRow(wallet=WALLET, email="canary@students.example", added_at=1))
        keys = WalletKeys(database, KeyRing(tmp_path, "a passphrase", demo=True))
        challenges = Challenges(database)
        asked = challenges.ask("https://employer.example", minutes=5)
        with ThreadPoolExecutor(8) as pool:
            dids = set(pool.map(keys.did, [WALLET] * 8))
            spent = list(pool.map(challenges.spend, [asked.challenge] * 8))

        assert len(dids) == 1
        assert [check.code for check in spent if check is not None] == ["challenge_used"] * 7
        assert Erasing(database, lambda _: 0).erase(WALLET).is_clean
        with database.reading() as session:
            for table in ("wallets", "wallet_addresses", "wallet_keys"):
                assert session.connection().execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0  # noqa: S608
        database.close()
