"""What is done again and again while a worker lives: delivering, watching what is final, comparing with the chain."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Event, Lock, Thread

from ledger.errors import CairnError

IDLE_SECONDS = 10.0
RETRY_SECONDS = 5.0

logger = logging.getLogger("cairn.work")


@dataclass(frozen=True)
class Round:
    """Something that is done in rounds: `work` gives the seconds until it has something to do again, None: not yet.

    What has nothing to do is asked again after `idle` seconds. `first` is how long to wait before the first round.
    """

    name: str
    work: Callable[[], float | None]
    idle: float = IDLE_SECONDS
    first: float = 0.0


class Rounds:
    """One thread for each."""

    def __init__(self, rounds: Iterable[Round], stop: Event) -> None:
        self._stop = stop
        self._turns = {each.name: (each, Lock()) for each in rounds}
        self._threads = [
            Thread(target=self._run, args=turn, name=f"round-{name}", daemon=True) for name, turn in self._turns.items()
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self, seconds: float) -> None:
        for thread in self._threads:
            if thread.is_alive():
                thread.join(seconds)

    def finish(self, name: str, seconds: float) -> bool:
        """Does here what is due of a round, after what its thread has begun. Says whether all of it was done.

        Begins nothing more after so many seconds. Raises what the round's work raises.
        """
        each, turn = self._turns[name]
        deadline = time.monotonic() + seconds
        while True:
            with turn:
                due = each.work()
            if due is None or due > 0:
                return True
            if time.monotonic() >= deadline:
                return False

    def _run(self, each: Round, turn: Lock) -> None:
        wait = each.first
        while not self._stop.wait(wait):
            try:
                with turn:
                    due = each.work()
                wait = each.idle if due is None else max(0.05, min(due, each.idle))
            except CairnError as error:
                logger.warning("the round %s was broken off: %s", each.name, error.code)
                wait = RETRY_SECONDS
            except Exception:
                # The thread outlives whatever is wrong for a moment.
                logger.exception("the round %s was broken off", each.name)
                wait = RETRY_SECONDS
