"""Overviews: what a learner's credentials add up to and lead to, as they stand at this moment."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from sqlmodel import col, func, select

from api.clock import Clock, unix_now
from api.wallets.holdings import Holding, Holdings
from api.wallets.ownership import Whose
from api.wallets.service import Verify
from api.wallets.tables import WalletPathwayRow
from api.wallets.values import WalletPathway
from ledger.documents.recognition import Recognition, read_recognition
from ledger.documents.strict_json import JsonObject
from ledger.errors import Conflict, MalformedDocument, NotFound
from ledger.issuing.pathways import Pathways
from ledger.issuing.values import StoredPathway
from ledger.stacking.held import read_held
from ledger.stacking.overview import Entry, overview
from ledger.stacking.pathway import Pathway, parse_pathway
from ledger.stacking.progress import stacks_into
from ledger.stacking.references import foreign_to_all, unknown_names
from ledger.stacking.totals import DEFAULT_UNIT
from ledger.storage import Database
from ledger.verifying.report import VerificationReport

MAX_PATHWAYS = 200
"""Pathways that a learner brings along."""


@dataclass(frozen=True)
class Glance:
    """A wallet at one moment: what it holds, the report on each (None for what cannot be read now), and the sums."""

    holdings: tuple[Holding, ...]
    reports: tuple[VerificationReport | None, ...] = field(repr=False)
    summed: JsonObject = field(repr=False)


class Overviews:
    """What wallets hold, at a glance. Everything is checked again each time: only what holds now counts."""

    def __init__(self, database: Database, holdings: Holdings, verify: Verify, clock: Clock = unix_now) -> None:
        self._database = database
        self._holdings = holdings
        self._verify = verify
        self._published = Pathways(database)
        self._clock = clock

    def of_wallet(self, wallet_id: str, *, unit: str = DEFAULT_UNIT) -> JsonObject:
        """Totals, timeline, levels, skills, issuers, pathways and associations of a wallet."""
        return self.glance(wallet_id, unit=unit).summed

    def glance(self, wallet_id: str, *, unit: str = DEFAULT_UNIT) -> Glance:
        """As `of_wallet`, with the credentials and the reports that it was made of."""
        holdings = tuple(self._holdings.all(wallet_id))
        results = self._verify([holding.held.document for holding in holdings])
        reports = tuple(one if isinstance(one, VerificationReport) else None for one in results)
        entries = [_entry(*pair) for pair in zip(holdings, reports, strict=True)]
        pathways = [*self._newest(), *self._own(wallet_id)]
        summed = overview(entries, pathways, recognitions_in(entries), on=self._today(), unit=unit)
        return Glance(holdings, reports, summed)

    def stacks_into(self, wallet_id: str, held_id: str) -> JsonObject:
        """What one credential of the wallet counts for, in each pathway that it could count in.

        Raises NotFound `credential_unknown`.
        """
        entries = self._entries(wallet_id)
        entry = next((entry for entry in entries if entry.key == held_id), None)
        if entry is None:
            raise NotFound("there is no such credential in this wallet", "credential_unknown")
        credential = read_held(entry.document)
        counts = entry.counts and credential is not None
        found: list[JsonObject] = []
        if counts and credential is not None:
            held = [one.held for one in entries if one.counts and one.held is not None]
            pathways = [*self._newest(), *self._own(wallet_id)]
            found = [*stacks_into(credential, pathways, held, recognitions_in(entries), self._today())]
        return {
            "key": entry.key,
            "id": entry.summary.id,
            "name": entry.summary.name,
            "counts": counts,
            "verdict": entry.verdict,
            "code": entry.code,
            "whose": entry.whose,
            "pathways": [*found],
        }

    def of_reports(self, reports: Sequence[VerificationReport], *, unit: str = DEFAULT_UNIT) -> JsonObject:
        """The same of what was shared and checked, records or credentials, and of nothing else; as of when that was."""
        entries = [entry for report in reports for entry in entries_of(report)]
        on = next((report.as_of.date() for report in reports if report.as_of), None) or self._today()
        return overview(entries, self._newest(), recognitions_in(entries), on=on, unit=unit)

    # --- the learner's choice of pathways ---

    def add_pathway(self, wallet_id: str, content: bytes) -> WalletPathway:
        """Keeps the document of a pathway, of wherever.

        Raises MalformedDocument, Conflict `too_many_pathways`, `pathway_differs` for one that says something else than
        the one of this id that is published here.
        """
        pathway = parse_pathway(content)
        if problem := next(unknown_names(pathway, (), foreign_to_all), None):
            raise MalformedDocument("pathway_invalid", f"the pathway is not one that Cairn can read: {problem}")
        if any(one.pathway_id == pathway.id and one.content != pathway.canonical() for one in self._published.all()):
            message = "the institution publishes this pathway here, and it says something else; a version never changes"
            raise Conflict(message, "pathway_differs")
        with self._database.writing(alone=wallet_id.encode()) as session:
            known = select(WalletPathwayRow).where(WalletPathwayRow.wallet == wallet_id)
            row = session.exec(known.where(WalletPathwayRow.pathway_id == pathway.id)).first()
            if row is None:
                count = session.exec(
                    select(func.count()).select_from(WalletPathwayRow).where(WalletPathwayRow.wallet == wallet_id)
                ).one()
                if count >= MAX_PATHWAYS:
                    raise Conflict(f"a wallet has at most {MAX_PATHWAYS} pathways of its own", "too_many_pathways")
                row = WalletPathwayRow(
                    id=secrets.token_hex(16),
                    wallet=wallet_id,
                    pathway_id=pathway.id,
                    title=pathway.title,
                    added_at=self._clock(),
                    content=b"",
                )
            row.title, row.content = pathway.title, pathway.canonical()
            session.add(row)
            session.flush()
            return pathway_value(row)

    def pathways(self, wallet_id: str) -> list[WalletPathway]:
        """The pathways that the learner brought along, the oldest first."""
        with self._database.reading() as session:
            rows = session.exec(
                select(WalletPathwayRow)
                .where(WalletPathwayRow.wallet == wallet_id)
                .order_by(col(WalletPathwayRow.added_at), col(WalletPathwayRow.id))
            )
            return [pathway_value(row) for row in rows]

    def remove_pathway(self, wallet_id: str, key: str) -> None:
        """Raises NotFound `pathway_unknown`."""
        with self._database.writing() as session:
            row = session.exec(
                select(WalletPathwayRow).where(WalletPathwayRow.wallet == wallet_id, WalletPathwayRow.id == key)
            ).first()
            if row is None:
                raise NotFound("there is no such pathway in this wallet", "pathway_unknown")
            session.delete(row)

    def _own(self, wallet_id: str) -> Iterator[Pathway]:
        published = {stored.pathway_id for stored in self._published.all()}
        for pathway in self.pathways(wallet_id):
            if pathway.pathway_id not in published:
                yield parse_pathway(pathway.content)

    def _newest(self) -> list[Pathway]:
        """The newest version of each pathway that this ledger's issuers have published."""
        newest: dict[tuple[str, str], StoredPathway] = {}
        for stored in self._published.all():
            known = newest.get((stored.issuer, stored.code))
            if known is None or known.version < stored.version:
                newest[stored.issuer, stored.code] = stored
        return [parse_pathway(stored.content) for stored in newest.values()]

    def _entries(self, wallet_id: str) -> list[Entry]:
        holdings = self._holdings.all(wallet_id)
        found = self._verify([holding.held.document for holding in holdings])
        reports = [one if isinstance(one, VerificationReport) else None for one in found]
        return [_entry(*pair) for pair in zip(holdings, reports, strict=True)]

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date()


def entries_of(report: VerificationReport, whose: Whose | None = None) -> list[Entry]:
    """What a report speaks of: the credentials of a record, those of records in it too, or the one credential.

    Those of a record that mixes several people's count for nobody.
    """
    if report.components:
        is_mixed = report.check("holder").code == "subject_mismatch"
        return [entry for part in report.components for entry in entries_of(part, "other" if is_mixed else whose)]
    if report.document is None:
        return []
    key = str(report.document.get("id") or f"0x{report.digest.hex()}")
    name = report.issuer.accredited_name
    return [Entry(key, report.document, report.verdict.value, report.code, name, whose)]


def recognitions_in(entries: Sequence[Entry]) -> list[Recognition]:
    """The recognition decisions among them that hold."""
    found = (read_recognition(entry.document) for entry in entries if entry.verdict == "valid")
    return [decision for decision in found if decision is not None]


def pathway_value(row: WalletPathwayRow) -> WalletPathway:
    return WalletPathway(row.id, row.pathway_id, row.title, row.added_at, row.content)


def _entry(holding: Holding, report: VerificationReport | None) -> Entry:
    held = holding.held
    if report is None:  # what was read when it arrived can't be read any more
        return Entry(held.id, holding.document, "invalid", "unreadable", None, holding.whose)
    name = report.issuer.accredited_name
    return Entry(held.id, holding.document, report.verdict.value, report.code, name, holding.whose)
