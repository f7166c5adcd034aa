"""What is remembered of a node: every word that `cairn status` may say of it, and when it is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from ledger.chain.nodes import Node, Standing, as_nodes
from ledger.chain.rpc import Call
from ledger.errors import RegistryUnreachable, WrongChain


@dataclass
class Scripted:
    """A node whose answers take as long, and go as wrong, as it is told, on a clock of its own."""

    name: str = "a.example"
    takes: float = 0.1
    trouble: RegistryUnreachable | None = None
    time: float = 1000.0
    calls: int = field(default=0)

    def request_batch(self, calls: Sequence[Call]) -> list[object]:
        self.calls += 1
        self.time += self.takes
        if self.trouble is not None:
            raise self.trouble
        return ["0x1" for _ in calls]

    def node(self) -> Node:
        return Node(self, clock=lambda: self.time, now=lambda: self.time)


def ask(node: Node, times: int = 1) -> None:
    for _ in range(times):
        node.request_batch([("eth_chainId", [])])
        node.note_answer()


def standing(node: Node) -> Standing:
    return node.health().standing


def test_a_node_that_nobody_asked_is_untried() -> None:
    health = Scripted().node().health()
    assert (health.standing, health.latency, health.answered_at) == (Standing.UNTRIED, None, None)


def test_a_node_that_answers_is_ok_and_its_times_are_told() -> None:
    script = Scripted()
    node = script.node()
    ask(node, 99)
    script.takes = 1.0
    ask(node)
    health = node.health()
    assert health.standing is Standing.OK
    assert health.latency == pytest.approx(0.1)
    assert health.latency_p99 == pytest.approx(0.1)
    ask(node)
    assert node.health().latency_p99 == pytest.approx(1.0)
    assert health.to_dict()["latency_ms"] == 100


def test_a_slow_node_is_slow_until_most_of_its_answers_are_quick() -> None:
    script = Scripted(takes=2.5)
    node = script.node()
    ask(node)
    assert standing(node) is Standing.SLOW
    script.takes = 0.1
    ask(node, 2)
    assert standing(node) is Standing.OK


def test_a_silent_node_is_dead_until_it_answers_and_its_trouble_stays_known() -> None:
    script = Scripted(trouble=RegistryUnreachable("it is down"))
    node = script.node()
    with pytest.raises(RegistryUnreachable):
        ask(node)
    assert standing(node) is Standing.DEAD
    script.trouble = None
    ask(node)
    health = node.health()
    assert health.standing is Standing.OK
    assert health.trouble is not None
    assert (health.trouble.code, health.trouble.message) == ("registry_unreachable", "it is down")


def test_nonsense_that_came_quickly_is_no_answer() -> None:
    node = Scripted().node()
    ask(node)
    node.request_batch([("eth_chainId", [])])
    node.note_trouble(RegistryUnreachable("not JSON", "rpc_malformed"))
    assert standing(node) is Standing.DEAD


def test_another_chain_an_old_block_and_a_lie_have_their_words() -> None:
    script = Scripted()
    node = script.node()
    ask(node)
    node.note_final(97, behind=3)
    assert standing(node) is Standing.OK
    node.note_final(96, behind=4)
    assert (standing(node), node.health().behind) == (Standing.STALE, 4)
    node.note_final(100)
    assert standing(node) is Standing.OK
    node.note_missing(RegistryUnreachable("header not found", "rpc_refused"))
    assert standing(node) is Standing.STALE
    node.note_agreed()
    assert standing(node) is Standing.OK
    node.note_outvoted("the answer at block 7")
    assert standing(node) is Standing.LYING
    node.note_trouble(WrongChain("it serves chain 1"))
    ask(node)
    assert standing(node) is Standing.WRONG_CHAIN
    node.note_final(100)
    assert (standing(node), node.health().outvoted) == (Standing.LYING, 1)
    assert node.health().outvoted_on == "the answer at block 7"
    script.time += 601
    assert standing(node) is Standing.OK


def test_a_node_that_kept_others_waiting_rests_longer_each_time() -> None:
    script = Scripted(takes=5.0, trouble=RegistryUnreachable("nothing came"))
    node = script.node()
    rests = []
    for _ in range(7):
        with pytest.raises(RegistryUnreachable):
            ask(node)
        before = script.time
        while node.is_resting:
            script.time += 0.5
        rests.append(script.time - before)
    assert rests == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    script.trouble = None
    ask(node)
    script.trouble = RegistryUnreachable("nothing came")
    with pytest.raises(RegistryUnreachable):
        ask(node)
    script.time += 2.0
    assert not node.is_resting


def test_a_refused_connection_costs_nothing_and_needs_no_rest_but_a_rate_limit_does() -> None:
    script = Scripted(trouble=RegistryUnreachable("refused"))
    node = script.node()
    with pytest.raises(RegistryUnreachable):
        ask(node)
    assert not node.is_resting
    script.trouble = RegistryUnreachable("too many", "rpc_rate_limited")
    with pytest.raises(RegistryUnreachable):
        ask(node)
    assert node.is_resting


def test_the_healthiest_is_asked_first_and_a_record_is_kept() -> None:
    script = Scripted()
    good, untried, liar = script.node(), Scripted().node(), Scripted().node()
    ask(good)
    liar.note_outvoted("something")
    assert sorted([liar, untried, good], key=lambda node: node.rank) == [good, untried, liar]
    assert as_nodes([good])[0] is good
