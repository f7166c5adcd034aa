"""The comparison of costs in `docs/operations.md` is that of the committed run, and its figures are those of forge.

The benchmark itself needs npm and anvil (`python -m benchmarks.gas`); nothing of it runs here.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.gas.acts import ACTS, QUESTIONS, Figure, Missing, Results, System, as_json, from_json
from benchmarks.gas.tables import HEADING, acts_table, section
from scripts.build_artifacts import ARTIFACT

ROOT = Path(__file__).parents[2]
GAS = ROOT / "benchmarks" / "gas"
SNAPSHOT = ROOT / "contracts" / "snapshots" / "CredentialRegistry.json"
SAME_ACT = {
    "anchor a batch of 1": "anchor_1",
    "anchor a batch of 1,000,000": "anchor_million",
    "anchor a batch of 4,294,967,295": "anchor_most",
    "revoke the first credential of a word": "revoke_fresh",
    "revoke one more credential of a word": "revoke_used",
    "revoke 256 neighbours": "revoke_256",
}
"""What both measure with the same accounts and arguments: no byte of calldata differs, so that the gas is equal."""

PROMISED = {
    "anchor_1": 60_000,
    "anchor_million": 60_000,
    "anchor_most": 60_000,
    "revoke_fresh": 60_000,
    "revoke_used": 40_000,
    "revoke_10240": 120 * 10_240,
    "check_million": 90_000,
}


def results() -> Results:
    return from_json(json.loads((GAS / "results.json").read_text(encoding="utf-8")))


def cairn() -> System:
    return next(system for system in results().systems if system.name == "Cairn")


def gas_of(act: str) -> int:
    cell = cairn().acts[act]
    assert not isinstance(cell, Missing)
    return cell[0].gas


def test_the_section_of_the_operations_guide_is_that_of_the_committed_run() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    before, heading, after = guide.partition(HEADING + "\n")
    assert heading
    assert before.endswith("\n\n")
    written = heading + after.partition("\n## ")[0]
    assert written.rstrip("\n") == section(results()).rstrip("\n"), "stale: python -m benchmarks.gas --markdown"


@pytest.mark.parametrize(("name", "act"), SAME_ACT.items())
def test_what_forge_measures_too_costs_the_same_there(name: str, act: str) -> None:
    assert gas_of(act) == int(json.loads(SNAPSHOT.read_text(encoding="utf-8"))[name])


@pytest.mark.parametrize(("act", "most"), PROMISED.items())
def test_no_act_costs_more_than_was_promised(act: str, most: int) -> None:
    assert 21_000 < gas_of(act) <= most


def test_the_run_measured_the_code_that_is_committed() -> None:
    assert json.loads(ARTIFACT.read_text(encoding="utf-8"))["deployedCodeHash"] in cairn().version


def test_the_run_measured_the_packages_that_are_pinned() -> None:
    pinned = json.loads((GAS / "package.json").read_text(encoding="utf-8"))["dependencies"]
    locked = json.loads((GAS / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    measured = {system.package: system.version for system in results().systems}
    contracts = {name: version for name, version in pinned.items() if not version.startswith("file:")}
    assert len(contracts) == 3
    for name, version in contracts.items():
        assert measured[name] == version == locked[f"node_modules/{name}"]["version"]


def test_the_lock_names_no_host() -> None:
    assert "://" not in (GAS / "package-lock.json").read_text(encoding="utf-8")


def test_every_system_has_a_figure_or_a_reason_for_every_act_and_question() -> None:
    for system in results().systems:
        for act in ACTS:
            cell = system.acts[act]
            assert cell.reason if isinstance(cell, Missing) else all(figure.gas >= 21_000 for figure in cell)
        for question in QUESTIONS:
            answer = system.answers[question]
            assert bool(answer.reading) != bool(answer.missing)


def test_results_are_read_as_they_were_written() -> None:
    assert from_json(json.loads(json.dumps(as_json(results())))) == results()


def test_a_cell_shows_how_many_transactions_shared_the_gas_and_among_how_many() -> None:
    few = Figure("issue", 30_000), Figure("bulkIssue", 80_000, transactions=2, things=8, remark="in parts")
    system = System("Peer", "p", "1", "MIT", "", dict.fromkeys(ACTS, few) | {"key": Missing("no keys")}, {})
    rows = acts_table(Results("", "", (system,))).splitlines()
    cell = "`issue` 30,000; `bulkIssue` 80,000 in 2 transactions (10,000 each) in parts"
    assert rows[2] == f"| put the contract on the chain | {cell} |"
    assert "| publish a signing key | none: no keys |" in rows
