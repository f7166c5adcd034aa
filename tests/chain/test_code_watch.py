"""The code of the registry is looked at when a process starts, and every hour: other code stops it."""

from __future__ import annotations

import pytest

from ledger.chain.code_watch import HOUR, CodeWatch
from ledger.chain.rpc import Transport
from ledger.errors import WrongChain
from tests.chain.conftest import Embedded
from tests.chain.nodes import Bent, says

OTHER_CODE = {"eth_getCode": says("0x6001600155")}


def watch(chain: Embedded, *nodes: Transport) -> CodeWatch:
    return CodeWatch(chain.reader(*nodes))


def test_it_asks_at_once_and_then_once_an_hour(embedded: Embedded) -> None:
    node = Bent(embedded.transport)
    watching = watch(embedded, node)
    for now in (0.0, 1.0, HOUR - 1):
        watching.check(now)
    assert len(node.batches) == 1
    watching.check(HOUR)
    assert len(node.batches) == 2


def test_other_code_is_refused_each_time_until_it_is_right_again(embedded: Embedded) -> None:
    node = Bent(embedded.transport)
    watching = watch(embedded, node)
    watching.check(0.0)
    node.changes = OTHER_CODE
    for now in (HOUR, HOUR + 1):
        with pytest.raises(WrongChain):
            watching.check(now)
    node.changes = {}
    watching.check(HOUR + 2)


def test_another_chain_behind_the_node_is_refused(embedded: Embedded) -> None:
    with pytest.raises(WrongChain):
        watch(embedded, Bent(embedded.transport, changes={"eth_chainId": says("0x1")})).check(0.0)


def test_a_node_that_is_gone_says_nothing_about_the_code_and_is_asked_again_soon(embedded: Embedded) -> None:
    node = Bent(embedded.transport, down=True)
    watching = watch(embedded, node)
    watching.check(0.0)
    node.down, node.changes = False, OTHER_CODE
    watching.check(59.0)
    with pytest.raises(WrongChain):
        watching.check(60.0)


def test_one_node_of_three_can_neither_hide_other_code_nor_make_it_up(embedded: Embedded) -> None:
    honest = [Bent(embedded.transport, f"{number}.example") for number in range(2)]
    liar = Bent(embedded.transport, "liar.example", OTHER_CODE)
    watch(embedded, liar, *honest).check(0.0)
    changed = [Bent(embedded.transport, f"{number}.example", OTHER_CODE) for number in range(2)]
    with pytest.raises(WrongChain):
        watch(embedded, Bent(embedded.transport), *changed).check(0.0)
