"""What every registry does with acts that an operator signed and somebody else submits: memory, py-evm and anvil."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest

from ledger.chain.addresses import issuer_id as id_of
from ledger.chain.registry import (
    AnchorBatch,
    Authorization,
    CancelNonce,
    IssuerId,
    Reason,
    RegisterIssuer,
    RegistryCall,
    Role,
    SetOperator,
    SetStatus,
    SponsorableCall,
    SponsoredCall,
    StateQuery,
    StatusAction,
    WithdrawBatch,
)
from ledger.chain.sponsoring import digest_of, sign_act
from ledger.errors import TransactionReverted
from tests.chain.conftest import Bench

ROOT = bytes(range(32))
OTHER_ROOT = bytes(range(1, 33))
ADMIN, OPERATOR, SPONSOR, STRANGER = range(4)
DAY = 86_400
_words = count(7)


@pytest.fixture
def issuer(bench: Bench) -> IssuerId:
    did = f"did:web:cairn.example:issuers:{next(_words)}"
    issuer = id_of(bench.account(ADMIN).address, did)
    bench.do(RegisterIssuer(did), ADMIN)
    bench.do(SetOperator(issuer, bench.account(OPERATOR).address, Role.ANCHOR | Role.REVOKE, 0), ADMIN)
    return issuer


@pytest.fixture
def nonce() -> int:
    """The first bit of a word that no other test uses: anvil is shared."""
    return next(_words) << 8


def signed(
    bench: Bench, call: SponsorableCall, nonce: int, *, by: int = OPERATOR, deadline: int | None = None
) -> SponsoredCall:
    registry = bench.registry
    return sign_act(
        call,
        bench.account(by),
        chain_id=registry.chain_id,
        registry=registry.registry,
        nonce=nonce,
        deadline=registry.final_block().time + DAY if deadline is None else deadline,
    )


def refused(bench: Bench, call: RegistryCall, by: int = SPONSOR) -> tuple[str, tuple[object, ...]]:
    with pytest.raises(TransactionReverted) as caught:
        bench.registry.gas_limit(call, bench.account(by).address)
    return caught.value.error, caught.value.arguments


def is_spent(bench: Bench, nonce: int, by: int = OPERATOR) -> bool:
    operator = bench.account(by).address
    in_head = bench.registry.is_nonce_spent_in_head(operator, nonce)
    block, final = bench.registry.is_nonce_spent(operator, nonce)
    assert block == bench.registry.final_block()
    assert final is in_head  # every bench calls its newest block final
    return final


def test_each_act_counts_for_its_operator_whoever_submits_it(bench: Bench, issuer: IssuerId, nonce: int) -> None:
    query = StateQuery(issuer, ROOT, 517)
    bench.do(signed(bench, AnchorBatch(issuer, ROOT, 9), nonce), SPONSOR)
    bench.do(signed(bench, SetStatus(issuer, StatusAction.REVOKE, 4, ((2, 1 << 5),)), nonce + 1), STRANGER)
    bench.do(signed(bench, WithdrawBatch(issuer, ROOT, Reason.COMPROMISED), nonce + 2), ADMIN)

    (state,) = bench.registry.read([], [query], []).credentials
    assert state.anchor is not None
    assert (state.anchor.tree_size, state.anchor.withdrawal_reason, state.revoked) == (9, Reason.COMPROMISED, True)
    assert [is_spent(bench, nonce + index) for index in range(4)] == [True, True, True, False]


def test_the_largest_status_call_can_be_sponsored(bench: Bench, issuer: IssuerId, nonce: int) -> None:
    words = tuple((word, 2**256 - 1) for word in range(256))
    bench.do(signed(bench, SetStatus(issuer, StatusAction.SUSPEND, 2, words), nonce), SPONSOR)
    assert bench.registry.status_words(issuer, [0, 255])[1] == {0: (0, 2**256 - 1), 255: (0, 2**256 - 1)}


def test_an_act_counts_once_in_any_order(bench: Bench, issuer: IssuerId, nonce: int) -> None:
    operator = bench.account(OPERATOR).address
    late = signed(bench, AnchorBatch(issuer, ROOT, 1), nonce + 255)
    bench.do(late, SPONSOR)
    bench.do(signed(bench, AnchorBatch(issuer, OTHER_ROOT, 1), nonce), SPONSOR)
    assert refused(bench, late) == ("NonceAlreadySpent", (operator, nonce + 255))
    again = signed(bench, WithdrawBatch(issuer, ROOT, Reason.SUPERSEDED), nonce)
    assert refused(bench, again) == ("NonceAlreadySpent", (operator, nonce))


def test_an_act_that_the_registry_refuses_keeps_its_nonce(bench: Bench, issuer: IssuerId, nonce: int) -> None:
    act = signed(bench, WithdrawBatch(issuer, ROOT, Reason.SUPERSEDED), nonce)
    assert refused(bench, act) == ("NotAnchored", (issuer, ROOT))
    bench.do(AnchorBatch(issuer, ROOT, 1), OPERATOR)
    assert not is_spent(bench, nonce)
    bench.do(act, SPONSOR)
    assert is_spent(bench, nonce)


def test_a_root_is_anchored_once_by_whichever_way(bench: Bench, issuer: IssuerId, nonce: int) -> None:
    act = signed(bench, AnchorBatch(issuer, ROOT, 3), nonce)
    bench.do(AnchorBatch(issuer, ROOT, 3), OPERATOR)
    assert refused(bench, act) == ("AlreadyAnchored", (issuer, ROOT))


def test_a_deadline_is_the_last_second(bench: Bench, issuer: IssuerId, nonce: int) -> None:
    deadline = bench.registry.final_block().time + 1_000
    act = signed(bench, AnchorBatch(issuer, ROOT, 1), nonce, deadline=deadline)
    bench.advance(1_001)
    bench.do(RegisterIssuer(f"did:web:{next(_words)}.example"), STRANGER)
    assert refused(bench, act) == ("DeadlinePassed", (deadline,))


def test_an_operator_can_make_an_act_worthless(bench: Bench, issuer: IssuerId, nonce: int) -> None:
    operator = bench.account(OPERATOR).address
    act = signed(bench, AnchorBatch(issuer, ROOT, 1), nonce)
    bench.do(CancelNonce(nonce), STRANGER)  # a stranger's own nonce of that number
    assert not is_spent(bench, nonce)
    bench.do(CancelNonce(nonce), OPERATOR)
    assert is_spent(bench, nonce)
    assert refused(bench, act) == ("NonceAlreadySpent", (operator, nonce))
    assert refused(bench, CancelNonce(nonce), OPERATOR) == ("NonceAlreadySpent", (operator, nonce))


def test_who_is_no_operator_signs_in_vain(bench: Bench, issuer: IssuerId, nonce: int) -> None:
    stranger = bench.account(STRANGER).address
    act = signed(bench, AnchorBatch(issuer, ROOT, 1), nonce, by=STRANGER)
    assert refused(bench, act) == ("NotOperator", (issuer, stranger, Role.ANCHOR))
    revoking = signed(bench, SetStatus(issuer, StatusAction.REVOKE, 1, ((0, 1),)), nonce, by=STRANGER)
    assert refused(bench, revoking) == ("NotOperator", (issuer, stranger, Role.REVOKE))


def _other_call(act: SponsoredCall) -> SponsoredCall:
    assert isinstance(act.call, AnchorBatch)
    return replace(act, call=replace(act.call, tree_size=act.call.tree_size + 1))


def _authorization(**changes: object) -> Callable[[SponsoredCall], SponsoredCall]:
    return lambda act: replace(act, authorization=replace(act.authorization, **changes))  # type: ignore[arg-type]


def _high_s(act: SponsoredCall) -> SponsoredCall:
    given: Authorization = act.authorization
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    s = order - int.from_bytes(given.signature[32:64], "big")
    mirrored = given.signature[:32] + s.to_bytes(32, "big") + bytes([55 - given.signature[64]])
    return replace(act, authorization=replace(given, signature=mirrored))


@pytest.mark.parametrize(
    "change",
    [
        _other_call,
        _high_s,
        _authorization(nonce=2**255),
        _authorization(deadline=2**63),
        _authorization(signature=b""),
        _authorization(signature=bytes(65)),
        _authorization(signature=b"\x01" * 64 + b"\x1b"),
        _authorization(signature=bytes(4096)),
    ],
    ids=["call", "high-s", "nonce", "deadline", "empty", "zero", "foreign", "long"],
)
def test_what_the_operator_did_not_sign_is_refused(
    bench: Bench, issuer: IssuerId, nonce: int, change: Callable[[SponsoredCall], SponsoredCall]
) -> None:
    act = change(signed(bench, AnchorBatch(issuer, ROOT, 1), nonce))
    registry = bench.registry
    digest = digest_of(act, chain_id=registry.chain_id, registry=registry.registry)
    assert refused(bench, act) == ("SignatureInvalid", (bench.account(OPERATOR).address, digest))


def test_what_was_signed_for_another_chain_or_registry_is_refused(bench: Bench, issuer: IssuerId, nonce: int) -> None:
    registry, call = bench.registry, AnchorBatch(issuer, ROOT, 1)
    deadline = registry.final_block().time + DAY
    elsewhere = sign_act(
        call,
        bench.account(OPERATOR),
        chain_id=registry.chain_id,
        registry=bench.account(SPONSOR).address,
        nonce=nonce,
        deadline=deadline,
    )
    assert refused(bench, elsewhere)[0] == "SignatureInvalid"


def test_a_used_word_makes_the_next_nonce_cheaper(bench: Bench, issuer: IssuerId, nonce: int) -> None:
    if bench.name == "memory":
        pytest.skip("gas is a fixed number in memory")
    first = bench.do(signed(bench, AnchorBatch(issuer, ROOT, 1), nonce), SPONSOR).gas_used
    second = bench.do(signed(bench, AnchorBatch(issuer, OTHER_ROOT, 1), nonce + 1), SPONSOR).gas_used
    assert 16_500 < first - second < 17_500
