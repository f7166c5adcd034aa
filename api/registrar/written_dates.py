"""Dates of a file that stand there in figures, but not as year-month-day: how they might be meant, with an example.

Nothing is guessed: 3/4/2026 is a day in March or one in April, and only the institution knows which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from api.registrar.sheets import ImportSheet

DATES = ("awarded_on", "valid_until")
_END = r"\s*([./-])\s*(\d{1,2})\s*\2\s*"
_YEAR_LAST = re.compile(r"(\d{1,2})" + _END + r"(\d{4})\.?(?:[ T]+0{1,2}:00(?::00)?)?")
_YEAR_FIRST = re.compile(r"(\d{4})" + _END + r"(\d{1,2})\.?(?:[ T]+0{1,2}:00(?::00)?)?")
_ORDERS: Mapping[str, tuple[re.Pattern[str], tuple[int, int, int]]] = {
    "day": (_YEAR_LAST, (4, 3, 1)),
    "month": (_YEAR_LAST, (4, 1, 3)),
    "year": (_YEAR_FIRST, (1, 3, 4)),
}
"""By what stands first: how such a date is written, and which groups are its year, month and day."""


@dataclass(frozen=True)
class Offer:
    """A way to read dates of a file: what stands first, how many cells it makes a date of, and the first of them."""

    first: str
    count: int
    written: str
    meant: date


def offers(sheet: ImportSheet) -> list[Offer]:
    """The ways in which dates of a file could be read that are not written as year-month-day."""
    found = []
    for first in _ORDERS:
        cells = list(_cells(sheet, first))
        if cells:
            _, written, meant = cells[0]
            found.append(Offer(first, len(cells), written, meant))
    return found


def read_as(sheet: ImportSheet, first: str) -> dict[tuple[int, str], str]:
    """The cells that are dates if that stands first, as year-month-day, by row and column; all others stay."""
    return {place: meant.isoformat() for place, _, meant in _cells(sheet, first)} if first in _ORDERS else {}


def _cells(sheet: ImportSheet, first: str) -> Iterator[tuple[tuple[int, str], str, date]]:
    pattern, groups = _ORDERS[first]
    for column in DATES:
        place = sheet.place(column)
        if place is None:
            continue
        for number, row in enumerate(sheet.rows, start=2):
            match = pattern.fullmatch(row[place].strip())
            if match is None:
                continue
            with suppress(ValueError):  # no such day in this order
                meant = date(*(int(match[group]) for group in groups))
                if meant.isoformat() != row[place]:
                    yield (number, column), row[place], meant
