"""What several nodes answer to one question, as it comes: waiting for it, and noting how it went with each."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ledger.chain.nodes import Node
from ledger.chain.providers import Trouble
from ledger.errors import RegistryError, RegistryUnreachable

A = TypeVar("A", bound=Hashable)


@dataclass(frozen=True)
class Outcome(Generic[A]):
    """What one node said, or the trouble with it. Neither: it was not entitled to answer."""

    node: Node
    answer: A | None = None
    trouble: RegistryError | None = None


Asked = Mapping[Node, "Future[Outcome[A]]"]


# --- waiting ---


def deadline_in(patience: float | None) -> float | None:
    return None if patience is None else time.monotonic() + patience


def next_done(asked: Asked[A], heard: Sequence[Outcome[A]], deadline: float | None) -> Outcome[A] | None:
    """One more outcome; None once all were heard, or the time is up."""
    known = {outcome.node for outcome in heard}
    open_ones = [future for node, future in asked.items() if node not in known]
    if not open_ones:
        return None
    left = None if deadline is None else max(0.0, deadline - time.monotonic())
    done = wait(open_ones, left, return_when=FIRST_COMPLETED).done
    # In the order of the nodes, so that the same answers give the same words.
    return next((future.result() for future in open_ones if future in done), None)


def linger(asked: Asked[A], heard: Sequence[Outcome[A]], seconds: float) -> list[Outcome[A]]:
    """Who else answers within these seconds."""
    known = {outcome.node for outcome in heard}
    rest = {node: future for node, future in asked.items() if node not in known}
    wait(rest.values(), seconds)
    return [future.result() for future in rest.values() if future.done()]


def listen(asked: Asked[A], judge: Callable[[Outcome[A]], None]) -> None:
    """Has each outcome judged, now or when it comes."""
    for future in asked.values():
        future.add_done_callback(lambda done: judge(done.result()))


def when_heard(asked: Asked[A], judge: Callable[[Outcome[A]], None]) -> None:
    """As `listen`, but what has not even begun is not asked any more."""
    for future in asked.values():
        if not future.cancel():
            future.add_done_callback(lambda done: judge(done.result()))


def too_late(asked: Asked[A], heard: Sequence[Outcome[A]]) -> list[Outcome[A]]:
    known = {outcome.node for outcome in heard}
    late = (node for node in asked if node not in known)
    return [
        Outcome(node, trouble=RegistryUnreachable(f"{node.name} had not answered yet", "too_late")) for node in late
    ]


# --- noting ---


def note(outcome: Outcome[Any]) -> None:
    """Notes how it went with a node, whether or not it is right."""
    if outcome.trouble is not None:
        outcome.node.note_trouble(outcome.trouble)
    elif outcome.answer is not None:
        outcome.node.note_answer()


def trouble_of(outcome: Outcome[A], winner: A) -> Trouble | None:
    if outcome.trouble is not None:
        return Trouble(outcome.node.name, outcome.trouble.code, str(outcome.trouble))
    if outcome.answer is None:
        return Trouble(outcome.node.name, "behind", f"{outcome.node.name} does not have that block yet")
    if outcome.answer != winner:
        return Trouble(outcome.node.name, "outvoted", f"{outcome.node.name} says something else than the others")
    return None


def rest_of(node: Node) -> Trouble:
    trouble = node.health().trouble
    return trouble or Trouble(node.name, "too_late", f"{node.name} kept others waiting, and was not asked")
