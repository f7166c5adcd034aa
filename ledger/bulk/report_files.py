"""The report on a list as a file: a row each, as CSV or as XLSX, with the list's own columns as they were.

The headings are the same in every language, so that programs may rely on them. No cell is ever a formula.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.bulk.results import Result
from ledger.sheets.writing import Cell, csv_table, xlsx_table

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
    """The report as CSV."""
    return csv_table(table_of(header, lines))


def xlsx_report(header: Sequence[str], lines: Sequence[Line]) -> bytes:
    """The report as XLSX."""
    return xlsx_table(table_of(header, lines), "Report")


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
