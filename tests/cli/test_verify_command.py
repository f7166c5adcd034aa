"""`cairn verify` as an employer runs it: with a folder, with nothing but a node, and with whatever else was at hand."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.chain.addresses import caip10, checksum_address
from ledger.workspace import Workspace
from tests.cli.conftest import Cairn


@pytest.fixture
def folder(final_folder: Path) -> Path:
    return final_folder


@pytest.fixture
def issued(folder: Path, tmp_path: Path) -> Path:
    with Workspace.open(folder) as workspace:
        (batch,) = workspace.catalog.batches("um")
        _, document = next(iter(workspace.catalog.batch_documents(batch.id)))
    path = tmp_path / "credential.json"
    path.write_bytes(document)
    return path


def test_output_that_nobody_takes_is_no_verdict(issued: Path, folder: Path) -> None:
    words = [sys.executable, "-m", "api.commands", "verify", str(issued), "--data", str(folder), "--json"]
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as nobody, open("/dev/full", "wb") as full:  # noqa: PTH123 - a descriptor, a device
        gone = subprocess.run(words, stdout=nobody, stderr=subprocess.PIPE, text=True, timeout=240, check=False)
        no_room = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, timeout=240, check=False)
    assert (gone.returncode, gone.stderr) == (141, "")
    assert (no_room.returncode, no_room.stderr.count("\n")) == (2, 1)


@pytest.fixture
def node(folder: Path, issued: Path) -> Iterator[list[str]]:
    """The options that name the folder's chain as a node, its registry and its accreditor."""
    with Workspace.open(folder) as workspace:
        url = workspace.serve_chain()
        assert url is not None
        name = caip10(workspace.configuration.chain_id, workspace.reader.registry)
        (accreditor,) = workspace.configuration.accreditors
        yield ["--rpc", url, "--registry", name, "--accreditor", checksum_address(accreditor)]


def test_a_file_and_a_node_are_enough(cairn: Cairn, issued: Path, node: list[str]) -> None:
    report = cairn("verify", issued, *node, "--json")
    assert (report.code, report.json()["verdict"]) == (0, "valid")
    assert report.json()["chain"]["network"] == "embedded"


def test_without_an_accreditor_nobody_is_recognised(cairn: Cairn, issued: Path, node: list[str]) -> None:
    report = cairn("verify", issued, *node[:4], "--json")
    assert (report.code, report.json()["code"]) == (1, "issuer_not_accredited")


def test_another_registry_is_not_believed(cairn: Cairn, issued: Path, node: list[str]) -> None:
    other = node[3][:-1] + ("0" if node[3][-1] != "0" else "1")
    report = cairn("verify", issued, "--rpc", node[1], "--registry", other.lower(), "--json")
    assert (report.code, report.json()["code"]) == (1, "registry_not_trusted")


def test_a_node_that_is_not_there_gives_could_not_check(cairn: Cairn, issued: Path, node: list[str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    report = cairn("verify", issued, "--rpc", f"http://127.0.0.1:{port}", *node[2:])
    assert report.code == 3
    assert "? COULD NOT CHECK" in report.out


def test_a_node_of_another_chain_gives_could_not_check(cairn: Cairn, issued: Path, node: list[str]) -> None:
    registry = "eip155:1:" + node[3].rpartition(":")[2]
    report = cairn("verify", issued, node[0], node[1], "--registry", registry, *node[4:], "--json")
    assert (report.code, report.json()["verdict"]) == (1, "invalid")
    assert report.json()["code"] == "chain_not_trusted"


def test_standard_input_is_read(cairn: Cairn, issued: Path, node: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(issued.read_bytes())))
    assert cairn("verify", "-", *node).code == 0


def test_one_changed_letter_is_noticed(cairn: Cairn, issued: Path, node: list[str]) -> None:
    document = json.loads(issued.read_bytes())
    document["credentialSubject"]["result"][0]["value"] = "B"
    issued.write_text(json.dumps(document), encoding="utf-8")
    report = cairn("verify", issued, *node, "--json").json()
    assert report["verdict"] == "invalid"
    assert {check["id"] for check in report["checks"] if check["outcome"] == "invalid"} == {"signature", "inclusion"}


def test_white_space_and_the_order_of_members_do_not_matter(cairn: Cairn, issued: Path, node: list[str]) -> None:
    document = json.loads(issued.read_bytes())
    issued.write_text(json.dumps(dict(reversed(document.items())), indent=4), encoding="utf-8")
    assert cairn("verify", issued, *node).code == 0


def test_what_is_not_a_readable_document_ends_with_2(cairn: Cairn, tmp_path: Path, node: list[str]) -> None:
    pipe, folder, empty = tmp_path / "pipe", tmp_path / "folder", tmp_path / "empty.json"
    os.mkfifo(pipe)
    folder.mkdir()
    empty.write_bytes(b"")
    for source in (pipe, folder, empty, tmp_path / "missing", "/dev/zero", "a\0b", "http://127.0.0.1:1/x"):
        ran = cairn("verify", source, *node)
        assert (ran.code, ran.out) == (2, ""), source
        assert ran.err.startswith("cairn: ")


@pytest.mark.parametrize(
    "options",
    [
        ["--rpc", "http://127.0.0.1:1"],
        ["--registry", "eip155:1:0x0000000000000000000000000000000000000001"],
        ["--rpc", "http://127.0.0.1:1", "--registry", "nonsense"],
        ["--rpc", "ftp://x", "--registry", "eip155:1:0x0000000000000000000000000000000000000001"],
        ["--document", "https://x.example/did.json"],
        ["--data", "no-such-folder"],
    ],
)
def test_wrong_options_end_with_2(cairn: Cairn, issued: Path, options: list[str]) -> None:
    ran = cairn("verify", issued, *options)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("cairn: ")
