"""halmos proves of the registry what no test can: that no act, with any arguments, in any state, does what it must not.

Three properties are proved whole here; `python -m scripts.prove_contract` proves all of them, in some ten minutes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.contract_tools import CONTRACTS, NODE_TOOLS, is_installed
from scripts.prove_contract import PROOFS, PROVED, REACHABLE, REFUTED, copy_sources, properties, prove

FULL = os.environ.get("CAIRN_FULL") == "1"
ABI = json.loads((CONTRACTS.parent / "ledger/chain/artifacts/CredentialRegistry.json").read_text(encoding="utf-8"))[
    "abi"
]
ACTS = {entry["name"] for entry in ABI if entry["type"] == "function" and entry["stateMutability"] == "nonpayable"}
STORAGE = re.compile(r"uint256 internal constant (\w+) = (\d+);")

FLAWS = {
    ("AnchorsStay", "anchor"): (
        "if (_anchors[issuerId][root].anchoredAt != 0) revert AlreadyAnchored(issuerId, root);",
        "",
    ),
    ("RevokedStaysRevoked", "setStatus"): (
        "action == StatusAction.Revoke ? _revoked[issuerId]",
        "action != StatusAction.Suspend ? _revoked[issuerId]",
    ),
    ("OnlyItsIssuer", "setOperator"): ("_operators[issuerId][account] = ", "_operators[bytes32(0)][account] = "),
}
"""For a property and an act, a change of the contract that breaks it: what stands there, and what comes instead."""


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (is_installed("halmos") and (NODE_TOOLS / "forge").exists() and shutil.which("node")):
        reason = "halmos or forge is not installed: python -m scripts.contract_tools, npm ci in contracts/"
        pytest.fail(reason) if FULL else pytest.skip(reason)
    if not FULL:
        pytest.skip("proving takes minutes: only with --full")
    folder = tmp_path_factory.mktemp("proofs") / "contracts"
    folder.mkdir()
    copy_sources(folder)
    return folder


def test_each_act_has_its_proof_in_every_property() -> None:
    source = (PROOFS / "EveryAct.sol").read_text(encoding="utf-8")
    assert set(re.findall(r"function check_(\w+)\(", source)) == ACTS
    assert {"AnchorsStay", "OnlyItsIssuer", "RevokedStaysRevoked", REACHABLE} <= set(properties())


@pytest.mark.node
@pytest.mark.parametrize("property_", ["OnlyItsIssuer", "AnchorsStay", "RevokedStaysRevoked"])
def test_every_act_is_proved(sources: Path, property_: str) -> None:
    found = prove(sources, property_)
    assert set(found) == ACTS
    assert {name: proof.code for name, proof in found.items()} == dict.fromkeys(ACTS, PROVED)


@pytest.mark.node
def test_each_act_can_be_done_at_all(sources: Path) -> None:
    # Were an act out of the prover's reach, everything that is said of it would hold.
    found = prove(sources, REACHABLE)
    assert {name: proof.code for name, proof in found.items()} == dict.fromkeys(ACTS, REFUTED)


@pytest.mark.node
@pytest.mark.parametrize(("property_", "act"), FLAWS)
def test_a_flawed_contract_is_refuted(sources: Path, tmp_path: Path, property_: str, act: str) -> None:
    sound, flawed = FLAWS[property_, act]
    folder = tmp_path / "contracts"
    shutil.copytree(sources, folder, symlinks=True, ignore=shutil.ignore_patterns("out", "cache"))
    registry = folder / "src" / "CredentialRegistry.sol"
    text = registry.read_text(encoding="utf-8")
    assert text.count(sound) == 1
    registry.write_text(text.replace(sound, flawed), encoding="utf-8")
    assert prove(folder, property_, act=act)[act].code == REFUTED


@pytest.mark.node
def test_the_storage_lies_where_the_proofs_look_for_it(sources: Path) -> None:
    asked = subprocess.run(
        [
            str(NODE_TOOLS / "forge"),
            "inspect",
            "src/CredentialRegistry.sol:CredentialRegistry",
            "storageLayout",
            "--json",
        ],
        cwd=sources,
        env={**os.environ, "FOUNDRY_TEST": "proofs", "FOUNDRY_DENY": "never"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    laid_out = {entry["label"]: int(entry["slot"]) for entry in json.loads(asked.stdout)["storage"]}
    said = {name: int(slot) for name, slot in STORAGE.findall((PROOFS / "Records.sol").read_text(encoding="utf-8"))}
    assert {re.sub(r"_", "", label).lower(): slot for label, slot in laid_out.items()} == {
        name.replace("_", "").lower(): slot for name, slot in said.items()
    }
