"""`cairn.json`: strict, versioned, and refused in one plain sentence when it is not what it should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.chain.amounts import GWEI
from ledger.chain.fees import FeePolicy
from ledger.chain.registry import Address
from ledger.configuration import FILE, Configuration, finality_rule, read_configuration, write_configuration
from ledger.errors import WorkspaceError

REGISTRY = Address(b"\x11" * 20)
ELSEWHERE = Configuration(
    origin="https://ledger.example:8443",
    link_base="https://ledger.example/records",
    chain_id=11155111,
    registry=REGISTRY,
    rpc_urls=("https://one.example/rpc", "https://two.example", "http://127.0.0.1:8545"),
    finality="12",
    quorum=2,
    fees=FeePolicy(max_fee=80 * GWEI, max_priority_fee=3 * GWEI, bump_after_blocks=5, bump_after_seconds=90),
    database_url="postgresql+psycopg://ledger@db.example/cairn",
    accreditors=(Address(b"\x22" * 20),),
    anchor_rpc_urls={"eip155:1": ("https://one.example/rpc", "https://three.example")},
)


@pytest.mark.parametrize("configuration", [Configuration(), ELSEWHERE, Configuration(demo=True, registry=REGISTRY)])
def test_what_is_written_is_read_back(tmp_path: Path, configuration: Configuration) -> None:
    write_configuration(tmp_path, configuration)

    assert read_configuration(tmp_path) == configuration


def test_a_new_accreditor_is_added_once() -> None:
    other = Address(b"\x33" * 20)

    assert ELSEWHERE.with_accreditor(other).with_accreditor(other).accreditors == (*ELSEWHERE.accreditors, other)


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "http://cairn.example"},
        {"origin": "https://cairn.example/"},
        {"link_base": "cairn.example"},
        {"link_base": "https://user@cairn.example"},
        {"demo": 1},
        {"unknown": True},
        {"accreditors": ["0x123"]},
        {"accreditors": "0x" + "11" * 20},
        {"anchor_rpc_urls": ["https://one.example"]},
        {"anchor_rpc_urls": {"eip155:1": "https://one.example"}},
        {"anchor_rpc_urls": {"eip155:1": []}},
        {"anchor_rpc_urls": {"eip155:1": ["https://one.example", "https://one.example"]}},
        {"anchor_rpc_urls": {"eip155:1": ["ftp://one.example"]}},
        {"anchor_rpc_urls": {"eip155:01": ["https://one.example"]}},
        {"anchor_rpc_urls": {"ethereum": ["https://one.example"]}},
        {"anchor_rpc_urls": {"bip122:000000000019d6689c085ae165831e93": ["https://one.example"]}},
        {"chain.finality": "soon"},
        {"chain.finality": 12},
        {"chain.chain_id": 0},
        {"chain.chain_id": "1"},
        {"chain.rpc_urls": []},
        {"chain.rpc_urls": ["ftp://node.example"]},
        {"chain.rpc_urls": ["https://node.example/#key"]},
        {"chain.rpc_urls": ["https://user:key@node.example/"]},
        {"chain.rpc_urls": ["https://node.example/?key=a b"]},
        {"chain.rpc_urls": ["https://node.example/?key=\x1b[31m"]},
        {"chain.rpc_urls": ["https://node.example:99999"]},
        {"chain.rpc_urls": ["https://?key"]},
        {"chain.rpc_urls": ["https://node.example", "https://NODE.example:443/"]},
        {"chain.fees": {}},
        {"chain.fees": None},
        {"chain.fees.max_fee_gwei": 0},
        {"chain.fees.max_fee_gwei": 80.5},
        {"chain.fees.max_priority_fee_gwei": 81},
        {"chain.fees.bump_after_blocks": 0},
        {"chain.fees.bump_after_seconds": "90"},
        {"chain.fees.tip": 1},
        {"chain.quorum": 4},
        {"chain.quorum": 0},
        {"chain.registry": "0xZZ"},
        {"chain": None},
        {"chain.extra": 1},
    ],
    ids=str,
)
def test_a_configuration_that_makes_no_sense_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    content = ELSEWHERE.to_dict()
    for name, value in change.items():
        place: Any = content
        *path, last = name.split(".")
        for part in path:
            place = place[part]
        place[last] = value
    (tmp_path / FILE).write_bytes(orjson.dumps(content))

    with pytest.raises(WorkspaceError) as caught:
        read_configuration(tmp_path)

    assert caught.value.code == "configuration_invalid"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8545/?key=K",
        "https://node.example?key=a/b:c@d&more=1",
        "https://node.example:8545/v3/key?",
        "http://[::1]:8545/",
    ],
)
def test_a_nodes_address_may_hold_a_path_and_a_query(url: str) -> None:
    configuration = Configuration(chain_id=1, rpc_urls=(url, f"{url}2"))

    assert configuration.rpc_urls == (url, f"{url}2")


def test_a_refused_address_tells_no_key() -> None:
    for urls in (("ftp://node.example/?SECRET",), ("https://node.example/SECRET?SECRET",) * 2):
        with pytest.raises(WorkspaceError) as caught:
            Configuration(chain_id=1, rpc_urls=urls)
        assert caught.value.code == "configuration_invalid"
        assert "SECRET" not in str(caught.value)


def test_the_embedded_chain_takes_no_node() -> None:
    with pytest.raises(WorkspaceError):
        Configuration(rpc_urls=("http://127.0.0.1:8545",))


def test_a_newer_configuration_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(orjson.dumps(ELSEWHERE.to_dict() | {"version": 2, "more": True}))

    with pytest.raises(WorkspaceError) as caught:
        read_configuration(tmp_path)

    assert caught.value.code == "configuration_newer"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 1, "version": 1}', b"\xff"])
def test_a_damaged_file_is_said_plainly(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)

    with pytest.raises(WorkspaceError) as caught:
        read_configuration(tmp_path)

    assert caught.value.code == "configuration_invalid"


def test_a_folder_that_is_missing_or_not_ours_is_told_apart(tmp_path: Path) -> None:
    for folder, code in ((tmp_path / "none", "workspace_missing"), (tmp_path, "workspace_invalid")):
        with pytest.raises(WorkspaceError) as caught:
            read_configuration(folder)
        assert caught.value.code == code


def test_a_folder_made_before_fees_could_be_set_is_read(tmp_path: Path) -> None:
    old = Configuration(chain_id=1, rpc_urls=("https://node.example",), registry=REGISTRY)
    write_configuration(tmp_path, old)

    assert "fees" not in orjson.loads((tmp_path / FILE).read_bytes())["chain"]
    assert read_configuration(tmp_path).fees == FeePolicy()


@pytest.mark.parametrize(("chain_id", "given", "rule"), [(1, None, "finalized"), (1, "12", "12"), (424242, "64", "64")])
def test_a_finality_rule_is_the_chains_own_unless_one_is_given(chain_id: int, given: str | None, rule: str) -> None:
    assert finality_rule(chain_id, given) == rule


def test_the_finality_of_an_unknown_chain_has_to_be_named() -> None:
    with pytest.raises(WorkspaceError) as caught:
        finality_rule(424242, None)

    assert caught.value.code == "finality_unknown"
