"""A wallet that the operator made for an e-mail address becomes its learner's by the first link that we sent there.

Only if nobody has taken possession of it: nothing opens it but the token that the operator was shown, and that ends.
"""

from __future__ import annotations

from sqlmodel import Session, col, select

from api.wallets.access.sessions import end_sessions
from api.wallets.access.tables import AccountRow, PasskeyRow, RecoveryCodeRow
from api.wallets.access.ways import count, require_wallet, shut_token
from api.wallets.tables import WalletAddressRow


def adopt(session: Session, email: str) -> str | None:
    """The wallet that the operator made for this address, which nothing opens any more; None if none is to be had."""
    made_for = session.exec(
        select(WalletAddressRow.wallet)
        .where(WalletAddressRow.email == email, col(WalletAddressRow.by_operator).is_(True))
        .order_by(col(WalletAddressRow.added_at), col(WalletAddressRow.wallet))
    ).all()
    for wallet_id in made_for:
        others = count(session, WalletAddressRow, wallet_id, col(WalletAddressRow.email) != email)
        if others or any(count(session, table, wallet_id) for table in (PasskeyRow, AccountRow, RecoveryCodeRow)):
            continue
        shut_token(session, require_wallet(session, wallet_id))
        end_sessions(session, wallet_id)
        return wallet_id
    return None
