"""How often links to credentials of an issuer were opened, without whose."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, func, select

from api.sharing.tables import ShareLinkRow, ShareViewRow
from ledger.storage import INSERT_CHUNK, Database


def opened(database: Database, held: Sequence[str]) -> tuple[int, int]:
    """How many links lead to one of these credentials of wallets, by their ids there, and how often they were used."""
    links = views = 0
    with database.reading() as session:
        for start in range(0, len(held), INSERT_CHUNK):
            chosen = col(ShareLinkRow.credential).in_(held[start : start + INSERT_CHUNK])
            links += int(session.exec(select(func.count()).select_from(ShareLinkRow).where(chosen)).one())
            query = select(func.count()).select_from(ShareViewRow)
            query = query.join(ShareLinkRow, col(ShareLinkRow.id) == ShareViewRow.link).where(chosen)
            views += int(session.exec(query).one())
    return links, views
