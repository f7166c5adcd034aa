"""Sending the letters of the queue, and making the one-time links in them.

A link is made when its letter is sent, so that its token stands nowhere but in the letter.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

from sqlmodel import Session, col, delete, func, select

from api.clock import DAY, Clock, unix_now
from api.tokens import LINK, new_token
from api.wallets.access.letters import STAFF_LETTERS, LetterKind, words_of
from api.wallets.access.tables import LetterRow, LinkRow
from api.wallets.access.values import HOUR, MINUTE
from api.wallets.tables import WalletAddressRow
from ledger.delivering.carriers import Carrier, carrier_of
from ledger.delivering.mail_settings import MailSettings
from ledger.delivering.mailing import letter as a_letter
from ledger.delivering.values import Answer
from ledger.storage import Database

LINK_SECONDS = HOUR
MOST_LINKS = 5
"""Links to one address within an hour; what is asked for beyond that is not sent, and nobody is told."""
CLAIM_SECONDS = 2 * MINUTE
WAITS = (30, 2 * MINUTE, 10 * MINUTE, HOUR)
BATCH = 20

StaffLink = Callable[[str], str | None]
"""The token of a new link for whoever works for an institution under an address; None where nobody does."""


@dataclass(frozen=True)
class Letter:
    """A letter of the queue that this worker took."""

    id: int
    kind: LetterKind
    email: str
    wallet_id: str | None
    said: str | None
    created_at: int
    tries: int


class Postman:
    """Sends letters. Without mail settings they wait for a day and are forgotten.

    `is_learner` says whether anything in this ledger was awarded to an address.
    """

    def __init__(
        self,
        database: Database,
        mail: MailSettings | None,
        base: str,
        *,
        is_learner: Callable[[str], bool],
        staff_link: StaffLink,
        clock: Clock = unix_now,
    ) -> None:
        self._database = database
        self._mail = mail
        self._carrier: Carrier | None = carrier_of(mail) if mail is not None else None
        self._base = base
        self._is_learner = is_learner
        self._staff_link = staff_link
        self._clock = clock

    def work(self) -> bool:
        """Sends what is due. Says whether something is left."""
        letters = self._claim()
        try:
            for one in letters:
                self._send(one)
        finally:
            if self._carrier is not None:
                self._carrier.close()
        return bool(letters)

    def _claim(self) -> list[Letter]:
        now = self._clock()
        with self._database.reading() as session:  # most rounds find nothing, and need no lock to know
            if session.exec(select(LetterRow.id).where(col(LetterRow.due_at) <= now).limit(1)).first() is None:
                return []
        with self._database.writing() as session:
            session.exec(delete(LetterRow).where(col(LetterRow.created_at) < now - DAY))
            session.exec(delete(LinkRow).where(col(LinkRow.expires_at) <= now - HOUR))
            rows = session.exec(
                select(LetterRow)
                .where(col(LetterRow.due_at) <= now)
                .order_by(col(LetterRow.due_at), col(LetterRow.id))
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            ).all()
            for row in rows:
                row.due_at = now + CLAIM_SECONDS
                session.add(row)
            return [letter_value(row) for row in rows]

    def _send(self, one: Letter) -> None:
        link = f"{self._base}/sign-in"
        if one.kind != "notice":
            is_staff = one.kind in STAFF_LETTERS
            token = self._staff_link(one.email) if is_staff else self._make_link(one)
            if token is None:
                return self._drop(one)
            link = f"{self._base}{'/staff' if is_staff else ''}/enter/{token}"
        answer = self._hand_over(one, link)
        if answer in (Answer.TAKEN, Answer.REFUSED, Answer.MOOT, Answer.GONE):
            return self._drop(one)
        return self._put_off(one)

    def _make_link(self, one: Letter) -> str | None:
        """The token of a new link; None where nobody is to be written to."""
        purpose = cast("Literal['enter', 'address']", one.kind)
        now = self._clock()
        known = self._is_learner(one.email) if purpose == "enter" else True
        with self._database.writing() as session:
            wallet = one.wallet_id or proven_by(session, one.email)
            recent = session.exec(
                select(func.count())
                .select_from(LinkRow)
                .where(LinkRow.email == one.email, col(LinkRow.created_at) > now - HOUR)
            ).one()
            if (wallet is None and not known) or recent >= MOST_LINKS:
                return None
            token = new_token(LINK)
            session.add(
                LinkRow(
                    token_hash=token.hash,
                    purpose=purpose,
                    email=one.email,
                    wallet=wallet,
                    created_at=now,
                    expires_at=now + LINK_SECONDS,
                )
            )
        return token.text

    def _hand_over(self, one: Letter, link: str) -> Answer:
        if self._mail is None or self._carrier is None:
            return Answer.AWAY
        words = words_of(one.kind, link=link, said=one.said)
        try:
            message = a_letter(
                self._mail.sender,
                one.email,
                name=f"letter.{one.created_at}.{secrets.token_hex(8)}",
                written_at=self._clock(),
                link_base=self._base,
                subject=words.subject,
                text=words.text,
            )
        except ValueError:
            return Answer.REFUSED
        return self._carrier.carry(message, one.email).answer

    def _drop(self, one: Letter) -> None:
        with self._database.writing() as session:
            session.exec(delete(LetterRow).where(col(LetterRow.id) == one.id))

    def _put_off(self, one: Letter) -> None:
        with self._database.writing() as session:
            row = session.get(LetterRow, one.id)
            if row is not None:
                row.tries += 1
                row.due_at = self._clock() + WAITS[min(one.tries, len(WAITS) - 1)]
                session.add(row)


def proven_by(session: Session, email: str) -> str | None:
    """The wallet that has shown an address to be its own."""
    return session.exec(
        select(WalletAddressRow.wallet).where(
            WalletAddressRow.email == email, col(WalletAddressRow.proven_at).is_not(None)
        )
    ).first()


def letter_value(row: LetterRow) -> Letter:
    return Letter(
        id=row.id or 0,
        kind=cast("LetterKind", row.kind),
        email=row.email,
        wallet_id=row.wallet,
        said=row.said,
        created_at=row.created_at,
        tries=row.tries,
    )
