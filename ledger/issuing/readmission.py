"""Takes documents back into batches that are known from the chain alone. Each one's own anchor proof says where it
belongs, and is believed only if its digest leads to the root of a batch that is final here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import orjson
from sqlalchemy import func, update
from sqlmodel import Session, col, select

from ledger.documents.canonical import canonicalize
from ledger.documents.codecs import encode_hex, parse_timestamp
from ledger.documents.strict_json import JsonObject, parse
from ledger.documents.summary import summarize
from ledger.errors import CairnError, DraftError, Problem
from ledger.issuing.evidence import anchor_proof_of
from ledger.issuing.rows import saved
from ledger.issuing.tables import (
    AnchorProofRow,
    BatchRow,
    CredentialRow,
    DocumentRow,
    IssuerRow,
    SignatureRow,
)
from ledger.issuing.values import BatchState, CredentialKind
from ledger.proofs.anchor_proof import CRYPTOSUITE, AnchorProof
from ledger.storage import Database

MOST_PROBLEMS = 100


@dataclass(frozen=True)
class Archived:
    """A document and whom it is for. What is None is not known: a learner's own copy tells only its document."""

    document: bytes
    place: str
    achievement: str | None = None
    name: str | None = None
    email: str | None = None
    learner_name: str | None = None
    learner_id: str | None = None
    superseded_by: str | None = None


@dataclass(frozen=True)
class _Parts:
    """A document taken apart, as it is stored."""

    content: JsonObject
    body: bytes
    digest: bytes
    signatures: list[JsonObject]
    proofs: bytes
    anchor: bytes
    place: AnchorProof


class Readmission:
    """Adds documents to final batches."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def admit(self, archived: Iterable[Archived]) -> int:
        """Adds those that are not there yet, and gives how many.

        Raises DraftError with every document that belongs to no batch here or cannot be read; none of these is added
        then.
        """
        read, problems = [], []
        for one in archived:
            try:
                read.append((one, _take_apart(one.document)))
            except CairnError as error:
                problems.append(Problem(error.code, f"{one.place}: {error}"))
        added = 0
        if not problems:
            with self._database.writing() as session:
                for one, parts in read:
                    batch = _batch_of(session, parts)
                    if isinstance(batch, str):
                        problems.append(Problem("not_of_this_ledger", f"{one.place}: {batch}"))
                        continue
                    added += _store(session, batch, one, parts)
                if problems:
                    session.rollback()
        if problems:
            raise DraftError(problems[:MOST_PROBLEMS])
        return added

    def finish(self) -> int:
        """Notes the size in bytes of batches that have all their documents again, and has every issuer's next status
        index lie beyond those that are used. Gives how many final batches lack documents."""
        with self._database.writing() as session:
            counts = dict(
                session.exec(select(CredentialRow.batch, func.count()).group_by(col(CredentialRow.batch))).all()
            )
            rows = session.exec(select(BatchRow).where(BatchRow.state == BatchState.FINAL)).all()
            for row in rows:
                if row.byte_count == 0 and counts.get(saved(row.id)) == row.size:
                    row.byte_count = session.exec(
                        select(func.sum(func.length(DocumentRow.body))).where(DocumentRow.batch == row.id)
                    ).one()
                    session.add(row)
            for owner, highest in session.exec(
                select(CredentialRow.issuer, func.max(CredentialRow.status_index)).group_by(col(CredentialRow.issuer))
            ).all():
                session.exec(
                    update(IssuerRow)
                    .where(col(IssuerRow.id) == owner, col(IssuerRow.next_status_index) <= highest)
                    .values(next_status_index=highest + 1)
                )
            return sum(counts.get(saved(row.id), 0) < row.size for row in rows)


def _take_apart(document: bytes) -> _Parts:
    """Raises MalformedDocument or InvalidProof."""
    content = parse(document)
    place = anchor_proof_of(content)
    listed = content.pop("proof")
    proofs = [proof for proof in (listed if isinstance(listed, list) else [listed]) if isinstance(proof, dict)]
    signatures = [proof for proof in proofs if proof.get("cryptosuite") != CRYPTOSUITE]
    (anchor,) = (orjson.dumps(proof) for proof in proofs if proof.get("cryptosuite") == CRYPTOSUITE)
    body = canonicalize(content)
    return _Parts(content, body, hashlib.sha256(body).digest(), signatures, orjson.dumps(signatures), anchor, place)


def _batch_of(session: Session, parts: _Parts) -> BatchRow | str:
    """The final batch that holds the document, or why there is none."""
    place = parts.place
    root = place.root_for(parts.digest)
    row = session.exec(
        select(BatchRow)
        .join(IssuerRow, col(IssuerRow.id) == BatchRow.issuer)
        .where(IssuerRow.issuer_id == place.issuer_id, BatchRow.root == root, BatchRow.state == BatchState.FINAL)
    ).first()
    if row is None:
        return f"no final batch of this ledger has the root {encode_hex(root)}"
    if row.size != place.tree_size:
        return "its proof speaks of a batch of another size"
    return row


def _store(session: Session, batch: BatchRow, one: Archived, parts: _Parts) -> int:
    """Adds a document, unless it is there; 1 if it was added."""
    here = (saved(batch.id), parts.place.leaf_index)
    known = select(CredentialRow.id).where(CredentialRow.batch == here[0], CredentialRow.position == here[1])
    if session.exec(known).first() is not None:
        return 0
    summary = summarize(parts.content)
    credential_id = str(parts.content.get("id", ""))
    session.add(
        CredentialRow(
            credential_id=credential_id,
            batch=here[0],
            position=here[1],
            issuer=batch.issuer,
            status_index=parts.place.status_index,
            kind=_kind(summary.kind, parts.place),
            achievement=one.achievement if one.achievement is not None else credential_id,
            name=one.name if one.name is not None else summary.name or "",
            email=one.email or "",
            learner_name=one.learner_name if one.learner_name is not None else summary.learner_name or "",
            # Whoever is not known is not taken for somebody else.
            learner_id=one.learner_id if one.learner_id is not None else credential_id,
            digest=parts.digest,
            supersedes=summary.supersedes,
            superseded_by=one.superseded_by,
        )
    )
    session.add(DocumentRow(batch=here[0], position=here[1], body=parts.body))
    session.add(SignatureRow(batch=here[0], position=here[1], proofs=parts.proofs))
    session.add(AnchorProofRow(batch=here[0], position=here[1], proof=parts.anchor))
    _note_seal(session, batch, parts)
    return 1


def _kind(kind: str, place: AnchorProof) -> CredentialKind:
    if kind in (CredentialKind.RECORD, CredentialKind.ENDORSEMENT):
        return CredentialKind(kind)
    return CredentialKind.AWARD if place.evidence is not None else CredentialKind.ACHIEVEMENT


def _note_seal(session: Session, batch: BatchRow, parts: _Parts) -> None:
    """Notes with the batch how it was signed, as its first document tells."""
    if batch.sealed_at is not None or not parts.signatures:
        return
    batch.suites = " ".join(str(proof.get("cryptosuite")) for proof in parts.signatures)
    batch.verification_method = str(parts.signatures[0].get("verificationMethod"))
    batch.sealed_at = int(parse_timestamp(str(parts.signatures[0].get("created"))).timestamp())
    session.add(batch)
