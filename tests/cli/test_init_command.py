"""`cairn init`: the registry is found, or put, at the address that it has on every chain; nothing is made by halves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from ledger.chain.addresses import caip10
from ledger.chain.artifact import artifact
from ledger.chain.deployment import registry_address
from ledger.chain.networks import EMBEDDED_CHAIN_ID
from tests.cli.conftest import Cairn

SEPOLIA = 11155111
DEAD = "http://127.0.0.1:9"

Serve = Callable[[int | None], str]


class Node(BaseHTTPRequestHandler):
    """A node on which the registry stands; one without a chain says nothing that a node would say."""

    chain_id: int | None

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answers = [self.answer(call) for call in (asked if isinstance(asked, list) else [asked])]
        body = json.dumps(answers if isinstance(asked, list) else answers[0]).encode()
        body = b"garbage" if self.chain_id is None else body
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self, call: dict[str, object]) -> dict[str, object]:
        is_chain = call["method"] == "eth_chainId"
        result = hex(self.chain_id or 0) if is_chain else "0x" + artifact().deployed_bytecode.hex()
        return {"jsonrpc": "2.0", "id": call["id"], "result": result}

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a node of a chain, and gives its URL with a key in it."""
    with ExitStack() as stack:

        def start(chain_id: int | None) -> str:
            handler = type("NodeOfOneChain", (Node,), {"chain_id": chain_id})
            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), handler))
            Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}/?key=SECRET"

        yield start


def host(url: str) -> str:
    return url.removeprefix("http://").split("/")[0]


def test_init_names_the_registry_at_its_usual_address_and_can_be_run_again(cairn: Cairn, tmp_path: Path) -> None:
    data = tmp_path / "data"
    for _ in range(2):
        ran = cairn("init", "--demo", "--data", data, "--json")
        assert (ran.code, ran.json()["registry"]) == (0, caip10(EMBEDDED_CHAIN_ID, registry_address()))


def test_a_node_that_does_not_answer_leaves_nothing_behind(cairn: Cairn, tmp_path: Path) -> None:
    data = tmp_path / "data"
    for chain in ([], ["--chain-id", "11155111"]):
        ran = cairn("init", "--rpc", "http://127.0.0.1:9", *chain, "--data", data)
        assert (ran.code, ran.err.count("\n")) == (3, 1)
        assert not data.exists()


def test_init_goes_on_with_one_of_three_nodes_down_and_shows_no_key(cairn: Cairn, serve: Serve, tmp_path: Path) -> None:
    rpc = [f"--rpc={url}" for url in (serve(SEPOLIA), DEAD, serve(SEPOLIA))]
    for chain in ([], [f"--chain-id={SEPOLIA}"]):
        ran = cairn("init", *rpc, *chain, "--data", tmp_path / "data")
        assert ran.code == 0
        assert "SECRET" not in ran.out + ran.err


def test_init_wants_a_quorum_and_names_the_nodes_that_do_not_answer(cairn: Cairn, serve: Serve, tmp_path: Path) -> None:
    garbage = serve(None)
    for chain in ([], [f"--chain-id={SEPOLIA}"]):
        ran = cairn(
            "init", f"--rpc={serve(SEPOLIA)}", f"--rpc={DEAD}", f"--rpc={garbage}", *chain, "--data", tmp_path / "d"
        )
        assert (ran.code, ran.err.count("\n")) == (3, 1)
        assert "fewer than 2 of 3 nodes answer" in ran.err
        assert host(DEAD) in ran.err
        assert host(garbage) in ran.err
        assert "SECRET" not in ran.out + ran.err
        assert not (tmp_path / "d").exists()


def test_init_refuses_a_node_of_another_chain_by_name(cairn: Cairn, serve: Serve, tmp_path: Path) -> None:
    stranger = serve(1)
    rpc = [f"--rpc={url}" for url in (serve(SEPOLIA), serve(SEPOLIA), stranger)]
    for chain in ([], [f"--chain-id={SEPOLIA}"]):
        ran = cairn("init", *rpc, *chain, "--data", tmp_path / "data", "--json")
        assert (ran.code, ran.json()["error"]["code"]) == (2, "wrong_chain")
        assert f"{host(stranger)} serves chain 1, not chain {SEPOLIA}" in ran.err
        assert "SECRET" not in ran.out + ran.err
        assert not (tmp_path / "data").exists()


def test_init_counts_no_node_twice(cairn: Cairn, serve: Serve, tmp_path: Path) -> None:
    node = serve(SEPOLIA)
    ran = cairn("init", f"--rpc={node}", f"--rpc={node}", "--data", tmp_path / "data", "--json")
    assert (ran.code, ran.json()["error"]["code"]) == (2, "configuration_invalid")
    assert "SECRET" not in ran.out + ran.err
    assert not (tmp_path / "data").exists()


def test_a_file_in_the_way_is_named(cairn: Cairn, tmp_path: Path) -> None:
    data = tmp_path / "data"
    cairn("init", "--demo", "--data", data)
    (data / "keys").rename(tmp_path / "keys")
    (data / "keys").write_text("not a folder")
    ran = cairn("init", "--demo", "--data", data)
    assert (ran.code, ran.err) == (2, f"cairn: cannot go on: File exists: {data / 'keys'}\n")


def test_a_demonstration_is_refused_on_a_public_chain(cairn: Cairn, serve: Serve, tmp_path: Path) -> None:
    ran = cairn("init", "--demo", f"--rpc={serve(SEPOLIA)}", "--data", tmp_path / "data", "--json")
    assert (ran.code, ran.json()["error"]["code"]) == (2, "demo_chain")
    assert not (tmp_path / "data").exists()
