"""The table of a list: few rows, all of one width, none empty. How files are read as tables, `ledger.sheets` knows."""

from __future__ import annotations

import io
import re
import zipfile

from ledger.errors import MalformedDocument
from ledger.sheets.reading import read_rows

MAX_ROWS = 500
"""Rows of one list, its header not counted."""
MAX_COLUMNS = 50
MAX_CELL = 32_767
"""Characters of one cell: as many as a spreadsheet allows."""

XLS_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_SIGNATURE = b"PK\x03\x04"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")

Rows = tuple[tuple[str, ...], ...]


def is_workbook(data: bytes) -> bool:
    """Whether the bytes are a spreadsheet, and neither text nor an archive of files."""
    if data.startswith(XLS_SIGNATURE):
        return True
    if not data.startswith(ZIP_SIGNATURE):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            return "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False


def list_rows(data: bytes) -> Rows:
    """The rows of the table in a file, with what its words link to. Raises MalformedDocument `sheet_*`."""
    rows, _ = read_rows(data, links=True)
    return rectangular(rows)


def rectangular(rows: list[list[str]]) -> Rows:
    """Rows of one width, without empty ones and empty columns at the end. Raises MalformedDocument `sheet_*`."""
    cleaned = [[_CONTROL.sub("", cell) for cell in row] for row in rows]
    filled = [row for row in cleaned if any(cell.strip() for cell in row)]
    if not filled:
        raise MalformedDocument("sheet_empty", "there is nothing in the table")
    if len(filled) > MAX_ROWS + 1:
        raise too_many_rows()
    width = max(max(place for place, cell in enumerate(row, 1) if cell.strip()) for row in filled)
    if width > MAX_COLUMNS:
        raise MalformedDocument("sheet_columns", f"a list may have {MAX_COLUMNS} columns, and this has more")
    if any(len(cell) > MAX_CELL for row in filled for cell in row):
        raise MalformedDocument("sheet_cell", f"a cell may have {MAX_CELL:,} characters, and one has more")
    return tuple(tuple((row + [""] * width)[:width]) for row in filled)


def too_many_rows() -> MalformedDocument:
    return MalformedDocument("sheet_rows", f"a list may have {MAX_ROWS} rows, and this has more; divide it")
