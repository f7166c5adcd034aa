"""Rows of the fault matrix as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.faulting.anvil import Shape
from scripts.faulting.stage import Stage

if TYPE_CHECKING:
    from scripts.faulting.world import World


@dataclass(frozen=True)
class Row:
    """One row of the matrix, or one variant of it (`K13/send.sent`).

    `act` injects the fault, restarts what it ended, and raises `RowFailed` for what is expected beyond the six truths.
    The truths are checked after it. `ends_blocked` says that issuing rightly stands still at the end.
    """

    id: str
    what: str
    injected: str
    expected: str
    act: Callable[[World], None]
    shape: Shape | None = None
    nodes: int = 1
    postgres: bool = False
    seeded: bool = False
    ends_blocked: bool = False
    forgets: bool = False
    """Whether this row's fault destroys what was acknowledged, so that only the chain's own truths can be checked."""

    @property
    def stage(self) -> Stage:
        return Stage(self.id, self.shape, self.nodes, self.ends_blocked)

    @property
    def letter(self) -> str:
        return self.id[0]

    @property
    def number(self) -> str:
        """The row in the matrix, without the variant."""
        return self.id.partition("/")[0]
