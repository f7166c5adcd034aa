"""`cairn verify` through three nodes: one may do what it likes; with too few the answer is that it could not check."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger.chain.addresses import caip10, checksum_address
from ledger.chain.rpc import HttpTransport, RpcError
from ledger.workspace import Workspace
from tests.chain.faulty_proxy import FaultyProxy, proxies
from tests.cli.conftest import Cairn, Ran


@dataclass
class Check:
    """A genuine credential, three nodes, and the command over both."""

    cairn: Cairn
    document: Path
    nodes: list[FaultyProxy]
    options: list[str]

    def __call__(self, *more: str) -> Ran:
        urls = [word for node in self.nodes for word in ("--rpc", node.url)]
        return self.cairn("verify", self.document, *urls, *self.options, *more)

    def report(self, *more: str) -> Any:
        return json.loads(self(*more, "--json").out)


@pytest.fixture
def folder(final_folder: Path) -> Path:
    return final_folder


@pytest.fixture
def check(cairn: Cairn, folder: Path, tmp_path: Path) -> Iterator[Check]:
    document = tmp_path / "credential.json"
    with Workspace.open(folder) as workspace:
        (batch,) = workspace.catalog.batches("um")
        document.write_bytes(next(iter(workspace.catalog.batch_documents(batch.id)))[1])
        url = workspace.serve_chain()
        assert url is not None
        name = caip10(workspace.configuration.chain_id, workspace.reader.registry)
        (accreditor,) = workspace.configuration.accreditors
        options = ["--registry", name, "--accreditor", checksum_address(accreditor)]
        with HttpTransport(url) as transport, proxies(transport) as nodes:
            yield Check(cairn, document, nodes, options)


@pytest.mark.parametrize("fault", ["hang", "drop_before", "drop_after", "http_502", "http_429", "html", "truncate"])
def test_one_broken_node_of_three_changes_no_verdict(check: Check, fault: str) -> None:
    check.nodes[0].fault = fault
    report = check.report()
    assert report["verdict"] == "valid"
    providers = report["chain"]["providers"]
    assert providers["agreed"] == [node.name for node in check.nodes[1:]]
    assert (providers["asked"], providers["quorum"], providers["reduced"]) == (3, 2, False)
    assert [trouble["node"] for trouble in providers["troubles"]] == [check.nodes[0].name]
    assert check.nodes[0].answered == 0 or fault != "hang"


def test_one_node_that_lies_about_the_status_changes_no_verdict(check: Check) -> None:
    def lie(method: str, _: object, result: Any) -> Any:
        return result[:-1] + ("1" if result[-1] == "0" else "0") if method == "eth_call" else result

    check.nodes[1].lie = lie
    report = check.report()
    assert report["verdict"] == "valid"
    assert [trouble["code"] for trouble in report["chain"]["providers"]["troubles"]] == ["outvoted"]


def test_with_two_nodes_down_it_could_not_check_and_the_trouble_of_each_is_told(check: Check) -> None:
    check.nodes[0].fault, check.nodes[2].fault = "html", "drop_before"
    ran = check()
    assert ran.code == 3
    assert "COULD NOT CHECK" in ran.out
    assert all(node.name in ran.out for node in (check.nodes[0], check.nodes[2]))
    report = check.report()
    assert report["code"] == "no_quorum"
    providers = report["chain"]["providers"]
    assert (providers["asked"], providers["agreed"], providers["quorum"]) == (3, [], 2)
    assert {trouble["node"] for trouble in providers["troubles"]} == {check.nodes[0].name, check.nodes[2].name}


def test_who_asks_for_fewer_gets_a_verdict_that_says_so(check: Check) -> None:
    check.nodes[0].fault, check.nodes[2].fault = "html", "drop_before"
    report = check.report("--min-rpc", "1")
    assert report["verdict"] == "valid"
    providers = report["chain"]["providers"]
    assert (providers["asked"], providers["quorum"], providers["reduced"]) == (3, 1, True)
    assert providers["agreed"] == [check.nodes[1].name]
    assert "only 1 of 3 nodes had to agree, not 2" in check("--min-rpc", "1").out


def test_who_asks_for_fewer_and_gets_no_answer_still_could_not_check(check: Check) -> None:
    for node in check.nodes:
        node.fault = "html"
    ran = check("--min-rpc", "1")
    assert ran.code == 3
    assert "only 1 of 3 nodes had to agree" in ran.out


def test_who_asks_for_all_needs_all(check: Check) -> None:
    assert check.report("--min-rpc", "3")["verdict"] == "valid"
    check.nodes[0].fault = "html"
    report = check.report("--min-rpc", "3")
    assert (report["verdict"], report["code"]) == ("indeterminate", "no_quorum")


def test_a_node_that_lacks_the_block_is_not_counted(check: Check) -> None:
    def lacks(method: str, _: object, result: Any) -> Any:
        return RpcError(-32000, "header not found") if method == "eth_call" else result

    check.nodes[2].lie = lacks
    report = check.report()
    assert report["verdict"] == "valid"
    assert [trouble["code"] for trouble in report["chain"]["providers"]["troubles"]] == ["rpc_refused"]


@pytest.mark.parametrize("count", ["0", "4", "x"])
def test_a_number_of_nodes_that_cannot_be_ends_with_2(check: Check, count: str) -> None:
    ran = check("--min-rpc", count)
    assert (ran.code, ran.out) == (2, "")


def test_one_node_named_twice_is_no_second_witness(check: Check) -> None:
    check.nodes[1] = check.nodes[0]
    ran = check()
    assert (ran.code, ran.out) == (2, "")
    assert "would vote twice" in ran.err
