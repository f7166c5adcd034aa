"""Erasing a wallet: all of it, wherever this site keeps it.

With the wallet go its credentials and addresses, keys, links and what is known of them, sessions, passkeys, accounts,
letters that wait, mails in the folder for mail, and the records that this ledger's publisher signed for it. What
issuers awarded stays in their own tables, which are the institutions' records: they forget a learner by
`forget_learner`. What stays on the chain are roots, of which nobody can tell what they stood for. Backups, archives and
mails that were sent are out of reach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlmodel import col, delete, select

from api.wallets.access.letters import forget_letters
from api.wallets.keys import require_wallet
from api.wallets.tables import (
    ClaimRow,
    WalletAddressRow,
    WalletCredentialRow,
    WalletRecordRow,
    WalletRow,
)
from ledger.issuing.forgetting import credentials_of_learner, forget_credentials
from ledger.storage import Database

CLEARED_AT_ONCE = 256 * 1024 * 1024
"""Bytes of a database file that is written anew within a request: others cannot write meanwhile."""

ForgetMails = Callable[[str], int]
"""Deletes the mails to an address that lie in the folder for mail."""


@dataclass(frozen=True)
class Erased:
    """What is gone. `is_clean`: nothing of it is left in the database's files either; if not, a later run clears it."""

    credentials: int
    records: int
    addresses: int
    mails: int
    is_clean: bool


class Erasing:
    """Erases wallets, and what issuers know of learners."""

    def __init__(self, database: Database, forget_mails: ForgetMails) -> None:
        self._database = database
        self._forget_mails = forget_mails

    def erase(self, wallet_id: str) -> Erased:
        """Erases a wallet, all or nothing. Raises NotFound `wallet_unknown`, Conflict `not_final_yet`."""
        with self._database.writing(alone=wallet_id.encode()) as session:
            require_wallet(session, wallet_id)
            addresses = list(session.exec(select(WalletAddressRow.email).where(WalletAddressRow.wallet == wallet_id)))
            records = list(
                session.exec(select(WalletRecordRow.credential_id).where(WalletRecordRow.wallet == wallet_id))
            )
            held = session.exec(select(WalletCredentialRow.id).where(WalletCredentialRow.wallet == wallet_id)).all()
            forget_credentials(session, records)
            written_to = forget_letters(session, wallet_id, addresses)
            # Everything else that is the wallet's goes with its row.
            session.exec(delete(WalletRow).where(col(WalletRow.id) == wallet_id))
        return self._cleared(len(held), len(records), addresses, written_to)

    def forget_learner(self, issuer: str, *, email: str | None = None, learner_id: str | None = None) -> Erased:
        """Has an issuer's side forget a learner: documents, names, addresses, numbers, claims that were not taken.

        What was awarded is still anchored and can still be revoked; what learners hold in their wallets is theirs.
        Raises Conflict `not_final_yet`.
        """
        if (email is None) == (learner_id is None):
            raise ValueError("a learner is named by an address or by a number")
        with self._database.writing(alone=issuer.encode()) as session:
            found = credentials_of_learner(session, issuer, email=email, learner_id=learner_id)
            forget_credentials(session, found)
            if email is not None:
                session.exec(delete(ClaimRow).where(col(ClaimRow.issuer) == issuer, col(ClaimRow.email) == email))
        addresses = [email] if email else []
        return self._cleared(len(found), 0, addresses, addresses)

    def _cleared(self, credentials: int, records: int, addresses: Sequence[str], written_to: Sequence[str]) -> Erased:
        mails = sum(self._forget_mails(address) for address in written_to)
        return Erased(credentials, records, len(addresses), mails, self._database.clear_traces(at_most=CLEARED_AT_ONCE))
