"""Ethereum accounts as a way in (EIP-4361). An account that is a contract (ERC-1271) is not taken.

Each message has a nonce that we made: good once, for minutes, for one account, chain and purpose.
"""

from __future__ import annotations

import re

from sqlmodel import col, func, select

from api.clock import Clock, unix_now
from api.wallets.access.audit import Audit
from api.wallets.access.challenges import LIFE_SECONDS, Challenges, Purpose
from api.wallets.access.sessions import Sessions
from api.wallets.access.sign_in_message import SignInMessage, read_message, refused, write_message
from api.wallets.access.tables import AccountRow
from api.wallets.access.values import BoundAccount, Entered, Way, What
from api.wallets.access.ways import account_value, require_another_way
from ledger.chain.addresses import Address, checksum_address, parse_address
from ledger.chain.personal_message import signer_of_message
from ledger.errors import Conflict, MalformedDocument, NotFound
from ledger.storage import Database

MOST = 20
"""Accounts of one wallet."""
STATEMENTS: dict[Purpose, str] = {
    "account_add": "Let this account open my wallet of credentials.",
    "account_enter": "Sign in to my wallet of credentials.",
}
_NONCE = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SIGNATURE = re.compile(r"0x[0-9a-fA-F]{130}", re.ASCII)
_HEX = re.compile(r"0x(?:[0-9a-fA-F]{2})*", re.ASCII)


class Accounts:
    """The Ethereum accounts of wallets. `base` is what this site's links begin with."""

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
        self._base = base
        self._clock = clock

    def message(self, purpose: Purpose, account: str, chain_id: int, wallet_id: str | None = None) -> str:
        """The text that an account is to sign. Raises MalformedDocument for what is no address."""
        address = parse_address(account)
        nonce = self._challenges.make(purpose, wallet_id, context=context_of(address, chain_id))
        return write_message(
            self._base,
            address,
            statement=STATEMENTS[purpose],
            path="/sign-in",
            chain_id=chain_id,
            nonce=nonce.hex(),
            now=self._clock(),
            seconds=LIFE_SECONDS,
        )

    def add(self, wallet_id: str, text: str, signature: str, way: Way) -> BoundAccount:
        """Lets an account open the wallet. Raises NotProven `message_refused`, `account_contract`; Conflict."""
        address = self._signer(text, signature, "account_add", wallet_id)
        with self._database.writing(alone=wallet_id.encode()) as session:
            row = session.get(AccountRow, address)
            if row is not None and row.wallet != wallet_id:
                raise Conflict("this account opens another wallet; sign in there to merge the two", "account_elsewhere")
            if row is not None:
                return account_value(row)
            query = select(func.count()).select_from(AccountRow).where(col(AccountRow.wallet) == wallet_id)
            if session.exec(query).one() >= MOST:
                raise Conflict(f"a wallet has at most {MOST} accounts", "too_many_accounts")
            row = AccountRow(address=bytes(address), wallet=wallet_id, added_at=self._clock())
            session.add(row)
            self._audit.tell(session, wallet_id, What.ACCOUNT_ADDED, way)
            return account_value(row)

    def enter(self, text: str, signature: str) -> Entered:
        """Signs in. Raises NotProven `message_refused`, also for an account that opens nothing."""
        address = self._signer(text, signature, "account_enter", None)
        with self._database.writing() as session:
            row = session.get(AccountRow, address)
            if row is not None:
                row.used_at = self._clock()
                session.add(row)
                self._audit.note(session, row.wallet, What.SIGNED_IN, Way.ACCOUNT)
                return self._sessions.begin(session, row.wallet, Way.ACCOUNT)
        raise refused("is of an account that opens no wallet")

    def shown(self, text: str, signature: str) -> str:
        """The wallet whose owner a message to sign in shows somebody to be. Raises as `enter`."""
        address = self._signer(text, signature, "account_enter", None)
        with self._database.reading() as session:
            row = session.get(AccountRow, address)
            if row is None:
                raise refused("is of an account that opens no wallet")
            return row.wallet

    def remove(self, wallet_id: str, account: str, way: Way) -> None:
        """Raises NotFound `account_unknown`, Conflict `last_way_in`."""
        try:
            address = parse_address(account)
        except MalformedDocument:
            address = Address(b"")
        with self._database.writing(alone=wallet_id.encode()) as session:
            row = session.get(AccountRow, address)
            if row is None or row.wallet != wallet_id:
                raise NotFound("this wallet has no such account", "account_unknown")
            session.delete(row)
            require_another_way(session, wallet_id)
            self._audit.note(session, wallet_id, What.ACCOUNT_REMOVED, way)

    def _signer(self, text: str, signature: str, purpose: Purpose, wallet_id: str | None) -> Address:
        """The account that signed a message of ours, here and now."""
        message = read_message(text)
        chain_id = self._take_nonce(message, purpose, wallet_id)
        message.check(self._base, chain_id, self._clock())
        if not _SIGNATURE.fullmatch(signature):
            is_contracts = _HEX.fullmatch(signature) is not None
            raise refused(
                "is signed as contracts do (ERC-1271), which is not taken; use an account with a key of its own"
                if is_contracts
                else "has no signature that can be read"
            )
        signer = signer_of_message(text.encode(), bytes.fromhex(signature[2:]))
        if signer is None or signer != message.address:
            raise refused("was not signed by the account that it names")
        return signer

    def _take_nonce(self, message: SignInMessage, purpose: Purpose, wallet_id: str | None) -> int:
        """The chain that a message of ours had to name; its nonce is used up."""
        if not _NONCE.fullmatch(message.nonce):
            raise refused("has a nonce that is not ours")
        taken = self._challenges.take(bytes.fromhex(message.nonce), purpose, wallet_id)
        if taken is None or taken.context != context_of(message.address, message.chain_id):
            raise refused("has a nonce that is not ours, was used, or was made for something else")
        return message.chain_id


def context_of(address: Address, chain_id: int) -> str:
    return f"{chain_id}:{checksum_address(address)}"
