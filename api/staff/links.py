"""Links that sign a person in: good once, for an hour. Looking at one changes nothing; only confirming uses it."""

from __future__ import annotations

from sqlmodel import Session, col, delete, func, select

from api.clock import Clock, unix_now
from api.staff.sessions import HOUR, Sessions
from api.staff.tables import PersonRow, StaffLinkRow
from api.staff.values import Entered, Person, Way
from api.tokens import STAFF_LINK, Token, new_token, parse_token
from api.wallets.access.addresses import normal
from api.wallets.access.letters import queue
from ledger.errors import NotFound
from ledger.storage import Database

LINK_SECONDS = HOUR
MOST_LINKS = 5
"""Links to one person within an hour; what is asked for beyond that is not sent, and nobody is told."""


class Links:
    """The links of people."""

    def __init__(self, database: Database, sessions: Sessions, clock: Clock = unix_now) -> None:
        self._database = database
        self._sessions = sessions
        self._clock = clock

    def ask(self, email: str) -> None:
        """Has a link sent to an address, if it is somebody's. Raises MalformedDocument."""
        address = normal(email)
        with self._database.writing() as session:
            queue(session, "staff", address, now=self._clock())

    def for_letter(self, email: str) -> str | None:
        """The token of a new link for a letter to an address; None where nobody is to be written to."""
        now = self._clock()
        with self._database.writing() as session:
            person = session.exec(select(PersonRow.id).where(PersonRow.email == email)).first()
            if person is None:
                return None
            recent = session.exec(
                select(func.count())
                .select_from(StaffLinkRow)
                .where(StaffLinkRow.person == person, col(StaffLinkRow.created_at) > now - HOUR)
            ).one()
            return self._make(session, person).text if recent < MOST_LINKS else None

    def make(self, person_id: str) -> Token:
        """A new link for somebody whom the operator of the machine lets in."""
        with self._database.writing() as session:
            return self._make(session, person_id)

    def offer(self, token: str) -> Person:
        """Whom a link would sign in. Raises NotFound `link_unknown`, alike for used and ended ones."""
        with self._database.reading() as session:
            return self._found(session, token)

    def use(self, token: str) -> Entered:
        """Signs in, and uses the link up. Raises as `offer`."""
        with self._database.writing(alone=b"staff link " + (parse_token(STAFF_LINK, token) or b"")) as session:
            person = self._found(session, token)
            session.exec(delete(StaffLinkRow).where(col(StaffLinkRow.token_hash) == parse_token(STAFF_LINK, token)))
            return self._sessions.begin(session, person.id, Way.LINK)

    def _make(self, session: Session, person_id: str) -> Token:
        now, token = self._clock(), new_token(STAFF_LINK)
        session.exec(delete(StaffLinkRow).where(col(StaffLinkRow.expires_at) <= now - HOUR))
        session.add(
            StaffLinkRow(token_hash=token.hash, person=person_id, created_at=now, expires_at=now + LINK_SECONDS)
        )
        return token

    def _found(self, session: Session, token: str) -> Person:
        token_hash = parse_token(STAFF_LINK, token)
        row = session.get(StaffLinkRow, token_hash) if token_hash is not None else None
        person = session.get(PersonRow, row.person) if row is not None and row.expires_at > self._clock() else None
        if person is None:
            raise NotFound("there is no such link, or it was used, or it has ended", "link_unknown")
        return Person(person.id, person.email, person.name)
