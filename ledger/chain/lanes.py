"""A few threads for one node, so that a node which hangs holds up nobody but itself.

Threads begin when there is work and end when there is none; none of them keeps the process alive. What is asked of
a node that has not answered for long waits in a short line, and then is refused.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from threading import Condition, Thread
from typing import Any, TypeVar

from ledger.errors import RegistryUnreachable

T = TypeVar("T")

_WIDTH = 8
_LONGEST_LINE = 64
_IDLE_SECONDS = 5.0


class Lane:
    """Does tasks in the order in which they come, a few at a time."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = Condition()
        self._line: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._threads = 0
        self._idle = 0

    def submit(self, task: Callable[[], T]) -> Future[T]:
        """Its result will be in the future. Raises `RegistryUnreachable` where too much is waiting already."""
        future: Future[T] = Future()
        with self._changed:
            if len(self._line) >= _LONGEST_LINE:
                raise RegistryUnreachable(f"{self._name} leaves too many questions unanswered")
            self._line.append((future, task))
            if len(self._line) > self._idle and self._threads < _WIDTH:
                self._threads += 1
                Thread(target=self._work, name=f"node {self._name}", daemon=True).start()
            else:
                self._changed.notify()
        return future

    def _work(self) -> None:
        while (entry := self._next()) is not None:
            future, task = entry
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = task()
            except BaseException as error:  # noqa: BLE001 - whoever waits for the future gets it
                future.set_exception(error)
            else:
                future.set_result(result)
            # A thread that waits for its next task must not keep what the last one was about.
            del entry, future, task

    def _next(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        """The next task; None if there was none for a while, and this thread ends."""
        with self._changed:
            self._idle += 1
            found = self._changed.wait_for(lambda: bool(self._line), _IDLE_SECONDS)
            self._idle -= 1
            if found:
                return self._line.popleft()
            self._threads -= 1
            return None
