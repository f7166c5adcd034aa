"""An account's lane on a real node: its pool, its replacement rule, its reorganisations and its base fee."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.addresses import issuer_id, keccak
from ledger.chain.amounts import GWEI
from ledger.chain.deployment import deploy
from ledger.chain.ethereum import EthereumRegistry
from ledger.chain.fees import FeePolicy, Fees
from ledger.chain.networks import ANVIL_CHAIN_ID
from ledger.chain.quotes import Terms
from ledger.chain.reader import RpcRegistryReader
from ledger.chain.registry import AnchorBatch, RegisterIssuer, Role, SetOperator, StateQuery, perform
from ledger.chain.rpc import Call, HttpTransport, Transport, as_hex, members, quantity, request
from ledger.errors import RegistryError
from ledger.sending.journal import Journal
from ledger.sending.values import FINAL, MINED, SAFE, SENT, Transaction
from ledger.storage import Database
from tests.chain.conftest import another_salt, running_anvil

pytestmark = pytest.mark.node

DID = "did:web:lanes.example"
POLICY = FeePolicy(max_fee=200 * GWEI, max_priority_fee=20 * GWEI)
_accounts = count(1)


@dataclass
class Swallowing:
    """A way to a node that keeps the next transactions to itself, and answers as if it had passed them on."""

    inner: Transport
    swallow: int = 0
    name: str = "swallowing.example"

    def request_batch(self, calls: Sequence[Call]) -> list[object]:
        if self.swallow and calls[0][0] == "eth_sendRawTransaction":
            self.swallow -= 1
            return [as_hex(keccak(bytes.fromhex(str(calls[0][1][0])[2:])))]
        return self.inner.request_batch(calls)


@dataclass
class Bench:
    """An operator of its own on a node that makes blocks when it is told to. Nothing is final for eight blocks."""

    transport: HttpTransport
    database: Database
    now: float = 1_800_000_000.0
    seen: Swallowing = field(init=False)

    def __post_init__(self) -> None:
        self.account = dev_account(next(_accounts) % 9)
        self.address = deploy(self.transport, dev_account(0), chain_id=ANVIL_CHAIN_ID, salt=another_salt())
        self.seen = Swallowing(self.transport)
        reader = RpcRegistryReader([self.transport], self.address, ANVIL_CHAIN_ID, 8)
        self.registry = EthereumRegistry(reader, self.seen)
        self.issuer = issuer_id(self.account.address, DID)
        perform(self.registry, RegisterIssuer(DID), self.account)
        perform(self.registry, SetOperator(self.issuer, self.account.address, Role.ANCHOR, 0), self.account)
        self.do("evm_setAutomine", False)

    def do(self, method: str, *parameters: object) -> object:
        return request(self.transport, method, *parameters)

    def mine(self, blocks: int = 1) -> None:
        for _ in range(blocks):
            self.do("evm_mine")

    @property
    def journal(self) -> Journal:
        known = {self.account.address: self.account}
        return Journal(
            self.database, self.registry, patience=0.0, policy=POLICY, accounts=known.get, clock=lambda: self.now
        )

    def call(self, number: int) -> AnchorBatch:
        return AnchorBatch(self.issuer, number.to_bytes(32, "big"), 1)

    def plan(self, number: int = 1) -> Transaction:
        return self.journal.plan(f"anchor:{number}", self.call(number), self.account)

    def send(self, number: int = 1) -> Transaction:
        return self.journal.send(f"anchor:{number}")

    def sent(self, number: int = 1) -> Transaction:
        self.plan(number)
        return self.send(number)

    def look(self, number: int = 1) -> Transaction:
        return self.journal.look(f"anchor:{number}")

    def pool(self) -> set[bytes]:
        """The hashes of what waits and could be mined."""
        waiting = members(members(self.do("txpool_content"))["pending"])
        return {
            bytes.fromhex(str(members(transaction)["hash"])[2:])
            for by_nonce in waiting.values()
            for transaction in members(by_nonce).values()
        }

    def raw(self, transaction_hash: bytes) -> str:
        with self.database.reading() as session:
            (raw,) = (
                session.connection()
                .exec_driver_sql("SELECT raw FROM transaction_bids WHERE hash = ?", (transaction_hash,))
                .one()
            )
        return as_hex(bytes(raw))

    def events(self) -> int:
        """How many anchors there are on the registry, as its events say."""
        logs = self.do("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest", "address": as_hex(self.address)})
        assert isinstance(logs, list)
        return len(logs) - 2  # registering, and naming the operator

    def check_final(self, *numbers: int) -> None:
        """Every call is done once, and nothing else."""
        self.mine(9)
        assert [self.look(number).state for number in numbers] == [FINAL] * len(numbers)
        queries = [StateQuery(self.issuer, number.to_bytes(32, "big"), 0) for number in numbers]
        assert all(state.anchor is not None for state in self.registry.read([], queries, []).credentials)
        assert self.events() == len(numbers)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An anvil of its own: what is done here to the making of blocks would disturb others."""
    with running_anvil(tmp_path_factory.mktemp("lanes"), ANVIL_CHAIN_ID) as url:
        yield url


@pytest.fixture
def bench(node: str, tmp_path: Path) -> Iterator[Bench]:
    with HttpTransport(node) as transport:
        request(transport, "evm_setAutomine", True)
        request(transport, "anvil_dropAllTransactions")
        database = Database.at(tmp_path / "ledger.db")
        database.migrate()
        yield Bench(transport, database)
        database.close()


def test_several_on_their_way_are_mined_in_one_block(bench: Bench) -> None:
    nonces = [bench.sent(number).nonce for number in (1, 2, 3)]
    bench.mine()

    assert nonces == list(range(nonces[0], nonces[0] + 3))
    assert len({bench.look(number).block_hash for number in (1, 2, 3)}) == 1
    bench.check_final(1, 2, 3)


@pytest.mark.parametrize("depth", [1, 4, 8])
def test_h1_what_a_reorganisation_took_away_is_sent_again(bench: Bench, depth: int) -> None:
    bench.mine(8)
    first = bench.sent()
    bench.mine(depth)
    assert bench.look().state in (MINED, SAFE)
    bench.do("anvil_reorg", depth, [])
    bench.do("anvil_dropAllTransactions")

    assert bench.look().state == SENT
    assert bench.send().hash == first.hash
    assert first.hash in bench.pool()
    bench.check_final(1)


def test_h2_what_a_reorganisation_puts_into_another_block_is_noted_there(bench: Bench) -> None:
    first = bench.sent()
    bench.mine(2)
    before = bench.look()
    bench.do("anvil_reorg", 2, [[bench.raw(first.hash), 1]])

    after = bench.look()

    assert (after.state, after.hash) == (MINED, first.hash)
    assert after.block_hash != before.block_hash
    bench.check_final(1)


def test_h4_what_was_dropped_from_the_pool_is_sent_again(bench: Bench) -> None:
    first = bench.sent()
    bench.do("anvil_dropTransaction", as_hex(first.hash))
    assert bench.pool() == set()

    assert bench.send().hash == first.hash
    assert bench.pool() == {first.hash}
    bench.check_final(1)


def test_h5_a_transaction_that_the_base_fee_priced_out_is_outbid(bench: Bench) -> None:
    first = bench.sent()
    for _ in range(5):
        bench.do("anvil_setNextBlockBaseFeePerGas", as_hex(30 * GWEI))
        bench.mine()
        raised = bench.send()
    assert raised.hash != first.hash
    assert raised.nonce == first.nonce

    bench.mine()
    assert bench.look().hash == bench.journal.find("anchor:1").hash  # type: ignore[union-attr]
    bench.check_final(1)


def test_h5_at_the_cap_it_waits_and_goes_on_once_gas_is_cheaper(bench: Bench) -> None:
    bench.sent()
    for _ in range(40):
        bench.do("anvil_setNextBlockBaseFeePerGas", as_hex(900 * GWEI))
        bench.mine()
        bench.now += 61
        waiting = bench.send()
    assert waiting.problem == "fee_cap"
    assert [alarm.code for alarm in bench.journal.alarms()] == ["fee_cap"]
    assert bench.look().state == SENT

    bench.do("anvil_setNextBlockBaseFeePerGas", as_hex(GWEI))
    bench.send()  # this node has thrown out what could not be mined
    bench.check_final(1)


def test_h6_a_node_takes_the_higher_bid_in_the_place_of_the_lower(bench: Bench) -> None:
    first = bench.sent()
    bench.send()
    bench.now += 61

    second = bench.send()

    assert second.nonce == first.nonce
    assert bench.pool() == {second.hash}
    bench.check_final(1)


def test_h7_the_first_bid_may_be_mined_after_the_second_was_sent(bench: Bench) -> None:
    first = bench.sent()
    bench.send()
    bench.now += 61
    second = bench.send()
    bench.do("anvil_dropTransaction", as_hex(second.hash))
    bench.do("eth_sendRawTransaction", bench.raw(first.hash))
    bench.mine()

    assert bench.look().hash == first.hash
    assert bench.send().hash == first.hash
    bench.check_final(1)


def test_h8_a_nonce_that_was_used_elsewhere_leads_to_another(bench: Bench) -> None:
    first = bench.sent(1)
    quoted = bench.registry.quote(bench.call(2), bench.account.address)
    dear = Terms(first.nonce, quoted.gas_limit, Fees(100 * GWEI, 10 * GWEI))
    foreign = bench.registry.bid(quoted.payload, bench.account, dear)
    bench.registry.send(foreign)

    assert bench.send().nonce == first.nonce  # it only waits, so far
    bench.mine()
    with pytest.raises(RegistryError) as caught:
        bench.send()
    assert caught.value.code == "nonce_taken"

    assert bench.sent(1).nonce == first.nonce + 1
    bench.mine(9)
    assert bench.look(1).state == FINAL
    assert bench.events() == 2  # ours, and the foreign one


def test_h9_a_gap_is_filled_within_two_looks(bench: Bench) -> None:
    bench.plan(1), bench.plan(2)
    bench.seen.swallow = 1
    bench.send(1), bench.send(2)
    bench.mine()
    assert bench.look(2).state == SENT

    for _ in range(2):
        bench.send(2)
    bench.mine()

    assert [bench.look(number).state for number in (1, 2)] == [MINED, MINED]
    bench.check_final(1, 2)


def test_h10_without_money_it_waits_and_goes_on_once_there_is_some(bench: Bench) -> None:
    held = quantity(bench.do("eth_getBalance", as_hex(bench.account.address), "latest"))
    bench.plan()
    bench.do("anvil_setBalance", as_hex(bench.account.address), "0x0")
    with pytest.raises(RegistryError) as caught:
        bench.send()
    assert caught.value.code == "funds_low"
    assert bench.journal.forecast(bench.account.address).problem == "funds_low"

    bench.do("anvil_setBalance", as_hex(bench.account.address), as_hex(held))
    bench.send()
    bench.check_final(1)
