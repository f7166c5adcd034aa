"""Reads a registrar's CSV file into drafts, or reports everything that is wrong with it and reads nothing.

One row a credential, one column a field: `achievement,learner_id,name,email,result,awarded_on` in any order, and any of
`valid_until,evidence_url,narrative`. RFC 4180 in strict UTF-8; a byte order mark is accepted, because Excel writes one.
Cells stay text: the learner 0012 does not become 12. Spaces around a cell are dropped, e-mail addresses are put in
lower case, dates are `YYYY-MM-DD`. Cells that a spreadsheet would take for a formula are refused.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from ledger.documents.achievement import Achievement
from ledger.documents.credential import Learner
from ledger.documents.programme import Programme
from ledger.documents.text import NARRATIVE_LIMIT, TextProblem, email_problem, text_problem, url_problem, visible
from ledger.errors import DraftError, Problem

REQUIRED_COLUMNS = ("achievement", "learner_id", "name", "email", "result", "awarded_on")
OPTIONAL_COLUMNS = ("valid_until", "evidence_url", "narrative")
MAX_ROWS = 50_000
MAX_CELL_BYTES = 8 * 1024
MAX_PROBLEMS = 1_000
LEARNER_ID_LIMIT = 64

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# A spreadsheet reads a cell that begins so as a formula; the last four are the full-width forms of the first four.
_FORMULA_STARTS = frozenset("=+-@\t\r＝＋－＠")
_PADDING = " \u00a0"
_UNDECODED = re.compile("[\udc80-\udcff]")
_DATE = re.compile(r"(19|[2-9][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True)
class Draft:
    """One credential to be, complete and checked. `row` is where it stands in the file, the header being 1."""

    row: int
    achievement: Achievement
    learner: Learner
    result: str | None
    awarded_on: date
    valid_until: date | None = None
    evidence_url: str | None = None
    narrative: str | None = None


def read_csv(data: bytes, programme: Programme, *, today: date, max_rows: int = MAX_ROWS) -> tuple[Draft, ...]:
    """The drafts of a CSV file for `programme`, in the order of its rows. `today` is the date in UTC.

    Raises DraftError with every problem, by row and column, up to 1,000 and the number of the others. Codes:
    `csv_encoding`, `csv_header`, `csv_syntax`, `csv_rows`, `csv_formula`, `csv_achievement`, `csv_date`, `csv_result`,
    `csv_duplicate`, `csv_learner`, and those of texts, addresses and e-mail addresses (`string_*`, `url_*`, `email_*`).
    """
    problems = _Problems()
    drafts = list(_drafts(data, _Reader(programme, today, problems), max_rows))
    if problems.count:
        raise DraftError(problems.listed())
    return tuple(drafts)


def template_csv(programme: Programme) -> bytes:
    """An empty file for `programme`: the header, and a row for each achievement that still lacks its learner.

    Begins with a byte order mark, so that Excel keeps names in every script intact.
    """
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    columns = REQUIRED_COLUMNS + OPTIONAL_COLUMNS
    writer.writerow(columns)
    writer.writerows([achievement.code, *[""] * (len(columns) - 1)] for achievement in programme.achievements)
    return _BYTE_ORDER_MARK + lines.getvalue().encode()


class _Problems:
    """Collects problems; beyond the first 1,000 it only counts."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[Problem] = []

    def add(self, code: str, message: str, row: int | None = None, column: str | None = None) -> None:
        self.count += 1
        if self.count <= MAX_PROBLEMS:
            self._first.append(Problem(code, message, row, column))

    def listed(self) -> list[Problem]:
        if self.count <= MAX_PROBLEMS:
            return self._first
        rest = self.count - MAX_PROBLEMS
        return [*self._first, Problem("csv_more", f"there are {rest:,} more problems; correct these first")]


def _drafts(data: bytes, reader: _Reader, max_rows: int) -> Iterator[Draft]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        reader.problems.add("csv_encoding", "the file is in UTF-16; save it as CSV in UTF-8")
        return
    # Bytes that are not UTF-8 become lone surrogates, so that each bad cell can be named.
    text = data.removeprefix(_BYTE_ORDER_MARK).decode("utf-8", "surrogateescape")
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    header: list[str] | None = None
    try:
        for number, cells in enumerate(rows, start=1):
            if header is None:
                header = _header(cells, reader.problems)
                if header is None:
                    return
            elif number > max_rows + 1:
                reader.problems.add("csv_rows", f"the file has more than {max_rows:,} rows", number)
                return
            elif any(cells):
                draft = reader.read(number, header, cells)
                if draft is not None:
                    yield draft
    except csv.Error as error:
        reader.problems.add("csv_syntax", f"the file can't be read from here on: {error}", number + 1)
        return
    if number < 2:
        reader.problems.add("csv_rows", "the file has no rows" if header else "the file is empty")


def _header(cells: list[str], problems: _Problems) -> list[str] | None:
    """The names of the columns, or None after noting what is wrong with them."""
    names = [cell.strip(_PADDING) for cell in cells]
    if len(names) == 1 and ";" in names[0]:
        problems.add("csv_header", "the columns are divided by semicolons; save the file with commas", 1)
        return None
    before = problems.count
    for name in REQUIRED_COLUMNS:
        if name not in names:
            problems.add("csv_header", f"the column “{name}” is missing", 1)
    for index, name in enumerate(names):
        if name not in REQUIRED_COLUMNS and name not in OPTIONAL_COLUMNS:
            problems.add("csv_header", "is not a column of this format", 1, _shown(name) or f"number {index + 1}")
        elif name in names[:index]:
            problems.add("csv_header", "stands twice in the header", 1, name)
    return names if problems.count == before else None


class _Reader:
    """Reads rows one by one, and remembers what must not come twice."""

    def __init__(self, programme: Programme, today: date, problems: _Problems) -> None:
        self.problems = problems
        self._programme = programme
        self._achievements = {achievement.code: achievement for achievement in programme.achievements}
        self._today = today
        self._rows_of_credentials: dict[tuple[str, str], int] = {}
        self._learners: dict[str, tuple[int, Learner]] = {}

    def read(self, row: int, header: list[str], cells: list[str]) -> Draft | None:
        """The draft in this row, or None after noting every problem of it."""
        if len(cells) != len(header):
            self.problems.add("csv_syntax", f"the row has {len(cells)} cells, the header has {len(header)}", row)
            return None
        before = self.problems.count
        values = {name: self._cell(row, name, cell) for name, cell in zip(header, cells, strict=True)}
        achievement = self._achievement(row, values["achievement"])
        learner = self._learner(row, values)
        result = self._result(row, achievement, values["result"])
        awarded_on = self._awarded_on(row, values["awarded_on"])
        valid_until = self._valid_until(row, values.get("valid_until"), awarded_on)
        evidence_url = self._optional(row, "evidence_url", values, url_problem)
        narrative = self._optional(row, "narrative", values, _narrative_problem)
        if achievement is not None and values["learner_id"]:
            self._note_credential(row, achievement.code, values["learner_id"])
        if self.problems.count > before or achievement is None or learner is None or awarded_on is None:
            return None
        return Draft(row, achievement, learner, result, awarded_on, valid_until, evidence_url, narrative)

    def _cell(self, row: int, column: str, cell: str) -> str | None:
        """The cell's text, or None after noting why it can't be read."""
        value = cell.strip(_PADDING)
        is_formula = cell[:1] in _FORMULA_STARTS or value[:1] in _FORMULA_STARTS
        if value.isascii() and value.isprintable() and len(value) < MAX_CELL_BYTES and not is_formula:
            return value
        if _UNDECODED.search(cell):
            self.problems.add("csv_encoding", "is not in UTF-8; save the file as CSV in UTF-8", row, column)
        elif "\0" in cell:
            self.problems.add("csv_syntax", "contains a NUL character", row, column)
        elif len(cell.encode("utf-8", "surrogatepass")) > MAX_CELL_BYTES:
            self.problems.add("csv_syntax", f"is longer than {MAX_CELL_BYTES:,} bytes", row, column)
        elif is_formula:
            self.problems.add("csv_formula", f"begins like a formula: “{_shown(value)}”", row, column)
        else:
            return value.replace("\r\n", "\n")
        return None

    def _achievement(self, row: int, code: str | None) -> Achievement | None:
        if code is None:
            return None
        achievement = self._achievements.get(code)
        if achievement is None:
            known = f"of the programme {self._programme.code}"
            self.problems.add("csv_achievement", f"“{_shown(code)}” is not an achievement {known}", row, "achievement")
        return achievement

    def _learner(self, row: int, values: Mapping[str, str | None]) -> Learner | None:
        learner_id = self._required(row, "learner_id", values, _learner_id_problem)
        name = self._required(row, "name", values, text_problem)
        email = self._required(row, "email", values, email_problem)
        if learner_id is None or name is None or email is None:
            return None
        learner = Learner(name, email.lower(), learner_id)
        first_row, first = self._learners.setdefault(learner_id, (row, learner))
        for column, value, other in (("name", name, first.name), ("email", learner.email, first.email)):
            if value != other:
                message = f"differs from “{other}” in row {first_row}, for the same learner_id"
                self.problems.add("csv_learner", message, row, column)
        return first if learner == first else learner

    def _result(self, row: int, achievement: Achievement | None, value: str | None) -> str | None:
        if achievement is None or value is None:
            return None
        if achievement.result is None:
            if value:
                self.problems.add("csv_result", f"must be empty: {achievement.code} has no result", row, "result")
            return None
        problem = achievement.result.problem(value)
        if problem is not None:
            self.problems.add("csv_result", f"“{_shown(value)}” {problem}", row, "result")
        return value

    def _awarded_on(self, row: int, value: str | None) -> date | None:
        awarded_on = self._date(row, "awarded_on", value)
        if awarded_on is not None and awarded_on > self._today:
            self.problems.add("csv_date", f"{awarded_on} is in the future", row, "awarded_on")
        return awarded_on

    def _valid_until(self, row: int, value: str | None, awarded_on: date | None) -> date | None:
        if not value:
            return None
        valid_until = self._date(row, "valid_until", value)
        if valid_until is not None and awarded_on is not None and valid_until <= awarded_on:
            self.problems.add("csv_date", f"{valid_until} is not after the award on {awarded_on}", row, "valid_until")
        return valid_until

    def _date(self, row: int, column: str, value: str | None) -> date | None:
        if value is None:
            return None
        try:
            return date.fromisoformat(value if _DATE.fullmatch(value) else "")
        except ValueError:
            self.problems.add("csv_date", f"“{_shown(value)}” is not a date as YYYY-MM-DD", row, column)
            return None

    def _required(
        self, row: int, column: str, values: Mapping[str, str | None], check: Callable[[str], TextProblem | None]
    ) -> str | None:
        value = values[column]
        if value is None:
            return None
        problem = check(value)
        if problem is not None:
            self.problems.add(problem.code, problem.message, row, column)
            return None
        return value

    def _optional(
        self, row: int, column: str, values: Mapping[str, str | None], check: Callable[[str], TextProblem | None]
    ) -> str | None:
        return self._required(row, column, values, check) if values.get(column) else None

    def _note_credential(self, row: int, code: str, learner_id: str) -> None:
        first_row = self._rows_of_credentials.setdefault((learner_id, code), row)
        if first_row != row:
            message = f"“{learner_id}” has {code} in row {first_row} already"
            self.problems.add("csv_duplicate", message, row, "learner_id")


def _learner_id_problem(value: str) -> TextProblem | None:
    return text_problem(value, limit=LEARNER_ID_LIMIT)


def _narrative_problem(value: str) -> TextProblem | None:
    return text_problem(value, limit=NARRATIVE_LIMIT, lines=True)


def _shown(value: str) -> str:
    return visible(value, limit=40)
