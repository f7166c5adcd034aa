"""What was asked of the status of credentials: stored before anything is signed, packed into as few calls as can be.

A registry call takes up to 256 words, and a word holds 256 neighbouring status indexes.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

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
Placing = Callable[[Session, Iterable[int]], None]
"""Orders calls in the transaction that stores them, so that nobody ever sees one without knowing who pays for it."""

GONE = frozenset({CredentialStatus.REVOKED, CredentialStatus.REVOKING, CredentialStatus.WITHDRAWN})
"""Of no force any more, or soon: revoking changes nothing."""


def store_requests(
    database: Database,
    action: StatusAction,
    credential_ids: Sequence[str],
    reason: int,
    *,
    placing: Placing | None = None,
) -> set[int]:
    """Stores what is asked for, and gives the ids of all calls that bring it about, those of earlier requests too.

    Raises NotFound `credential_unknown`, Conflict `not_issued` for a draft and `already_revoked`. Nothing is stored
    then.
    """
    with database.writing() as session:
        return ask(session, action, dict.fromkeys(credential_ids, reason), placing=placing)


def ask(
    session: Session,
    action: StatusAction,
    reasons: Mapping[str, int],
    *,
    notes: Mapping[str, str] | None = None,
    placing: Placing | None = None,
) -> set[int]:
    """As `store_requests`, in the caller's transaction, with a reason for each credential id, and a note for some."""
    rows = _credentials(session, list(reasons))
    wanted: dict[int, list[CredentialRow]] = defaultdict(list)
    asked_before = []
    for row in rows:
        if _is_needed(action, row):
            wanted[reasons[row.credential_id]].append(row)
        else:
            asked_before.append(saved(row.id))
    calls = _latest_calls(session, asked_before)
    for reason, chosen in sorted(wanted.items()):
        calls |= _store_calls(session, action, reason, chosen, notes or {})
    if placing is not None:
        placing(session, sorted(calls))
    return calls


def pack(places: Iterable[tuple[int, int]]) -> list[tuple[int, list[int]]]:
    """Into how many calls status indexes go: each call's issuer, and its words, in order.

    `places` are issuers with status indexes. A call is for one issuer and holds up to 256 words.
    """
    words: dict[int, set[int]] = defaultdict(set)
    for issuer, status_index in places:
        words[issuer].add(status_index >> 8)
    return [
        (issuer, packed[start : start + WORDS_IN_A_CALL])
        for issuer, found in sorted(words.items())
        for packed in [sorted(found)]
        for start in range(0, len(packed), WORDS_IN_A_CALL)
    ]


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


def _store_calls(
    session: Session, action: StatusAction, reason: int, wanted: Sequence[CredentialRow], notes: Mapping[str, str]
) -> set[int]:
    """Stores one row for each registry call that is needed, with its credentials, and marks these as pending."""
    by_word: dict[tuple[int, int], list[CredentialRow]] = defaultdict(list)
    for row in wanted:
        by_word[row.issuer, row.status_index >> 8].append(row)
    calls = set()
    for issuer, words in pack((row.issuer, row.status_index) for row in wanted):
        call = StatusCallRow(issuer=issuer, action=action, reason=reason, state=PENDING, requested_at=int(time.time()))
        session.add(call)
        session.flush()
        rows = [row for word in words for row in by_word[issuer, word]]
        changes = ((call.id, saved(row.id), notes.get(row.credential_id)) for row in rows)
        insert_rows(session, StatusChangeRow, ("call", "credential", "note"), changes)
        set_status(session, [saved(row.id) for row in rows], _ASKED[action])
        calls.add(saved(call.id))
    return calls


def _credentials(session: Session, credential_ids: Sequence[str]) -> list[CredentialRow]:
    """The rows of these ids, locked so that nobody asks twice. Raises NotFound for none, Conflict for a draft."""
    names = sorted(set(credential_ids))
    rows: list[CredentialRow] = []
    for start in range(0, len(names), INSERT_CHUNK):
        chunk = names[start : start + INSERT_CHUNK]
        found = session.exec(
            select(CredentialRow, BatchRow.state)
            .join(BatchRow, col(BatchRow.id) == CredentialRow.batch)
            .where(col(CredentialRow.credential_id).in_(chunk))
            .order_by(col(CredentialRow.id))
            .with_for_update(of=CredentialRow)
            .execution_options(populate_existing=True)  # what was read before the lock may be out of date
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
        return row.status not in GONE
    if row.status in GONE:
        how = "was withdrawn with its batch" if row.status == CredentialStatus.WITHDRAWN else "is revoked"
        raise Conflict(f"{row.credential_id} {how}, for ever; nothing was changed", "already_revoked")
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
    """Notes the status of these rows. Objects of the session that were read before keep what they had."""
    # Comparing 10,000 loaded objects with each chunk in Python takes longer than all the rest.
    connection = session.connection()
    for start in range(0, len(ids), INSERT_CHUNK):
        chunk = ids[start : start + INSERT_CHUNK]
        connection.execute(update(CredentialRow).where(col(CredentialRow.id).in_(chunk)).values(status=status.value))
