"""The journal of our own transactions: stored before sent, a nonce for each, and only the chain's word counts."""

from __future__ import annotations

import pytest

from ledger.errors import Conflict, RegistryError, RegistryUnreachable, TransactionReverted
from ledger.sending.values import FINAL, MINED, PLANNED, SAFE, SENT
from tests.fakes import fake_account
from tests.unit.sending.conftest import Bench


def test_planning_sends_nothing_and_doing_it_twice_gives_the_same_bytes(bench: Bench) -> None:
    first = bench.plan()

    assert bench.journal.plan("anchor:1", bench.call(2), bench.account) == first
    assert first.state == PLANNED
    assert bench.registry.pool == ()
    assert bench.bids() == [first.hash]


def test_several_transactions_of_an_account_are_on_their_way_at_once(bench: Bench) -> None:
    for number in (1, 2, 3):
        bench.sent(number)

    assert len(bench.registry.pool) == 3
    block = bench.registry.mine()
    looked = [bench.look(number) for number in (1, 2, 3)]
    assert [transaction.nonce for transaction in looked] == [0, 1, 2]
    assert {transaction.block_number for transaction in looked} == {block.number}


def test_an_account_has_no_more_on_their_way_than_it_may(bench: Bench) -> None:
    bench.options = {"most_in_flight": 2}
    bench.sent(1), bench.plan(2)

    with pytest.raises(RegistryUnreachable) as caught:
        bench.plan(3)
    assert caught.value.code == "not_mined"
    assert bench.journal.find("anchor:3") is None
    assert len(bench.registry.pool) == 2  # what was planned was sent, so that there will be room

    bench.registry.mine()
    assert bench.plan(3).nonce == 2


def test_sixteen_are_on_their_way_unless_something_else_is_said(bench: Bench) -> None:
    for number in range(1, 17):
        bench.plan(number)
    with pytest.raises(RegistryUnreachable):
        bench.plan(17)


def test_accounts_do_not_wait_for_each_other(bench: Bench) -> None:
    bench.options = {"most_in_flight": 1}
    bench.plan(1)
    bench.registry._head.operators = {
        (issuer, account): operator
        for (issuer, _), operator in bench.registry._head.operators.items()
        for account in (bench.account.address, fake_account("other").address)
    }

    bench.account = fake_account("other")
    assert bench.plan(2).nonce == 0


def test_a_nonce_follows_the_chain_where_that_is_ahead(bench: Bench) -> None:
    """As after restoring a backup that is older than the chain."""
    for number in (7, 8):
        bench.registry.send(bench.registry.sign(bench.call(number), bench.account))
    bench.registry.mine()

    assert bench.plan().nonce == 2


def test_what_is_planned_earlier_goes_first(bench: Bench) -> None:
    bench.plan(1), bench.plan(2)

    bench.send(2)

    assert len(bench.registry.pool) == 2
    assert bench.journal.find("anchor:1") == bench.send(1)


def test_a_transaction_goes_through_every_state_in_order(bench: Bench) -> None:
    bench.registry.mine(9)
    bench.registry.safety_lag, bench.registry.finality_lag = 1, 3
    states = [bench.plan().state, bench.send().state]
    for _ in range(4):
        bench.registry.mine()
        states.append(bench.look().state)

    assert states == [PLANNED, SENT, MINED, SAFE, SAFE, FINAL]


def test_a_refused_call_leaves_nothing_behind(bench: Bench) -> None:
    bench.account = fake_account("stranger")

    with pytest.raises(TransactionReverted):
        bench.plan()
    assert bench.journal.find("anchor:1") is None


def test_a_transaction_that_failed_in_its_block_frees_its_purpose(bench: Bench) -> None:
    bench.sent()
    operators = dict(bench.registry._head.operators)
    bench.registry._head.operators.clear()
    bench.registry.mine()

    with pytest.raises(TransactionReverted):
        bench.look()

    bench.registry._head.operators.update(operators)
    assert bench.journal.find("anchor:1") is None
    assert bench.plan().nonce == 1
    assert bench.journal.gas_used("anchor:1") == bench.registry.gas


def test_sending_what_was_never_planned_is_refused(bench: Bench) -> None:
    with pytest.raises(RegistryError) as caught:
        bench.send()

    assert caught.value.code == "not_planned"


def test_what_others_forbid_is_not_stored(bench: Bench) -> None:
    def forbid(_session: object, purpose: str) -> None:
        raise Conflict(f"{purpose} is in other hands", "act_waits")

    bench.options = {"before_storing": forbid}
    with pytest.raises(Conflict):
        bench.plan()
    assert bench.journal.find("anchor:1") is None


def test_an_account_that_cannot_pay_plans_nothing_until_it_can(bench: Bench) -> None:
    bench.registry.balances[bench.account.address] = 10**9
    with pytest.raises(RegistryError) as caught:
        bench.plan()
    assert caught.value.code == "funds_low"
    assert bench.journal.find("anchor:1") is None

    bench.registry.balances.clear()
    assert bench.plan().nonce == 0


def test_completing_makes_everything_that_is_needed(bench: Bench) -> None:
    bench.registry.auto_mine = True

    assert bench.journal.complete("anchor:1", bench.call(), bench.account).state == FINAL
    assert bench.anchored() == [1]
