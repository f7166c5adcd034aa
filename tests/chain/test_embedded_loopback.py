"""The embedded node reached from elsewhere: other processes, threads and a foreign library, and nobody else."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import httpx
import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.addresses import checksum_address, issuer_id
from ledger.chain.artifact import artifact
from ledger.chain.deployment import DEPLOYER
from ledger.chain.embedded import EmbeddedNode
from ledger.chain.ethereum import EthereumRegistry
from ledger.chain.networks import EMBEDDED_CHAIN_ID
from ledger.chain.registry import RegisterIssuer, perform
from ledger.chain.rpc import HttpTransport, as_hex, members, quantity, request
from tests.chain.conftest import Embedded


def post(url: str, body: object, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(url, content=content, headers={"content-type": "application/json"} | headers)


def test_the_loopback_url_is_published_while_the_node_lives(tmp_path: Path) -> None:
    assert EmbeddedNode.running_url(tmp_path) is None
    node = EmbeddedNode.open(tmp_path)
    assert EmbeddedNode.running_url(tmp_path) is None
    url = node.serve_loopback()
    assert node.serve_loopback() == url
    assert url.startswith("http://127.0.0.1:")
    assert EmbeddedNode.running_url(tmp_path) == url
    node.close()
    assert EmbeddedNode.running_url(tmp_path) is None
    # As after a kill: the file is still there, nobody holds the lock.
    (tmp_path / "url").write_text(url)
    assert EmbeddedNode.running_url(tmp_path) is None


def test_another_process_reads_and_writes_over_the_loopback(embedded: Embedded) -> None:
    with HttpTransport(embedded.node.serve_loopback()) as transport:
        registry = EthereumRegistry(embedded.reader(transport), transport)
        account = dev_account(3)
        receipt = perform(registry, RegisterIssuer("did:web:loop.example"), account)
        identifier = issuer_id(account.address, "did:web:loop.example")
        reading = registry.read([identifier], [], [])
        assert reading.block == receipt.block == embedded.registry.final_block()
        assert reading.issuers[identifier] is not None
        assert reading.sources == (transport.name,)


def test_json_rpc_is_spoken_as_specified(embedded: Embedded) -> None:
    url = embedded.node.serve_loopback()
    one = post(url, {"jsonrpc": "2.0", "id": "a", "method": "eth_chainId"}).json()
    assert one == {"jsonrpc": "2.0", "id": "a", "result": "0x436169726e"}
    two = post(url, [{"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}, {"id": 2}]).json()
    assert [answer.get("id") for answer in two] == [1, None]
    assert two[1]["error"]["code"] == -32600
    assert post(url, b"{").json()["error"]["code"] == -32700
    assert post(url, []).json()["error"]["code"] == -32600
    assert post(url, [{}] * 1001).json()["error"]["code"] == -32600
    revert = {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [{"to": as_hex(embedded.address)}, "latest"]}
    assert post(url, revert).json()["error"] == {"code": 3, "message": "execution reverted", "data": "0x"}


def test_the_loopback_answers_nobody_who_comes_by_another_name(embedded: Embedded) -> None:
    url = embedded.node.serve_loopback()
    body = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}
    port = url.rsplit(":", 1)[1]
    assert post(url, body, host=f"localhost:{port}").status_code == 200
    assert post(url, body, host="rebound.example").status_code == 403
    assert post(url, body, host=f"rebound.example:{port}").status_code == 403
    assert post(url, body, host="127.0.0.1").status_code == 403
    assert post(url, body, **{"content-type": "text/plain"}).status_code == 415
    assert httpx.get(url).status_code == 501
    assert post(url, b"x" * (4 * 1024 * 1024 + 1)).status_code == 413
    assert httpx.post(url, content=iter([b"{}"]), headers={"content-type": "application/json"}).status_code == 411


def test_threads_take_turns(embedded: Embedded) -> None:
    url = embedded.node.serve_loopback()
    failures: list[Exception] = []

    def work(index: int) -> None:
        try:
            with HttpTransport(url, timeout=30) as transport:
                registry = EthereumRegistry(embedded.reader(transport), transport)
                for step in range(5):
                    perform(registry, RegisterIssuer(f"did:web:{index}-{step}.example"), dev_account(index))
        except Exception as error:  # noqa: BLE001 -- whatever goes wrong in a thread fails the test
            failures.append(error)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert quantity(request(embedded.transport, "eth_blockNumber")) == 21


def test_a_foreign_library_finds_its_way(embedded: Embedded) -> None:
    web3 = pytest.importorskip("web3", reason="web3.py is not installed")
    client = web3.Web3(web3.Web3.HTTPProvider(embedded.node.serve_loopback()))
    assert client.is_connected()
    assert client.eth.chain_id == EMBEDDED_CHAIN_ID
    block = client.eth.get_block("finalized", full_transactions=True)
    transaction = block["transactions"][0]
    receipt = client.eth.get_transaction_receipt(transaction["hash"])
    assert (receipt["status"], receipt["to"]) == (1, checksum_address(DEPLOYER))
    assert bytes(client.eth.get_code(checksum_address(embedded.address))) == artifact().deployed_bytecode
    assert client.eth.get_logs({"fromBlock": 0, "toBlock": "latest"}) == []
    assert members(block)["number"] == 1
