"""Reads a table that somebody brought into rows of text: a file of commas, semicolons or tabs, or a workbook.

What a file is, its first bytes say. Cells stay text: nothing is rounded, and a number that is text keeps its zeros.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass, field
from functools import cache

import orjson

from ledger.bounded_process import BUDGET, UNAVAILABLE, BoundedProcess, Budget, ProcessRefused
from ledger.errors import MalformedDocument
from ledger.sheets.encodings import decode

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 50_000
MAX_COLUMNS = 60
MAX_UNPACKED = 100 * 1024 * 1024
"""What the parts of a packed workbook may come to, in bytes."""

_PACKED, _COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DIVIDERS = ",;\t|"
_NAMED_DIVIDER = re.compile(r'\s*"?sep=([,;\t|])"?[;,\t|]*(?=[\r\n]|$)', re.IGNORECASE)
"""A first line by which spreadsheets tell each other what divides the cells."""
_QUOTED = re.compile(r'"[^"]*"')
_BUDGET = Budget(cpu_seconds=15, wall_seconds=30.0, memory_bytes=1024 * 1024 * 1024)
_TROUBLE = {
    BUDGET: ("sheet_invalid", "the workbook takes too long to read, or too much memory; save it as CSV in UTF-8"),
    UNAVAILABLE: ("sheet_unavailable", "workbooks cannot be read here now; save it as CSV in UTF-8"),
}


@dataclass(frozen=True)
class Sheet:
    """A table: its headings, and its rows in their order, each as long as the headings or longer.

    `code_page` is the one by which it was read, where that was only guessed or chosen.
    """

    headings: tuple[str, ...]
    rows: list[list[str]] = field(repr=False)
    code_page: str | None = None


def read_sheet(data: bytes, code_page: str | None = None) -> Sheet:
    """The table in a file: a text file, read by a code page if one is named, or a workbook's first filled sheet.

    Raises MalformedDocument: `sheet_empty`, `sheet_large`, `sheet_encoding`, `sheet_syntax`, `sheet_invalid`,
    `sheet_unavailable`.
    """
    found, used = read_rows(data, code_page)
    while found and not any(found[0]):
        found.pop(0)
    if not found:
        raise MalformedDocument("sheet_empty", "the file is empty")
    headings = found[0]
    while headings and not headings[-1]:
        headings.pop()
    rows = [row + [""] * (len(headings) - len(row)) for row in found[1:]]
    while rows and not any(rows[-1]):
        rows.pop()
    _require_size(rows, len(headings))
    return Sheet(tuple(headings), rows, used)


def read_rows(data: bytes, code_page: str | None = None, *, links: bool = False) -> tuple[list[list[str]], str | None]:
    """All rows of a table, empty ones too, and the code page by which they were read. Raises as `read_sheet`.

    With `links`, what the words in a workbook's cells link to is in the rows too (see `with_links`).
    """
    if len(data) > MAX_BYTES:
        raise MalformedDocument("sheet_large", f"the file has more than {MAX_BYTES // 2**20} MiB")
    if data.startswith((_PACKED, _COMPOUND)):
        rows, targets = _workbook_rows(data)
        return with_links(rows, targets) if links else rows, None
    text, used = decode(data, code_page)
    return _text_rows(text), used


def _require_size(rows: list[list[str]], columns: int) -> None:
    if columns > MAX_COLUMNS:
        raise MalformedDocument("sheet_large", f"the table has more than {MAX_COLUMNS} columns")
    if len(rows) > MAX_ROWS:
        raise MalformedDocument("sheet_large", f"the table has more than {MAX_ROWS:,} rows; divide it")
    if not rows:
        raise MalformedDocument("sheet_empty", "the table has headings and no rows")


def _text_rows(text: str) -> list[list[str]]:
    """The cells of a text, divided by what its first line names, or has most of. A line that names it is no row."""
    if (named := _NAMED_DIVIDER.match(text)) is not None:
        divider, text = named[1], text[named.end() :]
    else:
        divider = max(_DIVIDERS, key=_QUOTED.sub("", text.lstrip().partition("\n")[0]).count)
    rows: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=divider, strict=True):
            if len(rows) > MAX_ROWS + 1:
                break
            if len(cells) > MAX_COLUMNS * 4:
                raise MalformedDocument("sheet_large", f"row {len(rows) + 1} has {len(cells)} cells")
            rows.append([cell.strip() for cell in cells])
    except csv.Error as error:
        message = f"the file cannot be read from row {len(rows) + 1} on: {error}"
        raise MalformedDocument("sheet_syntax", message) from error
    return rows


def with_links(rows: list[list[str]], targets: dict[tuple[int, int], str]) -> list[list[str]]:
    """The rows with the addresses behind their words, by row and column.

    In a column that has addresses for words they stand in place of other words; or else in a column of their own at
    the end, so that the names of people, say, are still there.
    """
    made = [[*row] for row in rows]
    hidden = {place: target for place, target in targets.items() if _is_behind_words(rows, *place)}
    for column in sorted({column for _, column in hidden}):
        if any(_is_address(row[column]) for row in rows):
            for row, line in enumerate(made):
                line[column] = hidden.get((row, column), line[column])
            continue
        for row, line in enumerate(made):
            line.append(hidden.get((row, column), f"{line[column]} (link)" if row == 0 and line[column] else ""))
    return made


def _is_behind_words(rows: list[list[str]], row: int, column: int) -> bool:
    is_there = 0 <= row < len(rows) and 0 <= column < len(rows[row])
    return is_there and not _is_address(rows[row][column])


def _is_address(cell: str) -> bool:
    return cell.lower().startswith(("https://", "http://"))


def _workbook_rows(data: bytes) -> tuple[list[list[str]], dict[tuple[int, int], str]]:
    if data.startswith(_PACKED):
        _require_modest(data)
    try:
        found = orjson.loads(_reader().ask(data))
    except ProcessRefused as error:
        raise MalformedDocument(*_TROUBLE.get(error.code, (error.code, str(error)))) from error
    return found["rows"], {(row, column): target for row, column, target in found["links"]}


def _require_modest(data: bytes) -> None:
    """Looks at what a packed workbook says of its size before anything is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise MalformedDocument("sheet_invalid", "the workbook is damaged; save it once more, or as CSV") from error
    if size > MAX_UNPACKED:
        raise MalformedDocument("sheet_large", "the workbook holds too much; save the one sheet as CSV in UTF-8")


@cache
def _reader() -> BoundedProcess:
    """The child that this process shares; it starts with the first workbook."""
    return BoundedProcess("ledger.sheets.workbook_worker", _BUDGET)
