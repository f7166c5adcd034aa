"""How many credentials of an issuer are in wallets, without whose."""

from __future__ import annotations

from sqlmodel import func, select

from api.wallets.tables import WalletCredentialRow
from ledger.storage import Database


def claimed(database: Database, issuer_did: str) -> int:
    """How many of an issuer's credentials some wallet holds."""
    with database.reading() as session:
        query = select(func.count(func.distinct(WalletCredentialRow.credential_id)))
        return int(session.exec(query.where(WalletCredentialRow.issuer == issuer_did)).one())


def held_ids(database: Database, issuer_did: str) -> list[str]:
    """The ids that an issuer's credentials have in wallets."""
    with database.reading() as session:
        query = select(WalletCredentialRow.id).where(WalletCredentialRow.issuer == issuer_did)
        return list(session.exec(query).all())
