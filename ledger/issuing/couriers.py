"""Who brings a call to the chain: we ourselves with a transaction, or a sponsor with an act that an operator signed.

Whatever is in the hands of one is not given to the other: a purpose has one attempt at a time. On PostgreSQL two
processes may begin one of each in the same instant; the registry takes one of them and refuses the other.
"""

from __future__ import annotations

from typing import Protocol

from ledger.chain.registry import Account, SponsorableCall
from ledger.issuing.sponsored import SponsoredActs
from ledger.issuing.values import Attempt
from ledger.sending.journal import Journal


class Courier(Protocol):
    """Steps that a crash may fall between, each good to be repeated. A purpose names what a call is for."""

    def find(self, purpose: str) -> Attempt | None:
        """What stands for this purpose, unless it failed and nothing took its place."""
        ...

    def plan(self, purpose: str, call: SponsorableCall, account: Account) -> Attempt:
        """Signs the call and stores it; gives nothing away. Answers with what stands there already."""
        ...

    def send(self, purpose: str) -> Attempt:
        """Gives the stored bytes away, once more if need be."""
        ...

    def look(self, purpose: str) -> Attempt:
        """Asks the chain what became of it, and notes that."""
        ...

    def void(self, purpose: str) -> None:
        """Frees the purpose: a final block shows that what stands there had its end, and not its effect."""
        ...


class EitherCourier:
    """Goes on with what stands, and begins with a sponsor if one was named, else with our own transactions."""

    def __init__(self, own: Journal, sponsored: SponsoredActs) -> None:
        self._own = own
        self._sponsored = sponsored

    def find(self, purpose: str) -> Attempt | None:
        return self._sponsored.find(purpose) or self._own.find(purpose)

    def plan(self, purpose: str, call: SponsorableCall, account: Account) -> Attempt:
        if (standing := self.find(purpose)) is not None:
            return standing
        first: Courier = self._sponsored if self._sponsored.takes_new else self._own
        return first.plan(purpose, call, account)

    def send(self, purpose: str) -> Attempt:
        return self._holder(purpose).send(purpose)

    def look(self, purpose: str) -> Attempt:
        return self._holder(purpose).look(purpose)

    def void(self, purpose: str) -> None:
        self._holder(purpose).void(purpose)

    def _holder(self, purpose: str) -> Courier:
        return self._own if self._sponsored.find(purpose) is None else self._sponsored
