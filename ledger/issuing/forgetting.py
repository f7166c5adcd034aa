"""Forgetting: what an issuer's tables say of a person goes, and what others rely on stays.

Of a credential that is forgotten the document is deleted, and with it name, results and evidence; in the row beside it
name, address and number are taken out. What stays is random or public: its id, its digest, its status index, the
issuer's signatures, its place under a root. So revoking it, reconciling with the registry and checking a batch against
its root go on working; and a digest, made of a document with 122 random bits in it, leads to nobody once the document
is gone.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, delete, select, update

from ledger.errors import Conflict
from ledger.issuing.tables import (
    AwardCandidateRow,
    BatchRow,
    CredentialRow,
    DocumentRow,
    IssuerRow,
    PathwayRow,
    RequestRow,
    StatusChangeRow,
)

FORGOTTEN = "forgotten:"
"""How the number of a learner begins in the row of a credential that was forgotten; the row's own number follows."""
CHUNK = 500


def is_forgotten(learner_id: str) -> bool:
    """Whether this is the number of nobody any more, in the row of a credential that was forgotten."""
    return learner_id.startswith(FORGOTTEN)


def credentials_of_learner(
    session: Session, issuer: str, *, email: str | None = None, learner_id: str | None = None
) -> list[str]:
    """The ids of all that an issuer awarded under an e-mail address, or under its own number for a person."""
    query = select(CredentialRow.credential_id).join(IssuerRow, col(IssuerRow.id) == CredentialRow.issuer)
    if email is not None:
        query = query.where(CredentialRow.email == email)
    if learner_id is not None:
        query = query.where(CredentialRow.learner_id == learner_id)
    return list(session.exec(query.where(IssuerRow.slug == issuer)))


def forget_credentials(session: Session, credential_ids: Sequence[str]) -> int:
    """Forgets documents of final batches, within the caller's transaction, and says how many.

    Raises Conflict `not_final_yet`, and changes nothing, while one of them is on its way to the registry: its document
    is still needed.
    """
    count = 0
    for start in range(0, len(credential_ids), CHUNK):
        rows = session.exec(
            select(CredentialRow).where(col(CredentialRow.credential_id).in_(credential_ids[start : start + CHUNK]))
        ).all()
        _require_final(session, rows)
        for row in rows:
            _forget(session, row)
            count += 1
    session.flush()
    return count


def _require_final(session: Session, rows: Sequence[CredentialRow]) -> None:
    batches = sorted({row.batch for row in rows})
    open_ones = select(BatchRow.id).where(col(BatchRow.id).in_(batches), col(BatchRow.attached_at).is_(None))
    if session.exec(open_ones).first() is not None:
        message = "a document that is to be erased is on its way to the registry; try again once it is final"
        raise Conflict(message, "not_final_yet")


def _forget(session: Session, row: CredentialRow) -> None:
    here = (col(DocumentRow.batch) == row.batch, col(DocumentRow.position) == row.position)
    session.exec(delete(DocumentRow).where(*here))
    session.exec(update(StatusChangeRow).where(col(StatusChangeRow.credential) == row.id).values(note=None))
    session.exec(delete(RequestRow).where(col(RequestRow.batch) == row.batch))
    mine = select(PathwayRow.id).where(PathwayRow.issuer == row.issuer)
    session.exec(
        delete(AwardCandidateRow).where(
            col(AwardCandidateRow.learner_id) == row.learner_id, col(AwardCandidateRow.pathway).in_(mine)
        )
    )
    if row.kind == "record":
        row.name = ""
        session.exec(update(BatchRow).where(col(BatchRow.id) == row.batch).values(label="Record"))
    row.email = row.learner_name = ""
    row.learner_id = f"{FORGOTTEN}{row.id}"
    session.add(row)
