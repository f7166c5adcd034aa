"""Issuing through three nodes of which one is dead, hangs, hides or lies: one transaction, followed by its hash."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.addresses import keccak
from ledger.chain.ethereum import EthereumRegistry
from ledger.chain.networks import EMBEDDED_CHAIN_ID
from ledger.chain.nodes import Node, Standing
from ledger.chain.reader import RpcRegistryReader
from ledger.chain.registry import RegisterIssuer, SignedTransaction, perform
from ledger.chain.rpc import HttpTransport, RpcError, as_hex, quantity, request
from ledger.chain.switchboard import Switchboard
from ledger.errors import RegistryError, RegistryUnreachable, WrongChain
from tests.chain.conftest import Embedded
from tests.chain.faulty_proxy import FaultyProxy, proxies
from tests.chain.nodes import Bent, says

ACCOUNT = dev_account(1)
FAULTS = ("drop_before", "drop_after", "http_502", "http_429", "html", "truncate", "garbage", "hang")


@dataclass
class Three:
    """Three ways over HTTP to one honest node, and the registry through them."""

    chain: Embedded
    proxies: list[FaultyProxy]

    def __post_init__(self) -> None:
        self.nodes = [Node(HttpTransport(proxy.url)) for proxy in self.proxies]
        self.switchboard = Switchboard(self.nodes, EMBEDDED_CHAIN_ID)
        self.registry = EthereumRegistry(
            RpcRegistryReader(self.nodes, self.chain.address, EMBEDDED_CHAIN_ID), self.switchboard
        )

    @property
    def blocks(self) -> int:
        return quantity(request(self.chain.transport, "eth_blockNumber"))

    def signed(self) -> SignedTransaction:
        return self.registry.sign(RegisterIssuer("did:web:cairn.example"), ACCOUNT)


def until(done: Callable[[], bool]) -> None:
    """Waits for what happens beside the caller."""
    for _ in range(6_000):
        if done():
            return
        time.sleep(0.01)
    pytest.fail("it never came")


@pytest.fixture
def three(embedded: Embedded) -> Iterator[Three]:
    with proxies(embedded.transport) as made:
        yield Three(embedded, made)


@pytest.mark.parametrize("place", [0, 2])
@pytest.mark.parametrize("fault", FAULTS)
def test_one_broken_node_of_three_does_not_stop_a_transaction(three: Three, fault: str, place: int) -> None:
    three.proxies[place].fault = fault
    before = three.blocks
    receipt = perform(three.registry, RegisterIssuer("did:web:cairn.example"), ACCOUNT)
    assert receipt.succeeded
    assert three.blocks == before + 1
    if fault != "hang":
        assert three.nodes[place].health().standing is Standing.DEAD


def test_every_node_is_handed_the_transaction(three: Three) -> None:
    three.registry.send(three.signed())
    for proxy in three.proxies:
        until(lambda proxy=proxy: proxy.asked.count("eth_sendRawTransaction") == 1)  # type: ignore[misc]


@pytest.mark.parametrize("fault", ["drop_after", "http_502", "garbage"])
def test_a_lost_answer_of_every_node_is_no_failure_and_sending_again_heals(three: Three, fault: str) -> None:
    transaction, before = three.signed(), three.blocks
    for proxy in three.proxies:
        proxy.fault = fault
    with pytest.raises(RegistryUnreachable):
        three.registry.send(transaction)
    for proxy in three.proxies:
        proxy.fault = "none"
    three.registry.send(transaction)
    receipt = three.registry.receipt(transaction.hash)
    assert receipt is not None
    assert three.blocks == before + 1


def test_a_node_that_answers_with_another_hash_is_outvoted_and_named(three: Three) -> None:
    three.proxies[0].lie = lambda method, _, result: "0x" + "77" * 32 if method == "eth_sendRawTransaction" else result
    transaction = three.signed()
    three.registry.send(transaction)
    assert three.registry.receipt(transaction.hash) is not None
    until(lambda: three.nodes[0].health().standing is Standing.LYING)
    assert three.nodes[0].health().outvoted_on == "the hash of a transaction"


def test_a_wrong_hash_from_all_is_not_believed(embedded: Embedded) -> None:
    liars = [Bent(embedded.transport, changes={"eth_sendRawTransaction": says("0x" + "77" * 32)}) for _ in range(3)]
    nodes = [Node(liar) for liar in liars]
    registry = EthereumRegistry(embedded.reader(), Switchboard(nodes, EMBEDDED_CHAIN_ID))
    with pytest.raises(RegistryUnreachable):
        registry.send(embedded.registry.sign(RegisterIssuer("did:web:cairn.example"), ACCOUNT))
    assert [node.health().standing for node in nodes] == [Standing.LYING] * 3


def test_a_receipt_that_one_node_makes_up_is_not_one(three: Three) -> None:
    true = perform(three.registry, RegisterIssuer("did:web:cairn.example"), ACCOUNT)
    shown = request(three.chain.transport, "eth_getTransactionReceipt", as_hex(true.transaction_hash))
    assert isinstance(shown, dict)
    never = keccak(b"a transaction that never was")
    made_up = shown | {"transactionHash": as_hex(never)}
    three.proxies[0].lie = lambda method, _, result: made_up if method == "eth_getTransactionReceipt" else result
    assert three.registry.receipt(never) is None


def test_a_node_that_hides_a_receipt_hides_nothing(three: Three) -> None:
    hidden = ("eth_getTransactionReceipt", "eth_getTransactionByHash")
    three.proxies[0].lie = lambda method, _, result: None if method in hidden else result
    assert perform(three.registry, RegisterIssuer("did:web:cairn.example"), ACCOUNT).succeeded


def test_a_liar_makes_no_nonce_look_taken(three: Three) -> None:
    transaction = three.signed()
    lies = {
        "eth_getTransactionCount": "0xff",
        "eth_getTransactionByHash": None,
        "eth_sendRawTransaction": RpcError(-32000, "nonce too low"),
    }
    three.proxies[0].lie = lambda method, _, result: lies.get(method, result)
    three.registry.send(transaction)
    assert three.registry.receipt(transaction.hash) is not None


def test_a_lie_in_a_quote_is_merged_away(three: Three) -> None:
    honest = EthereumRegistry(three.chain.reader(), three.chain.transport)
    call = RegisterIssuer("did:web:cairn.example")
    lies = {
        "eth_getTransactionCount": hex(2**40),
        "eth_getBalance": "0x0",
        "eth_estimateGas": RpcError(3, "execution reverted"),
        "eth_maxPriorityFeePerGas": hex(2**80),
    }
    three.proxies[1].lie = lambda method, _, result: lies.get(method, result)
    assert three.registry.quote(call, ACCOUNT.address) == honest.quote(call, ACCOUNT.address)


def test_a_refusal_of_the_registry_is_told_as_by_one_node(three: Three) -> None:
    call = RegisterIssuer("did:web:cairn.example")
    perform(three.registry, call, ACCOUNT)
    with pytest.raises(RegistryError) as through_three:
        three.registry.sign(call, ACCOUNT)
    with pytest.raises(RegistryError) as through_one:
        three.chain.registry.sign(call, ACCOUNT)
    assert str(through_three.value) == str(through_one.value)


def test_two_nodes_of_three_down_is_told_with_the_trouble_of_each(three: Three) -> None:
    for proxy in three.proxies[:2]:
        proxy.fault = "html"
    with pytest.raises(RegistryUnreachable) as caught:
        three.signed()
    assert caught.value.code == "no_quorum"
    assert all(proxy.name in str(caught.value) for proxy in three.proxies[:2])


def test_a_node_of_another_chain_is_outvoted_and_all_of_them_are_a_wrong_chain(three: Three) -> None:
    def elsewhere(method: str, _: object, result: object) -> object:
        return "0x1" if method == "eth_chainId" else result

    three.proxies[0].lie = elsewhere
    perform(three.registry, RegisterIssuer("did:web:cairn.example"), ACCOUNT)
    assert three.nodes[0].health().standing is Standing.WRONG_CHAIN
    for proxy in three.proxies:
        proxy.lie = elsewhere
    with pytest.raises(WrongChain):
        three.signed()


def test_what_cannot_be_merged_goes_to_the_healthiest_node_and_then_to_the_next(three: Three) -> None:
    three.proxies[0].fault = "html"
    for _ in range(3):
        assert three.switchboard.request_batch([("net_version", [])]) == [str(EMBEDDED_CHAIN_ID)]
    assert [proxy.asked for proxy in three.proxies] == [["net_version"], ["net_version"] * 3, []]


def test_a_refusal_of_one_node_gives_way_to_an_answer_of_another(three: Three) -> None:
    three.proxies[0].lie = lambda *_: RpcError(-32601, "no such method")
    assert three.switchboard.request_batch([("net_version", [])]) == [str(EMBEDDED_CHAIN_ID)]
    for proxy in three.proxies:
        proxy.lie = lambda *_: RpcError(-32601, "no such method")
    assert three.switchboard.request_batch([("net_version", [])]) == [RpcError(-32601, "no such method")]
