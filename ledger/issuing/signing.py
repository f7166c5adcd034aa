"""Signing a batch: every document by one key at one time, and the root fixed. Read back before anything is anchored."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from sqlalchemy import update
from sqlmodel import col

from ledger.chain.registry import Registry
from ledger.chain.skew import skew
from ledger.documents.definitions import definitions_hash
from ledger.errors import Conflict, WorkspaceError
from ledger.failpoints import reach
from ledger.issuing.leaves import CHUNK, Leaves
from ledger.issuing.rows import batch_row
from ledger.issuing.sealing import BatchSigner, Seal, configuration_hash
from ledger.issuing.signer import KeyRing, issuer_key
from ledger.issuing.tables import BatchRow
from ledger.issuing.values import Batch, BatchState, Issuer
from ledger.logs import about
from ledger.proofs.data_integrity import Signer
from ledger.storage import Database

logger = logging.getLogger("cairn.issuing")

Progress = Callable[[str, int, int], None]
"""Called with the name of the step, how many documents are done, and how many there are."""


class BatchSigning:
    """Signs batches with the keys of their issuers."""

    def __init__(self, database: Database, registry: Registry, keys: KeyRing) -> None:
        self._database = database
        self._registry = registry
        self._keys = keys

    def sign(self, batch: Batch, issuer: Issuer, suites: Sequence[str], progress: Progress) -> Seal:
        """Signs every document that is not signed yet, with what the signing began with.

        Raises Conflict `clock_wrong` if this machine's clock and the chain's are more than five minutes apart,
        `no_key`, `issuer_unregistered`.
        """
        seal, signer = self._begin(batch.id, issuer, tuple(suites))
        leaves = Leaves(self._database, batch.id, batch.size)
        sign = BatchSigner(seal, signer).sign
        for documents in leaves.unsigned(CHUNK):
            progress("sign", documents[0][0], batch.size)
            leaves.store_signatures((position, sign(body)) for position, body in documents)
            reach("seal.signing")
        progress("sign", batch.size, batch.size)
        return seal

    def seal(self, batch: Batch, issuer: Issuer, suites: Sequence[str], progress: Progress) -> None:
        """Signs what is not signed yet and fixes the root. Raises as `sign`."""
        seal = self.sign(batch, issuer, suites, progress)
        leaves = Leaves(self._database, batch.id, batch.size)
        values = {
            "root": leaves.tree()[0].root,
            "configuration_hash": self._configuration_hash(seal, issuer, batch.size, leaves.signatures_hash()),
        }
        with self._database.writing() as session:
            sealed = session.exec(
                update(BatchRow)
                .where(col(BatchRow.id) == batch.id, col(BatchRow.state) == BatchState.OPEN)
                .values(state=BatchState.SEALED.value, **values)
            )
        if sealed.rowcount:
            with about(batch=batch.id):
                logger.info("the batch is sealed: %d credentials, root 0x%s", batch.size, values["root"].hex())
        reach("seal.committed")

    def check(self, batch: Batch, issuer: Issuer) -> bytes:
        """The root of a sealed batch, computed from every stored byte. Raises WorkspaceError `batch_corrupt`."""
        leaves = Leaves(self._database, batch.id, batch.size)
        root, signatures = leaves.read_back().root, leaves.signatures_hash()
        with self._database.reading() as session:
            row, _ = batch_row(session, batch.id)
            _require_same_definitions(row)
            expected = (row.root, row.configuration_hash)
            found = (root, self._configuration_hash(_seal(row), issuer, batch.size, signatures))
        if found != expected:
            raise WorkspaceError("batch_corrupt", f"batch {batch.id} is not what was sealed; nothing was sent")
        return root

    def _begin(self, batch_id: int, issuer: Issuer, suites: tuple[str, ...]) -> tuple[Seal, Signer]:
        """Fixes how the batch is signed, once, and opens the key."""
        if issuer.registered_at is None:
            raise Conflict(f"{issuer.slug} is not registered yet", "issuer_unregistered")
        now = int(time.time())
        # A development chain makes blocks when it likes, and counts at least a second for each.
        apart = skew(self._registry.head_block(), now, chain_id=self._registry.chain_id)
        if apart.is_alarming and apart.makes_blocks_alone:
            raise Conflict(
                f"this machine's clock and the chain's are {abs(apart.seconds):,} seconds apart; "
                "set it right before signing",
                "clock_wrong",
            )
        key = issuer.current_key
        wanted = Seal(suites, issuer.verification_method(key), now)
        with self._database.writing() as session:
            row, _ = batch_row(session, batch_id)
            _require_same_definitions(row)
            if row.sealed_at is None:
                row.suites, row.verification_method, row.sealed_at = " ".join(suites), wanted.verification_method, now
                session.add(row)
            seal = _seal(row)
        number = seal.verification_method.rpartition("#key-")[2]
        return seal, self._keys.signer(issuer_key(issuer.slug, f"key-{number}"))

    def _configuration_hash(self, seal: Seal, issuer: Issuer, size: int, signatures: bytes) -> bytes:
        return configuration_hash(
            seal,
            chain_id=self._registry.chain_id,
            registry=self._registry.registry,
            issuer_id=issuer.issuer_id,
            size=size,
            signatures=signatures,
        )


def _require_same_definitions(row: BatchRow) -> None:
    """What a batch was opened with holds until it is anchored. Batches of older Cairns do not say."""
    if row.definitions_hash not in (None, definitions_hash()):
        raise Conflict(
            f"the contexts or schemas of Cairn changed since batch {row.id} was drafted; "
            "finish it with the Cairn that drafted it, or discard it and import it again",
            "batch_outdated",
        )


def _seal(row: BatchRow) -> Seal:
    if row.suites is None or row.verification_method is None or row.sealed_at is None:
        raise Conflict(f"batch {row.id} is not sealed yet", "batch_open")
    return Seal(tuple(row.suites.split()), row.verification_method, row.sealed_at)
