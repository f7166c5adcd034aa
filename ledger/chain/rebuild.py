"""A registry's state from its events alone, as an indexer or an auditor has it.

The events must be all of them, in order: those of a contract whose code is known cannot contradict each other, so that
what does not follow from what was before is a node that leaves out or invents.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ledger.chain.addresses import keccak
from ledger.chain.events import (
    AccreditationEnded,
    Accredited,
    AdminChanged,
    AdminProposed,
    Anchored,
    IssuerRegistered,
    KeyAdded,
    KeyClosed,
    NonceSpent,
    OperatorSet,
    RegistryEvent,
    StatusChanged,
    Withdrawn,
)
from ledger.chain.registry import (
    FOREVER,
    AccreditationPeriod,
    Address,
    Anchor,
    IssuerId,
    KeyPeriod,
    Role,
    StatusAction,
)
from ledger.chain.state import IssuerRecord, OperatorPeriod, RegistryState
from ledger.errors import RegistryUnreachable

NOBODY = Address(bytes(20))
NO_OPERATOR = OperatorPeriod(Role(0), 0, 0)


def fold(state: RegistryState, events: Iterable[RegistryEvent], next_block: int) -> RegistryState:
    """The state after these events, which are all of the blocks from `state.next_block` to before `next_block`.

    Raises `RegistryUnreachable` (`events_contradict`) for events that no registry would write in this order.
    """
    folding = _Folding(state)
    place = (state.next_block, -1)
    for event in events:
        here = (event.block.number, event.log_index)
        _require(place < here < (next_block, 0), event)
        folding.apply(event)
        place = here
    return folding.state(max(next_block, state.next_block))


class _Folding:
    """A state that is being changed."""

    def __init__(self, state: RegistryState) -> None:
        self._issuers = dict(state.issuers)
        self._operators = dict(state.operators)
        self._keys = {issuer: {key.key: key for key in keys} for issuer, keys in state.keys.items()}
        self._accreditations = {whose: list(periods) for whose, periods in state.accreditations.items()}
        self._anchors = dict(state.anchors)
        self._status = dict(state.status)
        self._spent_nonces = set(state.spent_nonces)

    def state(self, next_block: int) -> RegistryState:
        return RegistryState(
            next_block,
            self._issuers,
            self._operators,
            {issuer: tuple(keys.values()) for issuer, keys in self._keys.items()},
            {whose: tuple(periods) for whose, periods in self._accreditations.items()},
            self._anchors,
            self._status,
            frozenset(self._spent_nonces),
        )

    def apply(self, event: RegistryEvent) -> None:
        match event:
            case IssuerRegistered() | AdminProposed() | AdminChanged():
                self._administer(event)
            case OperatorSet():
                self._issuer(event.issuer_id, event)
                period = OperatorPeriod(event.roles, event.valid_from, event.valid_until)
                self._operators[event.issuer_id, event.account] = period
            case KeyAdded() | KeyClosed():
                self._list_key(event)
            case Accredited() | AccreditationEnded():
                self._accredit(event)
            case Anchored() | Withdrawn():
                self._anchor(event)
            case StatusChanged():
                self._change_status(event)
            case NonceSpent(operator=operator, nonce=nonce):
                _require((operator, nonce) not in self._spent_nonces, event)
                self._spent_nonces.add((operator, nonce))

    def _issuer(self, issuer: IssuerId, event: RegistryEvent) -> IssuerRecord:
        record = self._issuers.get(issuer)
        if record is None:
            raise _contradiction(event)
        return record

    def _require_role(self, role: Role, event: Anchored | Withdrawn | StatusChanged) -> None:
        period = self._operators.get((event.issuer_id, event.operator), NO_OPERATOR)
        _require(bool(period.roles & role) and period.valid_from <= event.block.time < period.valid_until, event)

    def _administer(self, event: IssuerRegistered | AdminProposed | AdminChanged) -> None:
        issuer = event.issuer_id
        if isinstance(event, IssuerRegistered):
            expected = keccak(bytes(12) + event.creator + keccak(event.did))
            _require(issuer == expected and issuer not in self._issuers, event)
            self._issuers[issuer] = IssuerRecord(event.creator, event.block.time, NOBODY, event.did)
            return
        record = self._issuer(issuer, event)
        if isinstance(event, AdminProposed):
            self._issuers[issuer] = replace(record, pending_admin=event.pending_admin)
            return
        _require((event.previous_admin, event.admin) == (record.admin, record.pending_admin), event)
        self._issuers[issuer] = replace(record, admin=event.admin, pending_admin=NOBODY)

    def _list_key(self, event: KeyAdded | KeyClosed) -> None:
        self._issuer(event.issuer_id, event)
        keys = self._keys.setdefault(event.issuer_id, {})
        period = keys.get(event.key)
        if isinstance(event, KeyAdded):
            _require(period is None and event.valid_from == event.block.time, event)
            keys[event.key] = KeyPeriod(event.key, event.valid_from, FOREVER)
            return
        if period is None or not period.valid_from <= event.valid_until < period.valid_until:
            raise _contradiction(event)
        keys[event.key] = replace(period, valid_until=event.valid_until)

    def _accredit(self, event: Accredited | AccreditationEnded) -> None:
        self._issuer(event.issuer_id, event)
        periods = self._accreditations.setdefault((event.issuer_id, event.accreditor), [])
        in_force = bool(periods) and periods[-1].valid_until > event.block.time
        if isinstance(event, Accredited):
            _require(not in_force and event.valid_until > event.valid_from == event.block.time, event)
            periods.append(AccreditationPeriod(event.accreditor, event.valid_from, event.valid_until, event.scope))
            return
        _require(in_force and event.valid_until == event.block.time, event)
        periods[-1] = replace(periods[-1], valid_until=event.valid_until)

    def _anchor(self, event: Anchored | Withdrawn) -> None:
        self._require_role(Role.ANCHOR if isinstance(event, Anchored) else Role.REVOKE, event)
        place = (event.issuer_id, event.root)
        anchor = self._anchors.get(place)
        if isinstance(event, Anchored):
            _require(anchor is None and event.tree_size > 0, event)
            self._anchors[place] = Anchor(event.block.time, event.block.number, event.tree_size, 0, 0)
            return
        if anchor is None or anchor.withdrawn_at:
            raise _contradiction(event)
        self._anchors[place] = replace(anchor, withdrawn_at=event.block.time, withdrawal_reason=event.reason)

    def _change_status(self, event: StatusChanged) -> None:
        self._require_role(Role.REVOKE, event)
        revoked, suspended = self._status.get((event.issuer_id, event.word), (0, 0))
        bits = revoked if event.action is StatusAction.REVOKE else suspended
        expected = event.changed if event.action is StatusAction.REINSTATE else 0
        _require(event.changed != 0 and bits & event.changed == expected, event)
        bits ^= event.changed
        after = (bits, suspended) if event.action is StatusAction.REVOKE else (revoked, bits)
        self._status[event.issuer_id, event.word] = after


def _require(follows: bool, event: RegistryEvent) -> None:
    if not follows:
        raise _contradiction(event)


def _contradiction(event: RegistryEvent) -> RegistryUnreachable:
    name, block = type(event).__name__, event.block.number
    message = f"the event {name} in block {block}, log {event.log_index}, does not follow from those before it"
    return RegistryUnreachable(message, "events_contradict")
