"""The contract and a model written from its documentation live the same random lives (I10)."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ledger.chain.accounts import dev_account
from ledger.chain.deployment import deploy
from ledger.chain.networks import ANVIL_CHAIN_ID
from ledger.chain.reader import RpcRegistryReader
from scripts.build_artifacts import ARTIFACT
from tests.chain.arenas import NEARLY_ALL_KEYS, AnvilArena, Arena, EmbeddedArena, Statistics
from tests.chain.conftest import Embedded, running_anvil
from tests.chain.nodes import Line
from tests.chain.registry_lives import Life

FULL = os.environ.get("CAIRN_FULL") == "1"
SEQUENCES = 1_000 if FULL else 25
SEQUENCES_ON_PY_EVM = 20 if FULL else 5
ACTS_IN_A_SEQUENCE = 20

ACTS = {
    *("RegisterIssuer", "ProposeAdmin", "AcceptAdmin", "SetOperator", "AddKey", "CloseKey", "CancelNonce"),
    *("Accredit", "EndAccreditation"),
    *(act + how for how in ("", "For") for act in ("AnchorBatch", "WithdrawBatch")),
    *(f"SetStatus.{action}{how}" for how in ("", "For") for action in ("REVOKE", "SUSPEND", "REINSTATE")),
}


def live(arena: Arena, seed: bytes, acts: Sequence[int]) -> tuple[list[str], AssertionError | None]:
    """Lives one sequence; what was done, and how the contract and its model differ."""
    life = Life(arena, seed)
    try:
        for number in acts:
            life.act(number)
        life.end()
    except AssertionError as error:
        return life.log, error
    return life.log, None


def live_or_explain(arena: Arena, seed: bytes, length: int) -> None:
    """Lives one sequence. If it fails, leaves out of it what can be left out, and fails with what remains."""
    acts = list(range(length))
    log, failure = live(arena, seed, acts)
    if failure is None:
        return
    for number in range(length):
        fewer = [one for one in acts if one != number]
        shorter, again = live(arena, seed, fewer)
        if again is not None:
            acts, log, failure = fewer, shorter, again
    raise AssertionError("\n".join(["the contract and its model differ after", *log, str(failure)])) from failure


def compare(arena: Arena, sequences: int) -> None:
    """Lives that many sequences, each compared act by act and whole."""

    @settings(max_examples=sequences, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(seed=st.binary(min_size=8, max_size=8))
    def one(seed: bytes) -> None:
        live_or_explain(arena, seed, ACTS_IN_A_SEQUENCE)

    one()


def live_on_anvil(folder: Path, sequences: int, statistics: Statistics, *, keys: int = 0) -> None:
    folder.mkdir()
    with running_anvil(folder, ANVIL_CHAIN_ID) as url, closing(Line(url)) as transport:
        address = deploy(transport, dev_account(0), chain_id=ANVIL_CHAIN_ID)
        reader = RpcRegistryReader([transport], address, ANVIL_CHAIN_ID, "latest")
        compare(AnvilArena(transport, reader, statistics, keys), sequences)


@pytest.mark.node
def test_the_contract_does_on_anvil_what_its_documentation_says(tmp_path: Path) -> None:
    statistics = Statistics()
    live_on_anvil(tmp_path / "bare", SEQUENCES, statistics)
    # Every block of anvil costs time by all that is stored: an issuer near its limit is there now and then only.
    live_on_anvil(tmp_path / "full", max(SEQUENCES // 10, 5), statistics, keys=NEARLY_ALL_KEYS)
    assert statistics.sequences > SEQUENCES
    if FULL:
        errors = {entry["name"] for entry in json.loads(ARTIFACT.read_bytes())["abi"] if entry["type"] == "error"}
        assert statistics.done.keys() == ACTS
        assert statistics.refused.keys() == errors


def test_the_contract_does_on_the_embedded_chain_what_its_documentation_says(embedded: Embedded) -> None:
    statistics = Statistics()
    arena = EmbeddedArena(embedded.transport, embedded.reader(), statistics, embedded.clock)
    compare(arena, SEQUENCES_ON_PY_EVM)
    assert statistics.sequences >= SEQUENCES_ON_PY_EVM
