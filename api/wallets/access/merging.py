"""Two wallets of one person become one: whoever can open both may put one into the other. All of it, or nothing.

What the one that ends had goes on: credentials, addresses, records with their chains of versions, links, DIDs, claims,
and what opened it, but for its token and its sessions. Its id is then one like any that never was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from sqlmodel import Session, col, delete, select, update

from api.clock import Clock, unix_now
from api.wallets.access.audit import Audit
from api.wallets.access.sessions import end_sessions
from api.wallets.access.tables import AccountRow, LinkRow, PasskeyRow, RecoveryCodeRow
from api.wallets.access.values import Way, What
from api.wallets.access.ways import require_wallet
from api.wallets.copies import replace_held, replaces
from api.wallets.keys import move_dids
from api.wallets.service import MAX_HELD, count
from api.wallets.tables import ClaimRow, WalletAddressRow, WalletCredentialRow, WalletPathwayRow, WalletRecordRow
from ledger.errors import Conflict
from ledger.storage import Database


class MoveShares(Protocol):
    """Gives what was shared from a wallet to another one; `replaced` maps held credentials to what stands for them."""

    def __call__(self, session: Session, source: str, target: str, replaced: Mapping[str, str]) -> None: ...


class Merging:
    """Puts wallets together."""

    def __init__(self, database: Database, audit: Audit, move_shares: MoveShares, clock: Clock = unix_now) -> None:
        self._database = database
        self._audit = audit
        self._move_shares = move_shares
        self._clock = clock

    def merge(self, target: str, source: str, way: Way) -> None:
        """Puts all of `source` into `target`, and ends it; both have been shown to be one person's.

        Raises Conflict `same_wallet`, `wallet_full`; NotFound `wallet_unknown` where one of them is gone meanwhile.
        """
        if target == source:
            raise Conflict("that is the same wallet", "same_wallet")
        with self._database.writing(alone=min(target, source).encode()) as session:
            require_wallet(session, target)
            ending = require_wallet(session, source)
            replaced = move_credentials(session, source, target)
            self._move_shares(session, source, target, replaced)
            for old in replaced:
                session.exec(delete(WalletCredentialRow).where(col(WalletCredentialRow.id) == old))
            move_addresses(session, source, target)
            move_records(session, source, target)
            move_pathways(session, source, target)
            move_dids(session, source, target)
            move_ways(session, source, target)
            end_sessions(session, source)
            session.flush()
            session.delete(ending)
            self._audit.tell(session, target, What.MERGED, way)


def move_credentials(session: Session, source: str, target: str) -> dict[str, str]:
    """Moves what is held; of two with one issuer and id, the one that would replace the other on arrival stays.

    Gives the ids of those that are not needed any more, with what stands for them. Raises Conflict `wallet_full`.
    """
    held = {(row.issuer, row.credential_id): row for row in held_by(session, target)}
    replaced = {}
    for row in held_by(session, source):
        same = held.get((row.issuer, row.credential_id))
        if same is None:
            row.wallet = target
            session.add(row)
            continue
        replaced[row.id] = same.id
        if replaces(row, same):
            replace_held(same, row)
            session.add(same)
    session.flush()
    if count(session, WalletCredentialRow, target) > MAX_HELD:
        raise Conflict(f"a wallet holds at most {MAX_HELD:,} credentials; both together have more", "wallet_full")
    return replaced


def held_by(session: Session, wallet_id: str) -> list[WalletCredentialRow]:
    return list(session.exec(select(WalletCredentialRow).where(WalletCredentialRow.wallet == wallet_id)))


def move_addresses(session: Session, source: str, target: str) -> None:
    rows = session.exec(select(WalletAddressRow).where(WalletAddressRow.wallet == source)).all()
    moved = [(row.email, row.added_at, row.proven_at) for row in rows]
    session.exec(delete(WalletAddressRow).where(col(WalletAddressRow.wallet) == source))
    for email, added_at, proven_at in moved:
        known = session.get(WalletAddressRow, (target, email))
        row = known or WalletAddressRow(wallet=target, email=email, added_at=added_at)
        row.proven_at = row.proven_at or proven_at
        session.add(row)
        session.flush()


def move_records(session: Session, source: str, target: str) -> None:
    """Moves records. A chain of versions stays what it is; it goes on here only if there was none of its own."""
    own = WalletRecordRow.chain == ""
    has_chain = session.exec(
        select(WalletRecordRow.id).where(
            WalletRecordRow.wallet == target, own, col(WalletRecordRow.version).is_not(None)
        )
    ).first()
    if has_chain is not None:
        versions = (col(WalletRecordRow.wallet) == source, own, col(WalletRecordRow.version).is_not(None))
        session.exec(update(WalletRecordRow).where(*versions).values(chain=source))  # type: ignore[arg-type]
    session.exec(update(WalletRecordRow).where(col(WalletRecordRow.wallet) == source).values(wallet=target))


def move_pathways(session: Session, source: str, target: str) -> None:
    """Moves the pathways that the learner brought along; one that is there already stays."""
    known = set(session.exec(select(WalletPathwayRow.pathway_id).where(WalletPathwayRow.wallet == target)))
    mine = (col(WalletPathwayRow.wallet) == source, col(WalletPathwayRow.pathway_id).not_in(known))
    session.exec(update(WalletPathwayRow).where(*mine).values(wallet=target))


def move_ways(session: Session, source: str, target: str) -> None:
    """Moves whatever opens a wallet, and links that were sent to add an address to it."""
    for table in (PasskeyRow, AccountRow, RecoveryCodeRow, ClaimRow, LinkRow):
        session.exec(update(table).where(col(table.wallet) == source).values(wallet=target))
