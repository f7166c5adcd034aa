"""The heartbeat: says every second that a worker lives, and hears whether others have taken its place."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread

from ledger.durable.workers import Workers
from ledger.errors import CairnError

BEAT_SECONDS = 1.0

logger = logging.getLogger("cairn.work")


class Heartbeat:
    """One thread of a worker, and nothing else is done in it: whoever is silent is taken for dead.

    `lost` is called if this worker's name or its work was taken over.
    """

    def __init__(self, workers: Workers, name: str, token: str, *, lost: Callable[[], None]) -> None:
        self._workers = workers
        self._name = name
        self._token = token
        self._ended = Event()
        self._lost = lost
        self._thread = Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Says no more that the worker lives."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            try:
                is_ours = self._workers.beat(self._name, self._token)
            except CairnError as error:
                logger.warning("a heartbeat was lost: %s", error.code)
            except Exception:
                # The thread outlives whatever is wrong for a moment.
                logger.exception("a heartbeat was lost")
            else:
                if not is_ours:
                    logger.critical("another process does the work of %s: this one stops", self._name)
                    self._lost()
                    return
