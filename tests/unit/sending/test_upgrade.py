"""A database of an older Cairn keeps its transactions, and those that wait can be outbid."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from ledger.chain.accounts import dev_account
from ledger.chain.addresses import keccak
from ledger.chain.amounts import GWEI
from ledger.chain.fees import Fees
from ledger.chain.quotes import Payload, Terms
from ledger.chain.registry import Address
from ledger.chain.transactions import sign_on
from ledger.sending.book import Book, fees_of
from ledger.storage import _WRITES, Database, _alembic

REGISTRY = Address(b"\x11" * 20)
ACCOUNT = dev_account(1)
INSERT = """INSERT INTO transactions (purpose, state, sender, nonce, hash, raw, planned_at)
VALUES (:purpose, :state, :sender, :nonce, :hash, :raw, :planned_at)"""


def older_database(path: Path, rows: list[dict[str, object]]) -> Database:
    """A database as revision 0004 made it, with these transactions."""
    database = Database.at(path)
    with database._engine.connect() as connection:
        marked = connection.execution_options(**{_WRITES: True})
        with marked.begin():
            command.upgrade(_alembic(marked), "0004")
            for row in rows:
                marked.execute(text(INSERT), row)
    return database


def row(number: int, raw: bytes, state: str) -> dict[str, object]:
    return {
        "purpose": f"anchor:{number}",
        "state": state,
        "sender": ACCOUNT.address,
        "nonce": number,
        "hash": keccak(raw),
        "raw": raw,
        "planned_at": 1_700_000_000,
    }


@pytest.mark.parametrize("size", [0, 1, 4, 55, 56, 260, 70_000])
def test_what_was_signed_is_read_out_of_its_bytes(tmp_path: Path, size: int) -> None:
    data = bytes(size)
    terms = Terms(7, 123_456, Fees(30 * GWEI, GWEI))
    signed = sign_on(terms, Payload(REGISTRY, data), ACCOUNT, chain_id=31337)
    database = older_database(
        tmp_path / "ledger.db", [row(7, signed.raw, "sent"), row(8, b"\x01 no such bytes", "final")]
    )

    database.migrate()

    book = Book(database, lambda: 0.0)
    stored = book.stored("anchor:7")
    (bid,) = book.bids(stored)
    assert (stored.target, stored.data, stored.hash, stored.state) == (REGISTRY, data, signed.hash, "sent")
    assert (bid.raw, bid.hash, bid.gas_limit, fees_of(bid)) == (signed.raw, signed.hash, 123_456, terms.fees)
    assert (bid.made_at, bid.sent_at) == (1_700_000_000, 1_700_000_000)
    (other,) = book.bids(book.stored("anchor:8"))
    assert (other.raw, other.gas_limit) == (b"\x01 no such bytes", 0)
    database.close()


def test_what_was_only_planned_was_not_sent(tmp_path: Path) -> None:
    signed = sign_on(Terms(0, 60_000, Fees(2, 1)), Payload(REGISTRY), ACCOUNT, chain_id=31337)
    database = older_database(tmp_path / "ledger.db", [row(1, signed.raw, "planned")])

    database.migrate()

    book = Book(database, lambda: 0.0)
    assert [bid.sent_at for bid in book.bids(book.stored("anchor:1"))] == [None]
    database.close()
