"""Reads a registrar's CSV file into drafts, or reports everything that is wrong with it and reads nothing.

One row a credential, one column a field: `achievement,learner_id,name,email,result,awarded_on` in any order, and any of
`valid_until,evidence_url,evidence_name,evidence_narrative,evidence_genre,narrative,did`. A result may name a level of a
rubric by its code or its name; `did` is an identifier of the learner's own, as the did:key of a wallet. The file is
read by the strict rules of `csv_rows.py`; e-mail addresses are put in lower case, dates are `YYYY-MM-DD`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from ledger.documents.achievement import Achievement
from ledger.documents.credential import Evidence, Learner
from ledger.documents.did import document_url, resolve_did_key
from ledger.documents.programme import Programme
from ledger.documents.text import NARRATIVE_LIMIT, TextProblem, email_problem, text_problem, url_problem
from ledger.errors import DraftError, MalformedDocument
from ledger.issuing.csv_rows import MAX_ROWS, Columns, Problems, Row, read_rows, shown

REQUIRED_COLUMNS = ("achievement", "learner_id", "name", "email", "result", "awarded_on")
EVIDENCE_COLUMNS = ("evidence_url", "evidence_name", "evidence_narrative", "evidence_genre")
OPTIONAL_COLUMNS = ("valid_until", *EVIDENCE_COLUMNS, "narrative", "did")
COLUMNS = Columns(REQUIRED_COLUMNS, OPTIONAL_COLUMNS)
LEARNER_ID_LIMIT = 64

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
    evidence: tuple[Evidence, ...] = ()
    narrative: str | None = None


def read_csv(data: bytes, programme: Programme, *, today: date, max_rows: int = MAX_ROWS) -> tuple[Draft, ...]:
    """The drafts of a CSV file for `programme`, in the order of its rows. `today` is the date in UTC.

    Raises DraftError with every problem, by row and column, up to 1,000 and the number of the others. Codes:
    `csv_encoding`, `csv_header`, `csv_syntax`, `csv_rows`, `csv_formula`, `csv_achievement`, `csv_date`, `csv_result`,
    `csv_duplicate`, `csv_learner`, `csv_evidence`, and those of texts, addresses and e-mail addresses (`string_*`,
    `url_*`, `email_*`).
    """
    problems = Problems()
    drafts = examine_csv(data, programme, problems, today=today, max_rows=max_rows)
    if problems.count:
        raise DraftError(problems.listed())
    return drafts


def examine_csv(
    data: bytes, programme: Programme, problems: Problems, *, today: date, max_rows: int = MAX_ROWS
) -> tuple[Draft, ...]:
    """As `read_csv`, but what is wrong goes to `problems`, and the drafts are those of the other rows."""
    reader = DraftReader(programme.achievements, f"of the programme {programme.code}", today, problems)
    rows = read_rows(data, COLUMNS, problems, max_rows=max_rows)
    return tuple(draft for number, cells in rows if (draft := reader.read(number, cells)) is not None)


class DraftReader:
    """Reads rows one by one, and remembers what must not come twice.

    `whose` says in a few words to what the achievements belong. What is wrong goes to `problems`.
    """

    def __init__(self, achievements: Iterable[Achievement], whose: str, today: date, problems: Problems) -> None:
        self.problems = problems
        self._achievements = {achievement.code: achievement for achievement in achievements}
        self._whose = whose
        self._today = today
        self._rows_of_credentials: dict[tuple[str, str], int] = {}
        self._learners: dict[str, tuple[int, Learner]] = {}

    def read(self, row: int, values: Row) -> Draft | None:
        """The draft in this row, or None after noting every problem of it."""
        before = self.problems.count
        achievement = self._achievement(row, values["achievement"])
        learner = self._learner(row, values)
        result = self._result(row, achievement, values["result"])
        awarded_on = self._awarded_on(row, values["awarded_on"])
        valid_until = self._valid_until(row, values.get("valid_until"), awarded_on)
        evidence = self._evidence(row, values)
        narrative = self._optional(row, "narrative", values, _narrative_problem)
        if achievement is not None and values["learner_id"]:
            self._note_credential(row, achievement.code, values["learner_id"])
        if self.problems.count > before or achievement is None or learner is None or awarded_on is None:
            return None
        return Draft(row, achievement, learner, result, awarded_on, valid_until, evidence, narrative)

    def _achievement(self, row: int, code: str | None) -> Achievement | None:
        if code is None:
            return None
        achievement = self._achievements.get(code)
        if achievement is None:
            message = f"“{shown(code)}” is not an achievement {self._whose}"
            self.problems.add("csv_achievement", message, row, "achievement")
        return achievement

    def _learner(self, row: int, values: Mapping[str, str | None]) -> Learner | None:
        learner_id = self._required(row, "learner_id", values, _learner_id_problem)
        name = self._required(row, "name", values, text_problem)
        email = self._required(row, "email", values, email_problem)
        did = self._optional(row, "did", values, _did_problem)
        if learner_id is None or name is None or email is None:
            return None
        learner = Learner(name, email.lower(), learner_id, did)
        first_row, first = self._learners.setdefault(learner_id, (row, learner))
        for column, value, other in (
            ("name", name, first.name),
            ("email", learner.email, first.email),
            ("did", did, first.did),
        ):
            if value != other:
                message = f"differs from “{other or ''}” in row {first_row}, for the same learner_id"
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
            self.problems.add("csv_result", f"“{shown(value)}” {problem}", row, "result")
        return value

    def _evidence(self, row: int, values: Row) -> tuple[Evidence, ...]:
        """One piece of evidence, if any of its columns is filled; it must say where it is, or what it shows."""
        checks = dict(zip(EVIDENCE_COLUMNS, (url_problem, text_problem, _narrative_problem, text_problem), strict=True))
        if not any(values.get(column) for column in checks):
            return ()
        if not values.get("evidence_url") and not values.get("evidence_narrative"):
            message = "evidence needs an evidence_url or an evidence_narrative"
            self.problems.add("csv_evidence", message, row, "evidence_url")
        return (Evidence(*(self._optional(row, column, values, check) for column, check in checks.items())),)

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
            self.problems.add("csv_date", f"“{shown(value)}” is not a date as YYYY-MM-DD", row, column)
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


def _did_problem(value: str) -> TextProblem | None:
    """A did:key or did:jwk has to hold a key that can be used, a did:web has to be plainly written."""
    try:
        document_url(value) if value.startswith("did:web:") else resolve_did_key(value)
    except MalformedDocument as error:
        return TextProblem(error.code, f"is not usable: {error}")
    return None


def _narrative_problem(value: str) -> TextProblem | None:
    return text_problem(value, limit=NARRATIVE_LIMIT, lines=True)
