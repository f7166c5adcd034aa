"""H: the chain itself changes its mind: blocks go, transactions go, stick, or are not the first with their nonce."""

from __future__ import annotations

import time
from collections.abc import Callable

from scripts.faulting import faults
from scripts.faulting.anvil import Shape
from scripts.faulting.chain_steps import (
    another,
    begin_and_mine,
    begin_and_send,
    block_of_anchor,
    check_bids,
    events_of,
    finish,
    last_sent,
    mine_to_the_end,
    nonces,
    status,
    take_away,
    with_pool,
)
from scripts.faulting.faults import SEND
from scripts.faulting.pool import read_transaction
from scripts.faulting.rows import Row
from scripts.faulting.template import DRAFTED
from scripts.faulting.world import World

SLOW_FINALITY = Shape(seconds=0, slots=5)
"""Final ten blocks later, and none comes by itself: however slow this machine is, what is taken away is not final."""
BY_HAND = Shape(seconds=0, slots=1)
_GWEI = 10**9


def anchor_lost(world: World) -> None:
    """H1: the block with the anchor goes, and the transaction with it: the same bytes go out again."""
    working = begin_and_mine(world)
    first, above = last_sent(world), world.random.randint(0, 5)
    world.chain.mine(above)
    time.sleep(world.random.uniform(0.0, 1.0))
    world.chain.reorganize(world.random.randint(above + 1, 8))
    mine_to_the_end(world, working)
    again = [read_transaction(raw).hash for raw in world.proxy.sent].count(first)
    world.expect(again > 1, "the bytes that were lost were not sent again")
    world.expect(world.sent_by() == 2, f"{world.sent_by()} transactions for two batches")


def anchor_moved(world: World) -> None:
    """H2: the block with the anchor goes, and another one has the transaction: the place and time on record follow."""
    working = begin_and_mine(world)
    raw, above = world.proxy.sent[-1], world.random.randint(1, 5)
    world.chain.mine(above)
    time.sleep(world.random.uniform(0.0, 1.0))
    world.chain.reorganize(above + 2, [(raw, world.random.randint(0, above))])
    mine_to_the_end(world, working)
    shown = next(one for one in status(world).value["batches"] if one["id"] == world.batch)
    anchored = block_of_anchor(world)
    world.expect(shown["block"] == anchored, f"it says block {shown['block']}, and block {anchored} has the event")
    world.expect(world.sent_by() == 2, f"{world.sent_by()} transactions for two batches")


def final_block_lost(world: World) -> None:
    """H3: a final block goes, as none may: it is said aloud, issuing stops, and what it touches is in doubt."""
    world.expect_done(world.issue())
    name = world.claims().of_batch(world.batch)[0].id
    take_away(world, last_sent(world), deeper=2)
    world.chain.finalize()
    found = world.expect_plain(world.program.run("reconcile", "--json"))
    world.expect(found.code != 0, f"nothing is found to be wrong: {found}")
    checked = world.verify(name)
    world.expect(checked.code != 0, "a credential is called valid whose anchor is gone")
    refused = world.expect_plain(another(world))
    world.expect(refused.code != 0, "issuing goes on although a final block was lost")
    world.expect(events_of(world, world.batch) == 0, "it was anchored again by itself")


def dropped(world: World) -> None:
    """H4: the transaction falls out of the pool before any block has it."""
    working = begin_and_send(world)
    world.chain.drop(last_sent(world))
    world.chain.go_on_mining()
    finish(world, working)
    world.expect(world.sent_by() == 2, f"{world.sent_by()} transactions for two batches")


def fee_spike(world: World) -> None:
    """H5: the base fee rises above the bid: it is raised by an eighth or more; if that never helps nothing is lost."""
    pool = with_pool(world)
    world.chain.set_base_fee(_GWEI)
    world.chain.mine()
    working = world.begin_issuing()
    world.until(lambda: pool.taken or working.is_over, "a transaction is sent")
    for _ in range(12):
        world.chain.set_base_fee(100 * pool.taken[-1].max_fee)
        world.chain.mine()
        time.sleep(0.5)
        if len(nonces(pool)) < len(pool.taken):
            break
    world.expect(world.state() not in ("final", "mined", "safe"), "it is said to be in a block, and is not")
    check_bids(world, pool)
    world.chain.set_base_fee(_GWEI)
    mine_to_the_end(world, working)
    world.tell_truth()
    world.recover()
    world.expect(len(nonces(pool)) == 1, "the raised bid has another nonce")


def refused(message: str, *, done: bool) -> Callable[[World], None]:
    """H6: the node answers with one of its own refusals, whether or not it has taken the transaction."""

    def act(world: World) -> None:
        armed = world.proxy.arm(faults.refuse(SEND, message, done=done))
        ended = world.expect_plain(world.issue())
        world.expect(armed.struck == 1, "the fault never struck")
        world.expect_plain(ended)
        world.recover()
        world.expect(world.sent_by() == 2, f"{world.sent_by()} transactions for two batches: a nonce is burned")

    return act


def first_bid_mined(world: World) -> None:
    """H7: the first bid is mined after a higher one was sent: either hash settles the batch."""
    pool = with_pool(world)
    pool.held = True
    working = world.begin_issuing()
    world.until(lambda: pool.taken or working.is_over, "a transaction is sent")
    for _ in range(30):
        world.chain.mine()
        time.sleep(0.3)
        if len(pool.taken) > 1:
            break
    world.expect(len(pool.taken) > 1, "no bid was raised while thirty blocks went by")
    check_bids(world, pool)
    pool.pass_on_first()
    pool.held = False
    mine_to_the_end(world, working)
    world.expect(world.sent_by() == 2, f"{world.sent_by()} transactions for two batches")


def nonce_used_outside(world: World) -> None:
    """H8: somebody uses the account by hand, and takes the nonce of what was signed."""
    world.expect_killed(world.issue(failpoint="plan.stored"), "plan.stored")
    operator = world.operator()
    world.chain.send_as(operator, operator)
    world.until(lambda: world.sent_by() == 2, "the other transaction is mined")
    world.recover()
    world.expect(world.sent_by() == 3, f"{world.sent_by()} transactions, with the one from outside")


def nonce_gap(world: World) -> None:
    """H9: the node swallows one transaction and takes the next: the gap is filled."""
    world.promises.batches |= set(DRAFTED)
    armed = world.proxy.arm(faults.swallow(times=1))
    ended = world.expect_plain(world.program.run("issue", "--json"))
    world.expect(armed.struck == 1, "the fault never struck")
    world.expect(ended.code in (0, 3), f"a gap: {ended}")
    world.recover()
    world.expect(world.sent_by() == 1 + len(DRAFTED), f"{world.sent_by()} transactions for {1 + len(DRAFTED)} batches")


ROWS = (
    Row(
        "H1",
        "reorganised, the transaction lost",
        "anvil_reorg 1..8 []",
        "same bytes again, never final in between",
        anchor_lost,
        shape=SLOW_FINALITY,
    ),
    Row(
        "H2",
        "reorganised, mined in another block",
        "anvil_reorg d [[tx, k]]",
        "block and time follow; one event",
        anchor_moved,
        shape=SLOW_FINALITY,
    ),
    Row(
        "H3",
        "reorganised past finality",
        "anvil_reorg beyond final",
        "alarm; issuing stops; in doubt",
        final_block_lost,
        ends_blocked=True,
        forgets=True,
    ),
    Row("H4", "dropped from the pool", "anvil_dropTransaction", "sent again", dropped, shape=BY_HAND),
    Row(
        "H5",
        "fee spike",
        "a pool that keeps what pays too little",
        "raised within the policy, or waits",
        fee_spike,
        shape=BY_HAND,
    ),
    Row(
        "H6/underpriced",
        "replacement underpriced",
        "refused by the node",
        "no nonce burned",
        refused("replacement transaction underpriced", done=False),
    ),
    Row(
        "H6/known",
        "already known",
        "refused by the node, and taken",
        "found by its hash",
        refused("already known", done=True),
    ),
    Row(
        "H6/nonce",
        "nonce too low",
        "refused by the node, and taken",
        "found by its hash",
        refused("nonce too low", done=True),
    ),
    Row(
        "H7",
        "the first bid is mined after it was raised",
        "a pool that lets the older one go",
        "one event",
        first_bid_mined,
        shape=BY_HAND,
    ),
    Row(
        "H8",
        "the nonce is used by hand",
        "a transaction of the same account",
        "planned anew; one event",
        nonce_used_outside,
    ),
    Row("H9", "a nonce gap", "the first of three is swallowed", "sent again; three events", nonce_gap),
)
