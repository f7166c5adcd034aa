"""Recovery codes: ten, shown once, good once each, for whoever has lost every other way in.

A code has 100 random bits, so its plain hash can be stored and finds its wallet by itself.
"""

from __future__ import annotations

import hashlib
import secrets

from sqlmodel import col, delete

from api.clock import Clock, unix_now
from api.wallets.access.audit import Audit
from api.wallets.access.sessions import Sessions
from api.wallets.access.tables import RecoveryCodeRow
from api.wallets.access.values import Entered, Way, What
from api.wallets.access.ways import require_wallet
from ledger.errors import NotProven
from ledger.storage import Database

CODES = 10
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that looks like a digit."""
LENGTH, GROUP = 20, 5
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class RecoveryCodes:
    """The recovery codes of wallets."""

    def __init__(self, database: Database, sessions: Sessions, audit: Audit, clock: Clock = unix_now) -> None:
        self._database = database
        self._sessions = sessions
        self._audit = audit
        self._clock = clock

    def make(self, wallet_id: str, way: Way) -> list[str]:
        """Ten new codes, which are known only now. Those before open nothing any more."""
        codes = [new_code() for _ in range(CODES)]
        now = self._clock()
        with self._database.writing(alone=wallet_id.encode()) as session:
            require_wallet(session, wallet_id)
            session.exec(delete(RecoveryCodeRow).where(col(RecoveryCodeRow.wallet) == wallet_id))
            session.add_all(RecoveryCodeRow(code_hash=hash_code(code), wallet=wallet_id, made_at=now) for code in codes)
            self._audit.tell(session, wallet_id, What.CODES_MADE, way)
        return codes

    def enter(self, text: str) -> Entered:
        """Signs in and uses the code up. Raises NotProven `code_refused`."""
        with self._database.writing() as session:
            row = session.get(RecoveryCodeRow, hash_code(text), with_for_update=True)
            if row is not None:
                session.delete(row)
                self._audit.tell(session, row.wallet, What.CODE_USED, Way.RECOVERY)
                return self._sessions.begin(session, row.wallet, Way.RECOVERY)
        raise NotProven("this is no recovery code, or it was used", "code_refused")


def new_code() -> str:
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(drawn[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def hash_code(text: str) -> bytes:
    """The hash of a code, however it was typed: in any case, with or without its dashes."""
    plain = text.upper().translate(_ALIKE)
    return hashlib.sha256(b"cairn recovery code\n" + plain.encode(errors="replace")).digest()
