"""Whether what is stored of batches is what was sealed and anchored: all that anything rests on is read again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
from sqlalchemy import and_
from sqlmodel import col, func, select

from ledger.chain.registry import Address, IssuerId
from ledger.documents.strict_json import JsonObject
from ledger.errors import CairnError
from ledger.issuing.forgetting import is_forgotten
from ledger.issuing.leaves import CHUNK
from ledger.issuing.sealing import Seal, build_tree, configuration_hash
from ledger.issuing.tables import AnchorProofRow, BatchRow, CredentialRow, DocumentRow, IssuerRow, SignatureRow
from ledger.proofs.anchor_proof import AnchorProof, from_proof
from ledger.storage import Database


@dataclass(frozen=True)
class _Leaf:
    """One document as its four tables have it."""

    position: int
    credential_id: str
    status_index: int
    digest: bytes
    body: bytes | None
    signatures: bytes | None
    anchor: bytes | None
    is_forgotten: bool


class Soundness:
    """Reads batches again. `chain_id` and `registry` are those that they were sealed for."""

    def __init__(self, database: Database, *, chain_id: int, registry: Address) -> None:
        self._database = database
        self._chain_id = chain_id
        self._registry = registry

    def batch_ids(self) -> list[int]:
        with self._database.reading() as session:
            return [
                row for row in session.exec(select(BatchRow.id).order_by(col(BatchRow.id))).all() if row is not None
            ]

    def problems(self, batch_id: int) -> Iterator[str]:
        """What is wrong with a batch. One that is known from the chain alone may lack documents, all or some."""
        with self._database.reading() as session:
            batch = session.get_one(BatchRow, batch_id)
            issuer = session.get_one(IssuerRow, batch.issuer)
            count = session.exec(select(func.count()).where(CredentialRow.batch == batch_id)).one()
        is_partial = batch.configuration_hash is None and batch.root is not None
        if count != batch.size and not is_partial:
            yield f"batch {batch_id} has {count} of its {batch.size} documents"
            return
        entries: list[tuple[bytes, int]] = []
        signatures = hashlib.sha256()
        for start in range(0, batch.size, CHUNK):
            for leaf in self._leaves(batch_id, start):
                yield from self._leaf_problems(batch, issuer, leaf)
                entries.append((leaf.digest, leaf.status_index))
                signatures.update(leaf.signatures or b"")
        if batch.root is None or len(entries) != batch.size:
            return
        if build_tree(entries).root != batch.root:
            yield f"batch {batch_id}: the root does not follow from its documents"
        if batch.configuration_hash is not None and batch.configuration_hash != self._configuration_hash(
            batch, issuer, signatures.digest()
        ):
            yield f"batch {batch_id}: its signatures are not those with which it was sealed"

    def _leaves(self, batch_id: int, start: int) -> list[_Leaf]:
        query = select(CredentialRow, DocumentRow.body, SignatureRow.proofs, AnchorProofRow.proof)
        for table in (DocumentRow, SignatureRow, AnchorProofRow):
            same_leaf = and_(col(table.batch) == CredentialRow.batch, col(table.position) == CredentialRow.position)
            query = query.outerjoin(table, same_leaf)
        positions = (col(CredentialRow.position) >= start, col(CredentialRow.position) < start + CHUNK)
        with self._database.reading() as session:
            found = session.exec(
                query.where(CredentialRow.batch == batch_id, *positions).order_by(col(CredentialRow.position))
            ).all()
        return [
            _Leaf(
                row.position,
                row.credential_id,
                row.status_index,
                row.digest,
                body,
                signatures,
                anchor,
                is_forgotten(row.learner_id),
            )
            for row, body, signatures, anchor in found
        ]

    def _leaf_problems(self, batch: BatchRow, issuer: IssuerRow, leaf: _Leaf) -> Iterator[str]:
        where = f"batch {batch.id}, document {leaf.position}"
        if leaf.body is None and leaf.is_forgotten:
            return
        if leaf.body is None:
            yield f"{where}: it is missing"
            return
        if hashlib.sha256(leaf.body).digest() != leaf.digest:
            yield f"{where}: its digest is another one than was noted"
            return
        if orjson.loads(leaf.body).get("id") != leaf.credential_id:
            yield f"{where}: its id is another one than was noted"
        if batch.root is not None and leaf.signatures is None:
            yield f"{where}: its signatures are missing"
        if batch.attached_at is not None and batch.configuration_hash is not None and leaf.anchor is None:
            yield f"{where}: its anchor proof is missing"
        if leaf.anchor is not None and not self._is_genuine(batch, issuer, leaf, leaf.anchor):
            yield f"{where}: its anchor proof does not lead to the root"

    def _is_genuine(self, batch: BatchRow, issuer: IssuerRow, leaf: _Leaf, anchor: bytes) -> bool:
        """Whether the proof is to the byte the one of this leaf."""
        try:
            place = from_proof(orjson.loads(anchor))
        except (CairnError, ValueError, TypeError, KeyError, AttributeError):  # whatever damage does to it
            return False
        told = (place.chain_id, place.registry, place.issuer_id, place.tree_size, place.leaf_index, place.status_index)
        expected = (
            self._chain_id,
            self._registry,
            issuer.issuer_id,
            batch.size,
            leaf.position,
            leaf.status_index,
        )
        return (
            told == expected
            and place.root_for(leaf.digest) == batch.root
            and orjson.dumps(_proof(place, batch)) == anchor
        )

    def _configuration_hash(self, batch: BatchRow, issuer: IssuerRow, signatures: bytes) -> bytes | None:
        try:
            seal = Seal(tuple((batch.suites or "").split()), batch.verification_method or "", batch.sealed_at or 0)
        except ValueError:  # a suite that there is not
            return None
        return configuration_hash(
            seal,
            chain_id=self._chain_id,
            registry=self._registry,
            issuer_id=IssuerId(issuer.issuer_id),
            size=batch.size,
            signatures=signatures,
        )


def _proof(place: AnchorProof, batch: BatchRow) -> JsonObject:
    return place.to_proof(datetime.fromtimestamp(batch.anchored_at or 0, UTC), batch.verification_method or "")
