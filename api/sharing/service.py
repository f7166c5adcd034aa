"""Share links: a capability that opens one document until it expires or is withdrawn.

Only the hash of a link's token is stored, so that nobody who reads the database can open one. A link that is unknown,
expired or withdrawn is the same to everyone but its owner.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Literal

from sqlmodel import Session, col, func, select

from api.clock import DAY, Clock, unix_now
from api.sharing.tables import ShareLinkRow, ShareViewRow
from api.tokens import SHARE, new_token, parse_token
from api.wallets.records import Records
from api.wallets.service import Wallets
from ledger.errors import Conflict, NotFound
from ledger.failpoints import reach
from ledger.storage import Database

MAX_LINKS = 1_000
"""Links of one wallet."""

ViewKind = Literal["page", "json", "document"]
LinkState = Literal["live", "expired", "withdrawn"]


@dataclass(frozen=True)
class Link:
    """A link as its owner sees it. Exactly one of `record_id` and `credential_id` is set. Times are Unix seconds."""

    id: str
    label: str
    state: LinkState
    record_id: str | None
    credential_id: str | None
    created_at: int
    expires_at: int
    withdrawn_at: int | None
    views: int
    last_viewed_at: int | None


@dataclass(frozen=True)
class Shared:
    """What a live link opens."""

    link_id: str
    label: str
    expires_at: int
    document: bytes = field(repr=False)


@dataclass(frozen=True)
class View:
    viewed_at: int
    kind: ViewKind


class Links:
    """The share links of wallets."""

    def __init__(self, database: Database, wallets: Wallets, records: Records, clock: Clock = unix_now) -> None:
        self._database = database
        self._wallets = wallets
        self._records = records
        self._clock = clock

    def create(
        self, wallet_id: str, *, label: str, days: int, record_id: str | None = None, credential_id: str | None = None
    ) -> tuple[Link, str]:
        """A new link to a record or to one credential of this wallet, and its token, which is known only now."""
        if record_id is not None:
            self._records.record(wallet_id, record_id)
        elif credential_id is not None:
            self._wallets.credential(wallet_id, credential_id)
        else:
            raise ValueError("a link shows a record or a credential")
        token, now = new_token(SHARE), self._clock()
        row = ShareLinkRow(
            id=secrets.token_hex(16),
            wallet=wallet_id,
            token_hash=token.hash,
            record=record_id,
            credential=credential_id,
            label=label,
            created_at=now,
            expires_at=now + days * DAY,
        )
        with self._database.writing() as session:
            if len(link_rows(session, wallet_id)) >= MAX_LINKS:
                raise Conflict(f"a wallet has at most {MAX_LINKS:,} links", "too_many_links")
            session.add(row)
            session.flush()
            link = self._value(session, row)
        reach("link.committed")
        return link, token.text

    def links(self, wallet_id: str) -> list[Link]:
        """All links of the wallet, the newest first; those that ended too."""
        with self._database.reading() as session:
            return [self._value(session, row) for row in link_rows(session, wallet_id)]

    def withdraw(self, wallet_id: str, link_id: str) -> None:
        """Ends a link now and for ever. Withdrawing twice changes nothing."""
        with self._database.writing() as session:
            row = link_row(session, wallet_id, link_id)
            row.withdrawn_at = row.withdrawn_at or self._clock()
            session.add(row)
        reach("link.committed")

    def views(self, wallet_id: str, link_id: str) -> list[View]:
        """When a link was opened, the latest first."""
        with self._database.reading() as session:
            link_row(session, wallet_id, link_id)
            rows = session.exec(
                select(ShareViewRow)
                .where(ShareViewRow.link == link_id)
                .order_by(col(ShareViewRow.id).desc())
                .limit(1000)
            )
            return [View(row.viewed_at, kind_of(row.kind)) for row in rows]

    def open(self, token: str) -> Shared:
        """What the link with this token shows. Raises NotFound, alike for unknown, expired and withdrawn ones."""
        token_hash = parse_token(SHARE, token)
        with self._database.reading() as session:
            row = session.exec(select(ShareLinkRow).where(ShareLinkRow.token_hash == token_hash)).first()
        if token_hash is None or row is None or state_of(row, self._clock()) != "live":
            raise nothing_shared()
        try:
            document = self._document(row)
        except NotFound as error:
            raise nothing_shared() from error
        return Shared(row.id, row.label, row.expires_at, document)

    def note(self, shared: Shared, kind: ViewKind) -> None:
        """Keeps a receipt that the link was opened: the time and how, nothing about who."""
        with self._database.writing() as session:
            session.add(ShareViewRow(link=shared.link_id, viewed_at=self._clock(), kind=kind))

    def _document(self, row: ShareLinkRow) -> bytes:
        if row.record is not None:
            return self._records.document(row.wallet, row.record)
        return self._wallets.credential(row.wallet, row.credential or "").document

    def _value(self, session: Session, row: ShareLinkRow) -> Link:
        views, last = session.exec(
            select(func.count(), func.max(ShareViewRow.viewed_at)).where(ShareViewRow.link == row.id)
        ).one()
        return Link(
            id=row.id,
            label=row.label,
            state=state_of(row, self._clock()),
            record_id=row.record,
            credential_id=row.credential,
            created_at=row.created_at,
            expires_at=row.expires_at,
            withdrawn_at=row.withdrawn_at,
            views=views,
            last_viewed_at=last,
        )


def state_of(row: ShareLinkRow, now: int) -> LinkState:
    if row.withdrawn_at is not None:
        return "withdrawn"
    return "expired" if row.expires_at <= now else "live"


def kind_of(text: str) -> ViewKind:
    return "json" if text == "json" else "document" if text == "document" else "page"


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
        raise NotFound("there is no such link in this wallet", "link_unknown")
    return row


def nothing_shared() -> NotFound:
    return NotFound("nothing is shared at this address, or not any more", "not_found")
