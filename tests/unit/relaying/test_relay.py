"""The relay's counter: what it takes on, what it refuses by which name, and what it never overruns."""

from __future__ import annotations

from dataclasses import replace
from threading import Barrier, Thread

import pytest
from sqlalchemy import text

from ledger.chain.act_document import SignedAct, to_document
from ledger.chain.registry import (
    Address,
    AnchorBatch,
    CancelNonce,
    IssuerId,
    Reason,
    Role,
    SetOperator,
    SponsoredCall,
    WithdrawBatch,
    perform,
)
from ledger.errors import CairnError, Conflict, InvalidProof, MalformedDocument, NotFound, TransactionReverted
from ledger.relaying.values import BudgetExhausted
from tests.fakes import FAKE_GAS, FAKE_GAS_LIMIT, fake_account
from tests.unit.relaying.conftest import ADMIN, BUDGET, OPERATOR, Desk

DAY = 86_400


def refusal(desk: Desk, act: SignedAct | bytes) -> CairnError:
    """How the relay refuses; nothing is stored, and nothing of the budget is gone."""
    before, left = len(desk.relay.entries()), desk.left()
    with pytest.raises(CairnError) as caught:
        desk.relay.accept(act if isinstance(act, bytes) else to_document(act))
    assert (len(desk.relay.entries()), desk.left()) == (before, left)
    return caught.value


def test_an_accepted_act_sets_its_gas_aside_and_then_counts_what_it_used(desk: Desk) -> None:
    entry = desk.accept(desk.act())
    assert (entry.state, entry.gas, desk.left()) == ("accepted", FAKE_GAS_LIMIT, BUDGET - FAKE_GAS_LIMIT)

    assert desk.submission.work() is False
    done = desk.relay.entry(entry.id)

    assert (done.state, done.gas, desk.left()) == ("final", FAKE_GAS, BUDGET - FAKE_GAS)
    assert done.transaction is not None
    assert done.transaction.sender == desk.relay.account.address
    assert isinstance(desk.registry.transactions[-1], SponsoredCall)


def test_a_relay_is_off_until_it_is_opened_and_needs_a_budget_for_each_issuer(desk: Desk) -> None:
    key = desk.folder / "keys" / "relay.json"
    key.rename(key.with_suffix(".away"))
    closed = desk.restarted()
    act = to_document(closed.act())
    with pytest.raises(NotFound) as caught:
        closed.relay.accept(act)
    assert caught.value.code == "relay_off"
    with pytest.raises(NotFound):
        closed.relay.accept(b"not even JSON")

    key.with_suffix(".away").rename(key)
    closed.accept(closed.act())
    closed.relay.budgets.set(closed.issuer, gas=0, days=30)
    with pytest.raises(Conflict) as refused:
        closed.relay.accept(act)
    assert refused.value.code == "no_budget"
    closed.database.close()


def test_checks_come_in_their_order_each_with_its_code(desk: Desk) -> None:
    stranger = fake_account("stranger")
    late = desk.act(seconds=599)
    wrong: SignedAct = replace(
        desk.act(), act=replace(late.act, authorization=replace(late.act.authorization, nonce=1))
    )

    assert isinstance(refusal(desk, b"{"), MalformedDocument)
    elsewhere = (replace(late, chain_id=1), replace(late, registry=Address(bytes(20))))
    assert [refusal(desk, act).code for act in elsewhere] == ["registry_mismatch"] * 2
    foreign = AnchorBatch(IssuerId(bytes(32)), bytes(32), 1)
    assert refusal(desk, desk.act(foreign, seconds=599)).code == "deadline_near"
    assert refusal(desk, late).code == "deadline_near"
    assert refusal(desk, desk.act(foreign)).code == "no_budget"
    assert refusal(desk, wrong).code == "deadline_near"
    reverted = refusal(desk, desk.act(by=stranger))
    assert isinstance(reverted, TransactionReverted)
    assert reverted.error == "NotOperator"


def test_who_did_not_sign_is_not_the_operator(desk: Desk) -> None:
    good = desk.act()
    forged = replace(
        good.act.authorization, signature=desk.act(by=fake_account("stranger")).act.authorization.signature
    )
    for changed in (
        replace(good, act=replace(good.act, authorization=forged)),
        replace(good, act=replace(good.act, authorization=replace(good.act.authorization, signature=b""))),
        replace(good, act=replace(good.act, authorization=replace(good.act.authorization, nonce=77))),
        replace(good, act=replace(good.act, call=AnchorBatch(desk.issuer, bytes([9]) * 32, 5))),
    ):
        error = refusal(desk, changed)
        assert isinstance(error, InvalidProof)
        assert error.code == "signature_invalid"
    assert desk.submission.work() is False
    assert not any(isinstance(call, SponsoredCall) for call in desk.registry.transactions)


def test_what_the_registry_would_refuse_now_is_refused_with_its_reason(desk: Desk) -> None:
    perform(desk.registry, AnchorBatch(desk.issuer, (1).to_bytes(32, "big"), 5), OPERATOR)
    perform(desk.registry, CancelNonce(7), OPERATOR)
    withdrawal = WithdrawBatch(desk.issuer, bytes([8]) * 32, Reason.SUPERSEDED)
    for act, name in (
        (desk.act(), "AlreadyAnchored"),
        (desk.act(root=2, nonce=7), "NonceAlreadySpent"),
        (desk.act(withdrawal), "NotAnchored"),
    ):
        error = refusal(desk, act)
        assert isinstance(error, TransactionReverted)
        assert error.error == name


def test_the_same_act_again_gives_the_same_entry_at_every_stage(desk: Desk) -> None:
    act = desk.act()
    entry, is_new = desk.relay.accept(to_document(act))
    assert is_new
    assert desk.relay.accept(to_document(act)) == (entry, False)
    desk.submission.work()
    again, is_new = desk.relay.accept(to_document(act))

    assert (again.id, again.state, is_new) == (entry.id, "final", False)
    desk.submission.work()
    assert len(desk.relay.entries()) == 1
    assert desk.left() == BUDGET - FAKE_GAS


def test_another_act_with_the_nonce_of_one_on_its_way_is_refused(desk: Desk) -> None:
    desk.accept(desk.act(nonce=5))
    assert refusal(desk, desk.act(root=2, nonce=5)).code == "nonce_in_flight"
    desk.submission.work()
    assert refusal(desk, desk.act(root=2, nonce=5)).code == "nonce_in_flight"
    desk.accept(desk.act(root=2, nonce=6))


def test_what_is_not_there_cannot_be_asked_for(desk: Desk) -> None:
    with pytest.raises(NotFound) as caught:
        desk.relay.entry("0" * 32)
    assert caught.value.code == "relay_entry_unknown"


# --- budgets --------------------------------------------------------------------------------------------------------


def test_a_budget_is_not_overrun_and_says_when_there_is_room(desk: Desk) -> None:
    for root in range(1, 11):
        desk.accept(desk.act(root=root))
        desk.registry.time += 1_000
    assert desk.left() == 0
    asked_at = int(desk.clock())
    error = refusal(desk, desk.act(root=11))
    assert isinstance(error, BudgetExhausted)
    assert error.code == "budget_exhausted"
    assert error.frees_at == asked_at + 30 * DAY
    assert "there is room again at " in str(error)

    desk.work(12)  # now what was really used counts
    assert desk.left() == BUDGET - 10 * FAKE_GAS
    worked_at = int(desk.clock())
    assert refusal(desk, desk.act(root=11)).code == "budget_exhausted"
    desk.registry.time = worked_at + 30 * DAY + 1
    desk.accept(desk.act(root=11))


def test_gas_counts_from_when_it_was_used_however_long_the_act_had_waited(desk: Desk) -> None:
    desk.registry.auto_mine = False
    for root in range(1, 11):
        desk.accept(desk.act(root=root, seconds=90 * DAY))
    desk.registry.time += 29 * DAY
    desk.registry.auto_mine = True
    desk.work(12)
    desk.registry.time += 2 * DAY
    assert desk.left() == BUDGET - 10 * FAKE_GAS


def test_an_act_that_no_wait_makes_room_for_is_told_so(desk: Desk) -> None:
    desk.relay.budgets.set(desk.issuer, gas=FAKE_GAS_LIMIT - 1, days=1)
    assert refusal(desk, desk.act()).code == "budget_too_small"
    desk.relay.budgets.set(desk.issuer, gas=FAKE_GAS_LIMIT, days=1)
    desk.accept(desk.act())


def test_what_is_still_on_its_way_counts_however_old_it_is(desk: Desk) -> None:
    desk.registry.auto_mine = False
    for root in range(1, 11):
        desk.accept(desk.act(root=root, seconds=90 * DAY))
    desk.registry.time += 31 * DAY
    assert desk.left() == 0


def test_a_smaller_budget_leaves_less_than_nothing(desk: Desk) -> None:
    for root in range(1, 4):
        desk.accept(desk.act(root=root))
    made = desk.relay.budgets.set(desk.issuer, gas=FAKE_GAS_LIMIT, days=30)
    assert (made.used, made.left) == (3 * FAKE_GAS_LIMIT, 0)
    assert refusal(desk, desk.act(root=9)).code == "budget_exhausted"


@pytest.mark.parametrize(("gas", "days"), [(-1, 1), (10**15 + 1, 1), (1, 0), (1, 367)])
def test_a_budget_makes_sense(desk: Desk, gas: int, days: int) -> None:
    with pytest.raises(CairnError) as caught:
        desk.relay.budgets.set(desk.issuer, gas=gas, days=days)
    assert caught.value.code == "budget_invalid"


def test_requests_at_the_same_moment_do_not_overrun_a_budget(desk: Desk) -> None:
    acts = [to_document(desk.act(root=root)) for root in range(1, 17)]
    start, outcomes = Barrier(len(acts)), list[str]()

    def ask(content: bytes) -> None:
        start.wait()
        try:
            desk.relay.accept(content)
        except CairnError as error:
            outcomes.append(error.code)
        else:
            outcomes.append("accepted")

    run_all([Thread(target=ask, args=(content,)) for content in acts])

    assert (outcomes.count("accepted"), outcomes.count("budget_exhausted")) == (10, 6)
    assert desk.left() == 0


def test_one_act_that_comes_many_times_at_once_is_one_entry(desk: Desk) -> None:
    content = to_document(desk.act())
    start, entries = Barrier(8), set[str]()

    def ask() -> None:
        start.wait()
        entries.add(desk.relay.accept(content)[0].id)

    run_all([Thread(target=ask) for _ in range(8)])

    assert len(entries) == len(desk.relay.entries()) == 1


def run_all(threads: list[Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_budgets_are_apart(desk: Desk) -> None:
    other_admin = fake_account("other")
    from ledger.chain.addresses import issuer_id
    from ledger.chain.registry import RegisterIssuer

    other = issuer_id(other_admin.address, "did:web:other.example")
    perform(desk.registry, RegisterIssuer("did:web:other.example"), other_admin)
    perform(desk.registry, SetOperator(other, OPERATOR.address, Role.ANCHOR, 0), other_admin)
    desk.relay.budgets.set(other, gas=FAKE_GAS_LIMIT, days=1)
    desk.accept(desk.act(AnchorBatch(other, bytes([1]) * 32, 1)))

    assert {budget.issuer_id: budget.left for budget in desk.relay.budgets.all()} == {other: 0, desk.issuer: BUDGET}
    with desk.database.reading() as session:
        stored = session.connection().execute(text("SELECT count(*) FROM relayed_acts")).scalar_one()
    assert stored == 1
    assert ADMIN.address != other_admin.address
