"""Transactions of another chain, read through nodes that tell the truth, lie, lag or fail."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.finality import Finality
from ledger.chain.foreign_anchors import EvmInscriptions, Inscription
from ledger.chain.rpc import HttpTransport, Transport, as_hex, data, members, request
from ledger.errors import RegistryError, RegistryUnreachable, WrongChain
from tests.chain.desk import SEPOLIA
from tests.chain.nodes import Bent, says

ROOT = bytes(range(32))
SENDER = dev_account(1).address
TARGET = as_hex(dev_account(2).address)
REVERTING = "0x60006000fd"
"""PUSH1 0 PUSH1 0 REVERT, as the code that makes a contract: nothing is made."""

pytestmark = pytest.mark.node


@pytest.fixture
def node(public_node: str) -> Iterator[HttpTransport]:
    with HttpTransport(public_node) as transport:
        yield transport


def send(node: Transport, content: bytes | str = ROOT, **changes: Any) -> bytes:
    """Sends a transaction with this content. Its hash."""
    text = content if isinstance(content, str) else as_hex(content)
    sent = {"from": as_hex(SENDER), "to": TARGET, "input": text, "gas": hex(100_000)} | changes
    return data(request(node, "eth_sendTransaction", {key: value for key, value in sent.items() if value}))


def mined(node: Transport, content: bytes | str = ROOT, **changes: Any) -> bytes:
    """Sends a transaction and waits for its block, which a node may take a moment to make."""
    transaction = send(node, content, **changes)
    deadline = time.monotonic() + 120
    while request(node, "eth_getTransactionReceipt", as_hex(transaction)) is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return transaction


def bury(node: Transport, blocks: int = 8) -> None:
    request(node, "anvil_mine", hex(blocks))


def read(transaction: bytes, *nodes: Transport, finality: Finality = "finalized") -> Inscription | None:
    return EvmInscriptions(nodes, SEPOLIA, finality).read(transaction)


def trouble(transaction: bytes, *nodes: Transport) -> RegistryError:
    with pytest.raises(RegistryError) as caught:
        read(transaction, *nodes)
    return caught.value


def test_a_final_transaction_is_read_with_its_sender_and_its_time(node: HttpTransport) -> None:
    transaction = mined(node)
    bury(node)
    found = read(transaction, node)
    assert found is not None
    assert found.block is not None
    assert (found.content, found.sender, found.succeeded, found.is_final) == (ROOT, as_hex(SENDER), True, True)
    receipt = members(request(node, "eth_getTransactionReceipt", as_hex(transaction)))
    assert as_hex(found.block.hash) == receipt["blockHash"]


def test_a_transaction_is_final_only_when_the_rule_says_so(node: HttpTransport) -> None:
    transaction = mined(node)
    rules: tuple[Finality, ...] = ("latest", "finalized", 2)

    def finals() -> list[bool]:
        found = [read(transaction, node, finality=rule) for rule in rules]
        return [each is not None and each.is_final for each in found]

    assert finals() == [True, False, False]
    bury(node, 2)
    assert finals() == [True, False, True]
    bury(node, 4)
    assert finals() == [True, True, True]


def test_a_transaction_without_a_block_waits(node: HttpTransport) -> None:
    request(node, "evm_setAutomine", False)
    try:
        found = read(send(node), node)
        assert found is not None
        assert (found.block, found.is_final) == (None, False)
    finally:
        request(node, "evm_setAutomine", True)
        bury(node)


def test_what_was_undone_is_told_apart(node: HttpTransport) -> None:
    transaction = mined(node, REVERTING, to=None)
    bury(node)
    found = read(transaction, node)
    assert found is not None
    assert not found.succeeded


def test_what_nobody_sent_is_not_found(node: HttpTransport) -> None:
    assert read(b"\x01" * 32, node) is None


def test_a_node_of_another_chain_is_refused(node: HttpTransport) -> None:
    with pytest.raises(WrongChain):
        EvmInscriptions([node], 1).read(mined(node))


def test_a_node_that_is_down_does_not_matter_to_two_others(node: HttpTransport) -> None:
    transaction = mined(node)
    bury(node)
    down = Bent(node, "down.example", down=True)
    assert read(transaction, node, Bent(node, "other.example"), down) == read(transaction, node)
    assert trouble(transaction, down).code == "registry_unreachable"
    assert trouble(transaction, node, down).code == "no_quorum"


@pytest.mark.parametrize("member", ["input", "from"])
def test_two_nodes_that_differ_settle_nothing(node: HttpTransport, member: str) -> None:
    transaction = mined(node)
    bury(node)
    lies = {"input": as_hex(bytes(32)), "from": as_hex(bytes(20))}

    def lie(_: object, answer: object) -> object:
        return {**members(answer), member: lies[member]}

    liar = Bent(
        node,
        "liar.example",
        {"eth_getTransactionByHash": lie} | ({"eth_getTransactionReceipt": lie} if member == "from" else {}),
    )
    assert trouble(transaction, node, liar).code == "providers_disagree"
    assert read(transaction, node, liar, Bent(node, "third.example")) == read(transaction, node)


def test_a_node_that_hides_a_transaction_settles_nothing(node: HttpTransport) -> None:
    transaction = mined(node)
    bury(node)
    hiding = Bent(
        node, "hiding.example", {"eth_getTransactionByHash": says(None), "eth_getTransactionReceipt": says(None)}
    )
    assert trouble(transaction, node, hiding).code == "providers_disagree"


def test_a_block_that_was_replaced_is_as_if_there_were_none(node: HttpTransport) -> None:
    transaction = mined(node)
    bury(node)

    def replaced(_: object, receipt: object) -> object:
        return {**members(receipt), "blockHash": as_hex(b"\x01" * 32)}

    found = read(transaction, Bent(node, changes={"eth_getTransactionReceipt": replaced}))
    assert found is not None
    assert (found.block, found.is_final) == (None, False)


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("eth_getTransactionByHash", {"hash": as_hex(b"\x02" * 32)}),
        ("eth_getTransactionByHash", {"from": "0x00"}),
        ("eth_getTransactionByHash", {"input": None}),
        ("eth_getTransactionByHash", "yes"),
        ("eth_getTransactionReceipt", {"transactionHash": as_hex(b"\x02" * 32)}),
        ("eth_getTransactionReceipt", {"from": as_hex(bytes(20))}),
        ("eth_getTransactionReceipt", {"status": None}),
        ("eth_getTransactionReceipt", {"blockNumber": "7"}),
        ("eth_getTransactionReceipt", 3),
    ],
)
def test_an_answer_that_makes_no_sense_is_trouble(node: HttpTransport, method: str, answer: object) -> None:
    transaction = mined(node)
    bury(node)

    def bend(_: object, result: object) -> object:
        return {**members(result), **answer} if isinstance(answer, dict) else answer

    bent = Bent(node, changes={method: bend})
    error = trouble(transaction, bent)
    assert isinstance(error, RegistryUnreachable)
    assert error.code == "rpc_malformed"


def test_nothing_but_a_hash_is_looked_for(node: HttpTransport) -> None:
    watched = Bent(node)
    with pytest.raises(ValueError, match="32 bytes"):
        read(b"\x01" * 31, watched)
    assert watched.batches == []
