"""The log of an institution: who did what, when, to what. Lines are only ever added, each with a hash over it and the
hash before it, so that one that is missing or was changed shows.

The log names learners by no more than the ids of their credentials.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from api.clock import Clock, unix_now
from api.staff.tables import StaffAuditHeadRow, StaffAuditRow
from api.staff.values import Entry, InstitutionKind, Member
from ledger.documents.canonical import canonicalize
from ledger.storage import Database

NOTHING = bytes(32)
"""What the first line has for the hash before it."""
MOST_TEXT = 500
SHOWN = 50
_AT_ONCE = 500


@dataclass(frozen=True)
class Wanted:
    """Which lines are wanted: of one person, of one kind, from a moment until before another. Empty: all."""

    person: str = ""
    what: str = ""
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True)
class Soundness:
    """What a check of a log found. `broken` is the number of the first line that is wrong, `why` says how."""

    kind: InstitutionKind
    institution: str
    lines: int
    head: bytes
    broken: int | None = None
    why: str = ""


class Audit:
    """The logs of all institutions."""

    def __init__(self, database: Database, clock: Clock = unix_now) -> None:
        self._database = database
        self._clock = clock

    def note(self, member: Member, what: str, subject: str, detail: str = "") -> None:
        """Adds a line. `what` is a stable word such as `batch_approved`; `subject` says to what, by an id."""
        with self._database.writing(alone=lock_of(member)) as session:
            self._add(session, member, what, subject, detail)

    def note_in(self, session: Session, member: Member, what: str, subject: str, detail: str = "") -> None:
        """As `note`, within a writing session: the line stands if, and only if, what it tells of does."""
        self._add(session, member, what, subject, detail)

    def entries(
        self, kind: InstitutionKind, institution: str, wanted: Wanted = Wanted(), *, offset: int = 0, limit: int = SHOWN
    ) -> list[Entry]:
        """Lines of a log, the latest first."""
        query = chosen(kind, institution, wanted).order_by(col(StaffAuditRow.number).desc()).offset(offset).limit(limit)
        with self._database.reading() as session:
            return [entry_of(row) for row in session.exec(query)]

    def count(self, kind: InstitutionKind, institution: str, wanted: Wanted = Wanted()) -> int:
        """How many lines `entries` has in all."""
        query = select(func.count()).select_from(chosen(kind, institution, wanted).subquery())
        with self._database.reading() as session:
            return int(session.exec(query).one())

    def every(self, kind: InstitutionKind, institution: str, wanted: Wanted = Wanted()) -> Iterator[Entry]:
        """All such lines, the oldest first, read some at a time."""
        after = 0
        while True:
            query = (
                chosen(kind, institution, wanted)
                .where(col(StaffAuditRow.number) > after)
                .order_by(col(StaffAuditRow.number))
                .limit(_AT_ONCE)
            )
            with self._database.reading() as session:
                rows = [entry_of(row) for row in session.exec(query)]
            yield from rows
            if len(rows) < _AT_ONCE:
                return
            after = rows[-1].number

    def people(self, kind: InstitutionKind, institution: str) -> list[tuple[str, str]]:
        """Who stands in a log: their ids and what they were called last."""
        query = (
            select(StaffAuditRow.person, func.max(StaffAuditRow.who))
            .where(StaffAuditRow.kind == kind, StaffAuditRow.institution == institution)
            .group_by(StaffAuditRow.person)
            .order_by(func.max(StaffAuditRow.who))
        )
        with self._database.reading() as session:
            return [(person, who) for person, who in session.exec(query)]

    def kinds(self, kind: InstitutionKind, institution: str) -> list[str]:
        """What stands in a log, each word once."""
        query = (
            select(StaffAuditRow.what)
            .where(StaffAuditRow.kind == kind, StaffAuditRow.institution == institution)
            .distinct()
            .order_by(StaffAuditRow.what)
        )
        with self._database.reading() as session:
            return list(session.exec(query))

    def check(self) -> list[Soundness]:
        """Reckons every log anew, from its first line to its head."""
        with self._database.reading() as session:
            logs = set(session.exec(select(StaffAuditRow.kind, StaffAuditRow.institution).distinct()))
            logs |= set(session.exec(select(StaffAuditHeadRow.kind, StaffAuditHeadRow.institution)))
        return [self._check(InstitutionKind(kind), institution) for kind, institution in sorted(logs)]

    def _check(self, kind: InstitutionKind, institution: str) -> Soundness:
        with self._database.reading() as session:
            head = session.get(StaffAuditHeadRow, (kind, institution))
            number, last = (head.number, head.hash) if head else (0, NOTHING)
        previous, lines = NOTHING, 0
        for entry in self.every(kind, institution):
            lines += 1
            if entry.number > number:
                break  # it was added after the head was read
            if entry.number != lines:
                return Soundness(kind, institution, lines, last, lines, "a line is missing")
            if entry.previous != previous or entry.hash != hash_of(kind, institution, entry):
                return Soundness(kind, institution, lines, last, lines, "a line was changed")
            previous = entry.hash
        if lines < number:
            return Soundness(kind, institution, lines, last, lines + 1, "lines are missing at the end")
        if previous != last and lines == number:
            return Soundness(kind, institution, lines, last, lines, "the last line is another one")
        return Soundness(kind, institution, lines, last)

    def _add(self, session: Session, member: Member, what: str, subject: str, detail: str) -> None:
        kind, institution = member.kind, member.institution
        head = session.get(StaffAuditHeadRow, (kind, institution), with_for_update=True)
        head = head or StaffAuditHeadRow(kind=kind, institution=institution, number=0, hash=NOTHING)
        entry = Entry(
            number=head.number + 1,
            at=self._clock(),
            person_id=member.person_id,
            who=member.email or member.name,
            what=what[:MOST_TEXT],
            subject=subject[:MOST_TEXT],
            detail=detail[:MOST_TEXT],
            previous=head.hash,
            hash=NOTHING,
        )
        head.number, head.hash = entry.number, hash_of(kind, institution, entry)
        session.add(head)
        session.add(
            StaffAuditRow(
                kind=kind,
                institution=institution,
                number=entry.number,
                at=entry.at,
                person=entry.person_id,
                who=entry.who,
                what=entry.what,
                subject=entry.subject,
                detail=entry.detail,
                previous=entry.previous,
                hash=head.hash,
            )
        )
        session.flush()


def hash_of(kind: InstitutionKind, institution: str, entry: Entry) -> bytes:
    """SHA-256 over the line's canonical JSON (RFC 8785), in which the hash before it stands."""
    return hashlib.sha256(
        canonicalize(
            {
                "institution": f"{kind}:{institution}",
                "number": entry.number,
                "at": entry.at,
                "person": entry.person_id,
                "who": entry.who,
                "what": entry.what,
                "subject": entry.subject,
                "detail": entry.detail,
                "previous": entry.previous.hex(),
            }
        )
    ).digest()


def lock_of(member: Member) -> bytes:
    return f"log of {member.kind}:{member.institution}".encode()


def chosen(kind: InstitutionKind, institution: str, wanted: Wanted) -> SelectOfScalar[StaffAuditRow]:
    query = select(StaffAuditRow).where(StaffAuditRow.kind == kind, StaffAuditRow.institution == institution)
    if wanted.person:
        query = query.where(StaffAuditRow.person == wanted.person)
    if wanted.what:
        query = query.where(StaffAuditRow.what == wanted.what)
    if wanted.since is not None:
        query = query.where(col(StaffAuditRow.at) >= wanted.since)
    if wanted.until is not None:
        query = query.where(col(StaffAuditRow.at) < wanted.until)
    return query


def entry_of(row: StaffAuditRow) -> Entry:
    return Entry(row.number, row.at, row.person, row.who, row.what, row.subject, row.detail, row.previous, row.hash)
