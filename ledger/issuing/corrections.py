"""Corrections: new credentials that take the place of final ones, and have them revoked once they are final themselves.

A file of corrections has the columns of an import, `supersedes` with the id of the credential that the row corrects,
and optionally `note`, which the new credential shows as the reason. What it drafts goes through the pipeline as usual.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import orjson
from sqlmodel import col, select

from ledger.documents.achievement import Achievement
from ledger.documents.credential import IssuerProfile, superseded_resource
from ledger.documents.programme import parse_programme
from ledger.documents.text import NARRATIVE_LIMIT, text_problem
from ledger.errors import DraftError, NotFound
from ledger.issuing.catalog import Catalog
from ledger.issuing.csv_rows import MAX_ROWS, Columns, Problems, Row, read_rows, shown
from ledger.issuing.drafting import Entry, Then, entry_from_draft
from ledger.issuing.drafts import OPTIONAL_COLUMNS, REQUIRED_COLUMNS, Draft, DraftReader
from ledger.issuing.imports import Imports
from ledger.issuing.programmes import Programmes
from ledger.issuing.rows import issuer_row
from ledger.issuing.status_requests import Placing
from ledger.issuing.supersession import (
    COLUMN,
    Superseding,
    pending_revocations,
    settle,
    superseding_problems,
    unsettled,
)
from ledger.issuing.tables import CredentialRow
from ledger.issuing.values import Batch, RequestKey
from ledger.storage import INSERT_CHUNK, Database

COLUMNS = Columns((*REQUIRED_COLUMNS, COLUMN), (*OPTIONAL_COLUMNS, "note"))
DEFAULT_LABEL = "Corrections"
NOTHING_DRAFTED = "nothing was drafted"

_CREDENTIAL_ID = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNKNOWN_DIGEST = bytes(32)


@dataclass(frozen=True)
class Correction:
    """A row of a file: the credential as it should be, the id of the one that it corrects, and why."""

    draft: Draft
    supersedes: str
    note: str | None = None


class Corrections:
    """Drafts corrections, and has what they supersede revoked. Never asks the chain."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._catalog = Catalog(database)
        self._programmes = Programmes(database)
        self._imports = Imports(database)

    def draft(
        self,
        issuer: str,
        content: bytes,
        *,
        label: str | None = None,
        request: RequestKey | None = None,
        then: Then | None = None,
    ) -> tuple[Batch, bool]:
        """Drafts a batch of corrections from a CSV file, at most once for a request; says whether it is new.

        A correction says of the achievement what the credential says that it corrects, whatever the programme says by
        now. `then` is noted with the batch.

        Raises DraftError with every problem by row and column, those of `superseding_problems` among them; Conflict
        `already_issued`, `idempotency_conflict`. Nothing is stored then.
        """
        if request is not None and (made := self._imports.made_by(request)) is not None:
            return made, False
        corrections = read_corrections(content, self._achievements(issuer), today=datetime.now(UTC).date())
        entries = self._entries(issuer, corrections)
        return self._imports.store_once(issuer, entries, label=label or DEFAULT_LABEL, request=request, then=then)

    def check(self, issuer: str, content: bytes) -> None:
        """Raises DraftError as `draft` does for what it would refuse of this file; stores nothing."""
        corrections = read_corrections(content, self._achievements(issuer), today=datetime.now(UTC).date())
        wanted = [
            Superseding(one.supersedes, one.draft.achievement.code, one.draft.learner, one.draft.row)
            for one in corrections
        ]
        with self._database.writing() as session:
            if problems := list(superseding_problems(session, issuer_row(session, issuer), wanted)):
                raise DraftError(problems, then=NOTHING_DRAFTED)

    def settle(self, batch_id: int, placing: Placing | None = None) -> None:
        """Asks for the revocation, as superseded, of all that the credentials of a final batch take the place of.

        Does nothing for a batch that is not final, and nothing twice. What is asked for is pending then:
        `Revocation.advance` brings it about, or whoever carries the orders that `placing` makes of it.
        """
        settle(self._database, batch_id, placing)

    def pending(self, batches: Sequence[int]) -> tuple[int, ...]:
        """The status calls that `settle` asked for on account of these batches, and that are not final yet."""
        return pending_revocations(self._database, batches)

    def unsettled(self) -> tuple[int, ...]:
        """The final batches that still need `settle`: after a crash, until their work goes on."""
        return unsettled(self._database)

    def _achievements(self, issuer: str) -> list[Achievement]:
        """All that the issuer awards, in any of its programmes."""
        return [
            achievement
            for stored in self._catalog.programmes(issuer)
            for achievement in self._programmes.parsed(issuer, stored.code).achievements
        ]

    def _entries(self, issuer: str, corrections: Sequence[Correction]) -> list[Entry]:
        profile = self._catalog.issuer(issuer).profile
        digests = self._digests([correction.supersedes for correction in corrections])
        return [
            entry_from_draft(
                profile,
                self._as_issued(issuer, profile, correction),
                supersedes=correction.supersedes,
                related=[
                    superseded_resource(
                        correction.supersedes,
                        # One that is unknown is refused when the batch is stored.
                        digest=digests.get(correction.supersedes, _UNKNOWN_DIGEST),
                        note=correction.note,
                    )
                ],
            )
            for correction in corrections
        ]

    def _as_issued(self, issuer: str, profile: IssuerProfile, correction: Correction) -> Draft:
        """The draft with the version of the achievement that stands in the credential that is corrected."""
        draft = correction.draft
        programme = next(
            (one for one in self._catalog.programmes(issuer) if draft.achievement.code in one.achievements), None
        )
        if programme is None or len(versions := self._programmes.versions(issuer, programme.code)) == 1:
            return draft
        try:
            document = orjson.loads(next(iter(self._catalog.documents([correction.supersedes]))))
        except (NotFound, StopIteration):
            return draft  # one that is unknown is refused when the batch is stored
        issued = document["credentialSubject"]["achievement"]
        drafted_at = self._catalog.batch(self._catalog.credential(correction.supersedes).batch_id).created_at
        then = draft.achievement
        for version in versions:
            found = parse_programme(version.content).find(draft.achievement.code)
            if found is not None and found.to_dict(profile.base_url) == issued:
                return replace(draft, achievement=found)
            if found is not None and (version.saved_at or 0) <= drafted_at:
                then = found
        return replace(draft, achievement=then)

    def _digests(self, names: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        with self._database.reading() as session:
            for start in range(0, len(names), INSERT_CHUNK):
                query = select(CredentialRow.credential_id, CredentialRow.digest).where(
                    col(CredentialRow.credential_id).in_(names[start : start + INSERT_CHUNK])
                )
                found |= dict(session.exec(query).all())
        return found


def read_corrections(
    data: bytes, achievements: Sequence[Achievement], *, today: date, max_rows: int = MAX_ROWS
) -> tuple[Correction, ...]:
    """The corrections of a CSV file, in the order of its rows. `today` is the date in UTC.

    Raises DraftError as `read_csv`, with `csv_credential_id` and, for one that is corrected twice, `csv_duplicate`.
    """
    problems = Problems()
    reader = DraftReader(achievements, "of this issuer", today, problems)
    rows_of_superseded: dict[str, int] = {}
    corrections = []
    for number, cells in read_rows(data, COLUMNS, problems, max_rows=max_rows):
        draft = reader.read(number, cells)
        supersedes = read_credential_id(number, COLUMN, cells, problems)
        note = read_note(number, cells, problems)
        if supersedes is not None and (first := rows_of_superseded.setdefault(supersedes, number)) != number:
            problems.add("csv_duplicate", f"is corrected by row {first} already", number, COLUMN)
        if draft is not None and supersedes is not None:
            corrections.append(Correction(draft, supersedes, note))
    if problems.count:
        raise DraftError(problems.listed(), then=NOTHING_DRAFTED)
    return tuple(corrections)


def read_credential_id(row: int, column: str, cells: Row, problems: Problems) -> str | None:
    """The id in a cell, or None after noting what is wrong with it: `csv_credential_id`."""
    value = cells[column]
    if value is None:
        return None
    if not _CREDENTIAL_ID.fullmatch(value):
        message = f"“{shown(value)}” is not the id of a credential (urn:uuid:…)" if value else "is empty"
        problems.add("csv_credential_id", message, row, column)
        return None
    return value


def read_note(row: int, cells: Row, problems: Problems) -> str | None:
    """The note of a row, if it has one."""
    note = cells.get("note")
    if not note:
        return None
    problem = text_problem(note, limit=NARRATIVE_LIMIT, lines=True)
    if problem is not None:
        problems.add(problem.code, problem.message, row, "note")
    return note
