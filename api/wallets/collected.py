"""Which credentials of this ledger learners have taken into a wallet here: that they did, and nothing of the wallet."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, func, select

from api.wallets.tables import WalletCredentialRow
from ledger.storage import Database


def collected(database: Database, did: str, credential_ids: Sequence[str]) -> dict[str, int]:
    """Those credentials of an issuer that are in a wallet, and since when (Unix seconds)."""
    query = (
        select(WalletCredentialRow.credential_id, func.min(WalletCredentialRow.added_at))
        .where(WalletCredentialRow.issuer == did, col(WalletCredentialRow.credential_id).in_(credential_ids))
        .group_by(WalletCredentialRow.credential_id)
    )
    with database.reading() as session:
        return dict(session.exec(query).all())
