"""Everything that opens a wallet, in one view; its token for programs; and that the last way in is never taken away."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from sqlmodel import Session, SQLModel, col, func, select

from api.clock import Clock, unix_now
from api.tokens import WALLET, Token, new_token
from api.wallets.access.audit import Audit
from api.wallets.access.tables import AccountRow, PasskeyRow, RecoveryCodeRow
from api.wallets.access.values import Address, BoundAccount, Passkey, Way, WaysIn, What
from api.wallets.tables import WalletAddressRow, WalletRow
from ledger.chain.addresses import Address as AccountAddress
from ledger.chain.addresses import checksum_address
from ledger.errors import Conflict, NotFound
from ledger.storage import Database


class Ways:
    """The ways into wallets."""

    def __init__(self, database: Database, audit: Audit, clock: Clock = unix_now) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock

    def of(self, wallet_id: str) -> WaysIn:
        """Everything that opens the wallet."""
        with self._database.reading() as session:
            wallet = require_wallet(session, wallet_id)
            return WaysIn(
                has_token=wallet.has_token,
                addresses=tuple(address_value(row) for row in rows_of(session, WalletAddressRow, wallet_id)),
                passkeys=tuple(passkey_value(row) for row in rows_of(session, PasskeyRow, wallet_id)),
                accounts=tuple(account_value(row) for row in rows_of(session, AccountRow, wallet_id)),
                recovery_codes=count(session, RecoveryCodeRow, wallet_id),
            )

    def new_token(self, wallet_id: str, way: Way) -> Token:
        """A new token for programs; the one before opens nothing any more."""
        token = new_token(WALLET)
        with self._database.writing() as session:
            wallet = require_wallet(session, wallet_id)
            wallet.token_hash, wallet.has_token = token.hash, True
            session.add(wallet)
            self._audit.tell(session, wallet_id, What.TOKEN_MADE, way)
        return token

    def end_token(self, wallet_id: str, way: Way) -> None:
        """Ends the token for programs. Raises Conflict `last_way_in`."""
        with self._database.writing(alone=wallet_id.encode()) as session:
            wallet = require_wallet(session, wallet_id)
            shut_token(session, wallet)
            require_another_way(session, wallet_id)
            self._audit.note(session, wallet_id, What.TOKEN_ENDED, way)


def shut_token(session: Session, wallet: WalletRow) -> None:
    """Has the wallet's token for programs open nothing any more."""
    wallet.token_hash, wallet.has_token = secrets.token_bytes(32), False
    session.add(wallet)


def require_wallet(session: Session, wallet_id: str) -> WalletRow:
    row = session.get(WalletRow, wallet_id)
    if row is None:
        raise NotFound("there is no such wallet", "wallet_unknown")
    return row


def require_another_way(session: Session, wallet_id: str) -> None:
    """Raises Conflict `last_way_in` if nothing lasting would open the wallet any more. Recovery codes are used up."""
    session.flush()
    proven = col(WalletAddressRow.proven_at).is_not(None)
    if not (
        require_wallet(session, wallet_id).has_token
        or count(session, WalletAddressRow, wallet_id, proven)
        or count(session, PasskeyRow, wallet_id, col(PasskeyRow.stopped_at).is_(None))
        or count(session, AccountRow, wallet_id)
    ):
        raise Conflict("this is the last way into the wallet; add another one first", "last_way_in")


def count(session: Session, table: type[SQLModel], wallet_id: str, *which: Any) -> int:
    query = select(func.count()).select_from(table).where(table.wallet == wallet_id, *which)  # type: ignore[attr-defined]
    return int(session.exec(query).one())


def rows_of(session: Session, table: Any, wallet_id: str) -> list[Any]:
    """The rows of a wallet, the oldest first."""
    return list(session.exec(select(table).where(table.wallet == wallet_id).order_by(table.added_at)))


def address_id(wallet_id: str, email: str) -> str:
    """What an address of a wallet is called where the address itself must not stand."""
    return hashlib.sha256(f"{wallet_id}\n{email}".encode()).hexdigest()[:32]


def address_value(row: WalletAddressRow) -> Address:
    return Address(address_id(row.wallet, row.email), row.email, row.added_at, row.proven_at)


def passkey_value(row: PasskeyRow) -> Passkey:
    return Passkey(row.id, row.name, row.added_at, row.used_at, row.stopped_at)


def account_value(row: AccountRow) -> BoundAccount:
    return BoundAccount(checksum_address(AccountAddress(row.address)), row.added_at, row.used_at)
