"""The parts of a batch's documents, read and written in chunks, so that a batch of any size fits in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

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
                documents = select(DocumentRow.position, DocumentRow.body)
                found = session.exec(_chunk(documents, DocumentRow, self._batch, start, chunk)).all()
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

    def tree(self) -> tuple[MerkleTree, tuple[int, ...]]:
        """The tree over the stored digests, and the status indexes in leaf order."""
        return self._tree([leaf for start in range(0, self._size, CHUNK) for leaf in self._leaves(start)])

    def signatures_hash(self) -> bytes:
        """SHA-256 over all stored signatures in leaf order. Raises WorkspaceError `batch_corrupt` if one is missing."""
        found = hashlib.sha256()
        count = 0
        for start in range(0, self._size, CHUNK):
            for proofs in self._signatures(start):
                found.update(proofs)
                count += 1
        if count != self._size:
            raise WorkspaceError("batch_corrupt", f"the batch has {count} of its {self._size} signatures")
        return found.digest()

    def read_back(self) -> MerkleTree:
        """The tree computed from every stored byte of the documents.

        Raises WorkspaceError `batch_corrupt` if a body is not what its digest says, or is missing.
        """
        leaves: list[tuple[bytes, int]] = []
        for start in range(0, self._size, CHUNK):
            bodies = self._bodies(start)
            stored = self._leaves(start)
            hashed = [hashlib.sha256(body).digest() for body in bodies]
            if hashed != [digest for digest, _ in stored]:
                raise WorkspaceError(
                    "batch_corrupt", f"a document from {start} on changed where it is stored; nothing was sent"
                )
            leaves += stored
        return self._tree(leaves)[0]

    def _tree(self, leaves: list[tuple[bytes, int]]) -> tuple[MerkleTree, tuple[int, ...]]:
        if len(leaves) != self._size:
            raise WorkspaceError("batch_corrupt", f"the batch has {len(leaves)} of its {self._size} documents")
        return build_tree(leaves), tuple(status_index for _, status_index in leaves)

    def _leaves(self, start: int) -> list[tuple[bytes, int]]:
        """The (digest, status index) of one chunk."""
        with self._database.reading() as session:
            leaves = select(CredentialRow.digest, CredentialRow.status_index)
            found = session.exec(_chunk(leaves, CredentialRow, self._batch, start)).all()
        return [(digest, status_index) for digest, status_index in found]

    def _bodies(self, start: int) -> Sequence[bytes]:
        with self._database.reading() as session:
            found: Sequence[bytes] = session.exec(
                _chunk(select(DocumentRow.body), DocumentRow, self._batch, start)
            ).all()
        return found

    def _signatures(self, start: int) -> Sequence[bytes]:
        with self._database.reading() as session:
            found: Sequence[bytes] = session.exec(
                _chunk(select(SignatureRow.proofs), SignatureRow, self._batch, start)
            ).all()
        return found

    def _done(self, part: Part) -> int:
        """How many leaves have this part. Parts are stored in order, each chunk in one transaction."""
        with self._database.reading() as session:
            last = session.exec(select(func.max(part.position)).where(part.batch == self._batch)).one()
        return 0 if last is None else last + 1


def _chunk(
    query: Any, table: type[CredentialRow | DocumentRow | SignatureRow], batch: int, start: int, size: int = CHUNK
) -> Any:
    """The query for `size` leaves of a batch from `start` on, in order."""
    in_chunk = (table.batch == batch, col(table.position) >= start, col(table.position) < start + size)
    return query.where(*in_chunk).order_by(col(table.position))
