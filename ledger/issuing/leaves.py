"""The parts of a batch's documents, read and written in chunks, so that a batch of any size fits in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import col, select

from ledger.errors import WorkspaceError
from ledger.issuing.evidence import decode_evidence
from ledger.issuing.sealing import build_tree
from ledger.issuing.tables import AnchorProofRow, AwardEvidenceRow, CredentialRow, DocumentRow, SignatureRow
from ledger.proofs.anchor_proof import AwardEvidence
from ledger.proofs.merkle import MerkleTree
from ledger.storage import Database, insert_rows

CHUNK = 1000

Part = type[SignatureRow] | type[AnchorProofRow]


@dataclass(frozen=True)
class SealedParts:
    """What a batch comes down to: its tree, its status indexes in leaf order, the hash of all its signatures."""

    tree: MerkleTree
    status_indexes: tuple[int, ...]
    signatures: bytes


class Leaves:
    """The leaves of one batch of `size` documents."""

    def __init__(self, database: Database, batch: int, size: int) -> None:
        self._database = database
        self._batch = batch
        self._size = size

    def unsigned(self, chunk: int) -> Iterator[list[tuple[int, bytes]]]:
        """The (position, body) that are not signed yet, so many at a time."""
        for start in range(self._done(SignatureRow), self._size, chunk):
            with self._database.reading() as session:
                found = session.exec(
                    select(DocumentRow.position, DocumentRow.body)
                    .where(
                        DocumentRow.batch == self._batch,
                        col(DocumentRow.position) >= start,
                        col(DocumentRow.position) < start + chunk,
                    )
                    .order_by(col(DocumentRow.position))
                ).all()
            yield [(position, body) for position, body in found]

    def store_signatures(self, proofs: Iterable[tuple[int, bytes]]) -> None:
        """Stores proofs by position; what is signed already stays as it is."""
        rows = [(self._batch, position, proof) for position, proof in proofs]
        with self._database.writing() as session:
            insert_rows(session, SignatureRow, ("batch", "position", "proofs"), rows, skip=True)

    def store_anchor_proofs(self, proofs: Iterable[tuple[int, bytes]]) -> None:
        """Stores anchor proofs by position; what is there already stays as it is."""
        rows = [(self._batch, position, proof) for position, proof in proofs]
        with self._database.writing() as session:
            insert_rows(session, AnchorProofRow, ("batch", "position", "proof"), rows, skip=True)

    def unattached(self) -> int:
        """The first position without an anchor proof: they are stored in order."""
        return self._done(AnchorProofRow)

    def evidence(self) -> dict[int, AwardEvidence]:
        """The evidence of awards, by position."""
        with self._database.reading() as session:
            found = session.exec(
                select(AwardEvidenceRow.position, AwardEvidenceRow.evidence).where(
                    AwardEvidenceRow.batch == self._batch
                )
            ).all()
        return {position: decode_evidence(evidence) for position, evidence in found}

    def read_back(self) -> SealedParts:
        """Reads every stored byte of the batch again and computes what it comes down to.

        Raises WorkspaceError `batch_corrupt` if a body is not what its digest says, or a part is missing.
        """
        signatures = hashlib.sha256()
        leaves: list[tuple[bytes, int]] = []
        for start in range(0, self._size, CHUNK):
            for position, (digest, status_index, body, proofs) in enumerate(self._chunk(start), start=start):
                if hashlib.sha256(body).digest() != digest:
                    raise WorkspaceError(
                        "batch_corrupt", f"document {position} of the batch changed where it is stored"
                    )
                signatures.update(proofs)
                leaves.append((digest, status_index))
        if len(leaves) != self._size:
            raise WorkspaceError("batch_corrupt", f"the batch has {len(leaves)} of its {self._size} signed documents")
        return SealedParts(build_tree(leaves), tuple(index for _, index in leaves), signatures.digest())

    def _chunk(self, start: int) -> list[tuple[bytes, int, bytes, bytes]]:
        with self._database.reading() as session:
            found = session.exec(
                select(CredentialRow.digest, CredentialRow.status_index, DocumentRow.body, SignatureRow.proofs)
                .join(
                    DocumentRow,
                    (col(DocumentRow.batch) == CredentialRow.batch)
                    & (col(DocumentRow.position) == CredentialRow.position),
                )
                .join(
                    SignatureRow,
                    (col(SignatureRow.batch) == CredentialRow.batch)
                    & (col(SignatureRow.position) == CredentialRow.position),
                )
                .where(
                    CredentialRow.batch == self._batch,
                    col(CredentialRow.position) >= start,
                    col(CredentialRow.position) < start + CHUNK,
                )
                .order_by(col(CredentialRow.position))
            ).all()
        return [(row[0], row[1], row[2], row[3]) for row in found]

    def _done(self, part: Part) -> int:
        """How many leaves have this part. Parts are stored in order, each chunk in one transaction."""
        with self._database.reading() as session:
            last = session.exec(select(func.max(part.position)).where(part.batch == self._batch)).one()
        return 0 if last is None else last + 1
