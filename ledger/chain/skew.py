"""How far a chain's clock and this machine's are apart. Dates come from blocks, so that one of them must be right."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.chain.networks import DEVELOPMENT_CHAINS
from ledger.chain.registry import BlockRef

ALARM_SECONDS = 300


@dataclass(frozen=True)
class Skew:
    """`seconds` is the time of the newest block less this machine's: below zero the chain is behind.

    `makes_blocks_alone` is False for a chain that makes a block only when it is sent something.
    """

    seconds: int
    makes_blocks_alone: bool

    @property
    def is_alarming(self) -> bool:
        """Whether the two are more than five minutes apart, and nobody expects that."""
        return self.seconds > ALARM_SECONDS or (self.makes_blocks_alone and self.seconds < -ALARM_SECONDS)


def skew(newest: BlockRef, now: float, *, chain_id: int) -> Skew:
    """Of the newest block of a chain, final or not, and Unix seconds."""
    return Skew(newest.time - int(now), chain_id not in DEVELOPMENT_CHAINS)
