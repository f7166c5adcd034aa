"""Revoking, suspending, reinstating and withdrawing: pending until the registry holds it at a final block.

Asking again for the same changes nothing, and goes on with what is pending. Calls of one issuer are done in the order
in which they were asked for: the lane of its revoking account sees to that.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import func, update
from sqlmodel import col, select

from ledger.chain.registry import BlockRef, Reason, Registry, SetStatus, StateQuery, StatusAction, WithdrawBatch
from ledger.errors import Conflict, RegistryError, RegistryUnreachable, TransactionReverted
from ledger.issuing.catalog import Catalog
from ledger.issuing.journal import IN_FLIGHT, NONCE_TAKEN, Journal, Sleep
from ledger.issuing.rows import status_change_value, status_purpose
from ledger.issuing.signer import KeyRing, issuer_key
from ledger.issuing.status_requests import FINAL, pending_calls, set_status, store_requests
from ledger.issuing.tables import BatchRow, CredentialRow, StatusCallRow, StatusChangeRow
from ledger.issuing.values import Batch, BatchState, CredentialStatus, StatusChange
from ledger.storage import Database

_DONE = {
    StatusAction.REVOKE: CredentialStatus.REVOKED,
    StatusAction.SUSPEND: CredentialStatus.SUSPENDED,
    StatusAction.REINSTATE: CredentialStatus.ACTIVE,
}


class Revocation:
    """Changes the status of credentials. `patience` is how many seconds to wait for finality."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        journal: Journal,
        keys: KeyRing,
        *,
        patience: float = 3600.0,
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

    def revoke(self, credential_ids: Sequence[str], reason: Reason, *, wait: bool = True) -> tuple[StatusChange, ...]:
        """Revokes credentials for ever. Answers with the calls that do it, or did it before.

        Raises NotFound `credential_unknown` and Conflict `not_issued` (a draft) before anything is stored, and the
        registry's errors after: what was asked for stays pending then, and `advance` goes on with it.
        """
        return self._change(StatusAction.REVOKE, credential_ids, int(reason), wait)

    def suspend(self, credential_ids: Sequence[str], reason: Reason, *, wait: bool = True) -> tuple[StatusChange, ...]:
        """Suspends credentials until they are reinstated. As `revoke`; Conflict `already_revoked` too."""
        return self._change(StatusAction.SUSPEND, credential_ids, int(reason), wait)

    def reinstate(self, credential_ids: Sequence[str], *, wait: bool = True) -> tuple[StatusChange, ...]:
        """Ends suspensions. As `suspend`."""
        return self._change(StatusAction.REINSTATE, credential_ids, 0, wait)

    def advance(self, *, wait: bool = True) -> tuple[StatusChange, ...]:
        """Goes on with everything that is pending, the oldest first."""
        return tuple(self._drive(call_id, wait) for call_id in pending_calls(self._database))

    def withdraw(self, batch_id: int, reason: Reason, *, wait: bool = True) -> Batch:
        """Withdraws a whole batch that was issued in error, for ever.

        Raises Conflict `not_anchored` for a batch that is not in a block yet.
        """
        batch = self._catalog.batch(batch_id)
        if batch.state not in {BatchState.MINED, BatchState.FINAL} or batch.root is None:
            raise Conflict(f"batch {batch_id} is not anchored yet", "not_anchored")
        if batch.withdrawn_at is not None:
            return batch
        issuer = self._catalog.issuer(batch.issuer)
        call = WithdrawBatch(issuer.issuer_id, batch.root, reason)
        try:
            account = self._keys.account(issuer_key(issuer.slug, "revoking"))
            self._journal.complete(f"withdraw:{batch_id}", call, account)
        except TransactionReverted as error:
            if error.error != "AlreadyWithdrawn":
                raise
        deadline = time.monotonic() + self._patience
        while True:
            reading = self._registry.read([], [StateQuery(issuer.issuer_id, batch.root, 0)], [])
            anchor = reading.credentials[0].anchor
            if anchor is not None and anchor.withdrawn_at:
                self._note_withdrawal(batch_id, anchor.withdrawn_at, anchor.withdrawal_reason)
                return self._catalog.batch(batch_id)
            if not wait:
                return batch
            self._wait(deadline)

    def _change(
        self, action: StatusAction, credential_ids: Sequence[str], reason: int, wait: bool
    ) -> tuple[StatusChange, ...]:
        calls = store_requests(self._database, action, credential_ids, reason)
        for call_id in pending_calls(self._database, among=calls):
            self._drive(call_id, wait)
        return tuple(self._value(call_id) for call_id in sorted(calls))

    def _drive(self, call_id: int, wait: bool) -> StatusChange:
        """Signs, sends and confirms a call, from wherever it stands."""
        deadline = time.monotonic() + self._patience
        while not (change := self._step(call_id)).is_final and wait:
            self._wait(deadline)
        return change

    def _step(self, call_id: int) -> StatusChange:
        change = self._value(call_id)
        if change.is_final:
            return change
        masks = self._masks(call_id)
        if self._is_mined(change, masks):
            block, left = self._left(change, masks)
            if not left:
                self._finish(call_id, change, block)
        return self._value(call_id)

    def _is_mined(self, change: StatusChange, masks: Mapping[int, int]) -> bool:
        """Does what is left to do for a call, and tells whether a block holds it."""
        purpose = status_purpose(change.id)
        words = masks
        if self._journal.find(purpose) is None:
            try:
                self._plan(change, words)
            except TransactionReverted as error:
                if error.error != "NothingToChange":
                    raise
                # An earlier run did a part of it, or all, and could not note it: do what is left.
                _, words = self._left(change, masks)
                if not words:
                    return True
                self._plan(change, words)
        try:
            self._journal.send(purpose)
            return self._journal.look(purpose).state not in IN_FLIGHT
        except RegistryError as error:
            if error.code != NONCE_TAKEN:
                raise
            return False

    def _plan(self, change: StatusChange, words: Mapping[int, int]) -> None:
        issuer = self._catalog.issuer(change.issuer)
        call = SetStatus(issuer.issuer_id, change.action, change.reason, tuple(sorted(words.items())))
        account = self._keys.account(issuer_key(issuer.slug, "revoking"))
        self._journal.plan(status_purpose(change.id), call, account)

    def _value(self, call_id: int) -> StatusChange:
        with self._database.reading() as session:
            return status_change_value(session, session.get_one(StatusCallRow, call_id))

    def _masks(self, call_id: int) -> dict[int, int]:
        with self._database.reading() as session:
            indexes = session.exec(
                select(CredentialRow.status_index)
                .join(StatusChangeRow, col(StatusChangeRow.credential) == CredentialRow.id)
                .where(StatusChangeRow.call == call_id)
            ).all()
        masks: dict[int, int] = defaultdict(int)
        for index in indexes:
            masks[index >> 8] |= 1 << (index & 255)
        return masks

    def _left(self, change: StatusChange, masks: Mapping[int, int]) -> tuple[BlockRef, dict[int, int]]:
        """What the registry does not hold yet at its newest final block, by word."""
        issuer = self._catalog.issuer(change.issuer)
        block, words = self._registry.status_words(issuer.issuer_id, sorted(masks))
        left = {}
        for word, mask in masks.items():
            revoked, suspended = words[word]
            held = {
                StatusAction.REVOKE: revoked,
                StatusAction.SUSPEND: suspended,
                StatusAction.REINSTATE: ~suspended,
            }[change.action]
            if mask & ~held:
                left[word] = mask & ~held
        return block, left

    def _finish(self, call_id: int, change: StatusChange, block: BlockRef) -> None:
        """Notes that a call is final, and the new status of those credentials that nothing later was asked for."""
        transaction = change.transaction and self._journal.find(status_purpose(call_id))
        with self._database.writing() as session:
            row = session.get_one(StatusCallRow, call_id)
            row.state = FINAL
            row.block_number = (transaction and transaction.block_number) or block.number
            row.block_time = (transaction and transaction.block_time) or block.time
            session.add(row)
            latest = (
                select(StatusChangeRow.credential)
                .where(
                    col(StatusChangeRow.credential).in_(
                        select(StatusChangeRow.credential).where(StatusChangeRow.call == call_id)
                    )
                )
                .group_by(col(StatusChangeRow.credential))
                .having(func.max(StatusChangeRow.call) == call_id)
            )
            set_status(session, session.exec(latest).all(), _DONE[change.action])

    def _note_withdrawal(self, batch_id: int, withdrawn_at: int, reason: int) -> None:
        with self._database.writing() as session:
            batch = session.get_one(BatchRow, batch_id)
            batch.withdrawn_at, batch.withdrawal_reason = withdrawn_at, reason
            session.add(batch)
            session.exec(
                update(CredentialRow)
                .where(col(CredentialRow.batch) == batch_id, col(CredentialRow.status) != CredentialStatus.REVOKED)
                .values(status=CredentialStatus.WITHDRAWN.value)
            )

    def _wait(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise RegistryUnreachable("the change was sent and is not final yet; it stays pending", "not_final")
        self._sleep(self._poll)
