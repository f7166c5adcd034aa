"""From an open batch to final, proved credentials, in steps that can each be repeated.

    open ── seal ──► sealed ── plan ──► planned ── send ──► sent ── confirm ──► mined ── confirm ──► final ── attach

Every step looks at what is stored and at the chain before it does anything, so that a process may die between any two
of them, or inside one, and another goes on: one anchor, the same bytes, nothing lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import islice
from math import inf

from sqlalchemy import update
from sqlmodel import col

from ledger.chain.networks import DEVELOPMENT_CHAINS
from ledger.chain.registry import AnchorBatch, CredentialState, Registry, StateQuery
from ledger.errors import Conflict, RegistryError, RegistryUnreachable, TransactionReverted, WorkspaceError
from ledger.issuing.catalog import Catalog
from ledger.issuing.journal import IN_FLIGHT, NONCE_TAKEN, Journal, Sleep
from ledger.issuing.leaves import CHUNK, Leaves
from ledger.issuing.rows import anchor_purpose, batch_row
from ledger.issuing.sealing import DEFAULT_SUITES, BatchSigner, Seal, anchor_proofs, configuration_hash
from ledger.issuing.signer import KeyRing, issuer_key
from ledger.issuing.tables import BatchRow
from ledger.issuing.values import Batch, BatchState, Issuer
from ledger.proofs.data_integrity import EDDSA_RDFC
from ledger.storage import Database

Progress = Callable[[str, int, int], None]
"""Called with the name of the step, how many documents are done, and how many there are."""

RDFC_CHUNK = 100
FINALITY_PATIENCE = 3600.0
CLOCK_TOLERANCE = 300


def silent(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody looks at."""


class Pipeline:
    """Issues batches. `patience` is how many seconds `advance` waits for finality, `poll` how often it looks."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        journal: Journal,
        keys: KeyRing,
        *,
        patience: float = FINALITY_PATIENCE,
        poll: float = 0.05,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._database = database
        self._registry = registry
        self._journal = journal
        self._keys = keys
        self._patience = patience
        self._poll = poll
        self._sleep = sleep
        self._catalog = Catalog(database)

    def seal(self, batch_id: int, *, suites: Sequence[str] = DEFAULT_SUITES, progress: Progress = silent) -> Batch:
        """Signs every document and fixes the root.

        The suites, the key and the time are those with which the signing began. Raises Conflict `clock_wrong` if this
        machine's clock is behind the chain, `no_key`, `issuer_unregistered`.
        """
        batch = self._catalog.batch(batch_id)
        if batch.state is not BatchState.OPEN:
            return batch
        issuer = self._catalog.issuer(batch.issuer)
        seal, signer = self._begin_seal(batch_id, issuer, tuple(suites))
        leaves = Leaves(self._database, batch_id, batch.size)
        for documents in leaves.unsigned(RDFC_CHUNK if EDDSA_RDFC in seal.suites else CHUNK):
            progress("sign", documents[0][0], batch.size)
            leaves.store_signatures((position, signer.sign(body)) for position, body in documents)
        progress("sign", batch.size, batch.size)
        values = {
            "root": leaves.tree()[0].root,
            "configuration_hash": self._configuration_hash(seal, issuer, batch.size, leaves.signatures_hash()),
        }
        self._move(batch_id, BatchState.SEALED, {BatchState.OPEN}, **values)
        return self._catalog.batch(batch_id)

    def plan(self, batch_id: int) -> Batch:
        """Reads everything back, computes the root again, signs the transaction and stores it. Sends nothing.

        Raises WorkspaceError `batch_corrupt` if what is stored is not what was sealed, TransactionReverted if the
        registry would refuse.
        """
        batch = self._catalog.batch(batch_id)
        if batch.state is not BatchState.SEALED:
            return batch
        issuer = self._catalog.issuer(batch.issuer)
        root = self._check_sealed(batch, issuer)
        if self._registry.is_anchored_in_head(issuer.issuer_id, root):
            # An earlier run did it and could not note it, or this database is older than the chain.
            self._move(batch_id, BatchState.SENT, {BatchState.SEALED})
            return self._catalog.batch(batch_id)
        account = self._keys.account(issuer_key(issuer.slug, "anchoring"))
        self._journal.plan(anchor_purpose(batch_id), AnchorBatch(issuer.issuer_id, root, batch.size), account)
        self._move(batch_id, BatchState.PLANNED, {BatchState.SEALED})
        return self._catalog.batch(batch_id)

    def send(self, batch_id: int) -> Batch:
        """Hands the stored transaction over; the same bytes again if it was sent before and is in no block.

        Raises RegistryUnreachable, and the batch may be anchored all the same: `confirm` finds out. If someone else
        used the nonce the batch is sealed again, to be planned anew.
        """
        batch = self._catalog.batch(batch_id)
        if batch.state not in {BatchState.PLANNED, BatchState.SENT} or batch.transaction is None:
            return batch
        self._move(batch_id, BatchState.SENT, {BatchState.PLANNED})
        try:
            self._journal.send(anchor_purpose(batch_id))
        except RegistryError as error:
            if error.code != NONCE_TAKEN:
                raise
            self._move(batch_id, BatchState.SEALED, {BatchState.SENT})
        return self._catalog.batch(batch_id)

    def confirm(self, batch_id: int) -> Batch:
        """Asks the chain: mined, final, or back to sent after a reorganisation.

        Final means that the registry's own mapping, read at a final block, holds this root with this size. Raises
        TransactionReverted if the transaction failed and the root is not there; the batch is sealed again then.
        """
        batch = self._catalog.batch(batch_id)
        if batch.state not in {BatchState.SENT, BatchState.MINED}:
            return batch
        issuer = self._catalog.issuer(batch.issuer)
        root = _root(batch)
        is_mined = self._is_mined(batch, issuer, root)
        (state,) = self._registry.read([], [StateQuery(issuer.issuer_id, root, 0)], []).credentials
        if state.anchor is not None:
            self._finalize(batch, state)
        elif is_mined:
            self._move(batch_id, BatchState.MINED, {BatchState.SENT})
        else:
            self._move(batch_id, BatchState.SENT, {BatchState.MINED})
        return self._catalog.batch(batch_id)

    def attach(self, batch_id: int, *, progress: Progress = silent) -> Batch:
        """Gives every document of a final batch its anchor proof. Raises WorkspaceError `batch_corrupt`."""
        batch = self._catalog.batch(batch_id)
        if batch.state is not BatchState.FINAL or batch.is_finished:
            return batch
        issuer = self._catalog.issuer(batch.issuer)
        leaves = Leaves(self._database, batch_id, batch.size)
        tree, status_indexes = leaves.tree()
        if tree.root != batch.root:
            raise WorkspaceError("batch_corrupt", f"batch {batch_id} is not what was anchored")
        proofs = enumerate(
            anchor_proofs(
                tree,
                status_indexes,
                chain_id=self._registry.chain_id,
                registry=self._registry.registry,
                issuer_id=issuer.issuer_id,
                anchored_at=batch.anchored_at or 0,
                verification_method=batch.verification_method or "",
                evidence=leaves.evidence(),
            )
        )
        done = leaves.unattached()
        remaining = islice(proofs, done, None)
        while chunk := list(islice(remaining, CHUNK)):
            progress("attach", done, batch.size)
            leaves.store_anchor_proofs(chunk)
            done += len(chunk)
        progress("attach", batch.size, batch.size)
        self._set(batch_id, attached_at=int(time.time()))
        return self._catalog.batch(batch_id)

    def advance(
        self,
        batch_id: int,
        *,
        suites: Sequence[str] = DEFAULT_SUITES,
        wait: bool = True,
        progress: Progress = silent,
    ) -> Batch:
        """Does whatever is left. With `wait` it stays until the batch is final and every proof attached.

        Raises RegistryUnreachable `not_final` if that takes longer than its patience; run it again later.
        """
        deadline = time.monotonic() + self._patience
        while True:
            batch = self._step(batch_id, suites, progress)
            if batch.is_finished:
                return batch
            if batch.state in {BatchState.SENT, BatchState.MINED}:
                progress(str(batch.state), 0, batch.size)
                if not wait:
                    return batch
                if time.monotonic() > deadline:
                    raise RegistryUnreachable(f"batch {batch_id} was sent and is not final yet", "not_final")
                self._sleep(self._poll)

    def _step(self, batch_id: int, suites: Sequence[str], progress: Progress) -> Batch:
        """The next step of a batch. What may have been lost on the way is sent again before the chain is asked."""
        match self._catalog.batch(batch_id).state:
            case BatchState.OPEN:
                return self.seal(batch_id, suites=suites, progress=progress)
            case BatchState.SEALED:
                return self.plan(batch_id)
            case BatchState.PLANNED:
                self.send(batch_id)
                return self.confirm(batch_id)
            case BatchState.SENT:
                confirmed = self.confirm(batch_id)
                return self.send(batch_id) if confirmed.state is BatchState.SENT else confirmed
            case BatchState.MINED:
                return self.confirm(batch_id)
            case BatchState.FINAL:
                return self.attach(batch_id, progress=progress)

    # --- what the steps share ---

    def _begin_seal(self, batch_id: int, issuer: Issuer, suites: tuple[str, ...]) -> tuple[Seal, BatchSigner]:
        """Fixes how the batch is signed, once, and opens the key."""
        if issuer.registered_at is None:
            raise Conflict(f"{issuer.slug} is not registered yet", "issuer_unregistered")
        now = int(time.time())
        # A development chain counts at least a second for each block, and so runs ahead of the clock.
        tolerance = inf if self._registry.chain_id in DEVELOPMENT_CHAINS else CLOCK_TOLERANCE
        if now < self._registry.final_block().time - tolerance:
            raise Conflict("this machine's clock is behind the chain's; set it right before signing", "clock_wrong")
        key = issuer.current_key
        wanted = Seal(suites, issuer.verification_method(key), now)
        with self._database.writing() as session:
            row, _ = batch_row(session, batch_id)
            if row.sealed_at is None:
                row.suites, row.verification_method, row.sealed_at = " ".join(suites), wanted.verification_method, now
                session.add(row)
            seal = _seal(row)
        number = seal.verification_method.rpartition("#key-")[2]
        return seal, BatchSigner(seal, self._keys.signer(issuer_key(issuer.slug, f"key-{number}")))

    def _check_sealed(self, batch: Batch, issuer: Issuer) -> bytes:
        """The root of a sealed batch, computed from every stored byte. Raises WorkspaceError `batch_corrupt`."""
        leaves = Leaves(self._database, batch.id, batch.size)
        root, signatures = leaves.read_back().root, leaves.signatures_hash()
        with self._database.reading() as session:
            row, _ = batch_row(session, batch.id)
            expected = (row.root, row.configuration_hash)
            found = (root, self._configuration_hash(_seal(row), issuer, batch.size, signatures))
        if found != expected:
            raise WorkspaceError("batch_corrupt", f"batch {batch.id} is not what was sealed; nothing was sent")
        return root

    def _configuration_hash(self, seal: Seal, issuer: Issuer, size: int, signatures: bytes) -> bytes:
        return configuration_hash(
            seal,
            chain_id=self._registry.chain_id,
            registry=self._registry.registry,
            issuer_id=issuer.issuer_id,
            size=size,
            signatures=signatures,
        )

    def _is_mined(self, batch: Batch, issuer: Issuer, root: bytes) -> bool:
        """Whether a block, final or not, holds the anchor. A batch whose transaction failed is sealed again."""
        if batch.transaction is not None:
            try:
                return self._journal.look(anchor_purpose(batch.id)).state not in IN_FLIGHT
            except TransactionReverted:
                if not self._registry.is_anchored_in_head(issuer.issuer_id, root):
                    self._move(batch.id, BatchState.SEALED, {BatchState.SENT, BatchState.MINED})
                    raise
                return True
        if self._registry.is_anchored_in_head(issuer.issuer_id, root):
            return True
        self._move(batch.id, BatchState.SEALED, {BatchState.SENT, BatchState.MINED})
        return False

    def _finalize(self, batch: Batch, state: CredentialState) -> None:
        anchor = state.anchor
        if anchor is None or anchor.tree_size != batch.size:
            raise WorkspaceError("batch_corrupt", f"batch {batch.id} is anchored with another size")
        values = {"anchored_at": anchor.anchored_at, "anchor_block": anchor.block_number}
        self._move(batch.id, BatchState.FINAL, {BatchState.SENT, BatchState.MINED}, **values)

    def _move(self, batch_id: int, to: BatchState, expected: set[BatchState], **values: object) -> None:
        """Changes the state if it is still one of those expected: another process may have been faster."""
        with self._database.writing() as session:
            session.exec(
                update(BatchRow)
                .where(col(BatchRow.id) == batch_id, col(BatchRow.state).in_(expected))
                .values(state=to.value, **values)
            )

    def _set(self, batch_id: int, **values: object) -> None:
        with self._database.writing() as session:
            session.exec(update(BatchRow).where(col(BatchRow.id) == batch_id).values(**values))


def _seal(row: BatchRow) -> Seal:
    if row.suites is None or row.verification_method is None or row.sealed_at is None:
        raise Conflict(f"batch {row.id} is not sealed yet", "batch_open")
    return Seal(tuple(row.suites.split()), row.verification_method, row.sealed_at)


def _root(batch: Batch) -> bytes:
    if batch.root is None:
        raise Conflict(f"batch {batch.id} is not sealed yet", "batch_open")
    return batch.root
