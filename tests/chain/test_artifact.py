"""The committed artifact is what the sources compile to, and the sources pass their own tests whole."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from scripts.build_artifacts import ARTIFACT, COMPILER, CONTRACTS, compile_contract, compiler_settings, source_sha256

FORGE = CONTRACTS / "node_modules" / ".bin" / "forge"
SOLC = CONTRACTS / "node_modules" / "solc"
FULL = os.environ.get("CAIRN_FULL") == "1"


def committed() -> dict[str, Any]:
    artifact: dict[str, Any] = json.loads(ARTIFACT.read_text(encoding="utf-8"))
    return artifact


def require(tool: Path) -> None:
    """Skips the test where the npm packages are not installed; with CAIRN_FULL=1 that is a failure."""
    if tool.exists() and shutil.which("node"):
        return
    reason = f"{tool.name} or Node.js is not installed: npm ci --ignore-scripts --prefix contracts"
    if FULL:
        pytest.fail(reason)
    pytest.skip(reason)


def run_forge(*arguments: str, environment: dict[str, str] | None = None) -> str:
    require(FORGE)
    result = subprocess.run(
        [str(FORGE), *arguments],
        cwd=CONTRACTS,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert result.returncode == 0, f"forge {' '.join(arguments)}\n{result.stdout[-4000:]}\n{result.stderr[-2000:]}"
    return result.stdout


def test_the_artifact_is_made_from_the_sources_as_they_are() -> None:
    assert committed()["sourceSha256"] == source_sha256(), "stale: python -m scripts.build_artifacts"


def test_the_artifact_is_made_with_the_settings_and_the_compiler_that_are_pinned() -> None:
    artifact = committed()
    assert artifact["settings"] == compiler_settings()
    packages = json.loads((CONTRACTS / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert artifact["solc"].split("+")[0] == packages["node_modules/solc"]["version"]
    for source in (CONTRACTS / "src").glob("*.sol"):
        assert f"pragma solidity {artifact['solc'].split('+')[0]};" in source.read_text(encoding="utf-8")


def test_the_code_hash_is_that_of_the_deployed_code() -> None:
    artifact = committed()
    assert artifact["deployedCodeHash"] == "0x" + keccak(hexstr=artifact["deployedBytecode"]).hex()
    assert artifact["bytecode"].endswith(artifact["deployedBytecode"][2:])


def test_the_lock_of_the_tools_names_no_host() -> None:
    assert "://" not in (CONTRACTS / "package-lock.json").read_text(encoding="utf-8")


@pytest.mark.node
def test_compiling_again_gives_the_same_artifact() -> None:
    require(SOLC)
    assert COMPILER.exists()
    assert compile_contract() == committed()


@pytest.mark.node
def test_the_contract_passes_its_own_tests_without_a_lint_warning() -> None:
    run_forge("fmt", "--check")
    run_forge("build")
    # Ten thousand runs of each fuzz test where everything is to be checked, 256 otherwise.
    report = json.loads(run_forge("test", "--json", environment={"FOUNDRY_PROFILE": "ci" if FULL else "default"}))
    results = [result["status"] for suite in report.values() for result in suite["test_results"].values()]
    assert len(results) > 100
    assert set(results) == {"Success"}


@pytest.mark.node
def test_every_line_and_branch_of_the_contract_is_tested(tmp_path: Path) -> None:
    if not FULL:
        pytest.skip("measuring coverage takes half a minute: only with --full")
    # Unoptimized code costs other gas, so that the gas tests stay out; the campaign adds time and no line.
    table = run_forge(
        *("coverage", "--report", "summary", "--no-match-contract", "GasTest|InvariantsTest", "--fuzz-runs", "32"),
        environment={"FOUNDRY_OUT": str(tmp_path / "out"), "FOUNDRY_CACHE_PATH": str(tmp_path / "cache")},
    )
    rows = {match[1]: line for line in table.splitlines() if (match := re.search(r" src/(\w+\.sol) ", line))}
    sources = {path.name: path.read_text(encoding="utf-8") for path in (CONTRACTS / "src").glob("*.sol")}
    code = re.compile(r"^(abstract )?(contract|library) ", re.MULTILINE)
    with_code = {name for name, text in sources.items() if code.search(text)}
    assert len(with_code) >= 3
    assert set(rows) == with_code
    for row in rows.values():
        figures = re.findall(r"([\d.]+)% \((\d+)/\d+\)", row)
        assert len(figures) == 4, row
        assert {share for share, _ in figures} == {"100.00"}, row
        assert all(int(count) > 0 for _, count in figures), row
