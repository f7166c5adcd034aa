"""E-mail addresses of wallets: asked for, proven by a link that went there, listed, taken away."""

from __future__ import annotations

from sqlmodel import Session, col, select

from api.clock import Clock, unix_now
from api.wallets.access.audit import Audit, proven
from api.wallets.access.letters import queue
from api.wallets.access.postman import proven_by
from api.wallets.access.values import Address, Way, What
from api.wallets.access.ways import address_id, address_value, require_another_way
from api.wallets.tables import WalletAddressRow
from ledger.documents.text import email_problem
from ledger.errors import Conflict, MalformedDocument, NotFound
from ledger.storage import Database

MOST = 20
"""Addresses of one wallet."""


class Addresses:
    """The e-mail addresses of wallets."""

    def __init__(self, database: Database, audit: Audit, clock: Clock = unix_now) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock

    def all(self, wallet_id: str) -> list[Address]:
        """Every address of the wallet, the oldest first."""
        with self._database.reading() as session:
            rows = session.exec(
                select(WalletAddressRow)
                .where(WalletAddressRow.wallet == wallet_id)
                .order_by(col(WalletAddressRow.added_at), col(WalletAddressRow.email))
            )
            return [address_value(row) for row in rows]

    def proven(self, wallet_id: str) -> tuple[str, ...]:
        """The addresses that the wallet has shown to be its own, the oldest first."""
        with self._database.reading() as session:
            return tuple(proven(session, wallet_id))

    def ask_to_enter(self, email: str) -> None:
        """Has a link to sign in sent to an address, if there is anybody to send one to. Raises MalformedDocument."""
        address = normal(email)
        with self._database.writing() as session:
            queue(session, "enter", address, now=self._clock())

    def ask_to_add(self, wallet_id: str, email: str) -> None:
        """Has a link sent to an address that is to be added to the wallet.

        Raises MalformedDocument for what is no address, Conflict `too_many_addresses`.
        """
        address = normal(email)
        with self._database.writing() as session:
            known = session.exec(select(WalletAddressRow.email).where(WalletAddressRow.wallet == wallet_id)).all()
            if address not in known and len(known) >= MOST:
                raise Conflict(f"a wallet has at most {MOST} addresses", "too_many_addresses")
            queue(session, "address", address, now=self._clock(), wallet_id=wallet_id)

    def remove(self, wallet_id: str, address: str, way: Way) -> None:
        """Takes an address away, by its id. Credentials stay. Raises NotFound, Conflict `last_way_in`."""
        with self._database.writing(alone=wallet_id.encode()) as session:
            rows = session.exec(select(WalletAddressRow).where(WalletAddressRow.wallet == wallet_id)).all()
            row = next((one for one in rows if address_id(wallet_id, one.email) == address), None)
            if row is None:
                raise NotFound("this wallet has no such address", "address_unknown")
            self._audit.tell(session, wallet_id, What.ADDRESS_REMOVED, way)  # the one that goes hears of it too
            session.delete(row)
            if row.proven_at is not None:
                require_another_way(session, wallet_id)

    def prove(self, session: Session, wallet_id: str, email: str, way: Way) -> bool:
        """Notes that whoever has the wallet reads the mail of this address. Says whether that is new.

        Raises Conflict `address_elsewhere` where it opens another wallet.
        """
        owner = proven_by(session, email)
        if owner == wallet_id:
            return False
        if owner is not None:
            raise Conflict(
                "this address opens another wallet; sign in there to merge the two, or to remove the address",
                "address_elsewhere",
            )
        now = self._clock()
        row = session.get(WalletAddressRow, (wallet_id, email))
        row = row or WalletAddressRow(wallet=wallet_id, email=email, added_at=now)
        row.proven_at = now
        session.add(row)
        session.flush()
        self._audit.tell(session, wallet_id, What.ADDRESS_ADDED, way, except_for=email)
        return True


def normal(email: str) -> str:
    """The address as it is stored. Raises MalformedDocument `email_syntax`, `string_…`, without repeating it."""
    address = email.strip().lower()
    if problem := email_problem(address):
        raise MalformedDocument(problem.code, f"what was given {problem.message}")
    return address
