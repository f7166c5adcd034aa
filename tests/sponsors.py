"""A sponsor for tests: it keeps the acts that it is given, and submits them when it is told to."""

from __future__ import annotations

from dataclasses import dataclass, field

from ledger.chain.act_document import SignedAct
from ledger.chain.registry import Account, Receipt, Registry, perform
from ledger.errors import CairnError
from tests.fakes import fake_account


@dataclass
class PatientSponsor:
    """Implements `Sponsor`. `trouble` is raised instead of taking an act, or after it with `takes_all_the_same`."""

    name: str = "https://sponsor.example"
    account: Account = field(default_factory=lambda: fake_account("sponsor"))
    acts: list[SignedAct] = field(default_factory=list)
    trouble: CairnError | None = None
    takes_all_the_same: bool = False

    def hand_over(self, act: SignedAct) -> str | None:
        if self.trouble is None or self.takes_all_the_same:
            self.acts.append(act)
        if self.trouble is not None:
            raise self.trouble
        return "accepted"

    @property
    def distinct(self) -> list[SignedAct]:
        """The acts without repetitions."""
        return list(dict.fromkeys(self.acts))

    def submit(self, registry: Registry, act: SignedAct | None = None) -> Receipt:
        """Submits an act, the last one if none is named."""
        return perform(registry, (act or self.acts[-1]).act, self.account, timeout=120)
