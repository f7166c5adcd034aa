"""H, from H10 on: money, rights, room, code and time are not as they were."""

from __future__ import annotations

import time

from ledger.chain import abi
from ledger.chain.registry import AnchorBatch, IssuerId, Role
from scripts.faulting import faults
from scripts.faulting.chain_steps import deploy_again, events_of, set_anchoring, status
from scripts.faulting.rows import Row
from scripts.faulting.world import World

DAY = 86_400
_ENOUGH = 10**18


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
    """H11: the operator's right ends after the transaction was signed: the batch waits with a reason, then goes on.

    The next start sees that the operator is none any more: whoever restores the right answers for that difference too.
    """
    world.expect_killed(world.issue(failpoint="plan.stored"), "plan.stored")
    set_anchoring(world, Role(0))
    ended = world.expect_plain(world.issue())
    world.expect(ended.code == 1, f"the registry refuses: {ended}")
    world.expect(world.state() not in ("final", "mined", "safe"), f"a refused batch is {world.state()}")
    set_anchoring(world, Role.ANCHOR)
    world.accept_holds()
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


ROWS = (
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
