"""What is known of each node that the chain is reached through: how fast it is, whether it is believed, what ails it.

A node that keeps others waiting, or asks for fewer requests, is left alone for a while, longer each time; whoever can
do without it meanwhile does. Nothing here decides what is true: that is the vote of a quorum (`panel.py`).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from threading import Lock
from typing import TypeVar

from ledger.chain.lanes import Lane
from ledger.chain.providers import Trouble
from ledger.chain.rpc import Call, Transport
from ledger.errors import RegistryError, RegistryUnreachable, WrongChain

T = TypeVar("T")
Clock = Callable[[], float]

SLOW_SECONDS = 2.0
BLOCKS_BEHIND = 3
"""A node whose final block is further behind the one that a quorum agrees on is stale."""

_WINDOW = 100
_MEMORY_SECONDS = 600.0
_COSTLY_SECONDS = 1.0
"""A node that fails sooner costs nothing to ask again."""
_LONGEST_REST = 30.0


class Standing(StrEnum):
    """What a node is worth now, the best first."""

    OK = "ok"
    UNTRIED = "untried"
    SLOW = "slow"
    STALE = "stale"
    DEAD = "dead"
    LYING = "lying"
    WRONG_CHAIN = "wrong_chain"


_ORDER = list(Standing)


@dataclass(frozen=True)
class NodeHealth:
    """One node, by its host. Times are seconds, moments Unix seconds; latencies are of its last hundred answers.

    `outvoted` counts how often a quorum said otherwise, `outvoted_on` says over what the last time. `trouble` is the
    last one, which may be over: only `standing` says how things are.
    """

    name: str
    standing: Standing
    answered_at: float | None = None
    latency: float | None = None
    latency_p99: float | None = None
    final_block: int | None = None
    behind: int = 0
    outvoted: int = 0
    outvoted_on: str | None = None
    trouble: Trouble | None = None
    trouble_at: float | None = None

    def to_dict(self) -> dict[str, object]:
        trouble = {**self.trouble.to_dict(), "at": _moment(self.trouble_at)} if self.trouble else None
        return {
            "node": self.name,
            "standing": str(self.standing),
            "answered_at": _moment(self.answered_at),
            "latency_ms": _milliseconds(self.latency),
            "latency_p99_ms": _milliseconds(self.latency_p99),
            "final_block": self.final_block,
            "behind": self.behind,
            "outvoted": self.outvoted,
            "outvoted_on": self.outvoted_on,
            "trouble": trouble,
        }


class Node:
    """A way to one node that remembers how it went. Implements `Transport`; threads may share it."""

    def __init__(self, transport: Transport, *, clock: Clock = time.monotonic, now: Clock = time.time) -> None:
        self._transport = transport
        self._clock = clock
        self._now = now
        self._lock = Lock()
        self._lane = Lane(transport.name)
        self._latencies: deque[float] = deque(maxlen=_WINDOW)
        self._is_troubled = False
        self._is_on_another_chain = False
        self._lacks_blocks = False
        self._behind = 0
        self._final_block: int | None = None
        self._answered_at: float | None = None
        self._trouble: tuple[Trouble, float] | None = None
        self._outvoted = 0
        self._outvoted_last: tuple[str, float] | None = None
        self._failures = 0
        self._rests_until = 0.0

    @property
    def name(self) -> str:
        return self._transport.name

    def request_batch(self, calls: Sequence[Call]) -> list[object]:
        begun = self._clock()
        try:
            results = self._transport.request_batch(calls)
        except RegistryUnreachable as error:
            self._note_failure(error, self._clock() - begun)
            raise
        with self._lock:
            self._latencies.append(self._clock() - begun)
            self._answered_at = self._now()
            self._failures, self._rests_until = 0, 0.0
        return results

    def submit(self, task: Callable[[], T]) -> Future[T]:
        """Does a task that asks this node beside the caller, on one of the node's own few threads."""
        return self._lane.submit(task)

    # --- what others found out about it ---

    def note_answer(self) -> None:
        """It gave an answer of the right form."""
        with self._lock:
            self._is_troubled = False

    def note_trouble(self, error: RegistryError) -> None:
        """It gave no answer that could be used."""
        with self._lock:
            self._is_troubled = True
            self._is_on_another_chain = isinstance(error, WrongChain)
            self._trouble = Trouble(self.name, error.code, str(error)), self._now()

    def note_final(self, number: int, *, behind: int = 0) -> None:
        """The final block that it names, on the right chain, and how many blocks a quorum is ahead of it."""
        with self._lock:
            self._is_on_another_chain = False
            self._final_block = number
            self._behind = behind if behind > BLOCKS_BEHIND else 0

    def note_agreed(self) -> None:
        """It said what a quorum said, at a block that a quorum calls final."""
        with self._lock:
            self._lacks_blocks = False

    def note_missing(self, error: RegistryError) -> None:
        """It does not have a block that a quorum calls final."""
        with self._lock:
            self._lacks_blocks = True
            self._trouble = Trouble(self.name, error.code, str(error)), self._now()

    def note_outvoted(self, on: str) -> None:
        """It said something else than a quorum, over the same block or the same transaction."""
        with self._lock:
            self._outvoted += 1
            self._outvoted_last = on, self._now()
            self._trouble = Trouble(self.name, "outvoted", f"{self.name} differs from the others in {on}"), self._now()

    def _note_failure(self, error: RegistryUnreachable, seconds: float) -> None:
        self.note_trouble(error)
        if seconds < _COSTLY_SECONDS and error.code != "rpc_rate_limited":
            return
        with self._lock:
            self._failures += 1
            self._rests_until = self._clock() + min(2.0**self._failures, _LONGEST_REST)

    # --- what it is worth ---

    @property
    def is_resting(self) -> bool:
        """Whether it kept others waiting a moment ago."""
        with self._lock:
            return self._clock() < self._rests_until

    @property
    def rank(self) -> int:
        """Which to ask first where one answer is enough: the lowest."""
        return len(_ORDER) * self.is_resting + _ORDER.index(self.health().standing)

    def health(self) -> NodeHealth:
        with self._lock:
            latencies = sorted(self._latencies)
            trouble, trouble_at = self._trouble or (None, None)
            return NodeHealth(
                name=self.name,
                standing=self._standing(latencies),
                answered_at=self._answered_at,
                latency=_middle(latencies) if latencies else None,
                latency_p99=latencies[(99 * len(latencies) - 1) // 100] if latencies else None,
                final_block=self._final_block,
                behind=self._behind,
                outvoted=self._outvoted,
                outvoted_on=self._outvoted_last[0] if self._outvoted_last else None,
                trouble=trouble,
                trouble_at=trouble_at,
            )

    def _standing(self, latencies: Sequence[float]) -> Standing:
        if self._is_on_another_chain:
            return Standing.WRONG_CHAIN
        if self._outvoted_last and self._now() - self._outvoted_last[1] < _MEMORY_SECONDS:
            return Standing.LYING
        if self._is_troubled:
            return Standing.DEAD
        if self._lacks_blocks or self._behind:
            return Standing.STALE
        if not latencies:
            return Standing.UNTRIED
        return Standing.SLOW if _middle(latencies) > SLOW_SECONDS else Standing.OK


def as_nodes(transports: Sequence[Transport]) -> tuple[Node, ...]:
    """Each with its record: one that has a record keeps it."""
    return tuple(one if isinstance(one, Node) else Node(one) for one in transports)


def _middle(in_order: Sequence[float]) -> float:
    return in_order[(len(in_order) - 1) // 2]


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
