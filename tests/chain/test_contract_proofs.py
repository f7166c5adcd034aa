"""halmos proves of the registry what no test can: that no act, with any arguments, in any state, does what it must not.

And it refutes a registry with a flaw for each property, so that what it proves of ours is worth something.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.contract_tools import CONTRACTS, NODE_TOOLS, is_installed
from scripts.prove_contract import (
    PROOFS,
    REACHABLE,
    REFUTED,
    build,
    copy_sources,
    expected,
    properties,
    prove,
    shipped_code,
)

FULL = os.environ.get("CAIRN_FULL") == "1"
ABI = json.loads((CONTRACTS.parent / "ledger/chain/artifacts/CredentialRegistry.json").read_text(encoding="utf-8"))[
    "abi"
]
ACTS = {entry["name"] for entry in ABI if entry["type"] == "function" and entry["stateMutability"] == "nonpayable"}
SPONSORED = {name for name in ACTS if name.endswith("For")}
STORAGE = re.compile(r"uint256 internal constant (\w+) = (\d+);")

NO_ADMIN = "_requireAdmin(issuerId);\n        "
NO_ROLE = "_requireOperator(issuerId, authorization.operator, REVOKE);\n        "


@dataclass(frozen=True)
class Flaw:
    """A change of the contract that breaks a property of an act: what stands there, and what comes instead."""

    property: str
    act: str
    sound: str
    flawed: str
    file: str = "CredentialRegistry.sol"


# Each is in the way of its own act only, so that all of them can be in one contract.
FLAWS = [
    Flaw("OnlyItsIssuer", "setOperator", "_operators[issuerId][account] = ", "_operators[bytes32(0)][account] = "),
    Flaw("OnlyTheAdmin", "addKey", f"{NO_ADMIN}if (key == 0)", "if (key == 0)"),
    Flaw(
        "OnlyOperators",
        "withdraw",
        "msg.sender, REVOKE);\n        _withdraw",
        "msg.sender, ANCHOR);\n        _withdraw",
    ),
    Flaw(
        "OnlyOperators", "setStatusFor", f"{NO_ROLE}_spend(issuerId, this.setStatus", "_spend(issuerId, this.setStatus"
    ),
    Flaw(
        "OnlyTheAccreditor",
        "endAccreditation",
        "storage periods = _accreditations[issuerId][msg.sender];",
        "storage periods = _accreditations[issuerId][_issuers[issuerId].admin];",
    ),
    Flaw("AccreditationsAreHistory", "accredit", "_endAccreditation(issuerId);\n        _acc", "_acc"),
    Flaw("AnchorsStay", "anchor", "if (_anchors[issuerId][root].anchoredAt != 0)", "if (false)"),
    Flaw("RevokedStaysRevoked", "setStatus", "action == StatusAction.Revoke ?", "action != StatusAction.Suspend ?"),
    Flaw("KeysOnlyEndEarlier", "closeKey", "validUntil >= current || ", ""),
    Flaw(
        "IssuersKeepTheirDid", "acceptAdmin", "issuer.admin = msg", "issuer.registeredAt = _now(); issuer.admin = msg"
    ),
    Flaw("UnregisteredIsEmpty", "proposeAdmin", f"{NO_ADMIN}_issuers", "_issuers"),
    Flaw("SpentStaysSpent", "cancelNonce", "= spent | _nonceBit", "= _nonceBit", "SponsoredActs.sol"),
    Flaw("SignedByTheOperator", "anchorFor", "uint256(s) > MAX_S || ", "", "SponsoredActs.sol"),
]
# The length of the answer of a contract that is asked for its operator's consent.
SHORT_ANSWER = Flaw(
    "SignedByTheOperator", "anchorFor", "answered := and(answered, gt(returndatasize(), 0x1f))", "", "SponsoredActs.sol"
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled proofs, with the registry as it is."""
    if not (is_installed("halmos") and (NODE_TOOLS / "forge").exists() and shutil.which("node")):
        reason = "halmos or forge is not installed: python -m scripts.contract_tools, npm ci in contracts/"
        pytest.fail(reason) if FULL else pytest.skip(reason)
    if not FULL:
        pytest.skip("proving takes minutes: only with --full")
    folder = tmp_path_factory.mktemp("sound") / "contracts"
    folder.mkdir()
    copy_sources(folder)
    assert build(folder) == shipped_code()
    return folder


@pytest.fixture(scope="module")
def flawed(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled proofs, with a registry that has all the flaws."""
    return with_flaws(tmp_path_factory.mktemp("flawed") / "contracts", FLAWS)


def with_flaws(folder: Path, flaws: Sequence[Flaw]) -> Path:
    folder.mkdir()
    copy_sources(folder)
    for flaw in flaws:
        source = folder / "src" / flaw.file
        text = source.read_text(encoding="utf-8")
        assert text.count(flaw.sound) == 1, flaw
        source.write_text(text.replace(flaw.sound, flaw.flawed), encoding="utf-8")
    assert build(folder) != shipped_code()
    return folder


def test_each_act_has_its_proof_in_every_property() -> None:
    source = (PROOFS / "EveryAct.sol").read_text(encoding="utf-8")
    assert set(re.findall(r"function check_(\w+)\(", source)) == ACTS
    assert set(properties()) == {flaw.property for flaw in FLAWS} | {REACHABLE}


def test_what_is_proved_is_told() -> None:
    told = (CONTRACTS.parent / "docs" / "contract-proofs.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)`", told, re.MULTILINE)) == set(properties())


@pytest.mark.node
@pytest.mark.parametrize("property_", properties())
def test_every_proof_comes_out_as_it_should(sound: Path, property_: str) -> None:
    found = prove(sound, property_)
    acts = SPONSORED if property_ == "SignedByTheOperator" else ACTS
    assert {name: proof.code for name, proof in found.items()} == dict.fromkeys(acts, expected(property_))


@pytest.mark.node
@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: f"{flaw.property}-{flaw.act}")
def test_a_flaw_is_found(flawed: Path, flaw: Flaw) -> None:
    assert prove(flawed, flaw.property, act=flaw.act)[flaw.act].code == REFUTED


@pytest.mark.node
def test_an_answer_that_is_too_short_would_be_found(sound: Path, tmp_path: Path) -> None:
    folder = with_flaws(tmp_path / "contracts", [SHORT_ANSWER])
    assert prove(folder, SHORT_ANSWER.property, act=SHORT_ANSWER.act)[SHORT_ANSWER.act].code == REFUTED


@pytest.mark.node
def test_the_storage_lies_where_the_proofs_look_for_it(sound: Path) -> None:
    asked = subprocess.run(
        [
            str(NODE_TOOLS / "forge"),
            "inspect",
            "src/CredentialRegistry.sol:CredentialRegistry",
            "storageLayout",
            "--json",
        ],
        cwd=sound,
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
