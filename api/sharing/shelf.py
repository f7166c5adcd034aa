"""What was made of verdicts, kept for a moment: a page takes longer to write than to send.

It is kept beside the reports that it was made of, and goes with them: whoever asks has them checked first.
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
    content: Content = field(repr=False)
    at: float


class Shelf(Generic[Content]):
    """What was made, by what the caller calls it. Threads share it."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`seconds` is for how long something is kept, for what it says besides the reports."""
        self._seconds = seconds
        self._clock = clock
        self._lock = Lock()
        self._made: OrderedDict[Hashable, _Made[Content]] = OrderedDict()
        self._turns: dict[Hashable, Lock] = {}

    def content(self, key: Hashable, reports: Sequence[VerificationReport], make: Callable[[], Content]) -> Content:
        """What was made of exactly these reports a moment ago, or what `make` makes of them now."""
        if (found := self._find(key, reports)) is not None:
            return found
        with self._turn(key):
            if (found := self._find(key, reports)) is not None:
                return found
            content = make()
            with self._lock:
                self._made[key] = _Made(tuple(reports), content, self._clock())
                while len(self._made) > KEPT:
                    self._made.popitem(last=False)
            return content

    def _find(self, key: Hashable, reports: Sequence[VerificationReport]) -> Content | None:
        with self._lock:
            made = self._made.get(key)
            if made is None or self._clock() - made.at > self._seconds or len(made.reports) != len(reports):
                return None
            return made.content if all(one is other for one, other in zip(made.reports, reports, strict=True)) else None

    def _turn(self, key: Hashable) -> Lock:
        with self._lock:
            if len(self._turns) > 4 * KEPT:
                self._turns.clear()
            return self._turns.setdefault(key, Lock())
