"""What happens after a request was answered: one background thread for each kind of work takes it to its end.

A thread keeps nothing to itself: what was accepted stands in the database, and a site that starts takes up whatever
was left.
"""

from __future__ import annotations

import logging
from threading import Event, Thread
from typing import Protocol

POLL_SECONDS = 0.5
IDLE_SECONDS = 30.0
STOP_SECONDS = 10.0

logger = logging.getLogger("cairn.background")


class Work(Protocol):
    """Something that is done in rounds."""

    def work(self) -> bool:
        """One round; says whether something is left."""
        ...


class Background:
    """The thread for one kind of work."""

    def __init__(self, name: str, work: Work, *, poll: float = POLL_SECONDS, idle: float = IDLE_SECONDS) -> None:
        """`poll` is how many seconds lie between two rounds, where that is longer than usual; `idle` where nothing
        is left."""
        self._name = name
        self._work = work
        self._poll = max(poll, POLL_SECONDS)
        self._idle = idle
        self._wake = Event()
        self._stop = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Starts the thread; it begins with what an earlier run left."""
        self._stop.clear()
        self._wake.set()
        self._thread = Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Asks the thread to end after the round that it is in."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def nudge(self) -> None:
        """Says that something was accepted."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                busy = self._work.work()
            except Exception:
                # The database is busy or gone for a moment: the thread outlives that.
                logger.exception("a round of %s was broken off", self._name)
                busy = True
            if not self._stop.is_set():
                self._wake.wait(self._poll if busy else self._idle)
