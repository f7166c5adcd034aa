"""The whole matrix: every row, and which of them a run takes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from scripts.faulting import (
    chain_conditions,
    chain_faults,
    clocks,
    database_faults,
    database_losses,
    kills,
    providers,
    starvation,
)
from scripts.faulting.rows import Row

SEEDS = 20
"""In a full run, for rows whose fault strikes at a moment that chance chooses."""
FEWER_SEEDS = 6
"""In a full run, for all others."""


@cache
def all_rows() -> dict[str, Row]:
    """Every row and variant by id, in the order of the matrix."""
    groups = (kills, providers, chain_faults, chain_conditions, database_faults, database_losses, clocks, starvation)
    rows = [row for group in groups for row in group.ROWS]
    by_id = {row.id: row for row in rows}
    if len(by_id) != len(rows):
        raise ValueError("two rows have one id")
    return by_id


def find_row(row_id: str) -> Row:
    return all_rows()[row_id]


def chosen(wanted: Sequence[str], *, is_full: bool) -> list[Row]:
    """The rows of a run: those named, with all their variants; else all, and without `is_full` K, R, H and D only.

    Raises KeyError for a name that no row has.
    """
    rows = list(all_rows().values())
    for name in wanted:
        if not any(name in (row.id, row.number) for row in rows):
            raise KeyError(name)
    if wanted:
        return [row for row in rows if row.id in wanted or row.number in wanted]
    return [row for row in rows if is_full or row.letter in "KRHD"]
