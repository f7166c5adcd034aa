"""What was asked of the status of credentials: stored before anything is signed, packed into as few calls as can be.

A registry call takes up to 256 words, and a word holds 256 neighbouring status indexes.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from ledger.chain.registry import StatusAction
from ledger.errors import Conflict, NotFound
from ledger.issuing.rows import saved
from ledger.issuing.tables import BatchRow, CredentialRow, StatusCallRow, StatusChangeRow
from ledger.issuing.values import BatchState, CredentialStatus
from ledger.storage import INSERT_CHUNK, Database, insert_rows

WORDS_IN_A_CALL = 256
PENDING = "pending"

_ASKED = {
    StatusAction.REVOKE: CredentialStatus.REVOKING,
    StatusAction.SUSPEND: CredentialStatus.SUSPENDING,
    StatusAction.REINSTATE: CredentialStatus.REINSTATING,
}
_GONE = {CredentialStatus.REVOKED, CredentialStatus.REVOKING}


def store_requests(database: Database, action: StatusAction, credential_ids: Sequence[str], reason: int) -> set[int]:
    """Stores what is asked for, and gives the ids of all calls that bring it about, those of earlier requests too.

    Raises NotFound `credential_unknown`, Conflict `not_issued` for a draft and `already_revoked`. Nothing is stored
    then.
    """
    with database.writing() as session:
        rows = _credentials(session, credential_ids)
        wanted = [row for row in rows if _is_needed(action, row)]
        new = {saved(row.id) for row in wanted}
        asked_before = [saved(row.id) for row in rows if saved(row.id) not in new]
        return _latest_calls(session, asked_before) | _store_calls(session, action, reason, wanted)


def pending_calls(database: Database, *, among: Iterable[int] | None = None) -> list[int]:
    """The calls that are not final, in the order in which they were asked for.

    With `among`, those, and what is pending before them for the same issuers.
    """
    with database.reading() as session:
        query = select(StatusCallRow.id).where(StatusCallRow.state == PENDING)
        if among is not None:
            calls = list(among)
            issuers = select(StatusCallRow.issuer).where(col(StatusCallRow.id).in_(calls))
            query = query.where(col(StatusCallRow.issuer).in_(issuers), col(StatusCallRow.id) <= max(calls, default=0))
        return [saved(call) for call in session.exec(query.order_by(col(StatusCallRow.id))).all()]


def _store_calls(session: Session, action: StatusAction, reason: int, wanted: Iterable[CredentialRow]) -> set[int]:
    """Stores one row for each registry call that is needed, with its credentials, and marks these as pending."""
    words: dict[tuple[int, int], list[CredentialRow]] = defaultdict(list)
    for row in wanted:
        words[row.issuer, row.status_index >> 8].append(row)
    by_issuer: dict[int, list[list[CredentialRow]]] = defaultdict(list)
    for (issuer, _word), rows in sorted(words.items(), key=lambda item: item[0]):
        by_issuer[issuer].append(rows)
    calls = set()
    for issuer, packed in by_issuer.items():
        for start in range(0, len(packed), WORDS_IN_A_CALL):
            call = StatusCallRow(
                issuer=issuer, action=action, reason=reason, state=PENDING, requested_at=int(time.time())
            )
            session.add(call)
            session.flush()
            ids = [saved(row.id) for rows in packed[start : start + WORDS_IN_A_CALL] for row in rows]
            insert_rows(session, StatusChangeRow, ("call", "credential"), ((call.id, row) for row in ids))
            set_status(session, ids, _ASKED[action])
            calls.add(saved(call.id))
    return calls


def _credentials(session: Session, credential_ids: Sequence[str]) -> list[CredentialRow]:
    """The rows of these ids. Raises NotFound if one does not exist, Conflict if one is a draft."""
    names = list(dict.fromkeys(credential_ids))
    rows: list[CredentialRow] = []
    for start in range(0, len(names), INSERT_CHUNK):
        chunk = names[start : start + INSERT_CHUNK]
        found = session.exec(
            select(CredentialRow, BatchRow.state)
            .join(BatchRow, col(BatchRow.id) == CredentialRow.batch)
            .where(col(CredentialRow.credential_id).in_(chunk))
            .order_by(col(CredentialRow.id))
        ).all()
        if len(found) < len(chunk):
            missing = next(name for name in chunk if name not in {row.credential_id for row, _ in found})
            raise NotFound(f"there is no credential {missing}; nothing was changed", "credential_unknown")
        for row, state in found:
            if state == BatchState.OPEN:
                raise Conflict(f"{row.credential_id} is a draft; discard its batch instead", "not_issued")
            rows.append(row)
    return rows


def _is_needed(action: StatusAction, row: CredentialRow) -> bool:
    """Whether the action changes anything. Raises Conflict `already_revoked` where it cannot be done any more."""
    if action is StatusAction.REVOKE:
        return row.status not in _GONE
    if row.status in _GONE:
        raise Conflict(f"{row.credential_id} is revoked, for ever; nothing was changed", "already_revoked")
    suspended = row.status in {CredentialStatus.SUSPENDED, CredentialStatus.SUSPENDING}
    return suspended is (action is StatusAction.REINSTATE)


def _latest_calls(session: Session, credentials: Iterable[int]) -> set[int]:
    ids = list(credentials)
    calls: set[int] = set()
    for start in range(0, len(ids), INSERT_CHUNK):
        chunk = ids[start : start + INSERT_CHUNK]
        calls |= set(
            session.exec(
                select(func.max(StatusChangeRow.call))
                .where(col(StatusChangeRow.credential).in_(chunk))
                .group_by(col(StatusChangeRow.credential))
            ).all()
        )
    return calls


def set_status(session: Session, ids: Sequence[int], status: CredentialStatus) -> None:
    for start in range(0, len(ids), INSERT_CHUNK):
        chunk = ids[start : start + INSERT_CHUNK]
        session.exec(update(CredentialRow).where(col(CredentialRow.id).in_(chunk)).values(status=status.value))
