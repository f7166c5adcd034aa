"""Empty files for a programme: the columns, an example row, and in a workbook notes and lists to choose from."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from api.registrar.row_words import COLUMN_NAMES, result_rule
from api.web.translating import gettext, noted
from ledger.documents.achievement import Achievement
from ledger.documents.programme import Programme
from ledger.issuing.drafts import OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from ledger.sheets.reading import MAX_ROWS
from ledger.sheets.writing import csv_table

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

COLUMNS = (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS)
_NOTES = {
    "achievement": noted("Choose what was achieved: one row for each achievement of each learner."),
    "learner_id": noted("Your own number for the learner. It stays text: 0012 does not become 12."),
    "name": noted("The name as it is to stand on the certificate."),
    "email": noted("Where the learner is written to."),
    "result": noted("The result, if the achievement has one."),
    "awarded_on": noted("The day of the award, as 2026-03-14."),
    "valid_until": noted("The last day, if it ends. May be empty."),
    "evidence_url": noted("A link to what the learner made. May be empty."),
    "evidence_name": noted("What the evidence is called. May be empty."),
    "evidence_narrative": noted("What the evidence shows. May be empty."),
    "evidence_genre": noted("What kind of evidence it is, such as Portfolio. May be empty."),
    "narrative": noted("A sentence about this learner's work. May be empty."),
    "did": noted("An identifier of the learner's own wallet. May be empty."),
}
_WIDTHS = {"name": 28, "email": 30, "achievement": 28, "narrative": 40, "evidence_narrative": 40}


def example_row(programme: Programme) -> dict[str, str]:
    """A row that fits the programme, of somebody who does not exist."""
    first = programme.achievements[0]
    return {
        "achievement": first.code,
        "learner_id": "0012",
        "name": "Nur Aisyah binti Rahman",
        "email": "aisyah@students.example",
        "result": _example_result(first),
        "awarded_on": datetime.now(UTC).date().isoformat(),
    }


def csv_template(programme: Programme) -> bytes:
    """The columns and the example as CSV."""
    example = example_row(programme)
    return csv_table([COLUMNS, [example.get(column, "") for column in COLUMNS]])


def xlsx_template(programme: Programme) -> bytes:
    """A workbook: the columns with a note on each, the example, lists to choose from, and a sheet of explanations."""
    from openpyxl import Workbook
    from openpyxl.comments import Comment
    from openpyxl.styles import Font

    book = Workbook()
    rows = book.worksheets[0]
    rows.title = "Learners"
    example = example_row(programme)
    for place, column in enumerate(COLUMNS, start=1):
        cell = rows.cell(1, place, column)
        cell.font = Font(bold=column in REQUIRED_COLUMNS)
        cell.comment = Comment(gettext(_NOTES[column]), "Cairn", width=260, height=90)
        rows.cell(2, place, example.get(column, "")).font = Font(italic=True, color="777777")
        letter = cell.column_letter
        rows.column_dimensions[letter].width = _WIDTHS.get(column, 16)
        rows.column_dimensions[letter].number_format = "@"
        rows.cell(2, place).number_format = "@"
    rows.freeze_panes = "A2"
    _explain(book.create_sheet("Notes"), programme)
    _offer_lists(rows, programme)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _explain(notes: Worksheet, programme: Programme) -> None:
    from openpyxl.styles import Font

    notes.append([gettext("Column"), gettext("What it is"), gettext("What to write")])
    for column in COLUMNS:
        notes.append([column, gettext(COLUMN_NAMES[column]), gettext(_NOTES[column])])
    notes.append([])
    notes.append([gettext("Code"), gettext("Achievement"), gettext("Result")])
    for one in programme.achievements:
        notes.append([one.code, one.title, result_rule(programme, one.code)])
    for row in (1, len(COLUMNS) + 3):
        for cell in notes[row]:
            cell.font = Font(bold=True)
    for letter, width in (("A", 28), ("B", 34), ("C", 70)):
        notes.column_dimensions[letter].width = width


def _offer_lists(rows: Worksheet, programme: Programme) -> None:
    """A list of the codes for the column of achievements: what is not in it is refused while it is typed."""
    from openpyxl.worksheet.datavalidation import DataValidation

    first = len(COLUMNS) + 4
    source = f"Notes!$A${first}:$A${first + len(programme.achievements) - 1}"
    codes = DataValidation(type="list", formula1=source, allow_blank=True, showErrorMessage=True)
    codes.error, codes.errorTitle = gettext("Choose one of the list."), gettext("Achievement")
    rows.add_data_validation(codes)
    codes.add(f"A2:A{MAX_ROWS + 1}")
    grades = {_grades(one) for one in programme.achievements}
    if len(grades) == 1 and (joined := ",".join(grades.pop())) and len(joined) < 250:
        results = DataValidation(type="list", formula1=f'"{joined}"', allow_blank=True, showErrorMessage=True)
        rows.add_data_validation(results)
        results.add(f"E2:E{MAX_ROWS + 1}")


def _grades(achievement: Achievement) -> tuple[str, ...]:
    """The results to choose from, where they are a list of words without commas."""
    rule = achievement.result
    if rule is None or any("," in grade for grade in rule.allowed):
        return ()
    names = rule.allowed
    return names[: names.index(rule.required) + 1] if rule.required in names else names


def _example_result(achievement: Achievement) -> str:
    rule = achievement.result
    if rule is None:
        return ""
    if rule.allowed:
        return rule.allowed[0]
    if rule.levels:
        return rule.levels[0].code
    return "Completed" if rule.result_type == "Status" else rule.maximum
