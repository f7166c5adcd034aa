"""What every registry does, whichever chain it stands on: the same suite on memory, py-evm and anvil."""

from __future__ import annotations

from typing import cast

import pytest

from ledger.chain.addresses import issuer_id as id_of
from ledger.chain.addresses import keccak
from ledger.chain.registry import (
    FOREVER,
    AcceptAdmin,
    Accredit,
    AddKey,
    Address,
    AnchorBatch,
    CloseKey,
    CredentialState,
    EndAccreditation,
    IssuerId,
    IssuerState,
    KeyPeriod,
    ProposeAdmin,
    Reason,
    RegisterIssuer,
    RegistryCall,
    Role,
    SetOperator,
    SetStatus,
    StateQuery,
    StatusAction,
    WithdrawBatch,
)
from ledger.errors import RegistryError, TransactionReverted
from tests.chain.conftest import Bench

DID = "did:web:cairn.example:issuers:usm"
ROOT = bytes(range(32))
KEY = bytes([7]) * 32
UNKNOWN = IssuerId(bytes([9]) * 32)
ADMIN, OPERATOR, ACCREDITOR, OTHER = range(4)


def address_of(bench: Bench, account: int) -> Address:
    return bench.account(account).address


def register(bench: Bench, did: str = DID) -> IssuerId:
    """An issuer whose operator may do everything."""
    issuer = id_of(address_of(bench, ADMIN), did)
    bench.do(RegisterIssuer(did), ADMIN)
    bench.do(SetOperator(issuer, address_of(bench, OPERATOR), Role.ANCHOR | Role.REVOKE, 0), ADMIN)
    return issuer


@pytest.fixture
def issuer(bench: Bench) -> IssuerId:
    return register(bench)


def refused(bench: Bench, call: RegistryCall, account: int = ADMIN) -> tuple[str, tuple[object, ...]]:
    """How the registry refuses a call when it is signed."""
    with pytest.raises(TransactionReverted) as caught:
        bench.registry.sign(call, bench.account(account))
    return caught.value.error, caught.value.arguments


def state(bench: Bench, issuer: IssuerId, *, root: bytes = ROOT, index: int = 0) -> CredentialState:
    query = StateQuery(issuer, root, index)
    return bench.registry.read([], [query], [address_of(bench, ACCREDITOR)]).credentials[0]


def issuer_state(bench: Bench, issuer: IssuerId) -> IssuerState:
    found = bench.registry.read([issuer], [], []).issuers[issuer]
    assert found is not None
    return found


# --- issuers --------------------------------------------------------------------------------------------------------


def test_an_issuer_is_registered_once_under_its_creator(bench: Bench) -> None:
    issuer = id_of(address_of(bench, ADMIN), DID)
    assert bench.registry.read([issuer], [], []).issuers == {issuer: None}
    receipt = bench.do(RegisterIssuer(DID), ADMIN)
    assert issuer_state(bench, issuer) == IssuerState(issuer, keccak(DID.encode()), receipt.block.time, ())
    assert refused(bench, RegisterIssuer(DID)) == ("IssuerAlreadyRegistered", (issuer,))
    bench.do(RegisterIssuer(DID), OTHER)
    assert issuer_state(bench, id_of(address_of(bench, OTHER), DID)).did_hash == keccak(DID.encode())


def test_a_did_has_between_1_and_256_bytes(bench: Bench) -> None:
    assert refused(bench, RegisterIssuer("")) == ("DidLengthInvalid", (0,))
    assert refused(bench, RegisterIssuer("é" * 129)) == ("DidLengthInvalid", (258,))
    bench.do(RegisterIssuer("é" * 128), ADMIN)


def test_an_admin_hands_over_in_two_steps(bench: Bench, issuer: IssuerId) -> None:
    other = address_of(bench, OTHER)
    assert refused(bench, ProposeAdmin(issuer, other), OTHER) == ("NotAdmin", (issuer, other))
    assert refused(bench, AcceptAdmin(issuer), OTHER) == ("NotPendingAdmin", (issuer, other))
    bench.do(ProposeAdmin(issuer, other), ADMIN)
    bench.do(AcceptAdmin(issuer), OTHER)
    bench.do(AddKey(issuer, KEY), OTHER)
    former = address_of(bench, ADMIN)
    assert refused(bench, AddKey(issuer, ROOT)) == ("NotAdmin", (issuer, former))
    assert refused(bench, AcceptAdmin(issuer)) == ("NotPendingAdmin", (issuer, former))


def test_nobody_administers_an_unknown_issuer(bench: Bench) -> None:
    admin = address_of(bench, ADMIN)
    assert refused(bench, AddKey(UNKNOWN, KEY)) == ("NotAdmin", (UNKNOWN, admin))
    assert refused(bench, AcceptAdmin(UNKNOWN)) == ("NotPendingAdmin", (UNKNOWN, admin))
    assert refused(bench, Accredit(UNKNOWN, FOREVER)) == ("IssuerUnknown", (UNKNOWN,))


# --- operators ------------------------------------------------------------------------------------------------------


def test_an_operator_does_what_its_roles_say_and_no_more(bench: Bench) -> None:
    issuer = id_of(address_of(bench, ADMIN), DID)
    operator = address_of(bench, OPERATOR)
    bench.do(RegisterIssuer(DID), ADMIN)
    anchor, withdraw = AnchorBatch(issuer, ROOT, 1), WithdrawBatch(issuer, ROOT, Reason.SUPERSEDED)
    assert refused(bench, anchor, OPERATOR) == ("NotOperator", (issuer, operator, 1))
    bench.do(SetOperator(issuer, operator, Role.ANCHOR, 0), ADMIN)
    bench.do(anchor, OPERATOR)
    assert refused(bench, withdraw, OPERATOR) == ("NotOperator", (issuer, operator, 2))
    assert refused(bench, AnchorBatch(issuer, KEY, 1)) == ("NotOperator", (issuer, address_of(bench, ADMIN), 1))
    bench.do(SetOperator(issuer, operator, Role(0), 0), ADMIN)
    assert refused(bench, AnchorBatch(issuer, KEY, 1), OPERATOR) == ("NotOperator", (issuer, operator, 1))


def test_an_operator_acts_in_its_period_only(bench: Bench, issuer: IssuerId) -> None:
    now = bench.registry.final_block().time
    operator = address_of(bench, OTHER)
    bench.do(SetOperator(issuer, operator, Role.ANCHOR, now + 1_000, now + 2_000), ADMIN)
    anchor = AnchorBatch(issuer, ROOT, 1)
    assert refused(bench, anchor, OTHER) == ("NotOperator", (issuer, operator, 1))
    bench.advance(1_100)
    bench.do(anchor, OTHER)
    bench.advance(1_000)
    assert refused(bench, AnchorBatch(issuer, KEY, 1), OTHER) == ("NotOperator", (issuer, operator, 1))


def test_roles_and_periods_must_make_sense(bench: Bench, issuer: IssuerId) -> None:
    other = address_of(bench, OTHER)
    assert refused(bench, SetOperator(issuer, other, cast("Role", 4), 0)) == ("RolesInvalid", (4,))
    assert refused(bench, SetOperator(issuer, other, Role.ANCHOR, 5, 5)) == ("PeriodInvalid", (5, 5))
    assert refused(bench, SetOperator(issuer, other, Role.ANCHOR, 5, 6)) == ("PeriodInvalid", (5, 6))


# --- keys -----------------------------------------------------------------------------------------------------------


def test_keys_are_listed_in_order_and_end_only_earlier(bench: Bench, issuer: IssuerId) -> None:
    first = bench.do(AddKey(issuer, KEY), ADMIN).block.time
    bench.advance(500)
    second = bench.do(AddKey(issuer, ROOT), ADMIN).block.time
    assert issuer_state(bench, issuer).keys == (KeyPeriod(KEY, first, FOREVER), KeyPeriod(ROOT, second, FOREVER))
    bench.do(CloseKey(issuer, KEY, first + 100), ADMIN)
    bench.do(CloseKey(issuer, KEY, first), ADMIN)
    assert issuer_state(bench, issuer).keys[0] == KeyPeriod(KEY, first, first)
    assert refused(bench, CloseKey(issuer, KEY, first)) == ("KeyEndInvalid", (issuer, KEY, first, first))
    assert refused(bench, CloseKey(issuer, ROOT, second - 1)) == ("KeyEndInvalid", (issuer, ROOT, FOREVER, second - 1))


def test_a_key_is_added_once_is_not_zero_and_is_known_when_closed(bench: Bench, issuer: IssuerId) -> None:
    bench.do(AddKey(issuer, KEY), ADMIN)
    assert refused(bench, AddKey(issuer, KEY)) == ("KeyAlreadyAdded", (issuer, KEY))
    assert refused(bench, AddKey(issuer, bytes(32))) == ("KeyInvalid", (bytes(32),))
    assert refused(bench, CloseKey(issuer, ROOT, 1)) == ("KeyUnknown", (issuer, ROOT))


# --- accreditation --------------------------------------------------------------------------------------------------


def test_the_accreditation_in_force_at_the_anchor_counts(bench: Bench, issuer: IssuerId) -> None:
    accreditor = address_of(bench, ACCREDITOR)
    bench.do(AnchorBatch(issuer, KEY, 1), OPERATOR)
    bench.advance(100)
    granted = bench.do(Accredit(issuer, FOREVER, scope=KEY), ACCREDITOR).block.time
    bench.advance(100)
    bench.do(AnchorBatch(issuer, ROOT, 1), OPERATOR)
    bench.advance(100)
    ended = bench.do(EndAccreditation(issuer), ACCREDITOR).block.time
    late = bytes([1]) * 32
    bench.advance(100)
    bench.do(AnchorBatch(issuer, late, 1), OPERATOR)
    found = state(bench, issuer).accreditation
    assert found is not None
    assert (found.accreditor, found.valid_from, found.valid_until, found.scope) == (accreditor, granted, ended, KEY)
    assert state(bench, issuer, root=KEY).accreditation is None
    assert state(bench, issuer, root=late).accreditation is None
    assert refused(bench, EndAccreditation(issuer), ACCREDITOR) == ("NotAccredited", (accreditor, issuer))


def test_a_new_accreditation_ends_the_one_in_force(bench: Bench, issuer: IssuerId) -> None:
    bench.do(Accredit(issuer, FOREVER), ACCREDITOR)
    bench.do(AnchorBatch(issuer, ROOT, 1), OPERATOR)
    bench.advance(100)
    renewed = bench.do(Accredit(issuer, FOREVER, scope=KEY), ACCREDITOR).block.time
    bench.do(AnchorBatch(issuer, KEY, 1), OPERATOR)
    first, second = state(bench, issuer).accreditation, state(bench, issuer, root=KEY).accreditation
    assert first is not None
    assert second is not None
    assert (first.valid_until, first.scope) == (renewed, bytes(32))
    assert (second.valid_from, second.scope) == (renewed, KEY)


def test_accreditors_are_asked_in_order(bench: Bench, issuer: IssuerId) -> None:
    bench.do(Accredit(issuer, FOREVER), ACCREDITOR)
    bench.do(Accredit(issuer, FOREVER), OTHER)
    bench.do(AnchorBatch(issuer, ROOT, 1), OPERATOR)
    accreditors = [address_of(bench, account) for account in (OPERATOR, OTHER, ACCREDITOR)]
    found = bench.registry.read([], [StateQuery(issuer, ROOT, 0)], accreditors).credentials[0].accreditation
    assert found is not None
    assert found.accreditor == address_of(bench, OTHER)


def test_an_accreditation_must_end_in_the_future(bench: Bench, issuer: IssuerId) -> None:
    error, arguments = refused(bench, Accredit(issuer, 1), ACCREDITOR)
    assert (error, arguments[1]) == ("PeriodInvalid", 1)


# --- batches --------------------------------------------------------------------------------------------------------


def test_an_anchor_is_written_once_for_its_issuer_alone(bench: Bench, issuer: IssuerId) -> None:
    other = register(bench, "did:web:other.example")
    assert state(bench, issuer) == CredentialState(None, revoked=False, suspended=False, accreditation=None)
    assert not bench.registry.is_anchored_in_head(issuer, ROOT)
    block = bench.do(AnchorBatch(issuer, ROOT, 2**32 - 1), OPERATOR).block
    anchor = state(bench, issuer).anchor
    assert anchor is not None
    assert (anchor.anchored_at, anchor.block_number, anchor.tree_size) == (block.time, block.number, 2**32 - 1)
    assert (anchor.withdrawn_at, anchor.withdrawal_reason) == (0, 0)
    assert bench.registry.is_anchored_in_head(issuer, ROOT)
    assert state(bench, other).anchor is None
    assert refused(bench, AnchorBatch(issuer, ROOT, 1), OPERATOR) == ("AlreadyAnchored", (issuer, ROOT))
    bench.do(AnchorBatch(other, ROOT, 1), OPERATOR)


def test_a_root_and_a_size_are_not_zero(bench: Bench, issuer: IssuerId) -> None:
    assert refused(bench, AnchorBatch(issuer, bytes(32), 1), OPERATOR) == ("RootInvalid", (bytes(32),))
    assert refused(bench, AnchorBatch(issuer, ROOT, 0), OPERATOR) == ("TreeSizeInvalid", (0,))


def test_a_batch_is_withdrawn_once_with_its_reason(bench: Bench, issuer: IssuerId) -> None:
    withdraw = WithdrawBatch(issuer, ROOT, Reason.COMPROMISED)
    assert refused(bench, withdraw, OPERATOR) == ("NotAnchored", (issuer, ROOT))
    bench.do(AnchorBatch(issuer, ROOT, 3), OPERATOR)
    assert refused(bench, WithdrawBatch(issuer, ROOT, cast("Reason", 6)), OPERATOR) == ("ReasonInvalid", (6,))
    time = bench.do(withdraw, OPERATOR).block.time
    anchor = state(bench, issuer).anchor
    assert anchor is not None
    assert (anchor.withdrawn_at, anchor.withdrawal_reason) == (time, Reason.COMPROMISED)
    assert refused(bench, withdraw, OPERATOR) == ("AlreadyWithdrawn", (issuer, ROOT))


# --- status ---------------------------------------------------------------------------------------------------------


def test_revoking_is_for_ever_and_suspending_is_not(bench: Bench, issuer: IssuerId) -> None:
    bit = 1 << 5

    def change(action: StatusAction, reason: int) -> SetStatus:
        return SetStatus(issuer, action, reason, ((2, bit),))

    bench.do(change(StatusAction.SUSPEND, 2), OPERATOR)
    assert (state(bench, issuer, index=517).suspended, state(bench, issuer, index=517).revoked) == (True, False)
    assert refused(bench, change(StatusAction.SUSPEND, 2), OPERATOR) == ("NothingToChange", (0, 2))
    bench.do(change(StatusAction.REINSTATE, 0), OPERATOR)
    assert not state(bench, issuer, index=517).suspended
    assert refused(bench, change(StatusAction.REINSTATE, 0), OPERATOR) == ("NothingToChange", (0, 2))
    bench.do(change(StatusAction.REVOKE, 4), OPERATOR)
    assert refused(bench, change(StatusAction.REVOKE, 4), OPERATOR) == ("NothingToChange", (0, 2))
    assert refused(bench, change(StatusAction.REINSTATE, 0), OPERATOR) == ("NothingToChange", (0, 2))
    assert [state(bench, issuer, index=index).revoked for index in (516, 517, 518)] == [False, True, False]


def test_a_status_call_happens_whole_or_not_at_all(bench: Bench, issuer: IssuerId) -> None:
    bench.do(SetStatus(issuer, StatusAction.REVOKE, 1, ((0, 1),)), OPERATOR)
    spoiled = SetStatus(issuer, StatusAction.REVOKE, 1, ((5, 1), (0, 1)))
    assert refused(bench, spoiled, OPERATOR) == ("NothingToChange", (1, 0))
    twice = SetStatus(issuer, StatusAction.REVOKE, 1, ((7, 1), (7, 1)))
    assert refused(bench, twice, OPERATOR) == ("NothingToChange", (1, 7))
    bench.do(SetStatus(issuer, StatusAction.REVOKE, 1, ((0, 3), (2**64 - 1, 2**255))), OPERATOR)
    _, words = bench.registry.status_words(issuer, [0, 5, 7, 2**64 - 1])
    assert words == {0: (3, 0), 5: (0, 0), 7: (0, 0), 2**64 - 1: (2**255, 0)}


@pytest.mark.parametrize(
    ("action", "reason"),
    [(StatusAction.REVOKE, 0), (StatusAction.REVOKE, 6), (StatusAction.SUSPEND, 0), (StatusAction.REINSTATE, 1)],
)
def test_each_action_has_its_reasons(bench: Bench, issuer: IssuerId, action: StatusAction, reason: int) -> None:
    assert refused(bench, SetStatus(issuer, action, reason, ((0, 1),)), OPERATOR) == ("ReasonInvalid", (reason,))


def test_a_status_call_has_between_1_and_256_words(bench: Bench, issuer: IssuerId) -> None:
    assert refused(bench, SetStatus(issuer, StatusAction.REVOKE, 1, ()), OPERATOR) == ("WordCountInvalid", (0,))
    many = tuple((word, 1) for word in range(257))
    assert refused(bench, SetStatus(issuer, StatusAction.REVOKE, 1, many), OPERATOR) == ("WordCountInvalid", (257,))
    bench.do(SetStatus(issuer, StatusAction.REVOKE, 1, many[:256]), OPERATOR)
    assert bench.registry.status_words(issuer, range(256))[1] == dict.fromkeys(range(256), (1, 0))


def test_the_history_of_an_index_tells_what_happened_when_and_why(bench: Bench, issuer: IssuerId) -> None:
    other = register(bench, "did:web:other.example")
    steps = [(StatusAction.SUSPEND, 2), (StatusAction.REINSTATE, 0), (StatusAction.REVOKE, 4)]
    blocks = []
    for action, reason in steps:
        blocks.append(bench.do(SetStatus(issuer, action, reason, ((1, 0b11), (0, 1))), OPERATOR).block)
        bench.do(SetStatus(other, StatusAction.REVOKE, 1, ((1, 1 << len(blocks)),)), OPERATOR)
    bench.do(SetStatus(issuer, StatusAction.REVOKE, 3, ((1, 0b100),)), OPERATOR)
    events = bench.registry.status_events(issuer, 257, 0)
    assert [(event.action, event.reason, event.block) for event in events] == [
        (action, reason, block) for (action, reason), block in zip(steps, blocks, strict=True)
    ]
    assert bench.registry.status_events(issuer, 257, blocks[1].number) == events[1:]
    assert [event.reason for event in bench.registry.status_events(issuer, 258, 0)] == [3]
    assert bench.registry.status_events(issuer, 259, 0) == ()
    assert bench.registry.status_events(issuer, 257, blocks[2].number + 1_000) == ()


# --- reading --------------------------------------------------------------------------------------------------------


def test_a_reading_answers_in_order_at_one_block(bench: Bench, issuer: IssuerId) -> None:
    bench.do(AnchorBatch(issuer, ROOT, 9), OPERATOR)
    block = bench.do(SetStatus(issuer, StatusAction.REVOKE, 1, ((0, 0b101),)), OPERATOR).block
    queries = [StateQuery(issuer, root, index) for root in (ROOT, KEY) for index in range(4)] * 2
    reading = bench.registry.read([UNKNOWN, issuer], queries, [])
    assert [found.revoked for found in reading.credentials] == [True, False, True, False] * 4
    assert [found.anchor is not None for found in reading.credentials] == ([True] * 4 + [False] * 4) * 2
    assert list(reading.issuers) == [UNKNOWN, issuer]
    assert reading.issuers[UNKNOWN] is None
    assert (reading.block, reading.chain_id, reading.registry) == (
        block,
        bench.registry.chain_id,
        bench.registry.registry,
    )
    assert len(reading.sources) == 1


def test_an_empty_question_still_names_the_block(bench: Bench) -> None:
    reading = bench.registry.read([], [], [])
    assert (reading.issuers, reading.credentials, reading.block) == ({}, (), bench.registry.final_block())


def test_block_times_follow_the_clock(bench: Bench, issuer: IssuerId) -> None:
    before = bench.registry.final_block()
    bench.advance(5_000)
    bench.do(AnchorBatch(issuer, ROOT, 1), OPERATOR)
    bench.do(AnchorBatch(issuer, KEY, 1), OPERATOR)
    after = bench.registry.final_block()
    assert after.number == before.number + 2
    assert after.time >= before.time + 5_000


# --- sending --------------------------------------------------------------------------------------------------------


def test_a_signed_transaction_is_known_before_it_is_sent(bench: Bench, issuer: IssuerId) -> None:
    block = bench.registry.final_block()
    signed = bench.registry.sign(AnchorBatch(issuer, ROOT, 1), bench.account(OPERATOR))
    assert signed.sender == address_of(bench, OPERATOR)
    assert bench.registry.receipt(signed.hash) is None
    assert bench.registry.final_block() == block
    receipt = bench.send(signed)
    assert (receipt.transaction_hash, receipt.succeeded, receipt.block.number) == (signed.hash, True, block.number + 1)


def test_sending_twice_does_no_harm(bench: Bench, issuer: IssuerId) -> None:
    signed = bench.registry.sign(AnchorBatch(issuer, ROOT, 1), bench.account(OPERATOR))
    first = bench.send(signed)
    bench.registry.send(signed)
    bench.do(AnchorBatch(issuer, KEY, 1), OPERATOR)
    bench.registry.send(signed)
    assert bench.registry.receipt(signed.hash) == first


def test_a_transaction_whose_nonce_is_gone_is_not_mistaken_for_sent(bench: Bench, issuer: IssuerId) -> None:
    first = bench.registry.sign(AnchorBatch(issuer, ROOT, 1), bench.account(OPERATOR))
    second = bench.registry.sign(AnchorBatch(issuer, KEY, 1), bench.account(OPERATOR))
    assert first.nonce == second.nonce
    bench.send(first)
    with pytest.raises(RegistryError) as caught:
        bench.registry.send(second)
    assert caught.value.code == "nonce_taken"
    assert bench.registry.receipt(second.hash) is None


def test_a_transaction_may_fail_after_it_was_signed(bench: Bench, issuer: IssuerId) -> None:
    bench.do(SetOperator(issuer, address_of(bench, OTHER), Role.ANCHOR, 0), ADMIN)
    signed = [bench.registry.sign(AnchorBatch(issuer, ROOT, 1), bench.account(who)) for who in (OPERATOR, OTHER)]
    assert [bench.send(transaction).succeeded for transaction in signed] == [True, False]
