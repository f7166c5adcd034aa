"""What an issuer did, in numbers: how much of what, in which month, in which state, and how long it took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from sqlmodel import Session, col, func, select

from ledger.issuing.key_ends import batches_of_ended_keys
from ledger.issuing.rows import issuer_row
from ledger.issuing.tables import BatchRow, CredentialRow, StatusCallRow
from ledger.issuing.values import EARNED, BatchState, CredentialStatus
from ledger.storage import Database

MOST_BATCHES = 2_000


@dataclass(frozen=True)
class Statistics:
    """Counts of credentials: by achievement, by month (`2026-11`) in which they were anchored, by status.

    Two statuses are more than what was asked for: `waiting` for what is not anchored yet, and `key_ended` for what
    verifiers refuse because the key that signed it had ended.

    `seconds_to_final` has how long the batches took from being sealed until their proofs were attached: the shortest,
    the middle and the longest; None if there is none. `batches` and `changes` are registry calls.
    """

    by_achievement: Mapping[str, int]
    by_month: Mapping[str, int]
    by_status: Mapping[str, int]
    seconds_to_final: tuple[int, int, int] | None
    batches: tuple[int, ...]
    changes: tuple[int, ...]


def statistics_of(database: Database, issuer: str) -> Statistics:
    """Counted now. Raises NotFound."""
    with database.reading() as session:
        owner = issuer_row(session, issuer).id
        counted = select(CredentialRow.achievement, func.count()).where(
            CredentialRow.issuer == owner, col(CredentialRow.kind).in_(EARNED)
        )
        by_achievement = dict(session.exec(counted.group_by(CredentialRow.achievement)).all())
        batches = session.exec(
            select(BatchRow)
            .where(BatchRow.issuer == owner, col(BatchRow.anchored_at).is_not(None))
            .order_by(col(BatchRow.id).desc())
            .limit(MOST_BATCHES)
        ).all()
        changes = session.exec(select(StatusCallRow.id).where(StatusCallRow.issuer == owner)).all()
        return Statistics(
            by_achievement=by_achievement,
            by_month=_months(session, owner or 0),
            by_status=_statuses(session, owner or 0),
            seconds_to_final=_times(batches),
            batches=tuple(one.id or 0 for one in batches),
            changes=tuple(one or 0 for one in changes),
        )


def _months(session: Session, owner: int) -> dict[str, int]:
    """By the month of the anchor's block (UTC), the oldest first."""
    found: Counter[str] = Counter()
    rows = session.exec(
        select(BatchRow.anchored_at, func.count())
        .join(CredentialRow, col(CredentialRow.batch) == BatchRow.id)
        .where(BatchRow.issuer == owner, col(BatchRow.anchored_at).is_not(None), col(CredentialRow.kind).in_(EARNED))
        .group_by(col(BatchRow.id), col(BatchRow.anchored_at))
    ).all()
    for moment, number in rows:
        found[f"{datetime.fromtimestamp(moment or 0, UTC):%Y-%m}"] += number
    return dict(sorted(found.items()))


def _statuses(session: Session, owner: int) -> dict[str, int]:
    found: Counter[str] = Counter()
    refused = set(session.exec(batches_of_ended_keys(owner)).all())
    rows = session.exec(
        select(BatchRow.id, BatchRow.state, CredentialRow.status, func.count())
        .join(CredentialRow, col(CredentialRow.batch) == BatchRow.id)
        .where(CredentialRow.issuer == owner, col(CredentialRow.kind).in_(EARNED))
        .group_by(col(BatchRow.id), BatchRow.state, CredentialRow.status)
    ).all()
    for batch, state, status, number in rows:
        is_plain = status == CredentialStatus.ACTIVE
        if is_plain and batch in refused:
            found["key_ended"] += number
        elif is_plain and state != BatchState.FINAL:
            found["waiting"] += number
        else:
            found[status] += number
    return dict(found)


def _times(batches: Sequence[BatchRow]) -> tuple[int, int, int] | None:
    took = [one.attached_at - one.sealed_at for one in batches if one.attached_at and one.sealed_at]
    found = [max(0, one) for one in took]
    return (min(found), int(median(found)), max(found)) if found else None
