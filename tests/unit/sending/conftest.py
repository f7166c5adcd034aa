"""An account that anchors on a registry in memory, a journal that can be begun anew, and a hand on the clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ledger.chain.addresses import issuer_id
from ledger.chain.amounts import GWEI
from ledger.chain.fees import FeePolicy
from ledger.chain.registry import AnchorBatch, IssuerId, RegisterIssuer, Role, SetOperator, perform
from ledger.sending.journal import Journal
from ledger.sending.values import Transaction
from ledger.storage import Database
from tests.fakes import FakeAccount, MemoryRegistry, fake_account

ADMIN, OPERATOR = fake_account("admin"), fake_account("operator")
DID = "did:web:university.example"
POLICY = FeePolicy(max_fee=50 * GWEI, max_priority_fee=5 * GWEI)


@dataclass
class Bench:
    """`journal` keeps nothing in memory, so that a new one is what another process sees."""

    database: Database
    registry: MemoryRegistry
    issuer: IssuerId
    now: float = 1_800_000_000.0
    account: FakeAccount = OPERATOR
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def journal(self) -> Journal:
        known = {self.account.address: self.account}
        options: dict[str, Any] = {"patience": 0.0, "poll": 0.0, "policy": POLICY, "accounts": known.get}
        return Journal(self.database, self.registry, clock=lambda: self.now, **(options | self.options))

    def call(self, number: int = 1) -> AnchorBatch:
        return AnchorBatch(self.issuer, number.to_bytes(32, "big"), 1)

    def plan(self, number: int = 1) -> Transaction:
        return self.journal.plan(name(number), self.call(number), self.account)

    def send(self, number: int = 1) -> Transaction:
        return self.journal.send(name(number))

    def look(self, number: int = 1) -> Transaction:
        return self.journal.look(name(number))

    def sent(self, number: int = 1) -> Transaction:
        self.plan(number)
        return self.send(number)

    def bids(self, number: int = 1) -> list[bytes]:
        """The hashes of what was signed for this purpose, the oldest first."""
        with self.database.reading() as session:
            rows = session.connection().execute(
                text(
                    "SELECT b.hash FROM transaction_bids b JOIN transactions t ON t.id = b.transaction_id"
                    " WHERE t.purpose = :purpose ORDER BY b.id"
                ),
                {"purpose": name(number)},
            )
            return [bytes(row[0]) for row in rows]

    def anchored(self) -> list[int]:
        """The numbers of what was anchored, in the order of the chain."""
        return [
            int.from_bytes(call.root, "big") for call in self.registry.transactions if isinstance(call, AnchorBatch)
        ]

    def wait(self, *, blocks: int = 0, seconds: float = 0.0) -> None:
        """Empty blocks pass, and time."""
        pool, self.registry._pool = self.registry._pool, {}
        self.registry.mine(blocks)
        self.registry._pool = pool
        self.now += seconds


def name(number: int) -> str:
    return f"anchor:{number}"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """The operator may anchor, nothing was sent, and blocks are made by hand."""
    registry = MemoryRegistry()
    issuer = issuer_id(ADMIN.address, DID)
    perform(registry, RegisterIssuer(DID), ADMIN)
    perform(registry, SetOperator(issuer, OPERATOR.address, Role.ANCHOR, 0), ADMIN)
    registry.auto_mine = False
    database = Database.at(tmp_path / "ledger.db")
    database.migrate()
    yield Bench(database, registry, issuer)
    database.close()
