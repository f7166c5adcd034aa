"""slither, run through forge, finds nothing in the registry that was not looked at and explained here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.contract_tools import CONTRACTS, NODE_TOOLS, is_installed, search_path, tool

FULL = os.environ.get("CAIRN_FULL") == "1"
DECLARATION = re.compile(r"^(?:abstract contract|contract|interface|library) (\w+)", re.MULTILINE)

TIMES = (
    "comparing block times is what the registry is for; a validator can move them by seconds, and nothing hangs on that"
)
EXPLAINED = {
    ("timestamp", "registerIssuer"): TIMES,
    ("timestamp", "setOperator"): TIMES,
    ("timestamp", "accredit"): TIMES,
    ("timestamp", "_requireAdmin"): "the admin lies in one slot with a time; no time is compared",
    ("timestamp", "_requireOperator"): TIMES,
    ("timestamp", "_anchor"): TIMES,
    ("timestamp", "_endAccreditation"): TIMES,
    ("timestamp", "_spend"): TIMES,
    ("assembly", "_isApprovedBy"): "one static call that reads one word of the answer; see docs/decisions.md",
}
"""Findings of low impact, by detector and function, each with why it stays."""


@dataclass(frozen=True)
class Analysis:
    """What slither said: findings as (impact, detector, function), and how many contracts it looked at."""

    findings: frozenset[tuple[str, str, str]]
    contracts: int


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources alone: slither writes beside them, and tests are none of its business."""
    if not (is_installed("slither") and (NODE_TOOLS / "forge").exists() and shutil.which("node")):
        reason = "slither or forge is not installed: python -m scripts.contract_tools, npm ci in contracts/"
        pytest.fail(reason) if FULL else pytest.skip(reason)
    folder = tmp_path_factory.mktemp("slither")
    for name in ("src", "bin"):
        shutil.copytree(CONTRACTS / name, folder / name)
    shutil.copy(CONTRACTS / "foundry.toml", folder)
    (folder / "node_modules").symlink_to(CONTRACTS / "node_modules")
    return folder


@pytest.fixture(scope="module")
def analysis(sources: Path) -> Analysis:
    return _analyze(sources)


def _analyze(folder: Path) -> Analysis:
    result = subprocess.run(
        [str(tool("slither")), ".", "--json", "found.json"],
        cwd=folder,
        env={**os.environ, "PATH": search_path("slither")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    answer = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    assert answer["success"], answer["error"]
    counted = re.search(r"analyzed \((\d+) contracts", result.stderr)
    assert counted, result.stderr[-2000:]
    found = frozenset(
        (finding["impact"], finding["check"], finding["elements"][0]["name"])
        for finding in answer["results"].get("detectors", [])
    )
    return Analysis(found, int(counted[1]))


@pytest.mark.node
def test_every_contract_was_analyzed(analysis: Analysis) -> None:
    # slither looks at nothing, and is content, where it cannot compile.
    sources = [path.read_text(encoding="utf-8") for path in (CONTRACTS / "src").glob("*.sol")]
    declared = [name for source in sources for name in DECLARATION.findall(source)]
    assert "CredentialRegistry" in declared
    assert analysis.contracts == len(declared)


@pytest.mark.node
def test_nothing_of_medium_or_high_impact_is_found(analysis: Analysis) -> None:
    assert {finding for finding in analysis.findings if finding[0] in {"High", "Medium"}} == set()


@pytest.mark.node
def test_every_other_finding_is_explained_and_every_explanation_is_needed(analysis: Analysis) -> None:
    assert {(check, function) for _, check, function in analysis.findings} == set(EXPLAINED)


@pytest.mark.node
def test_a_flaw_is_found(sources: Path, analysis: Analysis) -> None:
    registry = sources / "src" / "CredentialRegistry.sol"
    sound = registry.read_text(encoding="utf-8")
    flawed = sound.replace("issuer.pendingAdmin != msg.sender", "issuer.pendingAdmin != tx.origin")
    assert flawed != sound
    (sources / "found.json").unlink()
    registry.write_text(flawed, encoding="utf-8")
    assert ("Medium", "tx-origin", "acceptAdmin") in _analyze(sources).findings - analysis.findings
