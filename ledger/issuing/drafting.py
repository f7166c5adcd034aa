"""From entries to an open batch: unsigned documents, stored in their canonical form. All of them, or none.

Each document gets its id and its status index here, before anything signs it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlmodel import Session, col, delete, select, update

from ledger.documents.canonical import canonicalize
from ledger.documents.credential import IssuerProfile, Learner, build_credential, new_credential_id, new_salt
from ledger.documents.definitions import definitions_hash
from ledger.documents.schemas import schema_problems
from ledger.documents.strict_json import JsonObject
from ledger.errors import Conflict, DraftError, NotFound, Problem
from ledger.failpoints import reach
from ledger.issuing.awarding.components import Row, component_rows, refuse_double_counting, store_components
from ledger.issuing.drafts import Draft
from ledger.issuing.evidence import encode_evidence
from ledger.issuing.rows import batch_row, issuer_row, saved
from ledger.issuing.supersession import (
    Superseding,
    give_places_back,
    superseded_by_batch,
    superseding_problems,
    take_places,
)
from ledger.issuing.tables import (
    AwardComponentRow,
    AwardEvidenceRow,
    BatchRow,
    CredentialRow,
    DocumentRow,
    IssuerRow,
    RequestRow,
)
from ledger.issuing.values import EARNED, BatchState, CredentialKind, CredentialStatus, RequestKey
from ledger.proofs.anchor_proof import AwardEvidence
from ledger.storage import INSERT_CHUNK, Database, insert_rows

Build = Callable[[str, int], JsonObject]
"""Makes the unsecured document from its id and its status index."""

Then = Callable[[Session, int], object]
"""What is noted with a new batch, of this id, in the transaction that stores it: all of it, or nothing."""

_CREDENTIAL_COLUMNS = (
    "credential_id",
    "batch",
    "position",
    "issuer",
    "status_index",
    "kind",
    "achievement",
    "name",
    "email",
    "learner_name",
    "learner_id",
    "digest",
    "status",
    "supersedes",
)
_SHOWN_RANGES = 8
DISCARDED = 0
"""The batch of a request whose batch was discarded: no batch has this number."""


@dataclass(frozen=True)
class Entry:
    """One document to be, and whom it is for. `row` is where it stands in the file that it came from.

    `supersedes` is the id of the credential that it corrects. `credential_id` is the id that it has already, if so.
    """

    kind: CredentialKind
    achievement: str
    name: str
    learner: Learner
    build: Build
    row: int | None = None
    evidence: AwardEvidence | None = None
    supersedes: str | None = None
    credential_id: str | None = None


def entry_from_draft(
    issuer: IssuerProfile, draft: Draft, *, supersedes: str | None = None, related: Sequence[JsonObject] = ()
) -> Entry:
    """The entry for a row of an import, or for one that corrects another: `related` names that in the document."""

    def build(credential_id: str, status_index: int) -> JsonObject:
        return build_credential(
            issuer=issuer,
            achievement=draft.achievement,
            learner=draft.learner,
            result=draft.result,
            awarded_on=draft.awarded_on,
            status_index=status_index,
            credential_id=credential_id,
            salt=new_salt(),
            valid_until=draft.valid_until,
            evidence=draft.evidence,
            narrative=draft.narrative,
            related=related,
        )

    achievement = draft.achievement
    return Entry(
        CredentialKind.ACHIEVEMENT,
        achievement.code,
        achievement.title,
        draft.learner,
        build,
        draft.row,
        supersedes=supersedes,
    )


def store_batch(
    database: Database,
    issuer: str,
    entries: Sequence[Entry],
    *,
    label: str,
    request: RequestKey | None = None,
    then: Then | None = None,
) -> tuple[int, bool]:
    """Stores an open batch, and that `request` made it. Gives its id, and whether it is new; `then` is noted with it.

    Raises Conflict `already_issued`, naming the rows, if a learner holds one of these achievements from this issuer
    already; Conflict `batch_empty` for no entries, `idempotency_conflict` if the request's name was used for another,
    `double_counting` if an award counts what another counts, and one of their pathways forbids it;
    DraftError `schema_invalid` if a document would not be a valid Open Badge or record, or with the codes of
    `superseding_problems`. Nothing is stored then.
    """
    if not entries:
        raise Conflict("there is nothing to issue", "batch_empty")
    are_awards = any(entry.evidence is not None for entry in entries)
    with database.writing(alone=b"awards" if are_awards else None) as session:
        owner = issuer_row(session, issuer, locked=True)
        if request is not None and (known := batch_of_request(session, request)) is not None:
            return known, False
        _refuse_uncorrectable(session, owner, entries)
        _refuse_repeated(session, owner, entries)
        batch = BatchRow(
            issuer=saved(owner.id),
            label=label,
            state=BatchState.OPEN,
            size=len(entries),
            byte_count=0,
            created_at=int(time.time()),
            definitions_hash=definitions_hash(),
        )
        session.add(batch)
        session.flush()
        named = [(entry, entry.credential_id or new_credential_id()) for entry in entries]
        take_places(session, {entry.supersedes: name for entry, name in named if entry.supersedes})
        for start in range(0, len(named), INSERT_CHUNK):
            chunk = named[start : start + INSERT_CHUNK]
            first = owner.next_status_index
            batch.byte_count += store_chunk(session, owner, saved(batch.id), start, chunk, first)
        owner.next_status_index += len(entries)
        session.add_all([owner, batch])
        if request is not None:
            session.add(_request_row(request, saved(batch.id)))
        session.flush()
        if are_awards:
            refuse_double_counting(session, saved(batch.id))
        if then is not None:
            then(session, saved(batch.id))
        reach("draft.in_transaction")
    reach("draft.committed")
    return saved(batch.id), True


def batch_of_request(session: Session, request: RequestKey) -> int | None:
    """The batch that this request made before.

    Raises Conflict `idempotency_conflict` if it was another request, NotFound `batch_unknown` if it was discarded.
    """
    row = session.get(RequestRow, (request.owner, request.key))
    if row is None:
        return None
    if row.body_hash != request.body_hash:
        raise Conflict("this Idempotency-Key was used for another request", "idempotency_conflict")
    if row.batch == DISCARDED:
        raise NotFound("what this request made was discarded; ask under another Idempotency-Key", "batch_unknown")
    return row.batch


def discard_batch(database: Database, batch_id: int) -> None:
    """Deletes an open batch. Its status indexes are never used again. Raises Conflict `batch_sealed`, NotFound."""
    with database.writing() as session:
        batch, _ = batch_row(session, batch_id)
        if batch.state != BatchState.OPEN or batch.gathers_until is not None:
            raise Conflict(f"batch {batch_id} is signed already; it can be revoked, not discarded", "batch_sealed")
        superseded = superseded_by_batch(session, batch_id)
        for table in (AwardComponentRow, AwardEvidenceRow, DocumentRow, CredentialRow):
            session.exec(delete(table).where(col(table.batch) == batch_id))
        give_places_back(session, superseded)
        # The number may be given out again: whoever repeats the request must not be given another's batch.
        session.exec(update(RequestRow).where(col(RequestRow.batch) == batch_id).values(batch=DISCARDED))
        session.delete(batch)


def _request_row(request: RequestKey, batch_id: int) -> RequestRow:
    return RequestRow(
        issuer=request.owner,
        key=request.key,
        body_hash=request.body_hash,
        batch=batch_id,
        created_at=int(time.time()),
    )


def store_chunk(
    session: Session, owner: IssuerRow, batch: int, start: int, entries: Sequence[tuple[Entry, str]], first: int
) -> int:
    """Builds and stores the documents of one chunk, entries with their ids, and gives their size in bytes.

    `start` is the position of the first of them, `first` the status index of position 0.
    """
    credentials, documents, evidence = [], [], []
    components: list[Row] = []
    size = 0
    for position, (entry, credential_id) in enumerate(entries, start=start):
        status_index = first + position
        document = entry.build(credential_id, status_index)
        if found := schema_problems(document):
            raise DraftError([Problem("schema_invalid", problem, entry.row) for problem in found])
        body = canonicalize(document)
        size += len(body)
        documents.append((batch, position, body))
        credentials.append(
            (
                credential_id,
                batch,
                position,
                owner.id,
                status_index,
                entry.kind.value,
                entry.achievement,
                entry.name,
                entry.learner.email,
                entry.learner.name,
                entry.learner.learner_id,
                hashlib.sha256(body).digest(),
                CredentialStatus.ACTIVE.value,
                entry.supersedes,
            )
        )
        if entry.evidence is not None:
            evidence.append((batch, position, encode_evidence(entry.evidence)))
            components += component_rows(batch, position, document, entry.evidence)
    insert_rows(session, CredentialRow, _CREDENTIAL_COLUMNS, credentials)
    insert_rows(session, DocumentRow, ("batch", "position", "body"), documents)
    insert_rows(session, AwardEvidenceRow, ("batch", "position", "evidence"), evidence)
    store_components(session, components)
    return size


def _refuse_uncorrectable(session: Session, owner: IssuerRow, entries: Sequence[Entry]) -> None:
    wanted = [
        Superseding(entry.supersedes, entry.achievement, entry.learner, entry.row)
        for entry in entries
        if entry.supersedes is not None
    ]
    if found := list(superseding_problems(session, owner, wanted)):
        raise DraftError(found, then="nothing was drafted")


def issued_before(database: Database, issuer: str, entries: Sequence[Entry]) -> list[int]:
    """The rows of those entries that `store_batch` would refuse as `already_issued`."""
    with database.reading() as session:
        found = _repeated(session, issuer_row(session, issuer), entries)
    return [entry.row for entry in found if entry.row is not None]


def _repeated(session: Session, owner: IssuerRow, entries: Sequence[Entry]) -> list[Entry]:
    """Those whose learner holds the same achievement already."""
    checked = [entry for entry in entries if entry.kind.is_earned]
    superseded = {entry.supersedes for entry in entries}
    repeated = []
    for start in range(0, len(checked), INSERT_CHUNK):
        chunk = checked[start : start + INSERT_CHUNK]
        learners = {entry.learner.learner_id for entry in chunk}
        found = session.exec(
            select(CredentialRow.learner_id, CredentialRow.achievement, CredentialRow.credential_id).where(
                CredentialRow.issuer == owner.id,
                col(CredentialRow.learner_id).in_(learners),
                col(CredentialRow.kind).in_(EARNED),
                col(CredentialRow.status).not_in([CredentialStatus.REVOKED, CredentialStatus.WITHDRAWN]),
                col(CredentialRow.superseded_by).is_(None),
            )
        ).all()
        held = {(learner, achievement) for learner, achievement, name in found if name not in superseded}
        repeated += [entry for entry in chunk if (entry.learner.learner_id, entry.achievement) in held]
    return repeated


def _refuse_repeated(session: Session, owner: IssuerRow, entries: Sequence[Entry]) -> None:
    repeated = _repeated(session, owner, entries)
    if not repeated:
        return
    rows = [entry.row for entry in repeated if entry.row is not None]
    where = f" ({_ranges(rows)})" if rows else ""
    raise Conflict(
        f"{len(repeated):,} of {len(entries):,} were issued before and are not revoked{where}; nothing was imported",
        "already_issued",
    )


def _ranges(rows: Sequence[int]) -> str:
    """Row numbers for people: `rows 2–81, 90`."""
    runs = [[row for _, row in group] for _, group in groupby(enumerate(sorted(rows)), lambda pair: pair[1] - pair[0])]
    shown = [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs[:_SHOWN_RANGES]]
    more = ["…"] if len(runs) > _SHOWN_RANGES else []
    return ("row " if len(rows) == 1 else "rows ") + ", ".join(shown + more)
