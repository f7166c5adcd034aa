"""When keys end, and what was anchored after that: every verifier refuses it, however rightly it was signed.

A key that somebody else may have had is closed as of a past moment; what it signed is anchored, and stays anchored. A
key that is only retired ends after everything that it signed.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, cast
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from ledger.errors import Conflict
from ledger.issuing.tables import BatchRow, IssuerKeyRow, IssuerRow
from ledger.issuing.values import Batch, Issuer, IssuerKey


def earliest_end(session: Session, method: str) -> int:
    """The first moment at which a key, by its verification method, may end so that all that it signed stays valid.

    Raises Conflict `key_busy` while something that it signed is on its way: it would be anchored after the end.
    """
    signed = BatchRow.verification_method == method
    waiting = select(BatchRow).where(signed, col(BatchRow.anchored_at).is_(None)).order_by(col(BatchRow.id))
    if (batch := session.exec(waiting).first()) is not None:
        told = f"batch {batch.id} (“{batch.label}”), which this key signed, is not final yet; retire the key after that"
        raise Conflict(told, "key_busy", about=str(batch.id))
    # An end excludes its own second.
    return (session.exec(select(func.max(BatchRow.anchored_at)).where(signed)).one() or 0) + 1


def ended_key(issuer: Issuer, batch: Batch) -> IssuerKey | None:
    """The key that signed a batch, if it had ended when the batch was anchored."""
    for key in issuer.keys:
        if issuer.verification_method(key) == batch.verification_method:
            had_ended = key.closed_at is not None and key.closed_at <= (batch.anchored_at or 0)
            return key if had_ended else None
    return None


def batches_of_ended_keys(owner: int) -> SelectOfScalar[Any]:
    """Asks for all batches of an issuer, by the id of its row, that were anchored after the end of their key."""
    method = col(IssuerRow.did).concat("#key-").concat(cast(col(IssuerKeyRow.number), String))
    return (
        select(BatchRow.id)
        .join(IssuerRow, col(IssuerRow.id) == BatchRow.issuer)
        .join(IssuerKeyRow, col(IssuerKeyRow.issuer) == BatchRow.issuer)
        .where(
            BatchRow.issuer == owner,
            BatchRow.verification_method == method,
            col(IssuerKeyRow.closed_at) <= col(BatchRow.anchored_at),
        )
    )
