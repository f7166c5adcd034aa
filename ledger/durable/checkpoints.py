"""Steps with checkpoints: each is run until it succeeds, and what it said is stored before the next one begins."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from ledger.durable.orders import Problem
from ledger.errors import CairnError, RegistryUnreachable

if TYPE_CHECKING:
    from ledger.issuing.steps import Step

RETRY_SECONDS = 5.0
FIRST_RETRY = 0.5
CHECKPOINT_SECONDS = 60.0
"""How long a watch may go on before it leaves a checkpoint, though nothing changed."""
PASSING = frozenset(
    {
        "act_waits",
        "database_busy",
        "database_full",
        "database_unreachable",
        "fee_cap",
        "funds_low",
        "issuing_held",
        "transaction_rejected",
        "transaction_waits",
    }
)
"""Codes of what goes by without anybody asking for the work again: once there is money, room, or somebody's consent."""

logger = logging.getLogger("cairn.work")

REPLACED = "replaced"

T = TypeVar("T")
Checkpoint = Callable[[str, Callable[[], dict[str, str]]], dict[str, str]]
"""Runs what is named, unless an earlier run of this work did, and gives what it said, then or now."""
Note = Callable[[Problem | None, bool], None]
"""Stores why the work does not go on, and whether it waits for a person; None: it goes on."""


class Parked(Exception):
    """The work waits for a person. Says the code of its problem, which is stored; `replaced`: another job does it."""


class Stopping(BaseException):
    """This process ends. Not an `Exception`: nothing may take it for the end of the work, which goes on elsewhere."""


class Checkpoints:
    """Implements `Steps` for one piece of work. `troubled`: a problem is noted already, by an earlier run of it.

    The work ends without a word once `is_current` says that another job has taken its place.
    """

    waits_for_people = True

    def __init__(
        self,
        checkpoint: Checkpoint,
        note: Note,
        stop: Event,
        *,
        troubled: bool = False,
        is_current: Callable[[], bool] = lambda: True,
    ) -> None:
        self._checkpoint = checkpoint
        self._note = note
        self._stop = stop
        self._is_current = is_current
        self._troubled = troubled

    def run(self, name: str, step: Step) -> str:
        return self._stored(name, step)

    def watch(self, name: str, look: Step, going: Collection[str], poll: float) -> str:
        def look_on() -> str:
            deadline = time.monotonic() + CHECKPOINT_SECONDS
            while (stage := self._insist(look)) in going and time.monotonic() < deadline:
                self._wait(poll)
            return stage

        while (stage := self._stored(name, look_on)) in going:
            continue
        return stage

    def prepare(self, make: Callable[[], T]) -> T:
        """Gives what steps need, as often as they are replayed: trouble is met as in a step, nothing is stored."""
        try:
            return self._insist(make)
        except Parked:
            raise
        except Exception as error:
            self._require_current()
            problem = _problem(error)
            self._tell(problem, parked=True)
            raise Parked(problem.code) from error

    def check(self, *_: object) -> None:
        """Ends the work here if the process is to end: good as a progress report of long steps."""
        if self._stop.is_set():
            raise Stopping

    def _stored(self, name: str, step: Step) -> str:
        said = self._checkpoint(name, lambda: self._said(step))
        if "stage" not in said:
            raise Parked(said["parked"])
        return said["stage"]

    def _said(self, step: Step) -> dict[str, str]:
        """What a step came to, as JSON: its stage, or why it was parked."""
        try:
            return {"stage": self.prepare(step)}
        except Parked as parked:
            return {"parked": str(parked)}

    def _insist(self, step: Callable[[], T]) -> T:
        """Runs a step until nothing that passes by itself is in its way."""
        wait = FIRST_RETRY
        while True:
            self.check()
            self._require_current()
            try:
                made = step()
            except CairnError as error:
                if not isinstance(error, RegistryUnreachable) and error.code not in PASSING:
                    raise
                self._tell(Problem(error.code, str(error)), parked=False)
                self._wait(wait)
                wait = min(2 * wait, RETRY_SECONDS)
            else:
                if self._troubled:
                    self._tell(None, parked=False)
                return made

    def _require_current(self) -> None:
        try:
            is_current = self._is_current()
        except CairnError:
            return  # not known now; it is asked again before the next step
        if not is_current:
            raise Parked(REPLACED)

    def _tell(self, problem: Problem | None, *, parked: bool) -> None:
        """Stores the problem. One that must be stored is tried again; another is told the next time."""
        self._troubled = problem is not None
        while True:
            try:
                return self._note(problem, parked)
            except CairnError as error:
                logger.warning("what is in the way cannot be stored: %s", error.code)
                self._troubled = True
                if not parked:
                    return None
                self._wait(RETRY_SECONDS)

    def _wait(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Stopping


def _problem(error: Exception) -> Problem:
    """What a person is told of an error."""
    if isinstance(error, CairnError):
        return Problem(error.code, str(error))
    logger.error("a step failed", exc_info=error)
    return Problem("internal", "something went wrong here; see the log")
