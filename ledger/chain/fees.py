"""What a unit of gas is bid for under EIP-1559, and when a bid is raised: a policy as a value, without a chain.

All fees are in wei for a unit of gas.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.chain.amounts import GWEI


@dataclass(frozen=True)
class Market:
    """What a node asks now: the base fee of the coming block, and the tip that it suggests."""

    base_fee: int
    priority_fee: int

    @property
    def price(self) -> int:
        """What a transaction pays if nothing changes."""
        return self.base_fee + self.priority_fee


@dataclass(frozen=True)
class Fees:
    """What one signed transaction offers: `max_fee` in all, of which up to `priority_fee` is the tip."""

    max_fee: int
    priority_fee: int


@dataclass(frozen=True)
class FeePolicy:
    """How much is bid at first, how fast it is raised, and where that ends.

    A bid is raised once it waited in the pool for `bump_after_blocks` blocks, or for `bump_after_seconds`.
    """

    max_fee: int = 500 * GWEI
    max_priority_fee: int = 100 * GWEI
    bump_after_blocks: int = 3
    bump_after_seconds: int = 60

    def first(self, market: Market) -> Fees:
        """Twice the coming base fee and the tip, so that six full blocks do not price it out; never above the cap."""
        tip = min(market.priority_fee, self.max_priority_fee, self.max_fee)
        return Fees(min(2 * market.base_fee + tip, self.max_fee), tip)

    def raised(self, last: Fees, market: Market) -> Fees | None:
        """The next bid for the same nonce: an eighth more on both fields, or what the market asks if that is more.

        Nodes take a replacement that offers a tenth more on both, and strictly more. None if the cap does not allow it.
        """
        max_fee, tip = _an_eighth_more(last.max_fee), _an_eighth_more(last.priority_fee)
        if max_fee > self.max_fee or tip > self.max_priority_fee:
            return None
        wanted = self.first(market)
        return Fees(max(max_fee, wanted.max_fee), max(tip, wanted.priority_fee))

    def is_due(self, *, blocks: int, seconds: float) -> bool:
        """Whether a bid that waited for so long is to be raised."""
        return blocks >= self.bump_after_blocks or seconds >= self.bump_after_seconds


USUAL_FEES = FeePolicy()
"""Where nobody says otherwise."""


def _an_eighth_more(fee: int) -> int:
    return max(-(-fee * 9 // 8), fee + 1)
