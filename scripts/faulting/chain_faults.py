"""H: the chain itself changes its mind: blocks go, transactions go or stick, money, code and time are not as before."""

from __future__ import annotations

import time
from collections.abc import Callable

from ledger.chain import abi
from ledger.chain.registry import Address, AnchorBatch, IssuerId, Role, SetOperator
from scripts.faulting import faults
from scripts.faulting.anvil import Shape
from scripts.faulting.chain_facts import read_facts
from scripts.faulting.faults import SEND
from scripts.faulting.pool import Pending, Pool, read_transaction
from scripts.faulting.program import Ended, Working
from scripts.faulting.rows import Row
from scripts.faulting.template import DRAFTED, SETTLED
from scripts.faulting.world import World

SLOW_FINALITY = Shape(seconds=0.2, slots=5)
"""Final ten blocks, two seconds, later: time enough to take a block away."""
BY_HAND = Shape(seconds=0, slots=1)
DAY = 86_400
_GWEI = 10**9
_ENOUGH = 10**18


def anchor_lost(world: World) -> None:
    """H1: the block with the anchor goes, and the transaction with it: the same bytes go out again."""
    working = begin_and_mine(world)
    first = last_sent(world)
    beneath = world.chain.node.number() - block_of(world, first)
    world.chain.reorganize(min(9, beneath + 1 + world.random.randint(0, 7 - min(7, beneath))))
    finish(world, working)
    world.expect(block_of(world, first) > 0, "other bytes were sent than before")
    world.expect(world.sent_by() == 2, f"{world.sent_by()} transactions for two batches")


def anchor_moved(world: World) -> None:
    """H2: the block with the anchor goes, and another one has the transaction: the place and time on record follow."""
    working = begin_and_mine(world)
    first = last_sent(world)
    depth = world.chain.node.number() - block_of(world, first) + 2
    world.chain.reorganize(depth, [(world.proxy.sent[-1], depth - 1)])
    finish(world, working)
    shown = next(one for one in status(world).value["batches"] if one["id"] == world.batch)
    world.expect(shown["block"] == block_of(world, first), f"it says block {shown['block']}")
    world.expect(world.sent_by() == 2, f"{world.sent_by()} transactions for two batches")


def final_block_lost(world: World) -> None:
    """H3: a final block goes, as none may: it is said aloud, issuing stops, and what it touches is in doubt."""
    world.expect_done(world.issue())
    name = world.claims().of_batch(world.batch)[0].id
    head = world.chain.node.number()
    world.chain.reorganize(head - block_of(world, last_sent(world)) + 2)
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


def no_money(world: World) -> None:
    """H10: the account is empty: it is said, nothing is lost, and it goes on once there is money."""
    operator = world.operator()
    world.chain.set_balance(operator, 0)
    ended = world.expect_plain(world.issue())
    world.expect(ended.code != 0, "it went on without money")
    world.expect("hold" in ended.err or "fund" in ended.err, f"the reason is not told: {ended}")
    world.chain.set_balance(operator, _ENOUGH)
    world.recover()
    world.expect(world.sent_by() == 2, f"{world.sent_by()} transactions for two batches")


def anchor_reverts(world: World) -> None:
    """H11: the operator's right ends after the transaction was signed: the batch waits with a reason, then goes on."""
    world.expect_killed(world.issue(failpoint="plan.stored"), "plan.stored")
    set_anchoring(world, Role(0))
    ended = world.expect_plain(world.issue())
    world.expect(ended.code == 1, f"the registry refuses: {ended}")
    world.expect(world.state() not in ("final", "mined", "safe"), f"a refused batch is {world.state()}")
    set_anchoring(world, Role.ANCHOR)
    world.recover()


def anchored_already(world: World) -> None:
    """H11, the other half: an earlier run anchored it, and could not note it."""
    world.expect_killed(world.issue(failpoint="plan.signed"), "plan.signed")
    claim = world.claims().batches[world.batch]
    call = AnchorBatch(IssuerId(claim.issuer), claim.root or b"", claim.size)
    world.chain.send_as(world.operator(), world.template.registry, "0x" + abi.encode_call(call).hex())
    world.until(lambda: events_of(world, world.batch) == 1, "the anchor of the earlier run")
    world.recover()
    world.expect(world.sent_by() == 2, f"{world.sent_by()} transactions for two batches")


def gas_too_low(world: World) -> None:
    """H12: the node's estimate is too low, so that the transaction runs out of gas: no loop that burns money."""
    world.proxy.arm(faults.lie("eth_estimateGas", lambda _call, _said: hex(26_000)))
    for _ in range(4):
        if world.expect_plain(world.issue(seconds=90)).code == 0:
            break
    burnt = world.sent_by() - 1
    world.expect(burnt <= 3, f"{burnt} transactions were burnt")
    world.tell_truth()
    world.recover()


def block_too_small(world: World) -> None:
    """H12, the other half: no block has room for it. It is said, nothing is burnt, and it goes on later."""
    limit = int(world.chain.node.call("eth_getBlockByNumber", "latest", False)["gasLimit"], 16)
    world.chain.node.call("evm_setBlockGasLimit", hex(40_000))
    world.chain.mine()
    world.expect_plain(world.issue())
    world.expect(world.state() not in ("final", "mined", "safe"), f"no block had room, and it is {world.state()}")
    world.chain.node.call("evm_setBlockGasLimit", hex(limit))
    world.chain.mine()
    world.recover()


def other_code(world: World) -> None:
    """H13: other code stands where the registry stood: nothing is signed for it."""
    registry = world.template.registry
    code = world.chain.node.call("eth_getCode", registry, "latest")
    world.chain.set_code(registry, "0x60006000f3")
    ended = world.expect_plain(world.issue())
    world.expect(ended.code != 0, "it went on with other code")
    world.expect(not world.proxy.sent, "something was sent to other code")
    checked = world.verify(world.settled()[0])
    world.expect(checked.code != 0, "other code can have anything called valid")
    world.chain.set_code(registry, code)
    world.chain.finalize()
    world.recover()


def chain_reset(world: World) -> None:
    """H14: the chain begins anew. Every anchor is missing, issuing stands still, and nothing is anchored by itself."""
    world.chain.begin_again(None)
    if world.random.random() < 0.5:
        deploy_again(world)
    world.chain.mine(5)
    found = world.expect_plain(world.program.run("reconcile", "--json"))
    world.expect(found.code != 0, f"nothing is found to be missing: {found}")
    ended = world.expect_plain(world.issue())
    world.expect(ended.code != 0, "issuing goes on although every anchor is missing")
    world.expect(world.verify(world.settled()[0]).code != 0, "a credential is called valid on a chain that lacks it")
    world.expect(not world.proxy.sent, "something was sent by itself")


def time_jumps(world: World) -> None:
    """H15: the chain's time jumps by a day: dates come from the block, and it is told."""
    world.chain.set_time(world.chain.time() + DAY)
    world.chain.mine()
    world.expect_done(world.issue())
    shown = next(one for one in status(world).value["batches"] if one["id"] == world.batch)
    block = world.chain.node.call("eth_getBlockByNumber", hex(shown["block"]), False)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(block["timestamp"], 16)))
    world.expect(shown["anchored_at"] == stamp, f"anchored at {shown['anchored_at']}, in a block of {stamp}")
    told = world.expect_plain(world.program.run("doctor", "--json"))
    world.expect("clock" in told.out or "time" in told.out, f"nobody is told that the clocks differ: {told}")


# --- what the rows share ---


def begin_and_send(world: World) -> Working:
    """Has the batch issued until its transaction was sent."""
    working = world.begin_issuing()
    world.until(lambda: world.proxy.sent or working.is_over, "a transaction is sent")
    world.expect(world.proxy.sent, f"nothing was sent: {working.end() if working.is_over else ''}")
    time.sleep(0.2)
    return working


def begin_and_mine(world: World) -> Working:
    """Has the batch issued until its transaction is in a block that is not final."""
    working = begin_and_send(world)
    world.until(lambda: block_of(world, last_sent(world)) > 0, "it is mined")
    time.sleep(world.random.uniform(0.0, 0.6))
    return working


def finish(world: World, working: Working) -> Ended:
    """Waits for the command; it may leave the rest to the next run."""
    ended = world.expect_plain(working.end())
    world.expect(ended.code in (0, 3), f"said to have failed: {ended}")
    world.tell_truth()
    world.recover()
    return ended


def mine_to_the_end(world: World, working: Working, blocks: int = 100) -> None:
    """Makes blocks by hand while the command goes on, and while it is started again."""
    for _ in range(blocks):
        if working.is_over:
            break
        world.chain.mine()
        time.sleep(0.2)
    world.chain.go_on_mining()
    finish(world, working)


def with_pool(world: World) -> Pool:
    """Puts a real node's pool before the chain."""
    pool = Pool(world.chain.node)
    world.proxy.rules = pool
    return pool


def check_bids(world: World, pool: Pool) -> None:
    """Each bid for a nonce is an eighth higher than the last one, on both fields."""
    last: dict[int, Pending] = {}
    for bid in pool.taken:
        if (before := last.get(bid.nonce)) is not None:
            is_raised = 8 * bid.max_fee >= 9 * before.max_fee and 8 * bid.tip >= 9 * before.tip
            world.expect(is_raised, f"a bid of {bid.max_fee} and {bid.tip} after {before.max_fee} and {before.tip}")
        last[bid.nonce] = bid


def nonces(pool: Pool) -> set[int]:
    return {bid.nonce for bid in pool.taken}


def last_sent(world: World) -> str:
    """The hash of the transaction that came by last."""
    return read_transaction(world.proxy.sent[-1]).hash


def block_of(world: World, transaction: str) -> int:
    """The block that has a transaction, 0 for none."""
    receipt = world.chain.node.call("eth_getTransactionReceipt", transaction)
    return int(receipt["blockNumber"], 16) if receipt else 0


def events_of(world: World, batch: int) -> int:
    claim = world.claims().batches[batch]
    facts = read_facts(world.chain.node, world.template.registry)
    return facts.anchors[claim.issuer, claim.root or b""]


def status(world: World) -> Ended:
    return world.expect_done(world.program.run("status", "--json"))


def another(world: World) -> Ended:
    """Tries to issue a batch that was not tried yet."""
    other = next(number for number in DRAFTED if number != world.batch)
    return world.program.run("issue", str(other), "--json")


def set_anchoring(world: World, roles: Role) -> None:
    """Has the issuer's admin say what the anchoring operator may do from now on."""
    claim = world.claims().batches[SETTLED]
    operator = Address(bytes.fromhex(world.operator()[2:]))
    call = SetOperator(IssuerId(claim.issuer), operator, roles, 0)
    sent = world.chain.send_as(world.operator("admin"), world.template.registry, "0x" + abi.encode_call(call).hex())
    world.until(lambda: block_of(world, sent), "the admin's call is mined")


def deploy_again(world: World) -> None:
    """The registry, empty, at the address where it was."""
    from ledger.chain.accounts import dev_account
    from ledger.chain.deployment import deploy
    from ledger.chain.rpc import HttpTransport

    with HttpTransport(world.chain.url) as transport:
        deploy(transport, dev_account(0), chain_id=31337)


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
    Row("H10", "no money", "anvil_setBalance 0", "told; goes on with money", no_money),
    Row("H11/ended", "the anchor reverts", "the operator's right ends", "waits with a reason", anchor_reverts),
    Row("H11/anchored", "anchored already", "anchored by hand", "success", anchored_already),
    Row("H12/estimate", "out of gas", "a lie about the estimate", "at most three burnt", gas_too_low),
    Row("H12/block", "no block has room", "a small block gas limit", "told; goes on later", block_too_small),
    Row("H13", "other code at the registry's address", "anvil_setCode", "refuses", other_code),
    Row(
        "H14",
        "the chain begins anew",
        "an empty anvil",
        "every anchor missing; stands still",
        chain_reset,
        ends_blocked=True,
        forgets=True,
    ),
    Row("H15", "the chain's time jumps by a day", "evm_setNextBlockTimestamp", "dates of blocks; told", time_jumps),
)
