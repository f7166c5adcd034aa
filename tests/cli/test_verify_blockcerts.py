"""`cairn verify` of Blockcerts: what can be told without a node of their chain, and what with one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.rpc import HttpTransport, as_hex
from ledger.configuration import read_configuration, write_configuration
from tests.blockcerts import ISSUER, SEPOLIA, Batch, a_blockcert, a_profile
from tests.chain.conftest import running_anvil
from tests.chain.test_foreign_anchors import SENDER, bury, mined
from tests.cli.conftest import Cairn

SAMPLE = Path(__file__).parents[1] / "vectors" / "blockcerts" / "sepolia-3.0.json"
CHAIN = f"eip155:{SEPOLIA}"


@pytest.fixture
def anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place without a data folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_anvil(tmp_path_factory.mktemp("anvil"), SEPOLIA) as url:
        yield url


@pytest.fixture
def document(node: str, anywhere: Path) -> Path:
    """A document that is anchored for good, beside the profile of its issuer."""
    batch = Batch(a_blockcert("Ada"), a_blockcert("Blaise"))
    with HttpTransport(node) as transport:
        transaction = mined(transport, batch.root)
        bury(transport)
    (anywhere / "profile.json").write_text(json.dumps(a_profile(as_hex(SENDER))))
    path = anywhere / "document.json"
    path.write_text(json.dumps(batch.issued(0, transaction)))
    return path


def test_inclusion_is_checked_without_a_node(cairn: Cairn, anywhere: Path) -> None:
    ran = cairn("verify", SAMPLE, "--policy", "any-issuer", "--json")
    report = ran.json()
    assert (ran.code, report["verdict"], report["code"]) == (3, "indeterminate", "anchor_unconfigured")
    checks = {check["id"]: check["outcome"] for check in report["checks"]}
    assert (checks["inclusion"], checks["anchor"]) == ("valid", "indeterminate")
    assert "COULD NOT CHECK" in cairn("verify", SAMPLE, "--policy", "any-issuer").out


def test_a_changed_document_is_not_valid(cairn: Cairn, anywhere: Path) -> None:
    changed = anywhere / "changed.json"
    changed.write_text(SAMPLE.read_text().replace("Hello world", "First class honours"))
    ran = cairn("verify", changed, "--policy", "any-issuer", "--json")
    assert (ran.code, ran.json()["code"]) == (1, "digest_mismatch")


@pytest.mark.parametrize(
    "value", ["https://node.example", "eip155:1=", "bitcoin=https://node.example", "eip155:1=ftp://node.example"]
)
def test_a_badly_named_node_is_refused_in_one_line(cairn: Cairn, anywhere: Path, value: str) -> None:
    ran = cairn("verify", SAMPLE, "--anchor-rpc", value)
    assert ran.code == 2
    assert len(ran.err.strip().splitlines()) == 1


@pytest.mark.node
def test_with_a_node_and_the_issuers_profile_it_is_valid(cairn: Cairn, document: Path, node: str) -> None:
    words = ("verify", document, "--policy", "any-issuer", "--document", f"{ISSUER}=profile.json")
    ran = cairn(*words, "--anchor-rpc", f"{CHAIN}={node}", "--json")
    report = ran.json()
    assert (ran.code, report["verdict"]) == (0, "valid"), report
    assert report["chain"]["network_name"] == "Sepolia"
    said = cairn(*words, "--anchor-rpc", f"{CHAIN}={node}").out
    assert "TESTNET CHAIN" in said
    assert cairn(*words, "--anchor-rpc", f"eip155:1={node}").code == 3
    assert cairn(*words[:4], "--anchor-rpc", f"{CHAIN}={node}").code == 3
    assert cairn("verify", document, *words[4:], "--anchor-rpc", f"{CHAIN}={node}").code == 3


@pytest.mark.node
def test_an_account_of_somebody_else_is_not_the_issuers(cairn: Cairn, document: Path, node: str) -> None:
    Path("profile.json").write_text(json.dumps(a_profile(as_hex(dev_account(3).address))))
    words = ("verify", document, "--policy", "any-issuer", "--document", f"{ISSUER}=profile.json")
    ran = cairn(*words, "--anchor-rpc", f"{CHAIN}={node}", "--json")
    assert (ran.code, ran.json()["code"]) == (1, "key_not_registered")


@pytest.mark.node
def test_the_nodes_of_a_data_folder_are_asked_too(cairn: Cairn, document: Path, node: str, folder: Path) -> None:
    words = ("verify", document, "--policy", "any-issuer", "--document", f"{ISSUER}=profile.json", "--data", folder)
    assert cairn(*words).code == 3
    content = read_configuration(folder)
    write_configuration(folder, type(content)(**{**vars(content), "anchor_rpc_urls": {CHAIN: (node,)}}))
    assert cairn(*words).code == 0
    assert cairn(*words, "--anchor-rpc", f"{CHAIN}=http://127.0.0.1:9").code == 3
