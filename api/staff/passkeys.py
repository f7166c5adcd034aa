"""The passkeys of people who work for institutions. The ceremonies themselves are `api/passkey_ceremonies.py`."""

from __future__ import annotations

import secrets
from typing import Any

from sqlmodel import Session, col, select

from api.clock import Clock, unix_now
from api.passkey_ceremonies import Ceremonies, challenge_of, is_copied, named_by, refused
from api.staff.sessions import Sessions
from api.staff.tables import StaffPasskeyRow
from api.staff.values import Entered, Passkey, Person, Way
from api.wallets.access.challenges import Challenges
from ledger.documents.strict_json import JsonObject
from ledger.errors import Conflict, NotFound
from ledger.storage import Database

MOST = 20
"""Passkeys of one person."""


class Passkeys:
    """The passkeys of people. `base` is what this site's links begin with."""

    def __init__(self, database: Database, sessions: Sessions, base: str, clock: Clock = unix_now) -> None:
        self._database = database
        self._challenges = Challenges(database, clock)
        self._sessions = sessions
        self._ceremonies = Ceremonies(base)
        self._clock = clock

    def all(self, person_id: str) -> list[Passkey]:
        """A person's passkeys, the oldest first."""
        with self._database.reading() as session:
            return [passkey_of(row) for row in rows_of(session, person_id)]

    def creation_options(self, person: Person) -> dict[str, Any]:
        """What a browser's `navigator.credentials.create` takes, with a fresh challenge. Raises Conflict."""
        with self._database.reading() as session:
            known = [row.credential_id for row in rows_of(session, person.id)]
        require_room(len(known))
        handle = secrets.token_bytes(16)
        context = f"{person.id}:{handle.hex()}"
        return self._ceremonies.creation_options(
            user_name=person.email,
            handle=handle,
            challenge=self._challenges.make("staff_passkey_add", context=context),
            known=known,
        )

    def add(self, person_id: str, name: str, answer: JsonObject) -> Passkey:
        """Keeps the passkey that an authenticator made. Raises NotProven `passkey_refused`, Conflict."""
        challenge = challenge_of(answer)
        taken = self._challenges.take(challenge, "staff_passkey_add")
        owner, _, handle = taken.context.partition(":") if taken is not None else ("", "", "")
        if owner != person_id:
            raise refused()
        made = self._ceremonies.made(answer, challenge)
        row = StaffPasskeyRow(
            credential_id=made.credential_id,
            id=secrets.token_hex(16),
            person=person_id,
            user_handle=bytes.fromhex(handle),
            public_key=made.public_key,
            sign_count=made.sign_count,
            name=name,
            added_at=self._clock(),
        )
        with self._database.writing(alone=person_id.encode()) as session:
            if session.get(StaffPasskeyRow, made.credential_id) is not None:
                raise Conflict("this passkey signs somebody in already", "passkey_known")
            require_room(len(rows_of(session, person_id)))
            session.add(row)
            return passkey_of(row)

    def remove(self, person_id: str, passkey: str) -> None:
        """Raises NotFound `passkey_unknown`."""
        with self._database.writing(alone=person_id.encode()) as session:
            rows = [row for row in rows_of(session, person_id) if row.id == passkey]
            if not rows:
                raise NotFound("you have no such passkey", "passkey_unknown")
            session.delete(rows[0])

    def request_options(self) -> dict[str, Any]:
        """What a browser's `navigator.credentials.get` takes, with a fresh challenge: for anybody's passkey."""
        return self._ceremonies.request_options(self._challenges.make("staff_passkey_enter"))

    def enter(self, answer: JsonObject) -> Entered:
        """Signs in. Raises NotProven `passkey_refused`, whatever the reason is."""
        challenge = challenge_of(answer)
        if self._challenges.take(challenge, "staff_passkey_enter") is None:
            raise refused()
        with self._database.writing() as session:
            person = self._shown_by(session, answer, challenge)
            if person is not None:
                return self._sessions.begin(session, person, Way.PASSKEY)
        raise refused()

    def _shown_by(self, session: Session, answer: JsonObject, challenge: bytes) -> str | None:
        """The person whose passkey signed; None if none did. A passkey that was copied is stopped here."""
        named = named_by(answer)
        row = session.get(StaffPasskeyRow, named[0], with_for_update=True) if named else None
        if row is None or named is None or row.user_handle != named[1] or row.stopped_at is not None:
            return None
        count = self._ceremonies.signed_count(answer, challenge, row.public_key)
        if count is None:
            return None
        session.add(row)
        if is_copied(count, row.sign_count):
            row.stopped_at = self._clock()
            return None
        row.sign_count, row.used_at = count, self._clock()
        return row.person


def rows_of(session: Session, person_id: str) -> list[StaffPasskeyRow]:
    return list(
        session.exec(
            select(StaffPasskeyRow)
            .where(StaffPasskeyRow.person == person_id)
            .order_by(col(StaffPasskeyRow.added_at), col(StaffPasskeyRow.id))
        )
    )


def require_room(count: int) -> None:
    if count >= MOST:
        raise Conflict(f"a person has at most {MOST} passkeys", "too_many_passkeys")


def passkey_of(row: StaffPasskeyRow) -> Passkey:
    return Passkey(row.id, row.name, row.added_at, row.used_at, row.stopped_at)
