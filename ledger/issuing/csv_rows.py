"""Reads a CSV file strictly: rows of text by column, or everything that is wrong with them.

RFC 4180 in strict UTF-8; a byte order mark is accepted, because Excel writes one. Cells stay text: the learner 0012
does not become 12. Spaces around a cell are dropped. Cells that a spreadsheet would take for a formula are refused.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ledger.documents.text import visible
from ledger.errors import Problem

MAX_ROWS = 50_000
MAX_CELL_BYTES = 8 * 1024
MAX_PROBLEMS = 1_000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# A spreadsheet reads a cell that begins so as a formula; the last four are the full-width forms of the first four.
_FORMULA_STARTS = frozenset("=+-@\t\r＝＋－＠")
_PADDING = " \u00a0"
_UNDECODED = re.compile("[\udc80-\udcff]")

Row = dict[str, str | None]
"""The cells of a row by column. None where a cell could not be read, which is noted."""


@dataclass(frozen=True)
class Columns:
    """The columns that a file must have, and those that it may have, in any order."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


class Problems:
    """Collects problems; beyond the first 1,000, or another number, it only counts."""

    def __init__(self, *, most: int = MAX_PROBLEMS) -> None:
        self.count = 0
        self._most = most
        self._first: list[Problem] = []

    def add(self, code: str, message: str, row: int | None = None, column: str | None = None) -> None:
        self.count += 1
        if self.count <= self._most:
            self._first.append(Problem(code, message, row, column))

    def listed(self) -> list[Problem]:
        if self.count <= self._most:
            return self._first
        rest = self.count - self._most
        return [*self._first, Problem("csv_more", f"there are {rest:,} more problems; correct these first")]


def read_rows(
    data: bytes, columns: Columns, problems: Problems, *, max_rows: int = MAX_ROWS
) -> Iterator[tuple[int, Row]]:
    """Each row that is not empty, with its number in the file; the header has number 1.

    Notes what is wrong: `csv_encoding`, `csv_header`, `csv_syntax`, `csv_rows`, `csv_formula`.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        problems.add("csv_encoding", "the file is in UTF-16; save it as CSV in UTF-8")
        return
    # Bytes that are not UTF-8 become lone surrogates, so that each bad cell can be named.
    text = data.removeprefix(BYTE_ORDER_MARK).decode("utf-8", "surrogateescape")
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    header: list[str] | None = None
    try:
        for number, cells in enumerate(rows, start=1):
            if header is None:
                header = _header(cells, columns, problems)
                if header is None:
                    return
            elif number > max_rows + 1:
                problems.add("csv_rows", f"the file has more than {max_rows:,} rows", number)
                return
            elif not any(cells):
                continue
            elif len(cells) != len(header):
                problems.add("csv_syntax", f"the row has {len(cells)} cells, the header has {len(header)}", number)
            else:
                named = zip(header, cells, strict=True)
                yield number, {name: _cell(number, name, cell, problems) for name, cell in named}
    except csv.Error as error:
        problems.add("csv_syntax", f"the file can't be read from here on: {error}", number + 1)
        return
    if number < 2:
        problems.add("csv_rows", "the file has no rows" if header else "the file is empty")


def shown(value: str) -> str:
    """A cell as a message may repeat it."""
    return visible(value, limit=40)


def _header(cells: list[str], columns: Columns, problems: Problems) -> list[str] | None:
    """The names of the columns, or None after noting what is wrong with them."""
    names = [cell.strip(_PADDING) for cell in cells]
    if len(names) == 1 and ";" in names[0]:
        problems.add("csv_header", "the columns are divided by semicolons; save the file with commas", 1)
        return None
    before = problems.count
    for name in columns.required:
        if name not in names:
            problems.add("csv_header", f"the column “{name}” is missing", 1)
    for index, name in enumerate(names):
        if name not in columns.required and name not in columns.optional:
            problems.add("csv_header", "is not a column of this format", 1, shown(name) or f"number {index + 1}")
        elif name in names[:index]:
            problems.add("csv_header", "stands twice in the header", 1, name)
    return names if problems.count == before else None


def _cell(row: int, column: str, cell: str, problems: Problems) -> str | None:
    """The cell's text, or None after noting why it can't be read."""
    value = cell.strip(_PADDING)
    is_formula = cell[:1] in _FORMULA_STARTS or value[:1] in _FORMULA_STARTS
    if value.isascii() and value.isprintable() and len(value) < MAX_CELL_BYTES and not is_formula:
        return value
    if _UNDECODED.search(cell):
        problems.add("csv_encoding", "is not in UTF-8; save the file as CSV in UTF-8", row, column)
    elif "\0" in cell:
        problems.add("csv_syntax", "contains a NUL character", row, column)
    elif len(cell.encode("utf-8", "surrogatepass")) > MAX_CELL_BYTES:
        problems.add("csv_syntax", f"is longer than {MAX_CELL_BYTES:,} bytes", row, column)
    elif is_formula:
        problems.add("csv_formula", f"begins like a formula: “{shown(value)}”", row, column)
    else:
        return value.replace("\r\n", "\n")
    return None
