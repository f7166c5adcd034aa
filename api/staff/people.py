"""Who works for which institution, with which roles; and whether two persons are needed there."""

from __future__ import annotations

import secrets

from sqlmodel import Session, col, select

from api.clock import Clock, unix_now
from api.staff.audit import Audit, lock_of
from api.staff.tables import MemberRow, PersonRow, StaffSettingRow
from api.staff.values import (
    Institution,
    InstitutionKind,
    Member,
    Person,
    Role,
    TwoPersons,
    roles_of,
    roles_text,
)
from api.wallets.access.addresses import normal
from api.wallets.access.letters import queue
from ledger.documents.text import text_problem
from ledger.errors import Conflict, MalformedDocument, NotFound
from ledger.issuing.catalog import Catalog
from ledger.issuing.values import IssuerKind
from ledger.storage import Database

MOST = 200
"""People of one institution."""


class People:
    """The people of all institutions."""

    def __init__(self, database: Database, catalog: Catalog, audit: Audit, clock: Clock = unix_now) -> None:
        self._database = database
        self._catalog = catalog
        self._audit = audit
        self._clock = clock

    # --- institutions ---

    def institution(self, kind: InstitutionKind, slug: str) -> Institution:
        """Raises NotFound, also for a publisher, for which nobody signs in."""
        if kind is InstitutionKind.ACCREDITOR:
            return Institution(kind, slug, self._catalog.accreditor(slug).name)
        issuer = self._catalog.issuer(slug)
        if issuer.kind is not IssuerKind.ISSUER:
            raise NotFound(f"there is no issuer {slug!r}", "issuer_unknown")
        return Institution(kind, slug, issuer.name)

    def of(self, kind: InstitutionKind, slug: str) -> list[Member]:
        """Who works for an institution, by name."""
        query = (
            select(PersonRow, MemberRow)
            .join(MemberRow, col(MemberRow.person) == PersonRow.id)
            .where(MemberRow.kind == kind, MemberRow.institution == slug)
            .order_by(PersonRow.name, PersonRow.email)
        )
        with self._database.reading() as session:
            return [member_of(person, row) for person, row in session.exec(query)]

    def member(self, person_id: str, kind: InstitutionKind, slug: str) -> Member | None:
        """A person in an institution, if they work there."""
        with self._database.reading() as session:
            row = session.get(MemberRow, (person_id, kind, slug))
            person = session.get(PersonRow, person_id)
            return member_of(person, row) if row is not None and person is not None else None

    def memberships(self, person_id: str) -> list[tuple[Institution, Member]]:
        """For which institutions a person works, in which roles."""
        with self._database.reading() as session:
            person = session.get(PersonRow, person_id)
            rows = session.exec(select(MemberRow).where(MemberRow.person == person_id)).all()
        if person is None:
            return []
        members = [member_of(person, row) for row in rows]
        found = [(self.institution(member.kind, member.institution), member) for member in members]
        return sorted(found, key=lambda pair: pair[0].name)

    def person(self, person_id: str) -> Person:
        """Raises NotFound `person_unknown`."""
        with self._database.reading() as session:
            row = session.get(PersonRow, person_id)
            if row is None:
                raise unknown()
            return Person(row.id, row.email, row.name)

    def find(self, email: str) -> Person | None:
        """The person of an address. Raises MalformedDocument for what is none."""
        address = normal(email)
        with self._database.reading() as session:
            row = session.exec(select(PersonRow).where(PersonRow.email == address)).first()
            return Person(row.id, row.email, row.name) if row is not None else None

    # --- who works where ---

    def add(self, by: Member, email: str, name: str, role: Role, *, invite: bool = False) -> Member:
        """Has somebody work for the institution of whoever adds them, with a letter that says so if they are invited.

        Whom the ledger knows already keeps their name. Raises MalformedDocument for an address or a name that cannot be
        taken, Conflict `member_exists`, `too_many_members`.
        """
        address, called = normal(email), name.strip()
        if problem := text_problem(called):
            raise MalformedDocument(problem.code, f"the name {problem.message}")
        institution = self.institution(by.kind, by.institution)
        now = self._clock()
        with self._database.writing(alone=lock_of(by)) as session:
            rows = members_of(session, by)
            if len(rows) >= MOST:
                raise Conflict(f"an institution has at most {MOST} people", "too_many_members")
            person = session.exec(select(PersonRow).where(PersonRow.email == address)).first()
            if person is None:
                person = PersonRow(id=secrets.token_hex(16), email=address, name=called, added_at=now)
                session.add(person)
                session.flush()
            if any(row.person == person.id for row in rows):
                raise Conflict("this person works here already; change their role instead", "member_exists")
            row = MemberRow(
                person=person.id,
                kind=by.kind,
                institution=by.institution,
                roles=roles_text([role]),
                added_at=now,
            )
            session.add(row)
            self._audit.note_in(session, by, "person_added", person.id, f"{address}, {role}")
            if invite:
                queue(session, "staff_invited", address, now=now, said=institution.name)
            return member_of(person, row)

    def change(self, by: Member, person_id: str, role: Role) -> Member:
        """Gives somebody another role. Raises NotFound `person_unknown`, Conflict `last_admin`."""
        with self._database.writing(alone=lock_of(by)) as session:
            row, person = self._found(session, by, person_id)
            before = row.roles
            row.roles = roles_text([role])
            session.add(row)
            require_admin(session, by)
            if before != row.roles:
                self._audit.note_in(session, by, "role_changed", person_id, f"{before} → {row.roles}")
            return member_of(person, row)

    def remove(self, by: Member, person_id: str) -> None:
        """Has somebody work here no longer. Who works nowhere else is forgotten, and signed out.

        Raises NotFound `person_unknown`, Conflict `last_admin`.
        """
        with self._database.writing(alone=lock_of(by)) as session:
            row, person = self._found(session, by, person_id)
            was_admin = Role.ADMIN in roles_of(row.roles)
            session.delete(row)
            session.flush()
            if was_admin:
                require_admin(session, by)
            self._audit.note_in(session, by, "person_removed", person_id, person.email)
            if session.exec(select(MemberRow.person).where(MemberRow.person == person_id)).first() is None:
                session.delete(person)

    # --- two persons ---

    def two_persons(self, kind: InstitutionKind, slug: str) -> TwoPersons:
        """Whether what one prepares another has to approve: as was chosen, else where two may approve."""
        with self._database.reading() as session:
            row = session.get(StaffSettingRow, (kind, slug))
            chosen = row.two_persons if row is not None else None
        if chosen is not None:
            return TwoPersons(chosen, chosen)
        approvers = [member for member in self.of(kind, slug) if member.may(Role.APPROVES)]
        return TwoPersons(len(approvers) >= 2, None)

    def choose_two_persons(self, by: Member, needed: bool) -> None:
        """Has two persons be needed, or not."""
        with self._database.writing(alone=lock_of(by)) as session:
            row = session.get(StaffSettingRow, (by.kind, by.institution))
            if row is not None and row.two_persons == needed:
                return
            row = row or StaffSettingRow(kind=by.kind, institution=by.institution, two_persons=needed)
            row.two_persons = needed
            session.add(row)
            self._audit.note_in(session, by, "two_persons_set", by.institution, "needed" if needed else "not needed")

    def _found(self, session: Session, by: Member, person_id: str) -> tuple[MemberRow, PersonRow]:
        row = session.get(MemberRow, (person_id, by.kind, by.institution))
        person = session.get(PersonRow, person_id)
        if row is None or person is None:
            raise unknown()
        return row, person


def members_of(session: Session, by: Member) -> list[MemberRow]:
    query = select(MemberRow).where(MemberRow.kind == by.kind, MemberRow.institution == by.institution)
    return list(session.exec(query))


def require_admin(session: Session, by: Member) -> None:
    """Raises Conflict `last_admin` if nobody would look after the people any more."""
    session.flush()
    if not any(Role.ADMIN in roles_of(row.roles) for row in members_of(session, by)):
        raise Conflict("somebody has to look after the people here: make somebody else an admin first", "last_admin")


def member_of(person: PersonRow, row: MemberRow) -> Member:
    return Member(
        person_id=person.id,
        email=person.email,
        name=person.name,
        institution=row.institution,
        kind=InstitutionKind(row.kind),
        roles=roles_of(row.roles),
    )


def unknown() -> NotFound:
    return NotFound("nobody like that works here", "person_unknown")
