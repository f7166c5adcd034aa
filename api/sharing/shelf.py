"""What was made of verdicts, kept for a moment: a page takes longer to write than to send.

It is kept beside the reports that it was made of, and goes with them: whoever asks has them checked first. What else it
says is asked for anew once in a while, and while that is what it was, the same content is still right.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from ledger.verifying.report import VerificationReport

KEPT = 100

Content = TypeVar("Content")


@dataclass(frozen=True)
class _Made(Generic[Content]):
    reports: tuple[VerificationReport, ...]
    besides: object = field(repr=False)
    content: Content = field(repr=False)
    at: float


class Shelf(Generic[Content]):
    """What was made, by what the caller calls it. Threads share it."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`seconds` is how old something may be in what it says besides the reports."""
        self._seconds = seconds
        self._clock = clock
        self._lock = Lock()
        self._made: OrderedDict[Hashable, _Made[Content]] = OrderedDict()
        self._turns: dict[Hashable, Lock] = {}

    def content(
        self,
        key: Hashable,
        reports: Sequence[VerificationReport],
        make: Callable[[], Content],
        besides: Callable[[], object] | None = None,
    ) -> Content:
        """What was made of exactly these reports, or what `make` makes of them now.

        `besides` gives what it says besides the reports. Without it, what is too old is made again.
        """
        if (found := self._find(key, reports)) is not None and self._is_new(found):
            return found.content
        with self._turn(key):
            found = self._find(key, reports)
            if found is not None and self._is_new(found):
                return found.content
            at, said = self._clock(), besides() if besides is not None else None
            is_right = found is not None and besides is not None and found.besides == said
            content = found.content if found is not None and is_right else make()
            self._keep(key, _Made(tuple(reports), said, content, at))
            return content

    def _keep(self, key: Hashable, made: _Made[Content]) -> None:
        with self._lock:
            self._made[key] = made
            self._made.move_to_end(key)
            while len(self._made) > KEPT:
                self._made.popitem(last=False)

    def _is_new(self, made: _Made[Content]) -> bool:
        return self._clock() - made.at <= self._seconds

    def _find(self, key: Hashable, reports: Sequence[VerificationReport]) -> _Made[Content] | None:
        with self._lock:
            made = self._made.get(key)
        if made is None or len(made.reports) != len(reports):
            return None
        return made if all(one is other for one, other in zip(made.reports, reports, strict=True)) else None

    def _turn(self, key: Hashable) -> Lock:
        with self._lock:
            if len(self._turns) > 4 * KEPT:
                self._turns.clear()
            return self._turns.setdefault(key, Lock())
