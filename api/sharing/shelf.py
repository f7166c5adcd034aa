"""What was made of a verdict for one link, kept for a moment: a page takes longer to write than to send.

It is kept beside the reports that it was made of, and goes with them: whoever asks has them checked first.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from ledger.verifying.report import VerificationReport

SECONDS = 2.0
"""For what a page says besides: that a correction was issued meanwhile."""
KEPT = 100


@dataclass(frozen=True)
class _Made:
    reports: tuple[VerificationReport, ...]
    content: bytes = field(repr=False)
    at: float


class Shelf:
    """Pages and JSON by link and form. Threads share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._made: OrderedDict[Hashable, _Made] = OrderedDict()
        self._turns: dict[Hashable, Lock] = {}

    def content(self, key: Hashable, reports: Sequence[VerificationReport], make: Callable[[], bytes]) -> bytes:
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

    def _find(self, key: Hashable, reports: Sequence[VerificationReport]) -> bytes | None:
        with self._lock:
            made = self._made.get(key)
            if made is None or self._clock() - made.at > SECONDS or len(made.reports) != len(reports):
                return None
            return made.content if all(one is other for one, other in zip(made.reports, reports, strict=True)) else None

    def _turn(self, key: Hashable) -> Lock:
        with self._lock:
            if len(self._turns) > 4 * KEPT:
                self._turns.clear()
            return self._turns.setdefault(key, Lock())
