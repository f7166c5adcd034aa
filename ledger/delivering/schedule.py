"""When something that could not be handed over is tried again: soon at first, then seldom, for three days at most."""

from __future__ import annotations

import random
from collections.abc import Callable

from ledger.delivering.values import Answer, Outcome

MINUTE, HOUR, DAY = 60, 3_600, 86_400
STEPS = (30, 2 * MINUTE, 10 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, DAY, DAY)
"""How many seconds to wait after the first try, the second, …; nothing is tried after the ninth."""
LONGEST = 3 * DAY
JITTER = 0.1
"""Waits become longer by up to this part of them, so that not all come back in the same second."""
LONGEST_WAIT = int(DAY * (1 + JITTER))
REFUSALS = 3
"""How often something that is refused is tried: the receiver may have been wrong about it once."""


def next_wait(tries: int, outcome: Outcome, chance: Callable[[], float] = random.random) -> int | None:
    """Seconds until the next try after so many, or None if that was the last one. `chance` gives 0 up to 1."""
    if tries > len(STEPS) or (outcome.answer is Answer.REFUSED and tries >= REFUSALS):
        return None
    return min(LONGEST_WAIT, max(int(STEPS[tries - 1] * (1 + JITTER * chance())), outcome.wait))
