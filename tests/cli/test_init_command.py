"""`cairn init`: the registry is found, or put, at the address that it has on every chain; nothing is made by halves."""

from __future__ import annotations

from pathlib import Path

from ledger.chain.addresses import caip10
from ledger.chain.deployment import registry_address
from ledger.chain.networks import EMBEDDED_CHAIN_ID
from tests.cli.conftest import Cairn


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
