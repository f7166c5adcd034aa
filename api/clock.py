"""The time of the site, for tokens and for display. A verdict goes by block times, never by this clock."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]

DAY = 24 * 60 * 60


def unix_now() -> int:
    """Unix seconds."""
    return int(time.time())
