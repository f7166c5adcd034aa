"""What learners have seen of their credentials: which are new to them, and which stand otherwise than they last saw."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import col, select

from api.clock import Clock, unix_now
from api.wallets.tables import WalletCredentialRow, WalletSightRow
from ledger.storage import Database
from ledger.verifying.report import Outcome, VerificationReport

SUPERSEDED = "superseded"


class Sights:
    """What was seen, by held credential."""

    def __init__(self, database: Database, clock: Clock = unix_now) -> None:
        self._database = database
        self._clock = clock

    def of(self, wallet_id: str) -> dict[str, str]:
        """How each held credential stood when it was last seen. What was never seen is not there."""
        with self._database.reading() as session:
            rows = session.exec(
                select(WalletSightRow.credential, WalletSightRow.standing)
                .join(WalletCredentialRow, col(WalletCredentialRow.id) == WalletSightRow.credential)
                .where(WalletCredentialRow.wallet == wallet_id)
            )
            return dict(rows.all())

    def note(self, wallet_id: str, standings: Mapping[str, str]) -> None:
        """Notes that these were seen as they stand. What the wallet does not hold is passed over."""
        now = self._clock()
        with self._database.writing() as session:
            held = set(
                session.exec(
                    select(WalletCredentialRow.id).where(
                        WalletCredentialRow.wallet == wallet_id, col(WalletCredentialRow.id).in_(list(standings))
                    )
                )
            )
            for held_id in held:
                row = session.get(WalletSightRow, held_id) or WalletSightRow(
                    credential=held_id, standing="", seen_at=now
                )
                row.standing, row.seen_at = standings[held_id], now
                session.add(row)


def standing_of(report: VerificationReport | None, successor: str | None) -> str | None:
    """How a credential stands, in a word to compare; None where that could not be found out."""
    if report is None:
        return "unreadable"
    if successor is not None:
        return SUPERSEDED
    if report.verdict is Outcome.INDETERMINATE:
        return None
    return "valid" if report.verdict is Outcome.VALID else report.code
