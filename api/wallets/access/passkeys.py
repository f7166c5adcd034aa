"""The passkeys of wallets. The ceremonies themselves are `api/passkey_ceremonies.py`."""

from __future__ import annotations

import secrets
from typing import Any

from sqlmodel import Session, col, select

from api.clock import Clock, unix_now
from api.passkey_ceremonies import Ceremonies, challenge_of, is_copied, named_by, refused
from api.wallets.access.audit import Audit
from api.wallets.access.challenges import Challenges
from api.wallets.access.sessions import Sessions
from api.wallets.access.tables import PasskeyRow
from api.wallets.access.values import Entered, Passkey, Way, What
from api.wallets.access.ways import passkey_value, require_another_way
from ledger.documents.strict_json import JsonObject
from ledger.errors import Conflict, NotFound
from ledger.storage import Database

MOST = 30
"""Passkeys of one wallet."""


class Passkeys:
    """The passkeys of wallets. `base` is what this site's links begin with."""

    def __init__(
        self,
        database: Database,
        challenges: Challenges,
        sessions: Sessions,
        audit: Audit,
        base: str,
        clock: Clock = unix_now,
    ) -> None:
        self._database = database
        self._challenges = challenges
        self._sessions = sessions
        self._audit = audit
        self._ceremonies = Ceremonies(base)
        self._clock = clock

    # --- registering ---

    def creation_options(self, wallet_id: str) -> dict[str, Any]:
        """What a browser's `navigator.credentials.create` takes, with a fresh challenge. Raises Conflict."""
        with self._database.reading() as session:
            rows = rows_of(session, wallet_id)
        if len(rows) >= MOST:
            raise Conflict(f"a wallet has at most {MOST} passkeys", "too_many_passkeys")
        handle = secrets.token_bytes(16)
        return self._ceremonies.creation_options(
            user_name="Wallet of credentials",
            handle=handle,
            challenge=self._challenges.make("passkey_add", wallet_id, context=handle.hex()),
            known=[row.credential_id for row in rows],
        )

    def add(self, wallet_id: str, name: str, answer: JsonObject, way: Way) -> Passkey:
        """Keeps the passkey that an authenticator made. Raises NotProven `passkey_refused`, Conflict."""
        challenge = challenge_of(answer)
        taken = self._challenges.take(challenge, "passkey_add", wallet_id)
        if taken is None:
            raise refused()
        made = self._ceremonies.made(answer, challenge)
        now = self._clock()
        row = PasskeyRow(
            credential_id=made.credential_id,
            id=secrets.token_hex(16),
            wallet=wallet_id,
            user_handle=bytes.fromhex(taken.context),
            public_key=made.public_key,
            sign_count=made.sign_count,
            name=name,
            added_at=now,
        )
        with self._database.writing(alone=wallet_id.encode()) as session:
            if session.get(PasskeyRow, made.credential_id) is not None:
                raise Conflict("this passkey opens a wallet already", "passkey_known")
            if len(rows_of(session, wallet_id)) >= MOST:
                raise Conflict(f"a wallet has at most {MOST} passkeys", "too_many_passkeys")
            session.add(row)
            self._audit.tell(session, wallet_id, What.PASSKEY_ADDED, way)
            return passkey_value(row)

    # --- signing in ---

    def request_options(self) -> dict[str, Any]:
        """What a browser's `navigator.credentials.get` takes, with a fresh challenge: for any wallet's passkey."""
        return self._ceremonies.request_options(self._challenges.make("passkey_enter"))

    def enter(self, answer: JsonObject) -> Entered:
        """Signs in. Raises NotProven `passkey_refused`, whatever the reason is."""
        challenge = self._take_enter_challenge(answer)
        with self._database.writing() as session:
            wallet = self._shown_by(session, answer, challenge)
            if wallet is not None:
                self._audit.note(session, wallet, What.SIGNED_IN, Way.PASSKEY)
                return self._sessions.begin(session, wallet, Way.PASSKEY)
        raise refused()

    def shown(self, answer: JsonObject) -> str:
        """The wallet whose owner an answer to `request_options` shows somebody to be. Raises as `enter`."""
        challenge = self._take_enter_challenge(answer)
        with self._database.writing() as session:
            wallet = self._shown_by(session, answer, challenge)
        if wallet is None:
            raise refused()
        return wallet

    def _take_enter_challenge(self, answer: JsonObject) -> bytes:
        challenge = challenge_of(answer)
        if self._challenges.take(challenge, "passkey_enter") is None:
            raise refused()
        return challenge

    def _shown_by(self, session: Session, answer: JsonObject, challenge: bytes) -> str | None:
        """The wallet of the passkey that signed; None if none did. A passkey that was copied is stopped here."""
        row = self._row_of(session, answer)
        if row is None or row.stopped_at is not None:
            return None
        count = self._ceremonies.signed_count(answer, challenge, row.public_key)
        if count is None:
            return None
        if is_copied(count, row.sign_count):
            row.stopped_at = self._clock()
            session.add(row)
            self._audit.tell(session, row.wallet, What.PASSKEY_COPIED, Way.PASSKEY)
            return None
        row.sign_count, row.used_at = count, self._clock()
        session.add(row)
        return row.wallet

    def _row_of(self, session: Session, answer: JsonObject) -> PasskeyRow | None:
        """The passkey that an answer names, made with the user handle in it."""
        named = named_by(answer)
        row = session.get(PasskeyRow, named[0], with_for_update=True) if named else None
        return row if row is not None and named is not None and row.user_handle == named[1] else None

    # --- keeping ---

    def rename(self, wallet_id: str, passkey: str, name: str, way: Way) -> Passkey:
        """Raises NotFound `passkey_unknown`."""
        with self._database.writing() as session:
            row = find(session, wallet_id, passkey)
            row.name = name
            session.add(row)
            self._audit.note(session, wallet_id, What.PASSKEY_RENAMED, way)
            return passkey_value(row)

    def remove(self, wallet_id: str, passkey: str, way: Way) -> None:
        """Raises NotFound `passkey_unknown`, Conflict `last_way_in`."""
        with self._database.writing(alone=wallet_id.encode()) as session:
            row = find(session, wallet_id, passkey)
            session.delete(row)
            if row.stopped_at is None:
                require_another_way(session, wallet_id)
            self._audit.note(session, wallet_id, What.PASSKEY_REMOVED, way)


def rows_of(session: Session, wallet_id: str) -> list[PasskeyRow]:
    return list(
        session.exec(select(PasskeyRow).where(PasskeyRow.wallet == wallet_id).order_by(col(PasskeyRow.added_at)))
    )


def find(session: Session, wallet_id: str, passkey: str) -> PasskeyRow:
    row = session.exec(select(PasskeyRow).where(PasskeyRow.wallet == wallet_id, PasskeyRow.id == passkey)).first()
    if row is None:
        raise NotFound("this wallet has no such passkey", "passkey_unknown")
    return row
