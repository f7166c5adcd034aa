"""A relay over a registry in memory, an issuer elsewhere whose operator signs, and a clock that both go by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ledger.chain.act_document import SignedAct, to_document
from ledger.chain.addresses import issuer_id
from ledger.chain.registry import (
    AnchorBatch,
    IssuerId,
    RegisterIssuer,
    Registry,
    Role,
    SetOperator,
    SponsorableCall,
    perform,
)
from ledger.chain.sponsoring import sign_act
from ledger.issuing.signer import KeyRing
from ledger.relaying.relay import Relay
from ledger.relaying.submission import Submission
from ledger.relaying.values import RelayedAct
from ledger.sending.journal import Journal
from ledger.storage import Database
from tests.fakes import FAKE_GAS_LIMIT, FakeAccount, MemoryRegistry, fake_account

ADMIN, OPERATOR = fake_account("admin"), fake_account("operator")
DID = "did:web:university.example"
BUDGET = 10 * FAKE_GAS_LIMIT


@dataclass
class Desk:
    """The relay's side, and what an operator elsewhere hands over. `clock` follows the chain's time."""

    folder: Path
    registry: MemoryRegistry
    issuer: IssuerId
    seen: Registry | None = None
    nonces: Iterator[int] = field(default_factory=lambda: iter(range(1 << 20, 1 << 21)))

    def __post_init__(self) -> None:
        self.database = Database.at(self.folder / "ledger.db")
        self.database.migrate()
        self.keys = KeyRing(self.folder / "keys", "a passphrase", demo=True)
        registry = self.seen or self.registry
        self.journal = Journal(self.database, registry, patience=0.0, poll=0.0)
        self.relay = Relay(
            self.database, registry, self.journal, self.keys, fund=lambda _accounts: None, clock=self.clock
        )
        self.submission = Submission(
            self.database, registry, self.journal, self.relay.budgets, lambda: self.relay.account
        )

    def clock(self) -> float:
        return max(self.registry.time, self.registry.head.time)

    def restarted(self, seen: Registry | None = None) -> Desk:
        self.database.close()
        return Desk(self.folder, self.registry, self.issuer, seen, self.nonces)

    def act(
        self,
        call: SponsorableCall | None = None,
        *,
        root: int = 1,
        by: FakeAccount = OPERATOR,
        nonce: int | None = None,
        seconds: int = 86_400,
    ) -> SignedAct:
        """A signed act, of the operator and to anchor a root unless something else is said."""
        signed = sign_act(
            call or AnchorBatch(self.issuer, root.to_bytes(32, "big"), 5),
            by,
            chain_id=self.registry.chain_id,
            registry=self.registry.registry,
            nonce=next(self.nonces) if nonce is None else nonce,
            deadline=int(self.clock()) + seconds,
        )
        return SignedAct(self.registry.chain_id, self.registry.registry, signed)

    def accept(self, act: SignedAct) -> RelayedAct:
        return self.relay.accept(to_document(act))[0]

    def left(self) -> int:
        return self.relay.budgets.all()[0].left

    def work(self, rounds: int = 3) -> bool:
        return [self.submission.work() for _ in range(rounds)][-1]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An open relay, and a budget for ten calls in thirty days."""
    registry = MemoryRegistry()
    issuer = issuer_id(ADMIN.address, DID)
    perform(registry, RegisterIssuer(DID), ADMIN)
    perform(registry, SetOperator(issuer, OPERATOR.address, Role.ANCHOR | Role.REVOKE, 0), ADMIN)
    desk = Desk(tmp_path, registry, issuer)
    desk.relay.open()
    desk.relay.budgets.set(issuer, gas=BUDGET, days=30)
    registry.final_block()  # so that threads find it caught up: the registry in memory is not made for them
    yield desk
    desk.database.close()
