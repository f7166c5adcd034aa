"""Token buckets: how often one caller may do one thing.

A bucket holds as many tokens as are allowed in a minute and refills steadily. Buckets live in this process and the
oldest are forgotten beyond a bound, so that a flood of addresses costs a fixed amount of memory.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from math import ceil

KEPT = 20_000


class RateLimiter:
    """At most `per_minute` takes a minute for each key; 0 switches it off. Safe to call from several threads."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def _level(self, key: str, now: float) -> float:
        tokens, since = self._buckets.get(key, (float(self.per_minute), now))
        return min(float(self.per_minute), tokens + (now - since) * self.per_minute / 60)

    def wait(self, key: str) -> int:
        """Seconds until the key may go on: 0 if it may now. Takes nothing."""
        if not self.per_minute:
            return 0
        with self._lock:
            missing = 1 - self._level(key, self._clock())
        return max(0, ceil(missing * 60 / self.per_minute))

    def take(self, key: str, count: int = 1) -> int:
        """Takes as many tokens and returns 0, or returns the seconds to wait for them.

        Who asks for more than a bucket holds gets them from a full one, and waits the longer the next time.
        """
        if not self.per_minute:
            return 0
        with self._lock:
            now = self._clock()
            level = self._level(key, now)
            needed = min(count, self.per_minute)
            if level < needed:
                return max(1, ceil((needed - level) * 60 / self.per_minute))
            self._buckets[key] = (level - count, now)
            self._buckets.move_to_end(key)
            while len(self._buckets) > KEPT:
                self._buckets.popitem(last=False)
        return 0


def caller(host: str | None) -> str:
    """The key of a caller: its IPv4 address, or the /64 network of its IPv6 address, which one household owns."""
    try:
        address = ip_address(host or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> 64 << 64)) + "/64"
    return str(address)
