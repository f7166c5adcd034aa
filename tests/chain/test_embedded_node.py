"""The embedded node as a node: who may open it, what it says, how it is reached from elsewhere."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.chain.accounts import dev_account, dev_addresses
from ledger.chain.addresses import issuer_id, keccak
from ledger.chain.embedded import EmbeddedNode
from ledger.chain.ethereum import fund
from ledger.chain.networks import EMBEDDED_CHAIN_ID
from ledger.chain.registry import AddKey, Address, RegisterIssuer, perform
from ledger.chain.rpc import RpcError, as_hex, quantity, request
from ledger.errors import RegistryUnreachable, WorkspaceError
from tests.chain.conftest import Clock, Embedded

SOMEONE = Address(bytes([5]) * 20)


def ask(node: EmbeddedNode, method: str, *parameters: object) -> Any:
    return node.transport().request_batch([(method, parameters)])[0]


def error_of(node: EmbeddedNode, method: str, *parameters: object) -> RpcError:
    answer = ask(node, method, *parameters)
    assert isinstance(answer, RpcError)
    return answer


def signed(nonce: int, **changes: object) -> bytes:
    transaction = {
        "type": 2,
        "chainId": EMBEDDED_CHAIN_ID,
        "nonce": nonce,
        "to": SOMEONE,
        "value": 1,
        "data": b"",
        "gas": 21_000,
        "maxFeePerGas": 3 * 10**9,
        "maxPriorityFeePerGas": 10**9,
    }
    return dev_account(1).sign_transaction(transaction | changes)


# --- the folder -----------------------------------------------------------------------------------------------------


def test_a_folder_is_opened_by_one_at_a_time(tmp_path: Path) -> None:
    with EmbeddedNode.open(tmp_path):
        with pytest.raises(WorkspaceError) as caught:
            EmbeddedNode.open(tmp_path)
        assert caught.value.code == "workspace_busy"
        script = "import sys; from pathlib import Path; from ledger.chain.embedded import EmbeddedNode\n"
        script += "try: EmbeddedNode.open(Path(sys.argv[1]))\nexcept Exception as error: print(error.code)"
        other = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True)
        assert other.stdout == "workspace_busy\n"
    EmbeddedNode.open(tmp_path).close()


def test_a_chain_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with EmbeddedNode.open(tmp_path) as node:
        receipt = fund(node.transport(), SOMEONE, 3)
        block = ask(node, "eth_getBlockByNumber", "latest", True)
    with EmbeddedNode.open(tmp_path, create=False) as node:
        assert ask(node, "eth_getBlockByNumber", "latest", True) == block
        assert ask(node, "eth_getTransactionReceipt", as_hex(receipt.transaction_hash))["status"] == "0x1"
        fund(node.transport(), SOMEONE, 4)
        assert ask(node, "eth_getBalance", as_hex(SOMEONE), "latest") == "0x7"
        assert ask(node, "eth_getBlockByNumber", "latest", False)["parentHash"] == block["hash"]


def test_nothing_is_made_where_a_chain_was_expected(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError) as caught:
        EmbeddedNode.open(tmp_path / "typo", create=False)
    assert caught.value.code == "workspace_missing"
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b""])
def test_a_foreign_file_is_refused_and_an_empty_one_filled(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "chain.sqlite").write_bytes(content)
    if not content:
        EmbeddedNode.open(tmp_path).close()
        return
    with pytest.raises(WorkspaceError) as caught:
        EmbeddedNode.open(tmp_path)
    assert caught.value.code == "workspace_invalid"
    assert (tmp_path / "chain.sqlite").read_bytes() == content


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "chain.sqlite") as connection:
        connection.execute("CREATE TABLE learner (name)")
    with pytest.raises(WorkspaceError) as caught:
        EmbeddedNode.open(tmp_path)
    assert caught.value.code == "workspace_invalid"


def test_signatures_in_plain_python_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECC_BACKEND_CLASS", "eth_keys.backends.NativeECCBackend")
    with pytest.raises(WorkspaceError) as caught:
        EmbeddedNode.open(tmp_path)
    assert caught.value.code == "slow_keys"
    monkeypatch.undo()
    EmbeddedNode.open(tmp_path).close()


def damage(folder: Path, condition: str) -> None:
    with sqlite3.connect(folder / "chain.sqlite") as connection:
        assert connection.execute(f"DELETE FROM entry WHERE {condition}").rowcount > 0  # noqa: S608
    connection.close()


def test_a_damaged_state_is_an_error_and_no_answer(tmp_path: Path) -> None:
    with EmbeddedNode.open(tmp_path) as node:
        fund(node.transport(), SOMEONE, 1)
    damage(tmp_path, "length(key) = 32 AND length(value) < 500")
    with EmbeddedNode.open(tmp_path) as node:
        assert error_of(node, "eth_getBalance", as_hex(SOMEONE)).code == -32603
        with pytest.raises(RegistryUnreachable):
            fund(node.transport(), SOMEONE, 1)


@pytest.mark.parametrize("condition", ["key = CAST('v1:canonical_head_hash' AS BLOB)", "length(value) > 500"])
def test_a_chain_without_its_head_is_not_begun_anew(tmp_path: Path, condition: str) -> None:
    EmbeddedNode.open(tmp_path).close()
    damage(tmp_path, condition)
    with pytest.raises(WorkspaceError) as caught:
        EmbeddedNode.open(tmp_path)
    assert caught.value.code == "workspace_invalid"


def test_a_closed_node_says_so(tmp_path: Path) -> None:
    node = EmbeddedNode.open(tmp_path)
    node.close()
    node.close()
    with pytest.raises(RegistryUnreachable):
        ask(node, "eth_chainId")


def test_a_forked_child_does_not_keep_the_folder(tmp_path: Path) -> None:
    node = EmbeddedNode.open(tmp_path)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(reading, 1)
        os._exit(0)
    node.close()
    try:
        EmbeddedNode.open(tmp_path).close()
    finally:
        os.write(writing, b"x")
        os.waitpid(child, 0)


# --- what it says ---------------------------------------------------------------------------------------------------


def test_the_development_accounts_are_those_of_other_nodes(tmp_path: Path) -> None:
    assert [as_hex(address) for address in dev_addresses()[:3]] == [
        "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",
        "0x70997970c51812dc3a010c7d01b50e0d17dc79c8",
        "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc",
    ]
    with EmbeddedNode.open(tmp_path) as node:
        balances = {ask(node, "eth_getBalance", as_hex(address), "latest") for address in dev_addresses()}
    assert balances == {hex(10_000 * 10**18)}


def test_it_introduces_itself_as_the_embedded_chain(embedded: Embedded) -> None:
    node = embedded.node
    assert ask(node, "eth_chainId") == "0x436169726e"
    assert ask(node, "net_version") == "289397109358"
    assert ask(node, "web3_clientVersion").startswith("cairn")
    assert ask(node, "eth_syncing") is False
    assert bytes.fromhex("436169726e").decode() == "Cairn"


def test_the_newest_block_is_final(embedded: Embedded) -> None:
    blocks = [ask(embedded.node, "eth_getBlockByNumber", tag, False) for tag in ("latest", "safe", "finalized", "0x1")]
    assert blocks == [blocks[0]] * 4
    assert ask(embedded.node, "eth_getBlockByHash", blocks[0]["hash"], False) == blocks[0]
    assert ask(embedded.node, "eth_getBlockByNumber", "earliest", False)["hash"] == blocks[0]["parentHash"]
    pending = ask(embedded.node, "eth_getBlockByNumber", "pending", False)
    assert (pending["number"], pending["hash"], pending["parentHash"]) == ("0x2", None, blocks[0]["hash"])
    assert ask(embedded.node, "eth_getBlockByNumber", "0x99", False) is None
    assert ask(embedded.node, "eth_getBlockByHash", "0x" + "77" * 32, False) is None
    # The root of the state is a key in the same store, and no block.
    assert ask(embedded.node, "eth_getBlockByHash", blocks[0]["stateRoot"], False) is None


def test_block_times_follow_the_clock_and_never_stand_still(tmp_path: Path) -> None:
    clock = Clock()
    with EmbeddedNode.open(tmp_path, clock=clock) as node:
        times = []
        for step in (0, 0, 100, -5_000, 10_000):
            clock.now += step
            times.append(fund(node.transport(), SOMEONE, 1).block.time - clock.now + 0)
        assert times == [1, 2, 0, 5_001, 0]


def test_a_call_is_answered_as_of_any_block(embedded: Embedded) -> None:
    before = quantity(request(embedded.transport, "eth_blockNumber"))
    fund(embedded.transport, SOMEONE, 5)
    block = ask(embedded.node, "eth_getBlockByNumber", hex(before), False)
    address = as_hex(SOMEONE)
    places: list[object] = [hex(before), {"blockNumber": hex(before)}, {"blockHash": block["hash"]}]
    assert [ask(embedded.node, "eth_getBalance", address, place) for place in places] == ["0x0"] * 3
    assert ask(embedded.node, "eth_getBalance", address) == "0x5"
    assert error_of(embedded.node, "eth_getBalance", address, "0x99").code == -32001
    assert error_of(embedded.node, "eth_call", {}, {"blockHash": "0x" + "77" * 32}).code == -32001


def test_code_storage_and_nonce_are_told(embedded: Embedded) -> None:
    registry = as_hex(embedded.address)
    assert len(ask(embedded.node, "eth_getCode", registry, "latest")) > 10_000
    assert ask(embedded.node, "eth_getCode", as_hex(SOMEONE), "latest") == "0x"
    assert ask(embedded.node, "eth_getStorageAt", registry, "0x0", "latest") == "0x" + "00" * 32
    assert ask(embedded.node, "eth_getStorageAt", registry, "0x" + "00" * 32, "latest") == "0x" + "00" * 32
    for tag in ("latest", "pending"):
        assert ask(embedded.node, "eth_getTransactionCount", as_hex(dev_account(0).address), tag) == "0x1"


def test_fees_are_told_as_by_other_nodes(embedded: Embedded) -> None:
    history = ask(embedded.node, "eth_feeHistory", "0x5", "latest", [25, 75])
    assert history["oldestBlock"] == "0x0"
    assert len(history["baseFeePerGas"]) == 3
    assert history["reward"] == [["0x0", "0x0"], ["0x3b9aca00", "0x3b9aca00"]]
    assert [0 <= ratio <= 1 for ratio in history["gasUsedRatio"]] == [True, True]
    tip = quantity(ask(embedded.node, "eth_maxPriorityFeePerGas"))
    assert quantity(ask(embedded.node, "eth_gasPrice")) == quantity(history["baseFeePerGas"][-1]) + tip


def test_a_transaction_and_its_receipt_are_told_in_full(embedded: Embedded) -> None:
    transaction_hash = ask(embedded.node, "eth_sendRawTransaction", as_hex(signed(0)))
    transaction = ask(embedded.node, "eth_getTransactionByHash", transaction_hash)
    receipt = ask(embedded.node, "eth_getTransactionReceipt", transaction_hash)
    assert (transaction["from"], transaction["to"]) == (as_hex(dev_account(1).address), as_hex(SOMEONE))
    assert (transaction["type"], transaction["nonce"], transaction["value"]) == ("0x2", "0x0", "0x1")
    assert (receipt["gasUsed"], receipt["status"], receipt["contractAddress"]) == ("0x5208", "0x1", None)
    assert receipt["effectiveGasPrice"] == transaction["gasPrice"]
    block = ask(embedded.node, "eth_getBlockByNumber", receipt["blockNumber"], True)
    assert (block["hash"], block["transactions"]) == (receipt["blockHash"], [transaction])
    assert ask(embedded.node, "eth_getTransactionByHash", "0x" + "77" * 32) is None
    assert ask(embedded.node, "eth_getTransactionReceipt", "0x" + "77" * 32) is None


def test_a_contract_lands_where_its_receipt_says(embedded: Embedded) -> None:
    # Init code that leaves one byte of code: 00, STOP.
    made = {"to": b"", "value": 0, "data": bytes.fromhex("60016000f3"), "gas": 100_000}
    for nonce in range(2):
        transaction_hash = ask(embedded.node, "eth_sendRawTransaction", as_hex(signed(nonce, **made)))
        receipt = ask(embedded.node, "eth_getTransactionReceipt", transaction_hash)
        expected = keccak(rlp.encode([dev_account(1).address, nonce]))[12:]
        assert (receipt["to"], receipt["contractAddress"]) == (None, as_hex(expected))
        assert ask(embedded.node, "eth_getCode", receipt["contractAddress"], "latest") == "0x00"


def test_logs_are_found_by_address_topic_and_block(embedded: Embedded) -> None:
    registry = embedded.registry
    account = dev_account(0)
    ids = [issuer_id(account.address, did) for did in ("did:web:a.example", "did:web:b.example")]
    blocks = [perform(registry, RegisterIssuer(f"did:web:{name}.example"), account).block for name in "ab"]
    blocks += [perform(registry, AddKey(ids[0], bytes([9]) * 32), account).block]

    def found(**query: object) -> list[int]:
        logs = ask(embedded.node, "eth_getLogs", {"fromBlock": "earliest", "toBlock": "latest"} | query)
        return [quantity(log["blockNumber"]) - blocks[0].number for log in logs]

    assert found() == [0, 1, 2]
    assert found(address=as_hex(embedded.address)) == [0, 1, 2]
    assert found(address=[as_hex(SOMEONE)]) == []
    assert found(topics=[None, as_hex(ids[0])]) == [0, 2]
    assert found(topics=[None, [as_hex(ids[1]), as_hex(bytes(32))]]) == [1]
    assert found(topics=[None, None, None, None]) == []
    assert found(fromBlock=hex(blocks[1].number), toBlock=hex(blocks[1].number)) == [1]
    assert found(fromBlock=hex(blocks[2].number + 9), toBlock=hex(blocks[2].number + 99)) == []
    by_hash = ask(embedded.node, "eth_getLogs", {"blockHash": as_hex(blocks[2].hash)})
    assert [(log["blockHash"], log["logIndex"], log["removed"]) for log in by_hash] == [
        (as_hex(blocks[2].hash), "0x0", False)
    ]


# --- what it refuses ------------------------------------------------------------------------------------------------


def test_a_known_transaction_is_refused_and_changes_nothing(embedded: Embedded) -> None:
    raw = as_hex(signed(0))
    ask(embedded.node, "eth_sendRawTransaction", raw)
    assert error_of(embedded.node, "eth_sendRawTransaction", raw).message == "already known"
    assert ask(embedded.node, "eth_getBalance", as_hex(SOMEONE)) == "0x1"


@pytest.mark.parametrize(
    ("nonce", "changes", "message"),
    [
        (1, {}, "nonce too high"),
        (0, {"chainId": 31337}, "invalid chain id"),
        (0, {"gas": 20_999}, "intrinsic gas too low"),
        (0, {"gas": 30_000_001}, "exceeds block gas limit"),
        (0, {"maxFeePerGas": 1, "maxPriorityFeePerGas": 1}, "max fee per gas less than block base fee"),
        (0, {"value": 10**30}, "insufficient funds"),
        (0, {"type": 3, "maxFeePerBlobGas": 1, "blobVersionedHashes": [b"\x01" + bytes(31)]}, "not supported"),
    ],
)
def test_a_transaction_that_cannot_be_mined_is_refused(
    embedded: Embedded, nonce: int, changes: dict[str, object], message: str
) -> None:
    before = ask(embedded.node, "eth_getBlockByNumber", "latest", False)
    assert message in error_of(embedded.node, "eth_sendRawTransaction", as_hex(signed(nonce, **changes))).message
    assert ask(embedded.node, "eth_getBlockByNumber", "latest", False) == before
    assert ask(embedded.node, "eth_sendRawTransaction", as_hex(signed(0))).startswith("0x")


def test_an_old_nonce_is_refused(embedded: Embedded) -> None:
    ask(embedded.node, "eth_sendRawTransaction", as_hex(signed(0)))
    other = error_of(embedded.node, "eth_sendRawTransaction", as_hex(signed(0, value=2)))
    assert "nonce too low" in other.message


@pytest.fixture(scope="module")
def quiet_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedNode]:
    """A node on which nothing ever happens."""
    with EmbeddedNode.open(tmp_path_factory.mktemp("chain")) as node:
        yield node


@given(raw=st.binary(max_size=200) | st.builds(lambda at: signed(0)[:at], st.integers(0, 100)))
@settings(deadline=None, max_examples=150)
def test_bytes_that_are_no_transaction_are_refused(quiet_node: EmbeddedNode, raw: bytes) -> None:
    assert error_of(quiet_node, "eth_sendRawTransaction", as_hex(raw)).code == -32000


@pytest.mark.parametrize(
    ("method", "parameters", "code"),
    [
        ("eth_sign", [], -32601),
        ("eth_call", [], -32602),
        ("eth_call", ["0x"], -32602),
        ("eth_getBalance", ["0x12"], -32602),
        ("eth_getBalance", ["0x" + "11" * 20, "0x01"], -32602),
        ("eth_getBalance", ["0x" + "11" * 20, "newest"], -32602),
        ("eth_getBlockByNumber", [7], -32602),
        ("eth_getLogs", [[]], -32602),
        ("eth_getLogs", [{"topics": ["0x12"]}], -32602),
        ("eth_getLogs", [{"topics": [None] * 5}], -32602),
        ("eth_sendRawTransaction", ["0x0"], -32602),
        ("eth_chainId", ["0x1"], -32602),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    embedded: Embedded, method: str, parameters: list[object], code: int
) -> None:
    assert error_of(embedded.node, method, *parameters).code == code


def test_a_revert_carries_its_reason(embedded: Embedded) -> None:
    call = {"to": as_hex(embedded.address), "data": "0x" + "00" * 4}
    for method in ("eth_call", "eth_estimateGas"):
        error = error_of(embedded.node, method, call)
        assert (error.code, error.message, error.revert_data) == (3, "execution reverted", b"")
