"""Withdrawing a whole batch that was issued in error, for ever."""

from __future__ import annotations

import logging
import time

from sqlalchemy import update
from sqlmodel import col

from ledger.chain.registry import Anchor, Reason, Registry, StateQuery, WithdrawBatch
from ledger.errors import Conflict, RegistryError, TransactionReverted
from ledger.issuing.announcing import Announce, batch_withdrawn, unannounced
from ledger.issuing.catalog import Catalog
from ledger.issuing.couriers import Courier
from ledger.issuing.rows import batch_row, batch_value, issuer_value, withdrawal_purpose
from ledger.issuing.signer import KeyRing, issuer_key
from ledger.issuing.status_requests import PENDING
from ledger.issuing.steps import CARRIED, PEOPLE_SECONDS, Directly, Sleep, Steps
from ledger.issuing.tables import CredentialRow
from ledger.issuing.values import Attempt, Batch, BatchState, CredentialStatus, Issuer, SponsoredAct
from ledger.logs import about
from ledger.sending.journal import is_to_be_planned_anew
from ledger.sending.values import FINAL
from ledger.storage import Database

logger = logging.getLogger("cairn.issuing")


class Withdrawal:
    """Withdraws batches. `patience` is how many seconds to wait for finality, `poll` how often to look."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        courier: Courier,
        keys: KeyRing,
        *,
        patience: float = 3600.0,
        poll: float = 0.05,
        sleep: Sleep = time.sleep,
        announce: Announce = unannounced,
    ) -> None:
        self._database = database
        self._registry = registry
        self._courier = courier
        self._keys = keys
        self._patience = patience
        self._poll = poll
        self._sleep = sleep
        self._announce = announce
        self._catalog = Catalog(database)

    def require_anchored(self, batch_id: int) -> Batch:
        """Raises Conflict `not_anchored` for a batch that is in no block yet, and so cannot be withdrawn."""
        batch = self._catalog.batch(batch_id)
        if batch.state not in {BatchState.MINED, BatchState.SAFE, BatchState.FINAL} or batch.root is None:
            raise Conflict(f"batch {batch_id} is not anchored yet", "not_anchored")
        return batch

    def withdraw(self, batch_id: int, reason: Reason, *, wait: bool = True, steps: Steps | None = None) -> Batch:
        """Withdraws a batch; asked again it goes on with what is pending. The batch says when it was done.

        Comes back before that where a person has to carry an act, unless `steps` wait for people. Raises as
        `require_anchored`; without `steps`, RegistryUnreachable `not_final` if it takes longer than its patience.
        """
        self.require_anchored(batch_id)
        run = steps or Directly(self._patience, self._sleep)
        stage = run.run("withdraw", lambda: self._round(batch_id, reason))
        while wait and stage != FINAL and (stage != CARRIED or run.waits_for_people):
            poll = PEOPLE_SECONDS if stage == CARRIED else self._poll
            stage = run.watch("withdraw", lambda: self._round(batch_id, reason), {stage}, poll)
        return self._catalog.batch(batch_id)

    def _round(self, batch_id: int, reason: Reason) -> str:
        batch = self._catalog.batch(batch_id)
        if batch.withdrawn_at is not None:
            return FINAL
        issuer = self._catalog.issuer(batch.issuer)
        call = WithdrawBatch(issuer.issuer_id, batch.root or b"", reason)
        attempt = self._carry(batch_id, call, issuer)
        reading = self._registry.read([], [StateQuery(call.issuer_id, call.root, 0)], [])
        anchor = reading.credentials[0].anchor
        if anchor is not None and anchor.withdrawn_at:
            self._note(batch_id, anchor)
            return FINAL
        if isinstance(attempt, SponsoredAct) and attempt.is_over(reading.block):
            self._courier.void(withdrawal_purpose(batch_id))
        return CARRIED if isinstance(attempt, SponsoredAct) and attempt.waits_for_a_person else PENDING

    def _carry(self, batch_id: int, call: WithdrawBatch, issuer: Issuer) -> Attempt | None:
        """Does what is left to do, and gives what became of it; None if somebody did it before."""
        purpose = withdrawal_purpose(batch_id)
        try:
            self._courier.plan(purpose, call, self._keys.account(issuer_key(issuer.slug, "revoking")))
            self._courier.send(purpose)
            return self._courier.look(purpose)
        except RegistryError as error:
            is_done = isinstance(error, TransactionReverted) and error.error == "AlreadyWithdrawn"
            if not is_done and not is_to_be_planned_anew(error):
                raise
        return None

    def _note(self, batch_id: int, anchor: Anchor) -> None:
        with self._database.writing() as session:
            row, owner = batch_row(session, batch_id)
            if row.withdrawn_at is not None:
                return
            row.withdrawn_at, row.withdrawal_reason = anchor.withdrawn_at, anchor.withdrawal_reason
            session.add(row)
            session.exec(
                update(CredentialRow)
                .where(col(CredentialRow.batch) == batch_id, col(CredentialRow.status) != CredentialStatus.REVOKED)
                .values(status=CredentialStatus.WITHDRAWN.value)
            )
            issuer = issuer_value(session, owner)
            self._announce(session, batch_withdrawn(batch_value(session, row, owner.slug), issuer))
        with about(batch=batch_id):
            logger.info("the batch is withdrawn")
