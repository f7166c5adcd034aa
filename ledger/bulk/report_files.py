"""The report on a list as a file: a row each, as CSV or as XLSX, with the list's own columns as they were.

The headings are the same in every language, so that programs may rely on them. No cell is ever a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.bulk.results import Result

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
FIRST = ("Position", "Given")
FOUND = (
    "Verdict",
    "Reason code",
    "Reason",
    "Title",
    "Institution",
    "Awarded on",
    "Valid until",
    "Credential id",
    "Fingerprint (SHA-256)",
    "Checked at",
    "Block number",
    "Block time",
    "Network",
    "Same as row",
)
BEFORE = ("Verdict before", "Reason code before", "Checked before", "Changed")
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Cell = str | int | None


@dataclass(frozen=True)
class Line:
    """One row of a report: what was given and what it came to. `others` are the list's other columns.

    `before` is what it came to the time before, if there was one.
    """

    position: int
    shown: str
    others: tuple[str, ...]
    result: Result
    same_as: int | None = None
    before: Result | None = None

    @property
    def has_changed(self) -> bool:
        return self.before is not None and self.before.decision != self.result.decision


def table_of(header: Sequence[str], lines: Sequence[Line]) -> list[list[Cell]]:
    """The whole report: its heading, and a row for each line. `header` names the list's other columns."""
    again = any(line.before is not None for line in lines)
    others = [name or f"Column {place}" for place, name in enumerate(header, 1)]
    rows: list[list[Cell]] = [[*FIRST, *others, *FOUND, *(BEFORE if again else ())]]
    for line in lines:
        row: list[Cell] = [line.position, line.shown, *line.others, *_found(line.result), line.same_as]
        if again:
            row += _before(line)
        rows.append(row)
    return rows


def csv_report(header: Sequence[str], lines: Sequence[Line]) -> bytes:
    """The report as CSV: UTF-8 with the mark that spreadsheets look for."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    for row in table_of(header, lines):
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode("utf-8-sig", "replace")


def xlsx_report(header: Sequence[str], lines: Sequence[Line]) -> bytes:
    """The report as XLSX: text stays text, whatever it begins with."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Report")
    sheet.freeze_panes = "A2"
    rows = table_of(header, lines)
    for place in range(1, len(rows[0]) + 1):
        sheet.column_dimensions[get_column_letter(place)].width = 22

    def cell(value: Cell, *, heading: bool = False) -> object:
        made = WriteOnlyCell(sheet, value=value)
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
    """Text that no spreadsheet takes for a formula when it opens a CSV file (ASVS 1.2.10)."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _found(result: Result) -> list[Cell]:
    return [
        result.verdict,
        result.code,
        result.reason,
        result.title,
        result.institution,
        result.awarded_on,
        result.valid_until,
        result.credential_id,
        result.digest.removeprefix("0x"),
        result.checked_at,
        result.block_number,
        result.block_time,
        result.network,
    ]


def _before(line: Line) -> list[Cell]:
    if line.before is None:
        return ["", "", "", ""]
    changed = "yes" if line.has_changed else "no"
    return [line.before.verdict, line.before.code, line.before.checked_at, changed]
