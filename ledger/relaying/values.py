"""What the relay answers with: frozen values, Unix seconds for times, and the one refusal that ends by itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ledger.chain.registry import Address, IssuerId
from ledger.errors import Conflict
from ledger.sending.values import Transaction


class RelayState(StrEnum):
    """How far an accepted act has come."""

    ACCEPTED = "accepted"  # gas is set aside; it is in no block yet
    MINED = "mined"  # in a block that may still be replaced
    FINAL = "final"
    SPENT = "spent"  # somebody else submitted it, or its operator cancelled it: nothing is left to do
    FAILED = "failed"  # the registry would refuse it for good


UNSETTLED = (RelayState.ACCEPTED, RelayState.MINED)


@dataclass(frozen=True)
class RelayedAct:
    """An act that the relay took on. `gas` is what counts against the budget: set aside at first, then used."""

    id: str
    issuer_id: IssuerId
    operator: Address
    nonce: int
    deadline: int
    state: RelayState
    gas: int
    accepted_at: int
    problem: str | None
    transaction: Transaction | None


@dataclass(frozen=True)
class Budget:
    """Gas for an issuer in any `days` days: what it may be, and what is used or set aside of it now."""

    issuer_id: IssuerId
    gas: int
    days: int
    used: int

    @property
    def left(self) -> int:
        return max(0, self.gas - self.used)


class BudgetExhausted(Conflict):
    """The budget has no room for this act before `frees_at`."""

    def __init__(self, message: str, frees_at: int) -> None:
        super().__init__(message, "budget_exhausted")
        self.frees_at = frees_at
