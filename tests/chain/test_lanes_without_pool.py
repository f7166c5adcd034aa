"""An account's lane on the embedded chain, which keeps no pool: it takes a nonce in its turn, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.addresses import issuer_id
from ledger.chain.ethereum import EthereumRegistry
from ledger.chain.registry import AnchorBatch, RegisterIssuer, Role, SetOperator, perform
from ledger.errors import RegistryUnreachable
from ledger.sending.journal import Journal
from ledger.sending.values import FINAL, SENT
from ledger.storage import Database
from tests.chain.conftest import Embedded
from tests.chain.nodes import Faulty

ACCOUNT = dev_account(1)
ISSUER = issuer_id(ACCOUNT.address, "did:web:lanes.example")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.at(tmp_path / "ledger.db")
    database.migrate()
    yield database
    database.close()


def test_what_was_lost_on_the_way_is_sent_before_what_comes_after_it(embedded: Embedded, database: Database) -> None:
    perform(embedded.registry, RegisterIssuer("did:web:lanes.example"), ACCOUNT)
    perform(embedded.registry, SetOperator(ISSUER, ACCOUNT.address, Role.ANCHOR, 0), ACCOUNT)
    faulty = Faulty(embedded.transport)
    journal = Journal(database, EthereumRegistry(embedded.reader(), faulty), patience=0.0)
    for number in (1, 2, 3):
        journal.plan(str(number), AnchorBatch(ISSUER, number.to_bytes(32, "big"), 1), ACCOUNT)
    faulty.fails = "before"
    with pytest.raises(RegistryUnreachable):
        journal.send("1")
    assert journal.look("1").state == SENT
    faulty.fails = "never"

    journal.send("3")

    assert [journal.look(purpose).state for purpose in "123"] == [FINAL] * 3
