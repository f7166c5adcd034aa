"""What a row's world is set up with, and the two ways in which a row ends badly."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.faulting.anvil import Shape


class RowFailed(Exception):
    """A row did not go as it must, beyond the six truths; the message says how."""


class Skipped(Exception):
    """A row cannot be tried on this machine; the message says why."""


@dataclass(frozen=True)
class Stage:
    """A chain of this shape behind so many nodes. `name` and a seed make what is random the same again.

    `ends_blocked` says that issuing rightly stands still at the end.
    """

    name: str
    shape: Shape | None = None
    nodes: int = 1
    ends_blocked: bool = False
