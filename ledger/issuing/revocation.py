"""Revoking, suspending and reinstating: pending until the registry holds it at a final block.

Asking again for the same changes nothing, and goes on with what is pending. Calls of one issuer are done in the order
in which they were asked for: none is signed before the one that was asked for earlier is in a block.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ledger.chain.registry import BlockRef, Reason, Registry, SetStatus, StatusAction
from ledger.errors import RegistryError, TransactionReverted
from ledger.failpoints import reach
from ledger.issuing.announcing import Announce, status_changed, unannounced
from ledger.issuing.catalog import Catalog
from ledger.issuing.couriers import Courier
from ledger.issuing.rows import status_change_value, status_purpose
from ledger.issuing.signer import KeyRing, issuer_key
from ledger.issuing.status_requests import PENDING, Placing, pending_calls, set_status, store_requests
from ledger.issuing.steps import CARRIED, PEOPLE_SECONDS, Directly, Sleep, Steps
from ledger.issuing.tables import CredentialRow, StatusCallRow, StatusChangeRow
from ledger.issuing.values import Attempt, CredentialStatus, SponsoredAct, StatusChange
from ledger.logs import about
from ledger.sending.journal import is_to_be_planned_anew
from ledger.sending.values import FINAL
from ledger.storage import Database

logger = logging.getLogger("cairn.issuing")

_DONE = {
    StatusAction.REVOKE: CredentialStatus.REVOKED,
    StatusAction.SUSPEND: CredentialStatus.SUSPENDED,
    StatusAction.REINSTATE: CredentialStatus.ACTIVE,
}


class Revocation:
    """Changes the status of credentials. `patience` is how many seconds to wait for finality, `poll` between looks."""

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

    def ask(
        self,
        action: StatusAction,
        credential_ids: Sequence[str],
        reason: Reason | None = None,
        *,
        placing: Placing | None = None,
    ) -> tuple[int, ...]:
        """Stores what is wanted, and gives the calls that bring it about, those of earlier requests too.

        Revoking is for ever; suspending ends when the credential is reinstated, which takes no reason. Raises NotFound
        `credential_unknown`, Conflict `not_issued` (a draft) and, but for revoking, `already_revoked`; nothing is
        stored then.
        """
        calls = store_requests(self._database, action, credential_ids, int(reason or 0), placing=placing)
        reach("status.stored")
        return tuple(sorted(calls))

    def revoke(self, credential_ids: Sequence[str], reason: Reason, *, wait: bool = True) -> tuple[StatusChange, ...]:
        """Revokes credentials for ever. Answers with the calls that do it, or did it before.

        Raises as `ask` before anything is stored, and the registry's errors after: what was asked for stays pending
        then, and `advance` goes on with it.
        """
        return self._change(StatusAction.REVOKE, credential_ids, reason, wait)

    def suspend(self, credential_ids: Sequence[str], reason: Reason, *, wait: bool = True) -> tuple[StatusChange, ...]:
        """Suspends credentials until they are reinstated. As `revoke`."""
        return self._change(StatusAction.SUSPEND, credential_ids, reason, wait)

    def reinstate(self, credential_ids: Sequence[str], *, wait: bool = True) -> tuple[StatusChange, ...]:
        """Ends suspensions. As `suspend`."""
        return self._change(StatusAction.REINSTATE, credential_ids, None, wait)

    def advance(self, *, wait: bool = True) -> tuple[StatusChange, ...]:
        """Goes on with everything that is pending, the oldest first."""
        calls = self.pending()
        for call_id in calls:
            self.carry(call_id, wait=wait)
        return self.changes(calls)

    def pending(self) -> list[int]:
        """The calls that are not final, in the order in which they were asked for."""
        return pending_calls(self._database)

    def changes(self, calls: Iterable[int]) -> tuple[StatusChange, ...]:
        """Where these calls stand."""
        return tuple(self._value(call_id) for call_id in calls)

    def carry(self, call_id: int, *, wait: bool = True, steps: Steps | None = None) -> StatusChange:
        """Goes on with a call, and with those that its issuer asked for before it, which come first.

        With `wait` it stays until the call is final, unless a person has to carry an act and `steps` do not wait for
        people. Without `steps` it is done here and now: raises RegistryUnreachable `not_final` if it takes longer than
        its patience.
        """
        run = steps or Directly(self._patience, self._sleep)
        stage = run.run("change", lambda: self._round(call_id))
        while wait and stage != FINAL and (stage != CARRIED or run.waits_for_people):
            poll = PEOPLE_SECONDS if stage == CARRIED else self._poll
            stage = run.watch("change", lambda: self._round(call_id), {stage}, poll)
        return self._value(call_id)

    def _change(
        self, action: StatusAction, credential_ids: Sequence[str], reason: Reason | None, wait: bool
    ) -> tuple[StatusChange, ...]:
        calls = self.ask(action, credential_ids, reason)
        for call_id in calls:
            self.carry(call_id, wait=wait)
        return self.changes(calls)

    def _round(self, call_id: int) -> str:
        """Takes a call, and those before it, as far as they go now; none is signed before an earlier one is mined."""
        waiting: set[str] = set()
        for earlier in pending_calls(self._database, among=[call_id]):
            change = self._value(earlier)
            if change.issuer not in waiting:
                change = self._step(earlier)
                if not change.is_in_block:
                    waiting.add(change.issuer)
        change = self._value(call_id)
        if change.is_final:
            return FINAL
        return CARRIED if change.act is not None and change.act.waits_for_a_person else PENDING

    def _step(self, call_id: int) -> StatusChange:
        change = self._value(call_id)
        if change.is_final:
            return change
        attempt = self._carry(change)
        # Before that the final state may look right because an earlier change is not in it yet.
        if attempt is None or attempt.state == FINAL:
            self._settle(change, attempt)
        return self._value(call_id)

    def _carry(self, change: StatusChange) -> Attempt | None:
        """Does what is left to do for a call. Gives what became of it; None if nothing is left to do."""
        purpose = status_purpose(change.id)
        if self._courier.find(purpose) is None:
            # What a later call has done already would be undone here.
            masks = self._masks(change.id, without=_overtaken(change.id, by_final_calls=True))
            if not masks:
                return None
            try:
                self._plan(change, masks)
            except TransactionReverted as error:
                if error.error != "NothingToChange":
                    raise
                # An earlier run did a part of it, or all, and could not note it: do what is left.
                _, left = self._left(change, masks)
                if not left:
                    return None
                self._plan(change, left)
        standing = self._courier.find(purpose)
        try:
            self._courier.send(purpose)
            return self._courier.look(purpose)
        except RegistryError as error:
            if not is_to_be_planned_anew(error):
                raise
            return standing  # which had no effect; the next round signs anew

    def _settle(self, change: StatusChange, attempt: Attempt | None) -> None:
        """Notes a call as final if the registry holds it, and frees it if what was signed for it was cancelled."""
        # What a later call changes again need not show any more once this one is in a final block.
        overtaken = _overtaken(change.id, by_final_calls=attempt is None)
        block, left = self._left(change, self._masks(change.id, without=overtaken))
        if not left:
            self._finish(change, attempt, block)
        elif isinstance(attempt, SponsoredAct) and attempt.is_over(block):
            self._courier.void(status_purpose(change.id))

    def _plan(self, change: StatusChange, words: Mapping[int, int]) -> None:
        issuer = self._catalog.issuer(change.issuer)
        call = SetStatus(issuer.issuer_id, change.action, change.reason, tuple(sorted(words.items())))
        account = self._keys.account(issuer_key(issuer.slug, "revoking"))
        self._courier.plan(status_purpose(change.id), call, account)

    def _value(self, call_id: int) -> StatusChange:
        with self._database.reading() as session:
            return status_change_value(session, session.get_one(StatusCallRow, call_id))

    def _masks(self, call_id: int, *, without: SelectOfScalar[int]) -> dict[int, int]:
        """The bits of a call by word, those of some credentials left out."""
        with self._database.reading() as session:
            indexes = session.exec(
                select(CredentialRow.status_index)
                .join(StatusChangeRow, col(StatusChangeRow.credential) == CredentialRow.id)
                .where(StatusChangeRow.call == call_id, col(CredentialRow.id).not_in(without))
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

    def _finish(self, change: StatusChange, attempt: Attempt | None, block: BlockRef) -> None:
        """Notes that a call is final, and the new status of those credentials that nothing later was asked for."""
        with self._database.writing() as session:
            row = session.get_one(StatusCallRow, change.id, with_for_update=True)
            if row.state == FINAL:
                return
            row.state = FINAL
            row.block_number = (attempt and attempt.block_number) or block.number
            row.block_time = (attempt and attempt.block_time) or block.time
            session.add(row)
            latest = select(StatusChangeRow.credential).where(
                StatusChangeRow.call == change.id,
                col(StatusChangeRow.credential).not_in(_overtaken(change.id, by_final_calls=False)),
            )
            set_status(session, session.exec(latest).all(), _DONE[change.action])
            done = status_change_value(session, row)
            self._announce(session, status_changed(done, self._catalog.issuer(change.issuer)))
        with about(call=change.id):
            logger.info("the change of status is final: %s", change.action.name.lower())


def _overtaken(call_id: int, *, by_final_calls: bool) -> SelectOfScalar[int]:
    """A query for the credentials of a call that a later call was asked for, or that a later final call changed."""
    later = aliased(StatusChangeRow)
    query = (
        select(StatusChangeRow.credential)
        .join(later, col(later.credential) == StatusChangeRow.credential)
        .where(StatusChangeRow.call == call_id, col(later.call) > call_id)
    )
    if by_final_calls:
        query = query.join(StatusCallRow, col(StatusCallRow.id) == later.call).where(StatusCallRow.state == FINAL)
    return query
