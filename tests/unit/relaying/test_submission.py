"""What becomes of accepted acts: one lane, one transaction each, and no gas for what is done already."""

from __future__ import annotations

import pytest

from ledger.chain.act_document import SignedAct
from ledger.chain.registry import AnchorBatch, CancelNonce, Registry, SponsoredCall, perform
from ledger.errors import RegistryUnreachable
from ledger.relaying.submission import Submission
from ledger.sending.journal import Journal
from tests.fakes import FAKE_GAS, FAKE_GAS_LIMIT, fake_account
from tests.faults.conftest import FaultyRegistry, Killed
from tests.unit.relaying.conftest import BUDGET, OPERATOR, Desk

DAY = 86_400


def sponsored(desk: Desk) -> list[SponsoredCall]:
    return [call for call in desk.registry.transactions if isinstance(call, SponsoredCall)]


def submit_oneself(desk: Desk, act: SignedAct) -> None:
    perform(desk.registry, act.act, fake_account("somebody"))


@pytest.mark.parametrize("done", [False, True], ids=["not-done", "done"])
@pytest.mark.parametrize("method", ["is_nonce_spent", "gas_limit", "quote", "bid", "send", "receipts", "final_block"])
def test_a_relay_that_dies_after_accepting_goes_on_when_it_starts_again(desk: Desk, method: str, done: bool) -> None:
    entry = desk.accept(desk.act())
    seen: Registry = FaultyRegistry(desk.registry, method, done=done)
    dying = desk.restarted(seen)
    with pytest.raises(Killed):
        dying.submission.work()

    again = dying.restarted()
    assert again.submission.work() is False

    assert again.relay.entry(entry.id).state == "final"
    assert len(sponsored(again)) == 1
    assert again.left() == BUDGET - FAKE_GAS
    again.database.close()


def test_an_act_that_somebody_else_submitted_costs_nothing(desk: Desk) -> None:
    act = desk.act()
    entry = desk.accept(act)
    submit_oneself(desk, act)

    assert desk.submission.work() is False
    done = desk.relay.entry(entry.id)

    assert (done.state, done.gas, done.transaction, desk.left()) == ("spent", 0, None, BUDGET)
    assert desk.accept(act).id == entry.id  # and is still the same act


def test_it_is_not_called_done_by_somebody_else_before_that_is_final(desk: Desk) -> None:
    desk.registry.mine(5)
    act = desk.act()
    entry = desk.accept(act)
    submit_oneself(desk, act)
    desk.registry.finality_lag = 2

    assert desk.submission.work() is True
    assert (desk.relay.entry(entry.id).state, desk.left()) == ("accepted", BUDGET - FAKE_GAS_LIMIT)
    desk.registry.mine(2)
    assert desk.submission.work() is False
    assert desk.relay.entry(entry.id).state == "spent"


def test_a_transaction_that_was_overtaken_in_its_block_counts_what_it_burned(desk: Desk) -> None:
    act = desk.act()
    entry = desk.accept(act)
    desk.registry.auto_mine = False
    front_runner = desk.registry.sign(act.act, fake_account("front-runner"))
    desk.registry.send(front_runner)
    desk.submission.work()  # stands behind it in the same block
    desk.registry.mine()
    desk.registry.auto_mine = True

    assert desk.work(2) is False
    done = desk.relay.entry(entry.id)

    assert (done.state, done.gas, desk.left()) == ("spent", FAKE_GAS, BUDGET - FAKE_GAS)
    assert len(sponsored(desk)) == 1


def test_a_cancelled_act_is_not_submitted(desk: Desk) -> None:
    act = desk.act()
    entry = desk.accept(act)
    perform(desk.registry, CancelNonce(act.act.authorization.nonce), OPERATOR)

    desk.submission.work()

    assert desk.relay.entry(entry.id).state == "spent"
    assert sponsored(desk) == []


def test_an_act_that_lost_its_sense_fails_for_free_and_may_be_asked_for_again(desk: Desk) -> None:
    act = desk.act()
    entry = desk.accept(act)
    root = act.act.call
    assert isinstance(root, AnchorBatch)
    perform(desk.registry, root, OPERATOR)

    assert desk.submission.work() is False
    failed = desk.relay.entry(entry.id)

    assert (failed.state, failed.gas, desk.left()) == ("failed", 0, BUDGET)
    assert "AlreadyAnchored" in (failed.problem or "")
    desk.registry._head.anchors.clear()  # a reorganisation took the other anchor away
    assert desk.accept(act).id != entry.id


def test_an_act_whose_deadline_passed_while_it_waited_fails_for_free(desk: Desk) -> None:
    entry = desk.accept(desk.act(seconds=601))
    desk.registry.time += 2 * DAY
    desk.registry.mine()

    assert desk.submission.work() is False

    failed = desk.relay.entry(entry.id)
    assert (failed.state, failed.problem, desk.left()) == ("failed", "the deadline passed", BUDGET)


def test_acts_share_the_one_lane_in_the_order_in_which_they_came(desk: Desk) -> None:
    desk.registry.auto_mine = False
    entries = [desk.accept(desk.act(root=root)) for root in (1, 2, 3)]

    assert desk.submission.work() is True
    waiting = [desk.relay.entry(entry.id) for entry in entries]
    assert [entry.transaction.nonce for entry in waiting if entry.transaction] == [0, 1, 2]
    assert {entry.state for entry in waiting} == {"accepted"}

    desk.registry.mine()
    assert desk.submission.work() is False
    done = [desk.relay.entry(entry.id) for entry in entries]
    assert [entry.problem for entry in done] == [None] * 3
    assert {entry.state for entry in done} == {"final"}
    assert len({entry.transaction.block_number for entry in done if entry.transaction}) == 1


def test_a_full_lane_holds_the_rest_back(desk: Desk) -> None:
    desk.registry.auto_mine = False
    entries = [desk.accept(desk.act(root=root)) for root in range(1, 6)]
    narrow = Journal(desk.database, desk.registry, patience=0.0, poll=0.0, most_in_flight=2)
    submission = Submission(desk.database, desk.registry, narrow, desk.relay.budgets, lambda: desk.relay.account)

    for planned in (2, 4, 5):
        assert submission.work() is True
        assert sum(bool(desk.relay.entry(entry.id).transaction) for entry in entries) == planned
        desk.registry.mine()

    assert submission.work() is False
    assert {desk.relay.entry(entry.id).state for entry in entries} == {"final"}
    assert {desk.relay.entry(entry.id).problem for entry in entries} == {None}


def test_a_mined_act_frees_the_rest_of_its_reservation_until_a_reorganisation(desk: Desk) -> None:
    desk.registry.mine(5)
    desk.registry.finality_lag = 4
    entry = desk.accept(desk.act())
    desk.submission.work()
    assert (desk.relay.entry(entry.id).state, desk.left()) == ("mined", BUDGET - FAKE_GAS)

    desk.registry.auto_mine = False
    desk.registry.reorganise(1, again=True)
    desk.submission.work()
    assert (desk.relay.entry(entry.id).state, desk.left()) == ("accepted", BUDGET - FAKE_GAS_LIMIT)
    desk.registry.mine(5)
    desk.submission.work()
    assert (desk.relay.entry(entry.id).state, desk.left()) == ("final", BUDGET - FAKE_GAS)


def test_trouble_is_noted_and_passes(desk: Desk) -> None:
    entry = desk.accept(desk.act())
    desk.registry.unreachable = True
    assert desk.submission.work() is True
    assert "told not to answer" in (desk.relay.entry(entry.id).problem or "")

    desk.registry.unreachable = False
    assert desk.submission.work() is False
    assert desk.relay.entry(entry.id).problem is None


def test_a_relay_without_money_says_so_and_waits(desk: Desk) -> None:
    entry = desk.accept(desk.act())
    desk.registry.balances[desk.relay.account.address] = 1

    assert desk.submission.work() is True
    assert "must hold" in (desk.relay.entry(entry.id).problem or "")

    desk.registry.balances.clear()
    assert desk.submission.work() is False


def test_an_act_that_became_dearer_is_covered_or_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = desk.accept(desk.act())
    with monkeypatch.context() as patched:
        patched.setattr(desk.registry, "gas_limit", lambda *_: BUDGET + 1)
        assert desk.submission.work() is True
        assert "whole budget" in (desk.relay.entry(entry.id).problem or "")
    with monkeypatch.context() as patched:
        patched.setattr(desk.registry, "gas_limit", lambda *_: BUDGET)
        patched.setattr(desk.registry, "send", _unreachable)
        desk.submission.work()
        assert desk.left() == 0
    assert desk.submission.work() is False
    assert desk.left() == BUDGET - FAKE_GAS


def _unreachable(*_: object) -> None:
    raise RegistryUnreachable("gone")


def test_a_lost_answer_makes_no_second_transaction(desk: Desk) -> None:
    desk.registry.drop_replies = True
    entry = desk.accept(desk.act())
    desk.submission.work()
    desk.registry.drop_replies = False

    assert desk.submission.work() is False
    assert desk.relay.entry(entry.id).state == "final"
    assert len(sponsored(desk)) == 1
