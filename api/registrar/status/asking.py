"""What is named on a page to have its status changed: lines of text, or a table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from api.issuers.service import csv_of
from api.web.translating import gettext
from ledger.chain.registry import Reason
from ledger.errors import DraftError, Problem
from ledger.issuing.catalog import Catalog
from ledger.issuing.headings import HEADINGS
from ledger.issuing.revocation_rows import COLUMNS, AskedRow, read_revocations
from ledger.issuing.values import EARNED
from ledger.sheets.columns import normal
from ledger.sheets.reading import read_sheet

MAX_ROWS = 10_000
_ID = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_DIVIDED = re.compile(r"[\t,;]+")
_KNOWN = {normal(name): name for name in COLUMNS.optional}
_BY_LEARNER = ("learner_id", "achievement")
_ALSO = {normal(name): column for column in _BY_LEARNER for name in HEADINGS[column]}


def rows_of_text(text: str, issuer: str, catalog: Catalog, reason: Reason) -> tuple[AskedRow, ...]:
    """The credentials that lines name: by an id, by a learner and an achievement, or by a learner for all of theirs.

    Raises DraftError with every line that names nothing: `status_line`, `status_rows`.
    """
    rows: list[AskedRow] = []
    problems: list[Problem] = []
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) > MAX_ROWS:
        raise DraftError([Problem("status_rows", _too_many(), column="named")])
    for number, line in lines:
        found = list(_rows(number, line, issuer, catalog, reason))
        if not found:
            said = gettext("Line %(n)s names no learner and no credential of yours.") % {"n": number}
            problems.append(Problem("status_line", said, column="named"))
        rows += found
    if not lines:
        said = gettext("Name the credentials: a line for each, or a file.")
        problems.append(Problem("status_line", said, column="named"))
    if len(rows) > MAX_ROWS:
        problems.append(Problem("status_rows", _too_many(), column="named"))
    if problems:
        raise DraftError(problems, then="nothing was changed")
    return tuple(replace(row, row=number) for number, row in enumerate(rows, start=1))


def rows_of_table(data: bytes, reason: Reason, remembered: Mapping[str, str]) -> tuple[AskedRow, ...]:
    """The credentials that a CSV file or a workbook names; columns that mean nothing here are left out.

    Without a column of ids, those of learners and achievements go by the names that they have in learners' files too,
    and by what is `remembered` of earlier ones.

    Raises MalformedDocument as `read_sheet`, DraftError as `read_revocations`.
    """
    sheet = read_sheet(data)
    known = _columns([normal(name) for name in sheet.headings], remembered)
    if not known:
        said = gettext("The file needs a column credential_id, or the columns learner_id and achievement.")
        raise DraftError([Problem("csv_header", said, column="file")])
    if len(sheet.rows) > MAX_ROWS:
        raise DraftError([Problem("status_rows", _too_many(), column="file")])
    named = [{column: row[place] for place, column in known} for row in sheet.rows if any(cell.strip() for cell in row)]
    return read_revocations(csv_of(named, [column for _, column in known]), default=reason)


def _columns(headings: Sequence[str], remembered: Mapping[str, str]) -> list[tuple[int, str]]:
    """The places of the columns that mean something."""
    found = [(place, _KNOWN[heading]) for place, heading in enumerate(headings) if heading in _KNOWN]
    named = {column for _, column in found}
    if "credential_id" in named:
        return found
    for place, heading in enumerate(headings):
        column = remembered.get(heading) or _ALSO.get(heading)
        if heading not in _KNOWN and column in _BY_LEARNER and column not in named:
            found.append((place, column))
            named.add(column)
    return sorted(found)


def _rows(number: int, line: str, issuer: str, catalog: Catalog, reason: Reason) -> Iterator[AskedRow]:
    if (found := _ID.search(line.lower())) is not None:
        yield AskedRow(number, reason, found.group())
        return
    parts: Sequence[str] = [part.strip() for part in _DIVIDED.split(line) if part.strip()]
    if len(parts) >= 2:
        yield AskedRow(number, reason, None, parts[0], parts[1])
    elif parts:
        for credential in catalog.credentials(issuer=issuer, learner_id=parts[0]):
            if credential.kind in EARNED:
                yield AskedRow(number, reason, credential.credential_id)


def _too_many() -> str:
    return gettext("At most %(n)s credentials can be named at once.") % {"n": f"{MAX_ROWS:,}"}
