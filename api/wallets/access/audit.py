"""What was done to the ways into a wallet: kept for its learner, logged without a name, told to the wallet's addresses.

A log names a wallet by the first digits of a hash of its id: enough to follow one, and no key to it.
"""

from __future__ import annotations

import hashlib
import logging

from sqlmodel import Session, col, delete, select

from api.clock import DAY, Clock, unix_now
from api.wallets.access.letters import queue
from api.wallets.access.tables import WalletEventRow
from api.wallets.access.values import WalletEvent, Way, What
from api.wallets.tables import WalletAddressRow
from ledger.storage import Database

KEPT_DAYS = 730
SHOWN = 200

logger = logging.getLogger("cairn.wallets")


class Audit:
    """Notes what happens, inside the transaction in which it does."""

    def __init__(self, database: Database, clock: Clock = unix_now) -> None:
        self._database = database
        self._clock = clock

    def note(self, session: Session, wallet_id: str, what: What, way: Way) -> None:
        """Notes it, and forgets what is older than two years."""
        now = self._clock()
        session.exec(
            delete(WalletEventRow).where(
                col(WalletEventRow.wallet) == wallet_id, col(WalletEventRow.at) < now - KEPT_DAYS * DAY
            )
        )
        session.add(WalletEventRow(wallet=wallet_id, what=what, way=way, at=now))
        logger.info("%s by %s in wallet %s", what, way, pseudonym(wallet_id))

    def tell(self, session: Session, wallet_id: str, what: What, way: Way, *, except_for: str | None = None) -> None:
        """As `note`, and writes to the wallet's proven addresses, but for the one that it is about."""
        self.note(session, wallet_id, what, way)
        for email in proven(session, wallet_id):
            if email != except_for:
                queue(session, "notice", email, now=self._clock(), wallet_id=wallet_id, said=what)

    def events(self, wallet_id: str) -> list[WalletEvent]:
        """What happened, the latest first."""
        with self._database.reading() as session:
            rows = session.exec(
                select(WalletEventRow)
                .where(WalletEventRow.wallet == wallet_id)
                .order_by(col(WalletEventRow.id).desc())
                .limit(SHOWN)
            )
            return [WalletEvent(row.at, row.what, row.way) for row in rows]


def proven(session: Session, wallet_id: str) -> list[str]:
    """The addresses that the wallet has shown to be its own, the oldest first."""
    return list(
        session.exec(
            select(WalletAddressRow.email)
            .where(WalletAddressRow.wallet == wallet_id, col(WalletAddressRow.proven_at).is_not(None))
            .order_by(col(WalletAddressRow.proven_at), col(WalletAddressRow.email))
        )
    )


def pseudonym(wallet_id: str) -> str:
    return hashlib.sha256(b"cairn wallet in a log\n" + wallet_id.encode()).hexdigest()[:12]
