"""`cairn registry audit` as a stranger runs it: on a folder, on a node, on a node that lies, on none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ledger.chain.addresses import caip10
from ledger.chain.embedded_server import LoopbackServer
from ledger.chain.rpc import Transport, request
from ledger.workspace import Workspace
from tests.cli.conftest import Cairn

Bend = Callable[[Any], Any]


@dataclass
class Node:
    """A node over HTTP that may be told to change what some methods answer."""

    transport: Transport
    name: str
    bends: dict[str, Bend] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.server = LoopbackServer(self.answer)
        self.options = ["--rpc", self.server.url, "--registry", self.name]

    def answer(self, method: object, parameters: Any) -> object:
        result = request(self.transport, str(method), *parameters)
        return self.bends.get(str(method), lambda answer: answer)(result)


@pytest.fixture
def node(folder: Path) -> Iterator[Node]:
    with Workspace.open(folder) as workspace:
        reader = workspace.reader
        transport = workspace._connection.transport()
        node = Node(transport, caip10(reader.chain_id, reader.registry))
        yield node
        node.server.close()


def test_a_folder_s_registry_has_nothing_to_hide(cairn: Cairn, folder: Path) -> None:
    told = cairn("registry", "audit", "--data", folder)
    assert (told.code, told.err) == (0, "")
    assert "no difference" in told.out
    assert "on Cairn's embedded chain, blocks 0 to" in told.out
    found = cairn("registry", "audit", "--data", folder, "--json").json()
    assert found["differences"] == []
    assert found["counts"]["issuers"] == 1
    assert found["counts"]["accreditations"] == 1
    assert found["events"] >= 4


def test_a_stranger_needs_a_node_alone(cairn: Cairn, node: Node) -> None:
    found = cairn("registry", "audit", *node.options, "--json")
    assert found.code == 0
    assert (found.json()["counts"]["issuers"], found.json()["differences"]) == (1, [])
    assert found.json()["nodes"] == [node.server.url.removeprefix("http://")]
    two = cairn("registry", "audit", *node.options, "--rpc", node.server.url, "--json")
    assert len(two.json()["nodes"]) == 2


def test_each_difference_is_listed(cairn: Cairn, node: Node) -> None:
    # The last thing that happened is a recognition, and the last word of its event the hash of the statement.
    node.bends["eth_getLogs"] = lambda logs: [*logs[:-1], logs[-1] | {"data": logs[-1]["data"][:-64] + "77" * 32}]
    told = cairn("registry", "audit", *node.options)
    assert told.code == 1
    assert "✗ accreditation 0 of issuer 0x" in told.out
    assert told.out.endswith("1 difference\n")
    found = cairn("registry", "audit", *node.options, "--json")
    (difference,) = found.json()["differences"]
    assert found.code == 1
    assert "scope 0x" + "77" * 32 in difference["events"]
    assert "scope 0x" + "77" * 32 not in difference["storage"]


def test_events_that_contradict_each_other_tell_nothing(cairn: Cairn, node: Node) -> None:
    node.bends["eth_getLogs"] = lambda logs: logs[1:]
    told = cairn("registry", "audit", *node.options, "--json")
    assert (told.code, told.json()["error"]["code"]) == (3, "events_contradict")


def test_no_node_is_could_not_read(cairn: Cairn, node: Node) -> None:
    told = cairn("registry", "audit", "--rpc", "http://127.0.0.1:1", "--registry", node.name)
    assert (told.code, told.out) == (3, "")
    assert told.err.startswith("cairn: ")


@pytest.mark.parametrize(
    "options",
    [
        ["--rpc", "http://127.0.0.1:1"],
        ["--registry", "eip155:1:0x0000000000000000000000000000000000000001"],
        ["--rpc", "ftp://x", "--registry", "eip155:1:0x0000000000000000000000000000000000000001"],
        ["--rpc", "http://127.0.0.1:1", "--registry", "nonsense"],
        ["--from-block", "100000"],
        ["--from-block", "9"],
        ["--from-block", "-1"],
        ["--data", "no-such-folder"],
    ],
)
def test_wrong_use_gives_one_plain_line(cairn: Cairn, folder: Path, options: list[str]) -> None:
    told = cairn("registry", "audit", "--data", folder, *options)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("cairn: ")
    assert told.err.count("\n") == 1


def test_another_contract_is_no_registry(cairn: Cairn, node: Node) -> None:
    elsewhere = node.name.rpartition(":")[0] + ":0x0000000000000000000000000000000000000001"
    told = cairn("registry", "audit", "--rpc", node.server.url, "--registry", elsewhere, "--json")
    assert (told.code, told.json()["error"]["code"]) == (2, "wrong_chain")
