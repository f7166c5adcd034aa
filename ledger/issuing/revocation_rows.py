"""Reads a file of credentials to be revoked, or reports everything that is wrong with it.

    credential_id,reason,note                   or          learner_id,achievement,reason,note

A row names a credential by its id, or by its learner and achievement; where it has both they must agree. `reason` is a
name or a number, `note` is kept by the issuer and goes nowhere. The file is read by the strict rules of `csv_rows.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.chain.registry import Reason
from ledger.errors import DraftError
from ledger.issuing.corrections import read_credential_id, read_note
from ledger.issuing.csv_rows import MAX_ROWS, Columns, Problems, Row, read_rows, shown

COLUMNS = Columns((), ("credential_id", "learner_id", "achievement", "reason", "note"))
NOTHING_REVOKED = "nothing was revoked"
_BY_LEARNER = ("learner_id", "achievement")


@dataclass(frozen=True)
class AskedRow:
    """A row of a file as it was read. `credential_id`, or `learner_id` and `achievement`, or all three are given."""

    row: int
    reason: Reason
    credential_id: str | None = None
    learner_id: str | None = None
    achievement: str | None = None
    note: str | None = None


def read_revocations(data: bytes, *, default: Reason | None = None, max_rows: int = MAX_ROWS) -> tuple[AskedRow, ...]:
    """The rows of a CSV file. `default` is the reason of those that give none.

    Raises DraftError with every problem: the codes of `csv_rows`, `csv_credential_id`, `csv_reason`, `csv_missing`.
    """
    problems = Problems()
    asked = []
    for number, cells in read_rows(data, COLUMNS, problems, max_rows=max_rows):
        if "credential_id" not in cells and not set(_BY_LEARNER) <= cells.keys():
            problems.add("csv_header", "needs the column credential_id, or learner_id and achievement", 1)
            break
        row = _read_row(number, cells, default, problems)
        if row is not None:
            asked.append(row)
    if problems.count:
        raise DraftError(problems.listed(), then=NOTHING_REVOKED)
    return tuple(asked)


def find_reason(text: str) -> Reason | None:
    """A reason by its name, as `issued-in-error` or `issued_in_error`, or by its number."""
    known = {reason.name.lower(): reason for reason in Reason} | {str(reason.value): reason for reason in Reason}
    return known.get(text.lower().replace("-", "_"))


def _read_row(number: int, cells: Row, default: Reason | None, problems: Problems) -> AskedRow | None:
    if None in cells.values():  # noted already
        return None
    before = problems.count
    credential_id = read_credential_id(number, "credential_id", cells, problems) if cells.get("credential_id") else None
    named = {name: cells.get(name) or None for name in _BY_LEARNER}
    missing = [name for name in _BY_LEARNER if named[name] is None]
    if len(missing) == 1:
        problems.add("csv_missing", "is empty", number, missing[0])
    elif missing and not cells.get("credential_id"):
        problems.add("csv_missing", "is empty", number, "credential_id" if "credential_id" in cells else missing[0])
    text = cells.get("reason")
    reason = find_reason(text) if text else default
    if reason is None:
        problems.add("csv_reason", f"“{shown(text)}” is no reason" if text else "is empty", number, "reason")
    note = read_note(number, cells, problems)
    if problems.count > before or reason is None:
        return None
    return AskedRow(number, reason, credential_id, named["learner_id"], named["achievement"], note)
