"""From entries to an open batch: unsigned documents, stored in their canonical form. All of them, or none.

Each document gets its id and its status index here, before anything signs it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlmodel import Session, col, delete, select

from ledger.documents.canonical import canonicalize
from ledger.documents.credential import IssuerProfile, Learner, build_credential, new_credential_id, new_salt
from ledger.documents.schemas import schema_problems
from ledger.documents.strict_json import JsonObject
from ledger.errors import Conflict, DraftError, Problem
from ledger.issuing.drafts import Draft
from ledger.issuing.evidence import encode_evidence
from ledger.issuing.rows import batch_row, issuer_row, saved
from ledger.issuing.tables import AwardEvidenceRow, BatchRow, CredentialRow, DocumentRow, IssuerRow
from ledger.issuing.values import BatchState, CredentialKind, CredentialStatus
from ledger.proofs.anchor_proof import AwardEvidence
from ledger.storage import INSERT_CHUNK, Database, insert_rows

Build = Callable[[str, int], JsonObject]
"""Makes the unsecured document from its id and its status index."""

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
)
_SHOWN_RANGES = 8


@dataclass(frozen=True)
class Entry:
    """One document to be, and whom it is for. `row` is where it stands in the file that it came from."""

    kind: CredentialKind
    achievement: str
    name: str
    learner: Learner
    build: Build
    row: int | None = None
    evidence: AwardEvidence | None = None


def entry_from_draft(issuer: IssuerProfile, draft: Draft) -> Entry:
    """The entry for a row of an import."""

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
            evidence_url=draft.evidence_url,
            narrative=draft.narrative,
        )

    achievement = draft.achievement
    return Entry(CredentialKind.ACHIEVEMENT, achievement.code, achievement.title, draft.learner, build, draft.row)


def store_batch(database: Database, issuer: str, entries: Sequence[Entry], *, label: str) -> int:
    """Stores an open batch and gives its id.

    Raises Conflict `already_issued`, naming the rows, if a learner holds one of these achievements from this issuer
    already; Conflict `batch_empty` for no entries; DraftError `schema_invalid` if a document would not be a valid Open
    Badge or record. Nothing is stored then.
    """
    if not entries:
        raise Conflict("there is nothing to issue", "batch_empty")
    with database.writing() as session:
        owner = issuer_row(session, issuer, locked=True)
        _refuse_repeated(session, owner, entries)
        batch = BatchRow(
            issuer=saved(owner.id),
            label=label,
            state=BatchState.OPEN,
            size=len(entries),
            byte_count=0,
            created_at=int(time.time()),
        )
        session.add(batch)
        session.flush()
        for start in range(0, len(entries), INSERT_CHUNK):
            chunk = entries[start : start + INSERT_CHUNK]
            batch.byte_count += _store_chunk(session, owner, saved(batch.id), start, chunk)
        owner.next_status_index += len(entries)
        session.add_all([owner, batch])
        return saved(batch.id)


def discard_batch(database: Database, batch_id: int) -> None:
    """Deletes an open batch. Its status indexes are never used again. Raises Conflict `batch_sealed`, NotFound."""
    with database.writing() as session:
        batch, _ = batch_row(session, batch_id)
        if batch.state != BatchState.OPEN:
            raise Conflict(f"batch {batch_id} is signed already; it can be revoked, not discarded", "batch_sealed")
        for table in (AwardEvidenceRow, DocumentRow, CredentialRow):
            session.exec(delete(table).where(col(table.batch) == batch_id))
        session.delete(batch)


def _store_chunk(session: Session, owner: IssuerRow, batch: int, start: int, entries: Sequence[Entry]) -> int:
    """Builds and stores the documents of one chunk, and gives their size in bytes."""
    credentials, documents, evidence = [], [], []
    size = 0
    for position, entry in enumerate(entries, start=start):
        credential_id, status_index = new_credential_id(), owner.next_status_index + position
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
            )
        )
        if entry.evidence is not None:
            evidence.append((batch, position, encode_evidence(entry.evidence)))
    insert_rows(session, CredentialRow, _CREDENTIAL_COLUMNS, credentials)
    insert_rows(session, DocumentRow, ("batch", "position", "body"), documents)
    insert_rows(session, AwardEvidenceRow, ("batch", "position", "evidence"), evidence)
    return size


def _refuse_repeated(session: Session, owner: IssuerRow, entries: Sequence[Entry]) -> None:
    checked = [entry for entry in entries if entry.kind is not CredentialKind.RECORD]
    repeated = []
    for start in range(0, len(checked), INSERT_CHUNK):
        chunk = checked[start : start + INSERT_CHUNK]
        learners = {entry.learner.learner_id for entry in chunk}
        held = set(
            session.exec(
                select(CredentialRow.learner_id, CredentialRow.achievement).where(
                    CredentialRow.issuer == owner.id,
                    col(CredentialRow.learner_id).in_(learners),
                    CredentialRow.kind != CredentialKind.RECORD,
                    col(CredentialRow.status).not_in([CredentialStatus.REVOKED, CredentialStatus.WITHDRAWN]),
                )
            ).all()
        )
        repeated += [entry for entry in chunk if (entry.learner.learner_id, entry.achievement) in held]
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
