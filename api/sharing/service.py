"""Share links: a capability that opens what a learner chose until it expires or is withdrawn.

Only the hash of a link's token is stored, so that nobody who reads the database can open one. A link that is unknown,
expired or withdrawn is the same to everyone but its owner. A live link can be made to show less, never more.
"""

from __future__ import annotations

import secrets
from dataclasses import replace

from sqlalchemy import bindparam
from sqlalchemy import select as columns
from sqlmodel import Session, col, delete, func, select

from api.clock import Clock, unix_now
from api.sharing.contents import Choosing
from api.sharing.pins import new_pin
from api.sharing.receipts import Receipts
from api.sharing.tables import ShareItemRow, ShareLinkRow, ShareViewRow
from api.sharing.values import Choice, Contents, Item, Link, LinkState, OpenLink, Shared, View
from api.tokens import SHARE, new_token, parse_token
from ledger.errors import Conflict, NotFound
from ledger.failpoints import reach
from ledger.storage import Database

MAX_LINKS = 1_000
"""Links of one wallet."""


OPEN = columns(  # columns, not a row of the table: this runs for every request
    col(ShareLinkRow.id),
    col(ShareLinkRow.wallet),
    col(ShareLinkRow.label),
    col(ShareLinkRow.purpose),
    col(ShareLinkRow.expires_at),
    col(ShareLinkRow.record),
    col(ShareLinkRow.credential),
    col(ShareLinkRow.pin_hash),
    col(ShareLinkRow.withdrawn_at),
).where(col(ShareLinkRow.token_hash) == bindparam("token_hash"))


class Links:
    """The share links of wallets."""

    def __init__(self, database: Database, choosing: Choosing, receipts: Receipts, clock: Clock = unix_now) -> None:
        self._database = database
        self._choosing = choosing
        self._receipts = receipts
        self._clock = clock

    # --- the owner's side ---

    def create(
        self,
        wallet_id: str,
        choice: Choice,
        *,
        label: str,
        expires_at: int,
        purpose: str | None = None,
        pin: str | None = None,
    ) -> tuple[Link, str]:
        """A new link and its token, which is known only now. Raises as `Choosing.contents`, Conflict `too_many_links`,
        `expiry_past`."""
        now = self._clock()
        if expires_at <= now:
            raise Conflict("the link would have ended already", "expiry_past")
        contents = self._choosing.contents(wallet_id, choice, name=label)
        salt, hashed = new_pin(pin) if pin is not None else (None, None)
        token = new_token(SHARE)
        row = ShareLinkRow(
            id=secrets.token_hex(16),
            wallet=wallet_id,
            token_hash=token.hash,
            label=label,
            purpose=purpose,
            hidden=",".join(sorted(choice.hidden)),
            created_at=now,
            expires_at=expires_at,
            pin_salt=salt,
            pin_hash=hashed,
        )
        with self._database.writing() as session:
            if len(link_rows(session, wallet_id)) >= MAX_LINKS:
                raise Conflict(f"a wallet has at most {MAX_LINKS:,} links", "too_many_links")
            session.add(row)
            session.flush()
            show(session, row, contents)
            link = self._value(session, row)
        reach("link.committed")
        return link, token.text

    def preview(self, wallet_id: str, choice: Choice, *, label: str, expires_at: int, purpose: str | None) -> Shared:
        """What a link would show, before there is one."""
        return Shared("", label, purpose, expires_at, self._choosing.preview(wallet_id, choice))

    def links(self, wallet_id: str) -> list[Link]:
        """All links of the wallet, the newest first; those that ended too."""
        with self._database.reading() as session:
            return [self._value(session, row) for row in link_rows(session, wallet_id)]

    def link(self, wallet_id: str, link_id: str) -> Link:
        with self._database.reading() as session:
            return self._value(session, link_row(session, wallet_id, link_id))

    def held_ids(self, wallet_id: str, link_id: str) -> list[str]:
        """The credentials of the wallet that a link shows, in its order; those that left the wallet are left out."""
        with self._database.reading() as session:
            contents = contents_of(session, link_row(session, wallet_id, link_id))
        return self._choosing.held_ids(wallet_id, contents)

    def owner(self, link_id: str) -> str:
        """The wallet that a link belongs to: for the operator of this ledger, who may name any."""
        with self._database.reading() as session:
            row = session.get(ShareLinkRow, link_id)
            if row is None:
                raise unknown()
            return row.wallet

    def narrow(self, wallet_id: str, link_id: str, choice: Choice, *, expires_at: int | None = None) -> Link:
        """Has a live link show less from now on: fewer credentials, more of them hidden, or an earlier end.

        What `choice` leaves out stays as it is; it names credentials, never a record. Raises Conflict `wider` for what
        would show more, `link_ended`, and as `Choosing.contents`.
        """
        with self._database.reading() as session:
            row = link_row(session, wallet_id, link_id)
            before, label, hidden = contents_of(session, row), row.label, hidden_of(row)
            if state_of(row, self._clock()) != "live":
                raise Conflict("the link has ended", "link_ended")
            if expires_at is not None and expires_at > row.expires_at:
                raise Conflict("a link can be made to end earlier, never later; make another link for that", "wider")
        contents = before
        if choice.credential_ids or choice.hidden - hidden:
            wanted = self._choosing.narrowed(wallet_id, before, replace(choice, hidden=hidden | choice.hidden))
            contents = self._choosing.contents(wallet_id, wanted, name=label)
        with self._database.writing() as session:
            row = link_row(session, wallet_id, link_id)
            if contents_of(session, row) != before:
                raise Conflict("the link was changed at the same moment; look at it again", "conflict")
            row.hidden = ",".join(sorted(hidden | choice.hidden))
            row.expires_at = row.expires_at if expires_at is None else min(expires_at, row.expires_at)
            show(session, row, contents)
            link = self._value(session, row)
        reach("link.committed")
        return link

    def withdraw(self, wallet_id: str, link_id: str) -> None:
        """Ends a link now and for ever. Withdrawing twice changes nothing."""
        with self._database.writing() as session:
            row = link_row(session, wallet_id, link_id)
            row.withdrawn_at = row.withdrawn_at or self._clock()
            session.add(row)
        reach("link.committed")

    def unlock(self, wallet_id: str, link_id: str) -> Link:
        """Lifts the lock that wrong PINs have put on a link, and forgets them."""
        with self._database.writing() as session:
            row = link_row(session, wallet_id, link_id)
            row.pin_wrong = row.pin_tries = 0
            row.pin_wait_until = row.pin_locked_at = None
            session.add(row)
            return self._value(session, row)

    def views(self, wallet_id: str, link_id: str) -> list[View]:
        """When a link was opened, the latest first."""
        with self._database.reading() as session:
            link_row(session, wallet_id, link_id)
        return self._receipts.views(link_id)

    # --- everyone's side ---

    def find(self, token: str) -> OpenLink:
        """The live link with this token. Raises NotFound, alike for unknown, expired and withdrawn ones."""
        token_hash = parse_token(SHARE, token)
        if token_hash is None:
            raise nothing_shared()
        with self._database.reading() as session:
            found = session.connection().execute(OPEN, {"token_hash": token_hash}).first()
        if found is None or found.withdrawn_at is not None or found.expires_at <= self._clock():
            raise nothing_shared()
        return OpenLink(*found[:8])

    def shared(self, link: OpenLink) -> Shared:
        """What the link shows. Raises NotFound as `find` where that is gone."""
        contents = Contents(link.record_id, link.credential_id)
        if link.record_id is None and link.credential_id is None:
            with self._database.reading() as session:
                contents = Contents(items=items_of(session, link.id))
        try:
            documents = self._choosing.documents(link.wallet, contents)
        except NotFound as error:
            raise nothing_shared() from error
        return Shared(link.id, link.label, link.purpose, link.expires_at, documents)

    def _value(self, session: Session, row: ShareLinkRow) -> Link:
        views, last = session.exec(
            select(func.count(), func.max(ShareViewRow.viewed_at)).where(ShareViewRow.link == row.id)
        ).one()
        held = session.exec(
            select(ShareItemRow.credential).where(ShareItemRow.link == row.id).order_by(col(ShareItemRow.position))
        )
        return Link(
            id=row.id,
            label=row.label,
            purpose=row.purpose,
            state=state_of(row, self._clock()),
            record_id=row.record,
            credential_id=row.credential,
            items=tuple(held),
            hidden=tuple(sorted(hidden_of(row))),
            created_at=row.created_at,
            expires_at=row.expires_at,
            withdrawn_at=row.withdrawn_at,
            has_pin=row.pin_hash is not None,
            wrong_pins=row.pin_tries,
            locked_at=row.pin_locked_at,
            views=views,
            last_viewed_at=last,
        )


def show(session: Session, row: ShareLinkRow, contents: Contents) -> None:
    """Has a link show this, and nothing else."""
    row.record, row.credential = contents.record_id, contents.credential_id
    session.add(row)
    session.exec(delete(ShareItemRow).where(col(ShareItemRow.link) == row.id))
    for position, item in enumerate(contents.items):
        session.add(ShareItemRow(link=row.id, position=position, credential=item.held_id, document=item.document))
    session.flush()


def contents_of(session: Session, row: ShareLinkRow) -> Contents:
    return Contents(row.record, row.credential, items_of(session, row.id))


def items_of(session: Session, link_id: str) -> tuple[Item, ...]:
    rows = session.exec(select(ShareItemRow).where(ShareItemRow.link == link_id).order_by(col(ShareItemRow.position)))
    return tuple(Item(row.credential, row.document) for row in rows)


def hidden_of(row: ShareLinkRow) -> frozenset[str]:
    return frozenset(filter(None, row.hidden.split(",")))


def state_of(row: ShareLinkRow, now: int) -> LinkState:
    if row.withdrawn_at is not None:
        return "withdrawn"
    return "expired" if row.expires_at <= now else "live"


def link_rows(session: Session, wallet_id: str) -> list[ShareLinkRow]:
    return list(
        session.exec(
            select(ShareLinkRow)
            .where(ShareLinkRow.wallet == wallet_id)
            .order_by(col(ShareLinkRow.created_at).desc(), col(ShareLinkRow.id))
        )
    )


def link_row(session: Session, wallet_id: str, link_id: str) -> ShareLinkRow:
    row = session.exec(select(ShareLinkRow).where(ShareLinkRow.wallet == wallet_id, ShareLinkRow.id == link_id)).first()
    if row is None:
        raise unknown()
    return row


def unknown() -> NotFound:
    return NotFound("there is no such link in this wallet", "link_unknown")


def nothing_shared() -> NotFound:
    return NotFound("nothing is shared at this address, or not any more", "not_found")
