"""Folding events into a state: what follows from what was before is taken, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.addresses import issuer_id
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
from ledger.chain.rebuild import fold
from ledger.chain.registry import (
    FOREVER,
    AccreditationPeriod,
    Address,
    Anchor,
    BlockRef,
    IssuerId,
    KeyPeriod,
    Role,
    StatusAction,
)
from ledger.chain.state import OperatorPeriod, RegistryState
from ledger.errors import RegistryUnreachable

DID = "did:web:cairn.example"
ROOT, OTHER, KEY = (bytes([n]) * 32 for n in (1, 2, 3))
ADMIN, NEXT, ACCREDITOR = (dev_account(number) for number in range(3))
ISSUER = issuer_id(ADMIN.address, DID)
NOBODY = Address(bytes(20))


HERE = BlockRef(10, b"\x0a" * 32, 1_000)
REGISTERED = IssuerRegistered(HERE, 0, ISSUER, ADMIN.address, DID.encode())
KNOWN = fold(RegistryState(), [REGISTERED], 11)
LATER = BlockRef(11, b"\x0b" * 32, 2_000)
LISTED = replace(
    KNOWN,
    operators={
        (ISSUER, ADMIN.address): OperatorPeriod(Role.ANCHOR | Role.REVOKE, 0, FOREVER),
        (ISSUER, NEXT.address): OperatorPeriod(Role.ANCHOR, 0, FOREVER),
        (ISSUER, ACCREDITOR.address): OperatorPeriod(Role.ANCHOR | Role.REVOKE, 0, 2_000),
    },
    keys={ISSUER: (KeyPeriod(KEY, 1_000, 1_500),)},
    anchors={(ISSUER, ROOT): Anchor(1_000, 10, 1, 0, 0), (ISSUER, OTHER): Anchor(1_000, 10, 1, 1_000, 1)},
    accreditations={(ISSUER, ACCREDITOR.address): (AccreditationPeriod(ACCREDITOR.address, 1_000, 3_000, KEY),)},
    status={(ISSUER, 0): (0b01, 0b10)},
    spent_nonces=frozenset({(ADMIN.address, 5)}),
)
STRANGER = IssuerId(b"\x09" * 32)


@pytest.mark.parametrize(
    "event",
    [
        replace(REGISTERED, block=LATER),
        IssuerRegistered(LATER, 0, STRANGER, ADMIN.address, b"did:web:other.example"),
        AdminProposed(LATER, 0, STRANGER, NEXT.address),
        AdminChanged(LATER, 0, ISSUER, ADMIN.address, NEXT.address),
        AdminChanged(LATER, 0, ISSUER, NEXT.address, NOBODY),
        OperatorSet(LATER, 0, STRANGER, NEXT.address, Role.ANCHOR, 0, FOREVER),
        KeyAdded(LATER, 0, STRANGER, KEY, 2_000),
        KeyAdded(LATER, 0, ISSUER, KEY, 2_000),
        KeyAdded(LATER, 0, ISSUER, OTHER, 1_999),
        KeyClosed(LATER, 0, ISSUER, OTHER, 1_000),
        KeyClosed(LATER, 0, ISSUER, KEY, 1_500),
        KeyClosed(LATER, 0, ISSUER, KEY, 999),
        Accredited(LATER, 0, ACCREDITOR.address, STRANGER, 2_000, FOREVER, KEY),
        Accredited(LATER, 0, ACCREDITOR.address, ISSUER, 2_000, FOREVER, KEY),
        Accredited(LATER, 0, NEXT.address, ISSUER, 1_999, FOREVER, KEY),
        Accredited(LATER, 0, NEXT.address, ISSUER, 2_000, 2_000, KEY),
        AccreditationEnded(LATER, 0, NEXT.address, ISSUER, 2_000),
        AccreditationEnded(LATER, 0, ACCREDITOR.address, ISSUER, 2_001),
        AccreditationEnded(BlockRef(11, KEY, 3_000), 0, ACCREDITOR.address, ISSUER, 3_000),
        Anchored(LATER, 0, STRANGER, KEY, 1, ADMIN.address),
        Anchored(LATER, 0, ISSUER, ROOT, 1, ADMIN.address),
        Anchored(LATER, 0, ISSUER, KEY, 0, ADMIN.address),
        Withdrawn(LATER, 0, ISSUER, KEY, 1, ADMIN.address),
        Withdrawn(LATER, 0, ISSUER, OTHER, 1, ADMIN.address),
        Anchored(LATER, 0, ISSUER, KEY, 1, ACCREDITOR.address),
        Withdrawn(LATER, 0, ISSUER, ROOT, 1, NEXT.address),
        StatusChanged(LATER, 0, ISSUER, 5, StatusAction.REVOKE, 1, 1, NEXT.address),
        StatusChanged(LATER, 0, STRANGER, 0, StatusAction.REVOKE, 1, 1, ADMIN.address),
        StatusChanged(LATER, 0, ISSUER, 0, StatusAction.REVOKE, 1, 0b11, ADMIN.address),
        StatusChanged(LATER, 0, ISSUER, 0, StatusAction.SUSPEND, 1, 0b10, ADMIN.address),
        StatusChanged(LATER, 0, ISSUER, 0, StatusAction.REINSTATE, 0, 0b11, ADMIN.address),
        StatusChanged(LATER, 0, ISSUER, 5, StatusAction.REINSTATE, 0, 0b1, ADMIN.address),
        StatusChanged(LATER, 0, ISSUER, 5, StatusAction.REVOKE, 1, 0, ADMIN.address),
        NonceSpent(LATER, 0, ADMIN.address, 5),
        AdminProposed(HERE, 1, ISSUER, NEXT.address),
        AdminProposed(BlockRef(12, KEY, 2_000), 0, ISSUER, NEXT.address),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_does_not_follow_is_refused(event: RegistryEvent) -> None:
    with pytest.raises(RegistryUnreachable) as caught:
        fold(LISTED, [event], 12)
    assert caught.value.code == "events_contradict"
    assert f"{type(event).__name__} in block {event.block.number}" in str(caught.value)


def test_events_out_of_order_are_refused() -> None:
    events = [AdminProposed(LATER, index, ISSUER, NEXT.address) for index in (1, 0)]
    assert fold(LISTED, reversed(events), 12).issuers[ISSUER].pending_admin == NEXT.address
    for wrong in (events, [events[0], events[0]]):
        with pytest.raises(RegistryUnreachable):
            fold(LISTED, wrong, 12)


def test_folding_what_follows_changes_no_state_that_was_given() -> None:
    before = repr(LISTED)
    good: list[RegistryEvent] = [
        Anchored(LATER, 0, ISSUER, KEY, 1, NEXT.address),
        Withdrawn(LATER, 1, ISSUER, ROOT, 1, ADMIN.address),
        StatusChanged(LATER, 2, ISSUER, 5, StatusAction.REVOKE, 1, 1, ADMIN.address),
    ]
    fold(LISTED, good, 12)
    fold(LISTED, [AdminProposed(LATER, 0, ISSUER, NEXT.address), NonceSpent(LATER, 1, ADMIN.address, 6)], 12)
    assert repr(LISTED) == before
