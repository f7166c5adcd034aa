"""For commands under faketime: it breaks `time.sleep`, which then waits for a clock that faketime leaves alone."""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex, /) -> None:
    select.select([], [], [], float(seconds))


time.sleep = _sleep
