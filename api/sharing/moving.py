"""What becomes of share links when two wallets become one: they go on working."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session, col, update

from api.sharing.tables import ShareItemRow, ShareLinkRow


def move_links(session: Session, source: str, target: str, replaced: Mapping[str, str]) -> None:
    """Gives a wallet's links to another one.

    `replaced` are held credentials of the source, by id, with the id of the one in the target that stands for them.
    """
    for old, new in replaced.items():
        for table in (ShareLinkRow, ShareItemRow):
            session.exec(update(table).where(col(table.credential) == old).values(credential=new))
    session.exec(update(ShareLinkRow).where(col(ShareLinkRow.wallet) == source).values(wallet=target))
