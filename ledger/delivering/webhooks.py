"""The addresses that hear of an issuer's events: naming them, and what each shares with us to know our messages by."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from sqlmodel import Session, col, select, update

from ledger.delivering.reach import Reach
from ledger.delivering.signatures import secret_text
from ledger.delivering.tables import NotificationRow, WebhookRow
from ledger.delivering.values import DeliveryState, Webhook
from ledger.errors import Conflict, NotFound
from ledger.issuing.catalog import Catalog
from ledger.issuing.signer import KeyRing, webhook_key
from ledger.storage import Database

MOST = 20


class Webhooks:
    """The webhooks of a data folder. `clock` gives Unix seconds."""

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        keys: KeyRing,
        reach: Reach,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._keys = keys
        self._reach = reach
        self._clock = clock

    def add(self, issuer: str, url: str) -> tuple[Webhook, str]:
        """Names an address that hears of everything from now on, and gives the secret: nobody is told it again.

        Raises NotFound `issuer_unknown`; CairnError `webhook_invalid`; Conflict `webhook_exists`, `webhook_limit`.
        """
        self._catalog.issuer(issuer)
        self._reach.place(url)
        row = WebhookRow(id=f"wh_{secrets.token_hex(8)}", issuer=issuer, url=url, created_at=int(self._clock()))
        secret = self._keys.create_shared_secret(webhook_key(row.id))
        with self._database.writing() as session:
            query = select(WebhookRow.url).where(WebhookRow.issuer == issuer, col(WebhookRow.closed_at).is_(None))
            known = session.exec(query).all()
            if url in known:
                raise Conflict("this address hears of the issuer's events already", "webhook_exists")
            if len(known) >= MOST:
                raise Conflict(f"an issuer can have {MOST} webhooks; remove one first", "webhook_limit")
            session.add(row)
        return _value(row), secret_text(secret)

    def all(self, issuer: str | None = None) -> tuple[Webhook, ...]:
        """Every webhook, or those of one issuer, closed ones too; the oldest first."""
        if issuer is not None:
            self._catalog.issuer(issuer)
        with self._database.reading() as session:
            query = select(WebhookRow).order_by(col(WebhookRow.number))
            rows = session.exec(query if issuer is None else query.where(WebhookRow.issuer == issuer)).all()
        return tuple(_value(row) for row in rows)

    def webhook(self, webhook_id: str) -> Webhook:
        """Raises NotFound `webhook_unknown`."""
        with self._database.reading() as session:
            return _value(_row(session, webhook_id))

    def secret(self, webhook_id: str) -> bytes:
        """What we and the receiver know. Raises KeystoreError."""
        return self._keys.shared_secret(webhook_key(webhook_id))

    def close(self, webhook_id: str, said: str) -> Webhook:
        """Tells the address nothing more; what waited for it is no longer owed. Raises NotFound `webhook_unknown`."""
        now = int(self._clock())
        with self._database.writing() as session:
            row = _row(session, webhook_id)
            if row.closed_at is None:
                row.closed_at, row.said = now, said
                session.add(row)
                session.exec(
                    update(NotificationRow)
                    .where(
                        col(NotificationRow.lane) == webhook_id,
                        col(NotificationRow.state).in_((DeliveryState.WAITING, DeliveryState.DEAD)),
                    )
                    .values(state=DeliveryState.DROPPED.value, ended_at=now, problem=said)
                )
            return _value(row)


def _row(session: Session, webhook_id: str) -> WebhookRow:
    row = session.exec(select(WebhookRow).where(WebhookRow.id == webhook_id)).first()
    if row is None:
        raise NotFound("there is no such webhook", "webhook_unknown")
    return row


def _value(row: WebhookRow) -> Webhook:
    return Webhook(row.id, row.issuer, row.url, row.created_at, row.closed_at, row.said)
