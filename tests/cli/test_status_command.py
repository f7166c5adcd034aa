"""`cairn status` while nodes hang, lag, lie or are gone: what the database knows is always shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ledger.chain.networks import ANVIL_CHAIN_ID
from ledger.chain.rpc import HttpTransport, RpcError, request
from ledger.configuration import read_configuration, write_configuration
from ledger.workspace import Workspace
from tests.chain.faulty_proxy import FaultyProxy, proxies
from tests.cli.conftest import Cairn


@dataclass
class Several:
    """A data folder that reaches its chain through three nodes."""

    folder: Path
    nodes: list[FaultyProxy]
    cairn: Cairn

    def lie(self, place: int, **lies: Any) -> None:
        honest = self.nodes[place].lie

        def lie(method: str, parameters: Any, result: Any) -> Any:
            return lies[method] if method in lies else honest(method, parameters, result)

        self.nodes[place].lie = lie

    def status(self) -> Any:
        ran = self.cairn("status", "--data", self.folder, "--json")
        assert ran.code == 0, ran.err
        return ran.json()

    def standings(self) -> list[str]:
        return [node["standing"] for node in self.status()["nodes"]]


@pytest.fixture
def several(cairn: Cairn, folder: Path) -> Iterator[Several]:
    with Workspace.open(folder) as workspace:
        url = workspace.serve_chain()
        assert url is not None
        with HttpTransport(url) as transport, proxies(transport) as nodes:
            for node in nodes:
                node.lie = lambda method, _, result: hex(ANVIL_CHAIN_ID) if method == "eth_chainId" else result
            named = replace(
                read_configuration(folder), chain_id=ANVIL_CHAIN_ID, rpc_urls=tuple(node.url for node in nodes)
            )
            write_configuration(folder, named)
            yield Several(folder, nodes, cairn)


def test_every_node_is_shown_with_what_it_is_worth(several: Several) -> None:
    shown = several.status()
    assert [node["node"] for node in shown["nodes"]] == [node.name for node in several.nodes]
    assert {node["standing"] for node in shown["nodes"]} == {"ok"}
    assert {node["final_block"] for node in shown["nodes"]} == {shown["final_block"]}
    assert all(node["latency_ms"] is not None for node in shown["nodes"])
    text = several.cairn("status", "--data", several.folder).out
    assert several.nodes[0].name in text
    assert "um" in text


@pytest.mark.parametrize("fault", ["html", "http_429", "drop_before", "hang"])
def test_a_node_that_gives_no_answer_is_dead_and_its_trouble_is_told(several: Several, fault: str) -> None:
    several.nodes[1].fault = fault
    shown = several.status()
    assert [node["standing"] for node in shown["nodes"]] == ["ok", "dead", "ok"]
    assert shown["final_block"] is not None
    assert several.nodes[1].name in shown["nodes"][1]["trouble"]["message"]


def test_a_stale_a_lying_and_a_foreign_node_are_named(several: Several) -> None:
    several.lie(0, eth_call=RpcError(-32000, "header not found"))
    assert several.standings() == ["stale", "ok", "ok"]
    several.nodes[0].lie = several.nodes[1].lie
    several.lie(1, eth_call="0x" + "00" * 256)
    assert several.standings() == ["ok", "stale", "ok"]
    several.nodes[1].lie = several.nodes[0].lie
    several.lie(2, eth_chainId="0x1")
    assert several.standings() == ["ok", "ok", "wrong_chain"]


def test_a_lie_about_an_issuer_is_found_out(several: Several) -> None:
    honest = several.nodes[0].lie

    def bend(method: str, parameters: Any, result: Any) -> Any:
        true = honest(method, parameters, result)
        return true[:-1] + ("1" if true[-1] == "0" else "0") if method == "eth_call" else true

    several.nodes[2].lie = bend
    shown = several.status()["nodes"][2]
    assert shown["standing"] == "lying"
    assert shown["outvoted_on"] == f"the answer at block {shown['final_block']}"


def test_a_node_that_is_far_behind_is_stale(several: Several, cairn: Cairn) -> None:
    with HttpTransport(several.nodes[0].url) as transport:
        first = request(transport, "eth_getBlockByNumber", "0x1", False)
    several.lie(1, eth_getBlockByNumber=first)
    shown = several.status()["nodes"][1]
    assert (shown["standing"], shown["final_block"]) == ("stale", 1)
    assert shown["behind"] > 3


def test_with_no_node_at_all_the_ledger_is_still_shown(several: Several) -> None:
    for node in several.nodes:
        node.fault = "drop_before"
    shown = several.status()
    assert (shown["final_block"], [node["standing"] for node in shown["nodes"]]) == (None, ["dead"] * 3)
    assert [issuer["slug"] for issuer in shown["issuers"]] == ["um"]
    assert "too few nodes agree" in shown["warnings"][0]
    assert "out of reach" in several.cairn("status", "--data", several.folder).out


def test_nodes_at_one_host_are_warned_about(several: Several, folder: Path) -> None:
    assert "3 nodes are at 127.0.0.1" in several.status()["warnings"][0]


def test_no_key_of_a_node_is_shown(several: Several) -> None:
    secret = "s3cr3t-of-the-operator"
    configuration = read_configuration(several.folder)
    urls = tuple(f"{node.url}/v3/{secret}?key={secret}" for node in several.nodes)
    write_configuration(several.folder, replace(configuration, rpc_urls=urls))
    several.nodes[0].fault = "html"
    for words in ((), ("--json",)):
        ran = several.cairn("status", "--data", several.folder, *words)
        assert secret not in ran.out + ran.err


def test_an_embedded_chain_is_one_node_without_a_warning(cairn: Cairn, folder: Path) -> None:
    shown = cairn("status", "--data", folder, "--json").json()
    assert (len(shown["nodes"]), shown["nodes"][0]["standing"], shown["warnings"]) == (1, "ok", [])
