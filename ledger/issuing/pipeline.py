"""From an open batch to final, proved credentials, in steps that can each be repeated.

    open ── seal ──► sealed ── plan ──► planned ── send ──► sent ── confirm ──► mined ── confirm ──► final ── attach

A courier brings the root to the chain: our own transaction, or a sponsor with an act that the operator signed. Every
step looks at what is stored and at the chain before it does anything, so that a process may die between any two of
them, or inside one, and another goes on: one anchor, the same bytes, nothing lost.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Sequence
from itertools import islice

from sqlalchemy import update
from sqlmodel import col, select

from ledger.chain.registry import AnchorBatch, CredentialState, Registry, StateQuery
from ledger.errors import Conflict, RegistryError, TransactionReverted, WorkspaceError
from ledger.failpoints import reach
from ledger.issuing.announcing import Announce, batch_final, unannounced
from ledger.issuing.catalog import Catalog
from ledger.issuing.couriers import Courier
from ledger.issuing.gathering import Gathering
from ledger.issuing.leaves import CHUNK, Leaves
from ledger.issuing.rows import anchor_purpose, batch_row, batch_value, issuer_value
from ledger.issuing.sealing import DEFAULT_SUITES, anchor_proofs
from ledger.issuing.signer import KeyRing, issuer_key
from ledger.issuing.signing import BatchSigning, Progress
from ledger.issuing.steps import CARRIED, FINISHED, PEOPLE_SECONDS, Directly, Sleep, Steps
from ledger.issuing.tables import BatchRow
from ledger.issuing.values import Batch, BatchState, Issuer, SponsoredAct
from ledger.logs import about
from ledger.sending.journal import is_to_be_planned_anew
from ledger.sending.values import IN_FLIGHT, LOST, SAFE, Transaction
from ledger.storage import Database

FINALITY_PATIENCE = 3600.0
logger = logging.getLogger("cairn.issuing")

_UNDER_WAY = (BatchState.SENT, BatchState.MINED, BatchState.SAFE)
_UNDER_WAY_STAGES = {CARRIED, *map(str, _UNDER_WAY)}


def silent(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody looks at."""


def nothing(*_: object) -> None:
    """What a hook does that nobody set."""


class Pipeline:
    """Issues batches. `patience` is how many seconds `advance` waits for finality, `poll` how often it looks.

    `may_sign` raises if nothing may be signed now. `correct` is told of each final batch before its proofs are
    attached; `announce` in the transaction that finishes it.
    """

    def __init__(
        self,
        database: Database,
        registry: Registry,
        courier: Courier,
        keys: KeyRing,
        *,
        patience: float = FINALITY_PATIENCE,
        poll: float = 0.05,
        sleep: Sleep = time.sleep,
        may_sign: Callable[[], None] = nothing,
        correct: Callable[[int], None] = nothing,
        announce: Announce = unannounced,
    ) -> None:
        self._database = database
        self._registry = registry
        self._courier = courier
        self._keys = keys
        self._signing = BatchSigning(database, registry, keys)
        self._patience = patience
        self._poll = poll
        self._sleep = sleep
        self._may_sign = may_sign
        self._correct = correct
        self._announce = announce
        self._catalog = Catalog(database)
        self._gathering = Gathering(database)

    def seal(self, batch_id: int, *, suites: Sequence[str] = DEFAULT_SUITES, progress: Progress = silent) -> Batch:
        """Signs every document and fixes the root.

        The suites, the key and the time are those with which the signing began. Raises Conflict `clock_wrong` if this
        machine's clock is behind the chain, `no_key`, `issuer_unregistered`.
        """
        batch = self._catalog.batch(batch_id)
        if batch.state is BatchState.OPEN:
            self._may_sign()
            self._gathering.close(batch_id)
            batch = self._catalog.batch(batch_id)
            self._signing.seal(batch, self._catalog.issuer(batch.issuer), suites, progress)
        return self._catalog.batch(batch_id)

    def sign(self, batch_id: int) -> None:
        """Signs what a batch has gathered so far. Raises as `seal`."""
        batch = self._catalog.batch(batch_id)
        if batch.state is BatchState.OPEN:
            self._may_sign()
            self._signing.sign(batch, self._catalog.issuer(batch.issuer), DEFAULT_SUITES, silent)

    def plan(self, batch_id: int) -> Batch:
        """Reads everything back, computes the root again, signs the call that anchors it and stores it. Sends nothing.

        Raises WorkspaceError `batch_corrupt` if what is stored is not what was sealed, TransactionReverted if the
        registry would refuse.
        """
        batch = self._catalog.batch(batch_id)
        if batch.state is not BatchState.SEALED:
            return batch
        issuer = self._catalog.issuer(batch.issuer)
        root = self._signing.check(batch, issuer)
        if self._registry.is_anchored_in_head(issuer.issuer_id, root):
            # An earlier run did it and could not note it, or this database is older than the chain.
            self._move(batch_id, BatchState.SENT, {BatchState.SEALED})
            return self._catalog.batch(batch_id)
        self._may_sign()
        account = self._keys.account(issuer_key(issuer.slug, "anchoring"))
        self._courier.plan(anchor_purpose(batch_id), AnchorBatch(issuer.issuer_id, root, batch.size), account)
        self._move(batch_id, BatchState.PLANNED, {BatchState.SEALED})
        return self._catalog.batch(batch_id)

    def send(self, batch_id: int) -> Batch:
        """Hands over what was signed; the same bytes again if they were sent before and nothing came of it yet.

        Raises RegistryUnreachable, and the batch may be anchored all the same: `confirm` finds out. Raises Conflict
        `sponsor_refused`. If someone else used the nonce the batch is sealed again, to be planned anew.
        """
        batch = self._catalog.batch(batch_id)
        if batch.state not in {BatchState.PLANNED, BatchState.SENT}:
            return batch
        self._move(batch_id, BatchState.SENT, {BatchState.PLANNED})
        if batch.attempt is None:  # it was lost before this process looked: `confirm` finds out
            return self._catalog.batch(batch_id)
        try:
            self._courier.send(anchor_purpose(batch_id))
        except RegistryError as error:
            if not is_to_be_planned_anew(error):
                raise
            self._move(batch_id, BatchState.SEALED, {BatchState.SENT})
        return self._catalog.batch(batch_id)

    def confirm(self, batch_id: int) -> Batch:
        """Asks the chain: mined, final, or back to sent after a reorganisation.

        Final means that the registry's own mapping, read at a final block, holds this root with this size. What can
        never anchor the batch any more seals it again: a transaction that failed (raises TransactionReverted), an act
        that nobody submitted in time, one that was cancelled.
        """
        batch = self._catalog.batch(batch_id)
        if batch.state not in _UNDER_WAY:
            return batch
        issuer, root, purpose = self._catalog.issuer(batch.issuer), _root(batch), anchor_purpose(batch_id)
        found = self._state_in_head(batch, issuer, root)
        reading = self._registry.read([], [StateQuery(issuer.issuer_id, root, 0)], [])
        (state,) = reading.credentials
        if state.anchor is not None:
            self._finalize(batch, state)
        elif found is not BatchState.SENT:
            self._move(batch_id, found, {BatchState.SENT, BatchState.MINED})
            reach("confirm.mined")
        elif isinstance(attempt := self._courier.find(purpose), SponsoredAct) and attempt.is_over(reading.block):
            self._courier.void(purpose)
            self._move(batch_id, BatchState.SEALED, _UNDER_WAY)
        else:
            self._move(batch_id, BatchState.SENT, _UNDER_WAY)
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
            reach("attach.storing")
            done += len(chunk)
        progress("attach", batch.size, batch.size)
        self._finish(batch_id)
        return self._catalog.batch(batch_id)

    def advance(
        self,
        batch_id: int,
        *,
        suites: Sequence[str] = DEFAULT_SUITES,
        wait: bool = True,
        steps: Steps | None = None,
        progress: Progress = silent,
    ) -> Batch:
        """Does whatever is left. With `wait` it stays until the batch is final and every proof attached.

        Comes back before that where a person has to carry an act, unless `steps` wait for people. Without `steps` it is
        done here and now: raises RegistryUnreachable `not_final` if it takes longer than the pipeline's patience; run
        it again later.
        """
        run = steps or Directly(self._patience, self._sleep)
        stage = run.run("look", lambda: _stage(self._catalog.batch(batch_id)))
        while stage != FINISHED:
            match stage:
                case BatchState.OPEN:
                    stage = run.run("seal", lambda: _stage(self.seal(batch_id, suites=suites, progress=progress)))
                case BatchState.SEALED:
                    stage = run.run("plan", lambda: _stage(self.plan(batch_id)))
                case BatchState.PLANNED:
                    stage = run.run("send", lambda: _stage(self.send(batch_id)))
                case BatchState.FINAL:
                    stage = run.run("settle", lambda: self._settle_corrections(batch_id))
                    stage = run.run("attach", lambda: _stage(self.attach(batch_id, progress=progress)))
                case _ if wait and (stage != CARRIED or run.waits_for_people):
                    poll = PEOPLE_SECONDS if stage == CARRIED else self._poll
                    stage = run.watch("confirm", lambda: self._pursue(batch_id, progress), {stage}, poll)
                case _:
                    stage = run.run("confirm", lambda: self._pursue(batch_id, progress))
                    if stage in _UNDER_WAY_STAGES:
                        break
        return self._catalog.batch(batch_id)

    def _pursue(self, batch_id: int, progress: Progress) -> str:
        """Asks the chain for a batch that was sent; what may have been lost on the way is sent again."""
        batch = self.confirm(batch_id)
        if batch.state is BatchState.SENT:
            batch = self.send(batch_id)
        progress(str(batch.state), 0, batch.size)
        return _stage(batch)

    # --- what the steps share ---

    def _state_in_head(self, batch: Batch, issuer: Issuer, root: bytes) -> BatchState:
        """Sent, mined or safe, as the newest blocks show it. A batch whose attempt failed is sealed again."""
        try:
            attempt = self._courier.look(anchor_purpose(batch.id)) if batch.attempt is not None else None
        except RegistryError as error:
            is_void = is_to_be_planned_anew(error)
            if not is_void and not isinstance(error, TransactionReverted):
                raise
            if self._registry.is_anchored_in_head(issuer.issuer_id, root):
                return BatchState.MINED
            self._move(batch.id, BatchState.SEALED, _UNDER_WAY)
            if is_void:
                return BatchState.SENT
            raise
        if isinstance(attempt, Transaction):
            if attempt.state in IN_FLIGHT:
                return BatchState.SENT
            return BatchState.SAFE if attempt.state == SAFE else BatchState.MINED
        # An act may have been submitted by anyone, or cancelled: only the anchor itself tells.
        if self._registry.is_anchored_in_head(issuer.issuer_id, root):
            return BatchState.MINED
        if attempt is None or attempt.state == LOST:
            self._move(batch.id, BatchState.SEALED, _UNDER_WAY)
        return BatchState.SENT

    def _finalize(self, batch: Batch, state: CredentialState) -> None:
        anchor = state.anchor
        if anchor is None or anchor.tree_size != batch.size:
            raise WorkspaceError("batch_corrupt", f"batch {batch.id} is anchored with another size")
        values = {"anchored_at": anchor.anchored_at, "anchor_block": anchor.block_number}
        self._move(batch.id, BatchState.FINAL, _UNDER_WAY, **values)

    def _settle_corrections(self, batch_id: int) -> str:
        self._correct(batch_id)
        return str(BatchState.FINAL)

    def _finish(self, batch_id: int) -> None:
        """Notes that every proof is attached, and tells those who want to know of it, once."""
        with self._database.writing() as session:
            done = session.exec(
                update(BatchRow)
                .where(col(BatchRow.id) == batch_id, col(BatchRow.attached_at).is_(None))
                .values(attached_at=int(time.time()))
            )
            if done.rowcount:
                row, owner = batch_row(session, batch_id)
                issuer = issuer_value(session, owner)
                self._announce(session, batch_final(batch_value(session, row, owner.slug), issuer))
        if done.rowcount:
            with about(batch=batch_id):
                logger.info("the proofs of the batch are attached")

    def _move(self, batch_id: int, to: BatchState, expected: Collection[BatchState], **values: object) -> None:
        """Changes the state if it is still one of those expected: another process may have been faster."""
        with self._database.writing() as session:
            before = session.exec(select(BatchRow.state).where(BatchRow.id == batch_id)).first()
            moved = session.exec(
                update(BatchRow)
                .where(col(BatchRow.id) == batch_id, col(BatchRow.state).in_({*expected} - {to}))
                .values(state=to.value, **values)
            )
        if moved.rowcount:
            with about(batch=batch_id):
                logger.info("the batch is %s; it was %s", to, before)


def _stage(batch: Batch) -> str:
    """The word for where a batch stands, by which its work goes on."""
    if batch.is_finished:
        return FINISHED
    if batch.state in _UNDER_WAY and batch.act is not None and batch.act.waits_for_a_person:
        return CARRIED
    return str(batch.state)


def _root(batch: Batch) -> bytes:
    if batch.root is None:
        raise Conflict(f"batch {batch.id} is not sealed yet", "batch_open")
    return batch.root
