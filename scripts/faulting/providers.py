"""R: the nodes through which the chain is seen are down, slow, broken, or lie."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from scripts.faulting import faults
from scripts.faulting.anvil import Anvil, Shape
from scripts.faulting.faults import RECEIPT, SEND, Call, Fault, Mode
from scripts.faulting.rows import Row
from scripts.faulting.world import World

THREE = 3
_SLOW_ANSWER = 90.0
_VERIFY_SECONDS = 45.0
"""Six for the check, as the matrix says, and the rest for a machine that is busy: half of what the slow node takes."""
_WHILE_LYING = 4.0
_CATCH_UP_SECONDS = 60.0
VALID, INVALID, UNKNOWN = 0, 1, 3


def all_down(world: World) -> None:
    """R1: drafting goes on, checking says that it could not, and what waited is done soon after the nodes are back."""
    for proxy in world.proxies:
        proxy.stop()
    world.expect(world.import_learners(2, 9500).code == 0, "nothing can be drafted while the nodes are down")
    ended = world.expect_plain(world.issue())
    world.expect(ended.code in (UNKNOWN, VALID), f"issuing while the nodes are down: {ended}")
    world.expect(world.state() != "final", "it is called final, and no node can be reached")
    checked = world.verify(world.settled()[0])
    world.expect(checked.code == UNKNOWN, f"checking while the nodes are down: {checked}")
    for proxy in world.proxies:
        proxy.start()
    started = time.monotonic()
    world.recover()
    world.expect(time.monotonic() - started < _CATCH_UP_SECONDS, "it took more than a minute to catch up")


def while_sending(fault: Fault) -> Callable[[World], None]:
    """R2, R3, R4: the fault strikes once while a transaction is sent; there is one, and nobody calls it failed."""

    def act(world: World) -> None:
        armed = world.proxy.arm(fault)
        ended = world.expect_plain(world.issue())
        world.expect(armed.struck > 0, "the fault never struck")
        world.expect(ended.code in (VALID, UNKNOWN), f"said to have failed: {ended}")
        world.recover()
        world.expect(world.sent_by() == 2, f"{world.sent_by()} transactions for two batches")

    return act


def anywhere(mode: Mode) -> Callable[[World], None]:
    """R4: broken answers to whatever was asked, a few times, at chance."""

    def act(world: World) -> None:
        fault = Fault(mode, done=world.random.random() < 0.5, times=3, skip=world.random.randint(0, 8), chance=0.6)
        world.proxy.arm(fault)
        for _ in range(4):
            ended = world.expect_plain(world.issue())
            if ended.code == VALID:
                break
            world.expect(ended.code == UNKNOWN, f"broken answers: {ended}")
        world.recover()
        world.expect(world.sent_by() == 2, f"{world.sent_by()} transactions for two batches")

    return act


def wrong_hash(world: World) -> None:
    """R5: the node names another hash than that of what was sent; ours is followed."""
    armed = world.proxy.arm(faults.lie(SEND, lambda _call, _said: "0x" + "ab" * 32, times=1))
    ended = world.expect_plain(world.issue())
    world.expect(armed.struck == 1, "the fault never struck")
    world.expect(ended.code in (VALID, UNKNOWN), f"said to have failed: {ended}")
    world.recover()
    world.expect(world.sent_by() == 2, f"{world.sent_by()} transactions for two batches")


def wrong_chain(world: World) -> None:
    """R6: the node serves another chain all of a sudden: nothing is signed for it."""
    for proxy in world.proxies:
        proxy.arm(faults.lie("eth_chainId", lambda _call, _said: "0x1"))
    ended = world.expect_plain(world.issue())
    world.expect(ended.code != VALID, "it went on with another chain")
    world.expect("chain" in ended.err, f"the reason is not told: {ended}")
    world.expect(not any(proxy.sent for proxy in world.proxies), "it sent something to another chain")
    world.expect(world.state() in ("open", "sealed"), f"the batch is {world.state()} on a chain that is not its own")


def receipt_of_nothing(world: World) -> None:
    """R7: one of three says that a transaction succeeded which never was: it is never called final."""
    for proxy in world.proxies:
        proxy.arm(faults.swallow(times=None))
    block = world.chain.node.call("eth_getBlockByNumber", "latest", False)
    liar = world.random.choice(world.proxies)

    def success(call: Call, said: Any) -> Any:
        if said is not None:
            return said
        return {
            "transactionHash": call["params"][0],
            "blockHash": block["hash"],
            "blockNumber": block["number"],
            "transactionIndex": "0x0",
            "status": "0x1",
            "gasUsed": "0xc000",
            "cumulativeGasUsed": "0xc000",
            "effectiveGasPrice": "0x1",
            "from": world.operator(),
            "to": world.template.registry,
            "contractAddress": None,
            "logs": [],
            "logsBloom": "0x" + "00" * 256,
            "type": "0x2",
        }

    liar.arm(faults.lie(RECEIPT, success))
    working = world.begin_issuing()
    world.until(lambda: working.is_over or any(proxy.sent for proxy in world.proxies), "a transaction is sent")
    time.sleep(_WHILE_LYING)
    world.expect(world.state() != "final", "a transaction that never was is called final")
    world.tell_truth()
    working.die()
    world.recover()


def stale(world: World) -> None:
    """R8: one of three says the present number and answers from the past: outvoted, and named."""
    past = Anvil(world.folder, world.template.chain, Shape(seconds=0)).start()
    world.owns(past)
    bad = world.random.choice(world.proxies)
    bad.arm(Fault(Mode.STALE, times=None, upstream=past.url, only=lambda call: call["method"] != "eth_blockNumber"))
    world.expect_done(world.issue())
    name = world.claims().of_batch(world.batch)[0].id
    checked = world.verify(name)
    world.expect(checked.code == VALID, f"two of three know it: {checked}")
    shown = world.program.run("status", "--json")
    world.expect(shown.code == VALID, f"the status: {shown}")
    world.expect(bad.url.rpartition("/")[2] in shown.out, "the stale node is not named")


def hidden_revocation(world: World) -> None:
    """R9: one of three hides a revocation: it is outvoted, and nobody is told that the credential is valid."""
    name = world.settled()[0]
    world.expect_done(world.revoke(name))
    past = Anvil(world.folder, world.template.chain, Shape(seconds=0)).start()
    world.owns(past)
    liars = world.random.sample(world.proxies, 1)
    for liar in liars:
        liar.arm(faults.lie("eth_getLogs", lambda _call, _said: []))
        liar.arm(Fault(Mode.STALE, "eth_call", times=None, upstream=past.url))
    checked = world.verify(name)
    world.expect(checked.code in (INVALID, UNKNOWN), f"a revoked credential: {checked}")


def slow(world: World) -> None:
    """R10: one of three takes a minute and a half: the others answer for it, and nobody waits."""
    world.random.choice(world.proxies).arm(faults.delay(_SLOW_ANSWER))
    checked = world.verify(world.settled()[0])
    world.expect(checked.code == VALID, f"two of three answer: {checked}")
    world.expect(checked.seconds < _VERIFY_SECONDS, f"checking took {checked.seconds:.1f} s")
    world.expect_done(world.issue())


def most_down(world: World) -> None:
    """R11: two of three are down: it could not be checked, unless less is asked for, and then the report says so."""
    for proxy in world.random.sample(world.proxies, 2):
        proxy.stop()
    name = world.settled()[0]
    checked = world.verify(name)
    world.expect(checked.code == UNKNOWN, f"one of three is no quorum: {checked}")
    less = world.verify(name, "--min-rpc", "1")
    world.expect(less.code == VALID, f"one was to be enough: {less}")
    told = f"{less.out} {less.err}"
    world.expect(
        "1" in told and ("quorum" in told or "min" in told), f"the report does not say that one was asked: {less}"
    )
    for proxy in world.proxies:
        proxy.stop()
        proxy.start()


def sending(number: str, injected: str, fault: Fault, expected: str) -> Row:
    return Row(number, "sending goes wrong", injected, expected, while_sending(fault), seeded=True)


ONE = "one transaction, one event; never said to have failed"
ROWS = (
    Row(
        "R1",
        "all nodes down",
        "the proxy stops",
        "drafting goes on; verify: could not check; caught up in 60 s",
        all_down,
        seeded=True,
    ),
    sending("R2/before", "connection dropped before forwarding", faults.drop(SEND, done=False), ONE),
    sending("R2/after", "connection dropped after forwarding", faults.drop(SEND, done=True), ONE),
    sending("R3/502", "502 after forwarding", faults.status(502, SEND, done=True), ONE),
    sending("R3/500", "500 before forwarding", faults.status(500, SEND, done=False), ONE),
    sending("R3/429", "429 too many requests", faults.status(429, SEND, done=False), ONE),
    sending("R4/truncate", "half an answer", Fault(Mode.TRUNCATE, SEND, done=True), ONE),
    sending("R4/garbage", "a page with status 200", Fault(Mode.GARBAGE, SEND, done=True), ONE),
    Row(
        "R4/anywhere",
        "broken answers to anything",
        "half answers, at chance",
        ONE,
        anywhere(Mode.TRUNCATE),
        seeded=True,
    ),
    Row("R2/anywhere", "connections dropped", "at chance, any method", ONE, anywhere(Mode.DROP), seeded=True),
    Row(
        "R5",
        "a wrong transaction hash",
        "lie about the result of sending",
        "followed by its own hash",
        wrong_hash,
        seeded=True,
    ),
    Row("R6", "a wrong chain id", "lie about eth_chainId", "refuses to sign", wrong_chain, seeded=True),
    Row(
        "R7",
        "a receipt for what never was",
        "swallowed; one lies",
        "never final",
        receipt_of_nothing,
        nodes=THREE,
        seeded=True,
    ),
    Row(
        "R8",
        "one of three is stale",
        "a second anvil, with the present number",
        "outvoted and named",
        stale,
        nodes=THREE,
        seeded=True,
    ),
    Row(
        "R9",
        "one of three hides a revocation",
        "no logs, old calls",
        "never valid",
        hidden_revocation,
        nodes=THREE,
        seeded=True,
    ),
    Row("R10", "one of three takes 30 s", "delay", "verify in 6 s", slow, nodes=THREE, seeded=True),
    Row(
        "R11",
        "two of three are down",
        "two proxies stop",
        "could not check; less must be asked for",
        most_down,
        nodes=THREE,
        seeded=True,
    ),
)
