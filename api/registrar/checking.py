"""What a registrar's file says row by row, as the format of imports has it, and what is wrong where."""

from __future__ import annotations

import csv
import io
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass

from api.registrar.sheets import ImportSheet
from ledger.documents.programme import Programme
from ledger.errors import Problem
from ledger.issuing.examining import Examination, Examined
from ledger.sheets.reading import Sheet

SECONDS = 30.0
"""How long a finding is good for: what it says of earlier credentials may change."""
KEPT = 8


@dataclass(frozen=True)
class Checked:
    """A file and what was found in it, by row; `general` is about no single row."""

    sheet: ImportSheet
    examined: Examined
    problems: dict[int, list[Problem]]
    warnings: dict[int, list[Problem]]
    general: list[Problem]

    @property
    def good(self) -> int:
        return len(self.examined.good)

    @property
    def bad(self) -> int:
        """How many rows are kept back."""
        return self.examined.rows - self.good

    def numbers(self, *, only_wrong: bool) -> list[int]:
        """The numbers of the rows to show, without those that are empty."""
        if only_wrong:
            return sorted({*self.problems, *self.warnings})
        return [number for number, row in enumerate(self.sheet.rows, start=2) if any(row)]


class Checking:
    """Checks files, and remembers for a moment what was found."""

    def __init__(self, examination: Examination, clock: Callable[[], float] = time.monotonic) -> None:
        self._examination = examination
        self._clock = clock
        self._lock = threading.Lock()
        self._found: OrderedDict[tuple[str, int], tuple[float, Checked]] = OrderedDict()

    def check(self, sheet: ImportSheet, programme: Programme) -> Checked:
        """Everything that is wrong with a file whose columns are known."""
        key = (sheet.id, sheet.version)
        with self._lock:
            at, known = self._found.get(key, (0.0, None))
        if known is not None and self._clock() - at < SECONDS:
            return known
        found = _by_row(sheet, self._examination.examine(sheet.issuer, programme, as_csv(sheet, programme)))
        with self._lock:
            self._found[key] = (self._clock(), found)
            while len(self._found) > KEPT:
                self._found.popitem(last=False)
        return found


def _by_row(sheet: ImportSheet, examined: Examined) -> Checked:
    problems: dict[int, list[Problem]] = defaultdict(list)
    warnings: dict[int, list[Problem]] = defaultdict(list)
    general = []
    for problem in examined.problems:
        if problem.row is None or problem.row < 2:
            general.append(problem)
        else:
            problems[problem.row].append(problem)
    for warning in examined.warnings:
        warnings[warning.row or 0].append(warning)
    return Checked(sheet, examined, dict(problems), dict(warnings), general)


def as_csv(sheet: ImportSheet, programme: Programme, only: Collection[int] | None = None) -> bytes:
    """The file in the format of imports, each row under its own number; of the others, empty rows stand there.

    A module may be named by its title instead of its code.
    """
    columns = sheet.taken.used
    codes = {title.casefold(): one.code for one in programme.achievements for title in (one.title, one.code)}
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(columns)
    for number, row in enumerate(sheet.rows, start=2):
        is_wanted = any(row) and (only is None or number in only)
        cells = [sheet.value(row, column) if is_wanted else "" for column in columns]
        if is_wanted and "achievement" in columns:
            at = columns.index("achievement")
            cells[at] = codes.get(cells[at].casefold(), cells[at])
        writer.writerow(cells)
    return lines.getvalue().encode("utf-8", "replace")


def without(sheet: ImportSheet, good: Collection[int]) -> Sheet | None:
    """The rows that are not among these, as a file of their own; None if there are none."""
    rows = [row for number, row in enumerate(sheet.rows, start=2) if any(row) and number not in good]
    return Sheet(sheet.headings, rows) if rows else None
