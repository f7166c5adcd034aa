"""The fault proxy does exactly the wrong that it is told to, as often as it is told, and else what the chain does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.addresses import keccak
from ledger.chain.rpc import HttpTransport, RpcError
from ledger.errors import RegistryUnreachable
from scripts.faulting import faults
from scripts.faulting.faults import SEND, Call, Fault, Mode
from scripts.faulting.node import Node, Refused
from scripts.faulting.pool import Pool, read_transaction
from scripts.faulting.proxy import FaultProxy, result

GWEI = 10**9


class Echo:
    """A chain that answers each call with its method, and remembers what reached it."""

    def __init__(self) -> None:
        self.reached: list[str] = []

    def answer(self, call: Call) -> dict[str, Any]:
        self.reached.append(call["method"])
        return result(call, f"answer to {call['method']}")


@pytest.fixture
def chain() -> Iterator[tuple[FaultProxy, Echo]]:
    """A proxy before a chain that echoes."""
    behind, echo = FaultProxy("http://127.0.0.1:1").start(), Echo()
    behind.rules = echo
    proxy = FaultProxy(behind.url, seed=7).start()
    yield proxy, echo
    proxy.stop()
    behind.stop()


@pytest.fixture
def proxy(chain: tuple[FaultProxy, Echo]) -> FaultProxy:
    return chain[0]


@pytest.fixture
def echo(chain: tuple[FaultProxy, Echo]) -> Echo:
    return chain[1]


def ask(proxy: FaultProxy, *methods: str) -> list[object]:
    with HttpTransport(proxy.url, timeout=60.0) as transport:
        return transport.request_batch([(method, []) for method in methods])


def test_without_faults_it_tells_what_the_chain_tells(proxy: FaultProxy, echo: Echo) -> None:
    assert ask(proxy, "a") == ["answer to a"]
    assert ask(proxy, "b", "c") == ["answer to b", "answer to c"]
    assert echo.reached == ["a", "b", "c"]
    assert proxy.seen == {"a": 1, "b": 1, "c": 1}


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("mode", [Mode.DROP, Mode.STATUS, Mode.TRUNCATE, Mode.GARBAGE])
def test_a_broken_answer_comes_before_or_after_the_chain_was_asked(
    proxy: FaultProxy, echo: Echo, mode: Mode, done: bool
) -> None:
    armed = proxy.arm(Fault(mode, "a", done=done))
    with pytest.raises(RegistryUnreachable):
        ask(proxy, "a")
    assert echo.reached == (["a"] if done else [])
    assert armed.struck == 1
    assert ask(proxy, "a") == ["answer to a"]


def test_too_many_requests_are_told_apart(proxy: FaultProxy) -> None:
    proxy.arm(faults.status(429, "a", done=False))
    with pytest.raises(RegistryUnreachable) as caught:
        ask(proxy, "a")
    assert caught.value.code == "rpc_rate_limited"


def test_a_lie_changes_the_one_answer_that_it_is_about(proxy: FaultProxy) -> None:
    proxy.arm(faults.lie("b", lambda _call, said: f"not the {said}"))
    assert ask(proxy, "a", "b", "b") == ["answer to a", "not the answer to b", "not the answer to b"]


@pytest.mark.parametrize("done", [False, True])
def test_a_refusal_stands_in_the_place_of_the_answer(proxy: FaultProxy, echo: Echo, done: bool) -> None:
    proxy.arm(faults.refuse("a", "already known", done=done))
    assert ask(proxy, "a") == [RpcError(-32000, "already known", None)]
    assert echo.reached == (["a"] if done else [])


def test_what_is_swallowed_has_its_hash_and_goes_nowhere(proxy: FaultProxy, echo: Echo) -> None:
    proxy.arm(faults.swallow())
    assert Node(proxy.url).call(SEND, "0x02aabb") == "0x" + keccak(bytes.fromhex("02aabb")).hex()
    assert echo.reached == []
    assert proxy.sent == ["0x02aabb"]


def test_a_stale_answer_comes_from_the_other_node(proxy: FaultProxy, echo: Echo) -> None:
    other, past = FaultProxy("http://127.0.0.1:1").start(), Echo()
    other.rules = past
    proxy.arm(Fault(Mode.STALE, times=None, upstream=other.url, only=lambda call: call["method"] != "now"))
    assert ask(proxy, "now", "then") == ["answer to now", "answer to then"]
    other.stop()
    assert (echo.reached, past.reached) == (["now"], ["then"])


def test_it_strikes_as_often_as_it_is_told_and_not_before(proxy: FaultProxy) -> None:
    armed = proxy.arm(faults.drop("a", done=False, times=2, skip=1))
    went = []
    for _ in range(5):
        try:
            ask(proxy, "a")
            went.append(True)
        except RegistryUnreachable:
            went.append(False)
    assert went == [True, False, False, True, True]
    assert (armed.seen, armed.struck) == (5, 2)


def test_chances_come_from_the_seed() -> None:
    def struck(seed: int) -> list[int]:
        proxy = FaultProxy("http://127.0.0.1:1", seed)
        armed = proxy.arm(Fault(Mode.REFUSE, times=None, chance=0.5))
        counts = []
        for _ in range(40):
            proxy.reply(b'{"method": "a", "id": 1}')
            counts.append(armed.struck)
        return counts

    assert struck(3) == struck(3) != struck(4)
    assert 5 < struck(3)[-1] < 35


def test_it_answers_late(proxy: FaultProxy) -> None:
    proxy.arm(faults.delay(0.4, "a"))
    began = time.monotonic()
    ask(proxy, "a")
    assert time.monotonic() - began >= 0.4


def test_a_proxy_that_was_stopped_is_gone_and_comes_back_at_its_address(proxy: FaultProxy) -> None:
    place = proxy.url
    proxy.arm(faults.delay(60))
    proxy.stop()
    with pytest.raises(RegistryUnreachable):
        ask(proxy, "a")
    proxy.start()
    proxy.disarm()
    assert proxy.url == place
    assert ask(proxy, "a") == ["answer to a"]


class Ledger(Node):
    """A chain of one account: what it was sent, how many of those are in blocks, and what a block costs."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1")
        self.sent: list[str] = []
        self.mined = 0
        self.base_fee = GWEI

    def nonce(self, address: str) -> int:
        del address
        return self.mined

    def call(self, method: str, *parameters: object) -> Any:
        match method:
            case "eth_sendRawTransaction":
                self.sent.append(str(parameters[0]))
            case "anvil_dropTransaction":
                self.sent = [raw for raw in self.sent if read_transaction(raw).hash != parameters[0]]
            case "eth_getTransactionByHash":
                return next(({} for raw in self.sent if read_transaction(raw).hash == parameters[0]), None)
            case "eth_feeHistory":
                return {"baseFeePerGas": ["0x1", hex(self.base_fee)]}
            case _:
                raise Refused(method)
        return None


def signed(nonce: int, max_fee: int, tip: int) -> str:
    """A transaction of the first development account; fees in gwei."""
    fields = {"type": 2, "chainId": 31337, "nonce": nonce, "to": bytes(20), "value": 0, "data": b"", "gas": 21_000}
    fees = {"maxFeePerGas": max_fee * GWEI, "maxPriorityFeePerGas": tip * GWEI}
    return "0x" + dev_account(0).sign_transaction(fields | fees).hex()


def send(pool: Pool, raw: str) -> object:
    """What the pool answers: a hash, or the sentence of its refusal."""
    answer = pool.answer({"id": 1, "method": SEND, "params": [raw]}) or {}
    return answer.get("result") or answer["error"]["message"]


def test_a_pool_takes_a_replacement_that_pays_a_tenth_more_of_both_and_no_other() -> None:
    ledger = Ledger()
    pool = Pool(ledger)
    first, meagre, lopsided, better = (signed(0, *fees) for fees in [(100, 10), (109, 11), (120, 10), (110, 11)])
    assert send(pool, first) == read_transaction(first).hash
    assert send(pool, first) == "already known"
    assert send(pool, meagre) == send(pool, lopsided) == "replacement transaction underpriced"
    assert send(pool, better) == read_transaction(better).hash
    assert ledger.sent == [better]


def test_a_pool_knows_which_nonces_are_used() -> None:
    ledger = Ledger()
    pool = Pool(ledger)
    ledger.mined = 3
    assert send(pool, signed(2, 10, 1)) == "nonce too low: next nonce 3, tx nonce 2"
    send(pool, signed(3, 10, 1))
    count = pool.answer({"id": 1, "method": "eth_getTransactionCount", "params": ["0x" + "00" * 20, "pending"]}) or {}
    assert count["result"] == "0x3"  # of somebody else
    sender = "0x" + dev_account(0).address.hex()
    count = pool.answer({"id": 1, "method": "eth_getTransactionCount", "params": [sender, "pending"]}) or {}
    assert count["result"] == "0x4"


def test_a_pool_keeps_what_pays_too_little_until_it_is_enough() -> None:
    ledger = Ledger()
    pool, raw = Pool(ledger), signed(0, 5, 1)
    ledger.base_fee = 6 * GWEI
    send(pool, raw)
    assert ledger.sent == []
    shown = pool.answer({"id": 1, "method": "eth_getTransactionByHash", "params": [read_transaction(raw).hash]}) or {}
    assert shown["result"]["blockHash"] is None
    ledger.base_fee = 4 * GWEI
    pool.answer({"id": 1, "method": "eth_chainId", "params": []})
    assert ledger.sent == [raw]


def test_a_pool_that_is_held_lets_the_older_bid_go_alone() -> None:
    ledger = Ledger()
    pool, first, second = Pool(ledger, held=True), signed(0, 10, 1), signed(0, 20, 2)
    send(pool, first)
    send(pool, second)
    assert ledger.sent == []
    pool.pass_on_first()
    pool.release()
    assert ledger.sent == [first]
