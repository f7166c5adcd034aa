"""Places where a test may have this process killed, as if the power went: `CAIRN_FAILPOINT=name`, or `name:3` for the
third time that it is reached. Without the variable a place costs one comparison.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "CAIRN_FAILPOINT"

_armed, _, _count = os.environ.get(VARIABLE, "").partition(":")
_left = int(_count) if _count.isdigit() else 1


def reach(name: str) -> None:
    """Kills this process with SIGKILL if it is told to die here. Nothing is flushed, closed or rolled back."""
    global _left  # noqa: PLW0603 - the process dies once
    if name != _armed:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
