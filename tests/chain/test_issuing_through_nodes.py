"""From the first command to the verdict through three nodes of a real chain, of which another is dead each time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.chain.rpc import HttpTransport
from ledger.workspace import Workspace
from tests.chain.faulty_proxy import FaultyProxy, proxies
from tests.cli.conftest import ROWS, SAMPLES, Ran, call


@pytest.fixture
def nodes(anvil: str) -> Iterator[list[FaultyProxy]]:
    with HttpTransport(anvil) as transport, proxies(transport) as made:
        yield made


@pytest.mark.node
def test_no_single_node_stops_issuing(
    nodes: list[FaultyProxy], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data, rows = tmp_path / "data", tmp_path / "rows.csv"
    rows.write_text(ROWS, encoding="utf-8")

    def cairn(*words: object, dead: int) -> Ran:
        for place, node in enumerate(nodes):
            node.fault = "drop_before" if place == dead else "none"
        ran = call(capfd, (*words, "--data", data))
        assert ran.code == 0, ran.err
        return ran

    urls = [word for node in nodes for word in ("--rpc", node.url)]
    cairn("init", "--demo", "--finality", "latest", *urls, dead=0)
    cairn("accreditor", "register", "agency", "--name", "An Agency", "--country", "MY", dead=1)
    cairn("issuer", "register", "um", "--name", "Universiti Malaya", "--country", "MY", dead=2)
    cairn("issuer", "accredit", "um", "--by", "agency", dead=0)
    cairn("import", SAMPLES / "um" / "programme.json", "--issuer", "um", dead=1)
    cairn("import", rows, "--issuer", "um", dead=2)
    cairn("issue", dead=0)
    shown = cairn("status", "--json", dead=1).json()
    assert [node["standing"] for node in shown["nodes"]] == ["ok", "dead", "ok"]
    assert [batch["state"] for batch in shown["batches"]] == ["final"]
    document = tmp_path / "credential.json"
    with Workspace.open(data) as workspace:
        document.write_bytes(next(iter(workspace.catalog.batch_documents(shown["batches"][0]["id"])))[1])
    report = cairn("verify", document, "--json", dead=2).json()
    assert report["verdict"] == "valid"
    assert report["chain"]["providers"]["agreed"] == [node.name for node in nodes[:2]]
