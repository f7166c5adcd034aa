"""What the rows about the chain share: a batch on its way to it, and what the chain and the program say of that."""

from __future__ import annotations

import time

from ledger.chain import abi
from ledger.chain.registry import Address, IssuerId, Role, SetOperator
from scripts.faulting.chain_facts import ANCHORED, read_facts
from scripts.faulting.pool import Pending, Pool, read_transaction
from scripts.faulting.program import Ended, Working
from scripts.faulting.template import DRAFTED, SETTLED
from scripts.faulting.world import World


def begin_and_send(world: World) -> Working:
    """Has the batch issued until its transaction was sent."""
    working = world.begin_issuing()
    world.until(lambda: world.proxy.sent or working.is_over, "a transaction is sent")
    world.expect(world.proxy.sent, f"nothing was sent: {working.end() if working.is_over else ''}")
    time.sleep(0.2)
    return working


def begin_and_mine(world: World) -> Working:
    """Has the batch issued until its transaction is in a block, which is the newest."""
    world.chain.mine(10)  # anvil cannot go back beyond the state that it was loaded with
    working = begin_and_send(world)
    world.chain.mine()
    world.expect(block_of(world, last_sent(world)) > 0, "what was sent is not in the next block")
    return working


def finish(world: World, working: Working) -> Ended:
    """Waits for the command; it may leave the rest to the next run."""
    ended = world.expect_plain(working.end())
    world.expect(ended.code in (0, 3), f"said to have failed: {ended}")
    world.tell_truth()
    world.recover()
    return ended


def take_away(world: World, transaction: str, *, deeper: int = 0) -> None:
    """Replaces the block with a transaction, and so many before it. Blocks come meanwhile: it is looked at again."""
    for _ in range(5):
        block = block_of(world, transaction)
        if not block:
            return
        world.chain.reorganize(world.chain.node.number() - block + 1 + deeper)
    world.expect(False, "the block could not be taken away")


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


def block_of_anchor(world: World) -> int:
    """The block that has the event which anchors this run's batch."""
    claim = world.claims().batches[world.batch]
    topics = [ANCHORED, "0x" + claim.issuer.hex(), "0x" + (claim.root or b"").hex()]
    query = {"address": world.template.registry, "fromBlock": "0x0", "toBlock": "latest", "topics": topics}
    return max((int(log["blockNumber"], 16) for log in world.chain.node.call("eth_getLogs", query)), default=0)


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
