"""Writes tables that people take away: CSV and XLSX. No cell of either is ever a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
_WIDTH = 24

Cell = str | int | None


def csv_table(rows: Iterable[Sequence[Cell]]) -> bytes:
    """The rows as CSV, the headings first: UTF-8 with the mark that spreadsheets look for."""
    return b"".join(csv_lines(rows))


def csv_lines(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """As `csv_table`, a line at a time, for tables that are too long to hold."""
    yield b"\xef\xbb\xbf"
    for row in rows:
        line = io.StringIO(newline="")
        writer = csv.writer(line, lineterminator="\r\n")
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
        yield line.getvalue().encode("utf-8", "replace")


def xlsx_table(rows: Sequence[Sequence[Cell]], title: str) -> bytes:
    """The rows as a workbook with one sheet, the headings first and in bold: text stays text."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for place in range(1, len(rows[0]) + 1):
        sheet.column_dimensions[get_column_letter(place)].width = _WIDTH

    def cell(value: Cell, *, heading: bool) -> object:
        made = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("�", value) if isinstance(value, str) else value)
        if isinstance(value, str):
            made.data_type = "s"  # openpyxl has made a formula or an error of some
        if heading:
            made.font = Font(bold=True)
        return made

    for number, row in enumerate(rows):
        sheet.append([cell(value, heading=number == 0) for value in row])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula when it opens a CSV file."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
