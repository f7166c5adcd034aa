"""The fault table of sending: whatever a node, the chain or a crash does, one call is done once and none is lost.

The numbers are those of the fault matrix that the project works by: K kills, R nodes that fail, H chains that change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger.chain.amounts import GWEI
from ledger.chain.quotes import Terms
from ledger.errors import Conflict, KeystoreError, RegistryError, RegistryUnreachable, TransactionReverted
from ledger.sending import journal, lanes
from ledger.sending.values import FINAL, MINED, PLANNED, SENT
from tests.fakes import FAKE_GAS, FAKE_GAS_LIMIT
from tests.faults.conftest import Killed
from tests.unit.sending.conftest import POLICY, Bench, name


def settle(bench: Bench, *numbers: int) -> None:
    """Goes on as a worker does, in a world in which everything works, until all is final."""
    for _ in range(5):
        for number in numbers:
            bench.sent(number)
            bench.registry.mine()
            bench.look(number)
    assert [bench.look(number).state for number in numbers] == [FINAL] * len(numbers)
    assert sorted(bench.anchored()) == sorted(numbers)


def all_steps(bench: Bench) -> None:
    bench.sent()
    bench.registry.mine()
    bench.look()


# --- kills ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", ["plan.signed", "plan.stored", "send.sent", "look.receipt"])
def test_k4_k7_to_k10_a_process_that_dies_anywhere_leaves_one_transaction(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    def die(reached: str) -> None:
        if reached == point:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(journal, "reach", die)
        patched.setattr(lanes, "reach", die)
        with pytest.raises(Killed):
            all_steps(bench)
    stored = bench.bids()
    assert len(stored) == (0 if point == "plan.signed" else 1)
    assert bool(bench.registry.pool or bench.anchored()) is (point in ("send.sent", "look.receipt"))

    settle(bench, 1)

    assert stored in ([], bench.bids())
    assert bench.look().nonce == 0


# --- nodes that fail ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arrives", [False, True])
def test_r2_r3_a_lost_answer_is_no_lost_transaction(bench: Bench, arrives: bool) -> None:
    planned = bench.plan()
    bench.registry.drop_replies, bench.registry.unreachable = arrives, not arrives
    with pytest.raises(RegistryUnreachable):
        bench.send()
    bench.registry.drop_replies = bench.registry.unreachable = False
    assert bool(bench.registry.pool) is arrives

    settle(bench, 1)

    assert bench.bids() == [planned.hash]


@pytest.mark.parametrize("code", ["rpc_malformed", "rpc_refused", "registry_unreachable"])
def test_r4_r5_an_answer_that_makes_no_sense_is_followed_by_our_own_hash(bench: Bench, code: str) -> None:
    planned = bench.plan()
    bench.registry.refusal = RegistryUnreachable("the node answered with another hash", code)
    with pytest.raises(RegistryUnreachable):
        bench.send()
    assert bench.journal.find(name(1)) == replace(planned, state=SENT)

    settle(bench, 1)

    assert bench.bids() == [planned.hash]


def test_r7_a_receipt_of_what_never_was_is_doubted_once_the_chain_shows_the_nonce_unused(bench: Bench) -> None:
    bench.sent()
    bench.registry.mine()
    bench.look()
    bench.registry.finality_lag = 1
    bench.registry.reorganise(1)  # what was said to be final is not there

    assert bench.look().state == SENT
    settle(bench, 1)


def test_a_node_that_forgot_old_receipts_takes_nothing_back(bench: Bench) -> None:
    bench.sent()
    bench.registry.mine()
    bench.look()
    bench.registry._receipts.clear()

    assert bench.look().state == FINAL


# --- chains that change ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, 3, 8])
def test_h1_what_a_reorganisation_took_away_is_sent_again_with_the_same_bytes(bench: Bench, depth: int) -> None:
    bench.registry.finality_lag = 20
    planned = bench.sent()
    bench.registry.mine(depth)
    assert bench.look().state == MINED
    bench.registry.reorganise(depth)

    assert bench.look().state == SENT
    assert bench.send().hash == planned.hash
    assert bench.registry.pool == (planned.hash,)
    bench.registry.finality_lag = 0
    settle(bench, 1)
    assert bench.bids() == [planned.hash]


def test_h2_what_is_in_another_block_after_a_reorganisation_is_noted_there(bench: Bench) -> None:
    bench.registry.finality_lag = 20
    bench.sent()
    bench.registry.mine()
    before = bench.look()
    bench.registry.reorganise(1, again=True)
    block = bench.registry.mine()

    after = bench.look()

    assert (after.state, after.block_number, after.block_hash, after.block_time) == (
        MINED,
        block.number,
        block.hash,
        block.time,
    )
    assert after.block_hash != before.block_hash
    assert bench.anchored() == [1]


def test_h4_what_was_dropped_from_the_pool_is_sent_again(bench: Bench) -> None:
    sent = bench.sent()
    bench.registry.drop(sent.hash)

    bench.send()

    assert bench.registry.pool == (sent.hash,)
    assert bench.bids() == [sent.hash]


@pytest.mark.parametrize(("blocks", "seconds"), [(3, 0), (0, 60)])
def test_h5_a_transaction_that_waits_is_outbid_by_the_present_market(bench: Bench, blocks: int, seconds: int) -> None:
    first = bench.sent()
    bench.send()  # a look at the pool from which the blocks are counted
    bench.registry.base_fee = 20 * GWEI
    bench.wait(blocks=blocks - 1, seconds=seconds - 1)
    assert bench.send().hash == first.hash

    bench.wait(blocks=1, seconds=1)
    second = bench.send()

    assert second.hash != first.hash
    assert (second.nonce, second.problem) == (0, None)
    assert bench.registry.pool == (second.hash,)
    bench.registry.mine()
    assert bench.look().hash == second.hash
    assert bench.anchored() == [1]


def test_h5_what_waits_behind_another_is_not_outbid(bench: Bench) -> None:
    for number in (1, 2):
        bench.sent(number)
        bench.send(number)
    bench.registry.base_fee = 20 * GWEI
    bench.wait(seconds=61)

    bench.send(2)  # which looks after the first, because that is what it waits for

    assert [len(bench.bids(number)) for number in (1, 2)] == [2, 1]


def test_h5_at_the_cap_it_waits_alarms_and_goes_on_by_itself(bench: Bench) -> None:
    bench.sent()
    bench.send()
    bench.registry.base_fee = 400 * GWEI
    for _ in range(30):
        bench.wait(seconds=61)
        waiting = bench.send()

    (alarm,) = bench.journal.alarms()
    assert (waiting.problem, alarm.code, alarm.subject) == ("fee_cap", "fee_cap", name(1))
    assert alarm.since <= bench.now - 61
    assert bench.registry._signed[waiting.hash].terms.fees.max_fee <= POLICY.max_fee
    bench.registry.mine()
    assert bench.look().state == SENT

    bench.registry.base_fee = GWEI
    bench.registry.mine()
    assert bench.look().state == FINAL
    assert bench.journal.alarms() == ()
    assert bench.anchored() == [1]


def locked(_address: object) -> None:
    raise KeystoreError("key_locked", "the passphrase does not open it")


@pytest.mark.parametrize("accounts", [lambda _address: None, locked], ids=["missing", "locked"])
def test_h5_where_nobody_can_sign_it_waits_and_says_so(bench: Bench, accounts: Callable[[object], None]) -> None:
    bench.options = {"accounts": accounts}
    bench.sent()
    bench.send()
    bench.wait(seconds=61)

    assert bench.send().problem == "key_missing"
    settle(bench, 1)


@pytest.mark.parametrize("code", ["underpriced", "gas_refused", "nonce_gap", "transaction_rejected", "funds_low"])
def test_h6_a_refusal_burns_no_nonce(bench: Bench, code: str) -> None:
    bench.plan()
    bench.registry.refusal = RegistryError(code, "the node refuses the transaction")
    bench.registry.gas_estimate += 1  # what it needs has changed

    if code in ("underpriced", "gas_refused", "nonce_gap"):
        bench.send()
    else:
        with pytest.raises(RegistryError) as caught:
            bench.send()
        assert caught.value.code == code

    assert len(bench.bids()) == (2 if code in ("underpriced", "gas_refused") else 1)
    settle(bench, 1)
    assert bench.look().nonce == 0


def test_h6_something_dearer_at_our_nonce_is_outbid_once_and_then_at_leisure(bench: Bench) -> None:
    quoted = bench.registry.quote(bench.call(9), bench.account.address)
    dear = replace(POLICY.first(quoted.market), max_fee=9 * GWEI, priority_fee=2 * GWEI)
    bench.registry.send(bench.registry.bid(quoted.payload, bench.account, Terms(0, FAKE_GAS_LIMIT, dear)))

    bench.sent()
    for _ in range(5):
        bench.send()
    assert len(bench.bids()) == 2
    while not set(bench.registry.pool) & set(bench.bids()):
        bench.wait(seconds=61)
        bench.send()
        assert len(bench.bids()) < 20

    settle(bench, 1)
    assert bench.look().nonce == 0


def test_h6_nonce_too_low_with_our_own_bid_in_a_block_is_found_mined(bench: Bench) -> None:
    bench.plan()
    bench.registry.drop_replies = bench.registry.auto_mine = True
    with pytest.raises(RegistryUnreachable):
        bench.send()
    bench.registry.drop_replies = False
    bench.registry.refusal = RegistryError("nonce_taken", "nonce too low")

    bench.send()

    assert bench.look().state == FINAL
    assert bench.anchored() == [1]


def test_h6_nonce_too_low_where_the_chain_shows_it_unused_is_not_believed(bench: Bench) -> None:
    bench.plan()
    bench.registry.refusal = RegistryError("nonce_taken", "nonce too low")

    assert bench.send().state == SENT
    settle(bench, 1)
    assert bench.look().nonce == 0


@pytest.mark.parametrize("winner", [0, 1])
def test_h7_whichever_bid_is_mined_settles_it(bench: Bench, winner: int) -> None:
    bench.sent()
    bench.send()
    bench.wait(seconds=61)
    bench.send()
    hashes = bench.bids()
    assert len(hashes) == 2
    signed = bench.registry._signed[hashes[winner]]
    bench.registry._pool[signed.slot] = hashes[winner]
    bench.registry.mine()

    settled = bench.look()

    assert (settled.state, settled.hash) == (FINAL, hashes[winner])
    assert bench.send() == settled
    assert bench.anchored() == [1]
    assert bench.sent(2).nonce == 1


def test_h8_a_nonce_that_somebody_else_used_frees_the_purpose_which_is_planned_anew(bench: Bench) -> None:
    foreign = bench.registry.sign(bench.call(9), bench.account)
    bench.sent(1), bench.sent(2)
    bench.registry.mine_instead(foreign)

    with pytest.raises(RegistryError) as caught:
        bench.send(1)
    assert caught.value.code == "nonce_taken"
    assert bench.journal.find(name(1)) is None
    assert bench.send(2).nonce == 1

    bench.registry.mine()
    assert bench.sent(1).nonce == 2
    bench.registry.mine()
    assert sorted(bench.anchored()) == [1, 2, 9]


def test_h8_a_foreign_transaction_that_only_waits_frees_nothing(bench: Bench) -> None:
    bench.registry.send(bench.registry.sign(bench.call(9), bench.account))

    assert bench.sent().nonce == 0
    assert bench.journal.find(name(1)) is not None


def test_h8_what_a_reorganisation_gives_back_is_filled_with_what_was_signed_for_it(bench: Bench) -> None:
    bench.registry.finality_lag = 20
    foreign = bench.registry.sign(bench.call(9), bench.account)
    lost = bench.sent(1)
    bench.registry.mine_instead(foreign)
    with pytest.raises(RegistryError):
        bench.send(1)
    again = bench.sent(1)
    assert (lost.nonce, again.nonce) == (0, 1)
    bench.registry.reorganise(1)  # and nobody sends the foreign one again

    for _ in range(2):
        bench.send(1)
    bench.registry.mine()

    assert bench.anchored() == [1]
    assert {wanted in bench.registry._receipts for wanted in (lost.hash, again.hash)} == {True}


def test_h8_a_purpose_that_gets_its_old_nonce_back_takes_up_its_old_bytes(bench: Bench) -> None:
    bench.registry.finality_lag = 20
    foreign = bench.registry.sign(bench.call(9), bench.account)
    lost = bench.sent(1)
    bench.registry.mine_instead(foreign)
    with pytest.raises(RegistryError):
        bench.send(1)
    bench.registry.reorganise(1)

    again = bench.plan(1)

    assert (again.nonce, again.hash, again.state) == (0, lost.hash, PLANNED)
    bench.registry.finality_lag = 0
    settle(bench, 1)


def test_h9_a_gap_is_found_within_two_looks(bench: Bench) -> None:
    bench.plan(1), bench.plan(2)
    bench.registry.swallow = 1
    bench.send(1), bench.send(2)
    assert bench.registry.pool == tuple(bench.bids(2))

    for _ in range(2):
        bench.send(2)

    assert set(bench.registry.pool) == {*bench.bids(1), *bench.bids(2)}
    bench.registry.mine()
    assert bench.anchored() == [1, 2]


def test_h3_what_waits_behind_a_final_transaction_that_is_gone_has_its_bytes_sent_again_first(bench: Bench) -> None:
    bench.sent(1)
    bench.registry.mine()
    assert bench.look(1).state == FINAL
    bench.sent(2)
    bench.registry.finality_lag = 1
    bench.registry.reorganise(1)  # what was final is not there, and nobody looks at it again by itself
    assert bench.anchored() == []

    bench.send(2)

    assert set(bench.registry.pool) == {*bench.bids(1), *bench.bids(2)}
    bench.registry.mine()
    assert bench.anchored() == [1, 2]


def test_h10_without_money_it_waits_and_goes_on_once_there_is_some(bench: Bench) -> None:
    bench.plan()
    bench.registry.balances[bench.account.address] = 0
    with pytest.raises(RegistryError) as caught:
        bench.send()
    assert caught.value.code == "funds_low"
    assert [alarm.code for alarm in bench.journal.alarms()] == ["funds_low"]

    bench.registry.balances.clear()
    settle(bench, 1)
    assert bench.journal.alarms() == ()


def test_h10_money_that_does_not_last_for_a_higher_bid_leaves_the_last_one_standing(bench: Bench) -> None:
    first = bench.sent()
    bench.send()
    bench.registry.balances[bench.account.address] = 1
    bench.wait(seconds=61)

    waiting = bench.send()

    assert (waiting.hash, waiting.problem) == (first.hash, "funds_low")
    settle(bench, 1)


def test_h12_what_ran_out_of_gas_is_estimated_anew_and_goes_through(bench: Bench) -> None:
    bench.registry.gas = FAKE_GAS_LIMIT + 20_000
    bench.sent()
    bench.registry.mine()
    with pytest.raises(TransactionReverted) as caught:
        bench.look()
    assert caught.value.error == "OutOfGas"

    settle(bench, 1)


def test_h12_gas_that_is_never_enough_burns_money_three_times_a_day_at_most(bench: Bench) -> None:
    bench.registry.gas = 10 * FAKE_GAS
    for _ in range(3):
        bench.sent()
        bench.registry.mine()
        with pytest.raises(TransactionReverted):
            bench.look()

    for _ in range(3):
        with pytest.raises(Conflict) as caught:
            bench.plan()
        assert caught.value.code == "gas_exhausted"
    assert bench.registry._nonces[bench.account.address] == 3

    bench.registry.gas = FAKE_GAS
    bench.now += 86_401
    settle(bench, 1)


def test_h12_a_completed_call_is_estimated_anew_by_itself(bench: Bench) -> None:
    bench.registry.auto_mine = True
    bench.registry.gas = FAKE_GAS_LIMIT + 20_000

    assert bench.journal.complete(name(1), bench.call(), bench.account).nonce == 1
    assert bench.anchored() == [1]


def test_h12_a_node_that_never_takes_the_gas_is_given_three_other_figures_at_most(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_transaction: object) -> None:
        bench.registry.gas_estimate -= 1_000
        raise RegistryError("gas_refused", "exceeds block gas limit")

    bench.plan()
    with monkeypatch.context() as patched:
        patched.setattr(bench.registry, "send", refuse)
        for _ in range(3):
            with pytest.raises(Conflict) as caught:
                bench.send()
            assert caught.value.code == "gas_exhausted"

    assert len(bench.bids()) == 4
    assert [alarm.code for alarm in bench.journal.alarms()] == ["gas_exhausted"]
    settle(bench, 1)
