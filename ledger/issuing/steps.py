"""How the steps of long work are run: one after the other here, or each with a checkpoint in `ledger.durable`.

A step looks at what is stored and at the chain before it does anything, and answers with the stage that the work is in
then: a word. The work goes by these words alone, so that it can be taken up after any of them by another process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Protocol

from ledger.errors import RegistryUnreachable

Sleep = Callable[[float], None]
Step = Callable[[], str]

FINISHED, CARRIED = "finished", "carried"
"""Stages besides the states of what is worked on: all is done; a person carries an act."""
PEOPLE_SECONDS = 10.0
"""How often to look for what a person carries."""


class Steps(Protocol):
    """Runs the steps of one piece of work."""

    @property
    def waits_for_people(self) -> bool:
        """Whether to stay with what a person has to carry on."""
        ...

    def run(self, name: str, step: Step) -> str:
        """Runs a step and gives its stage."""
        ...

    def watch(self, name: str, look: Step, going: Collection[str], poll: float) -> str:
        """Looks every `poll` seconds for as long as the stage is one of those that are still going."""
        ...


class Directly:
    """Runs steps here and now. What goes wrong is raised. Implements `Steps`.

    `patience` is for how many seconds it watches before it raises RegistryUnreachable `not_final`.
    """

    waits_for_people = False

    def __init__(self, patience: float, sleep: Sleep = time.sleep) -> None:
        self._patience = patience
        self._sleep = sleep

    def run(self, name: str, step: Step) -> str:  # noqa: ARG002 - nothing here has use for the name
        return step()

    def watch(self, name: str, look: Step, going: Collection[str], poll: float) -> str:  # noqa: ARG002
        deadline = time.monotonic() + self._patience
        while (stage := look()) in going:
            if time.monotonic() > deadline:
                raise RegistryUnreachable("it was sent and is not final yet; run it again later", "not_final")
            self._sleep(poll)
        return stage
