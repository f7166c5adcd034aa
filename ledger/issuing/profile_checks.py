"""What profiles say of drafts: errors of claimed profiles keep a draft from being stored, the rest is shown with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import orjson
from sqlmodel import func, select

from ledger.documents.credential import new_credential_id
from ledger.errors import DraftError, Problem
from ledger.issuing.catalog import Catalog
from ledger.issuing.drafting import Entry
from ledger.issuing.programmes import Programmes
from ledger.issuing.tables import CredentialRow, DocumentRow
from ledger.stacking.profiles.claims import document_problems
from ledger.stacking.profiles.finding import Finding
from ledger.stacking.profiles.linting import lint
from ledger.storage import Database


def require_profiles(entries: Sequence[Entry], profiles: Sequence[str], *, country: str | None, today: date) -> None:
    """Raises DraftError with every error of these profiles, and every title that the issuer may not give.

    One document of each achievement is looked at: within one, rows differ in nothing that a profile asks for.
    """
    problems: list[Problem] = []
    seen: set[str] = set()
    for entry in entries:
        if entry.achievement not in seen:
            seen.add(entry.achievement)
            document = entry.build(new_credential_id(), 0)
            problems += document_problems(document, profiles, country=country, today=today, row=entry.row)
    if problems:
        raise DraftError(problems)


@dataclass(frozen=True)
class BatchFindings:
    """The profiles that a batch's programmes claim, and what they miss in it."""

    profiles: tuple[str, ...]
    findings: tuple[Finding, ...]


class ProfileChecks:
    """What the profiles that programmes claim say of a stored batch."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._catalog = Catalog(database)
        self._programmes = Programmes(database)

    def of_batch(self, batch_id: int) -> BatchFindings:
        """The findings of claimed profiles in one document of each achievement of the batch. Raises NotFound."""
        issuer = self._catalog.batch(batch_id).issuer
        claimed = {
            achievement: parsed.profiles
            for stored in self._catalog.programmes(issuer)
            for parsed in [self._programmes.parsed(issuer, stored.code)]
            for achievement in stored.achievements
        }
        first = (
            select(CredentialRow.achievement, func.min(CredentialRow.position))
            .where(CredentialRow.batch == batch_id)
            .group_by(CredentialRow.achievement)
        )
        today = datetime.now(UTC).date()
        profiles: dict[str, None] = {}
        found: dict[Finding, None] = {}
        with self._database.reading() as session:
            for achievement, position in session.exec(first).all():
                body = session.exec(
                    select(DocumentRow.body).where(DocumentRow.batch == batch_id, DocumentRow.position == position)
                ).first()
                if body is not None:
                    profiles |= dict.fromkeys(claimed.get(achievement, ()))
                    for profile in claimed.get(achievement, ()):
                        found |= dict.fromkeys(lint(orjson.loads(body), profile, today=today))
        return BatchFindings(tuple(profiles), tuple(found))
