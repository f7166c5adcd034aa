"""How many more anchors an account can pay for, at what gas costs now and what anchors have used before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.chain.fees import FeePolicy
from ledger.chain.quotes import GAS_MARGIN
from ledger.chain.registry import Address, Registry
from ledger.sending.book import Book
from ledger.sending.values import FUNDS_LOW

WARN_BELOW = 20
FUNDS_WARNING = "funds_warning"
_ANCHOR_GAS = 60_000
"""What an anchor may use, for an account that has made none."""
_HISTORY = 50


@dataclass(frozen=True)
class Forecast:
    """An account's money, in wei. `left` is how many anchors it lasts for if fees stay as they are.

    `needed` is what the account must hold before a node takes the next one, so that it may stand still while some are
    left.
    """

    account: Address
    balance: int
    cost_of_one: int
    needed: int
    left: int

    @property
    def problem(self) -> str | None:
        """`funds_low` if nothing can be sent, `funds_warning` if fewer than twenty are left, None if all is well."""
        if self.balance < self.needed:
            return FUNDS_LOW
        return FUNDS_WARNING if self.left < WARN_BELOW else None


def forecast(book: Book, registry: Registry, account: Address, policy: FeePolicy) -> Forecast:
    """Asks the chain for the balance and the fees."""
    return forecasts(book, registry, [account], policy)[0]


def forecasts(book: Book, registry: Registry, accounts: Sequence[Address], policy: FeePolicy) -> tuple[Forecast, ...]:
    """As `forecast`, of several accounts at the same fees."""
    used = book.gas_history("anchor:", newest=_HISTORY)
    gas = sum(used) // len(used) if used else _ANCHOR_GAS
    market = registry.market()
    cost = max(1, gas * market.price)
    needed = int(gas * GAS_MARGIN) * policy.first(market).max_fee
    balances = [(account, registry.balance(account)) for account in accounts]
    return tuple(Forecast(account, balance, cost, needed, balance // cost) for account, balance in balances)
