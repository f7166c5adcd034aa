"""Proves what no act can ever do to the registry: symbolic execution of every act by halmos, property by property.

    python -m scripts.prove_contract [PROPERTY …]     all of contracts/proofs, or those that are named; some two minutes

Needs forge (`npm ci` in contracts/) and halmos (`python -m scripts.contract_tools`). A property is a contract in
`contracts/proofs`; each of its proofs does one act with any arguments, by any account, on a registry in any state.
`CanBeDone` is the counter-check: each of its proofs must be refuted, or the others would hold of nothing. The code that
they speak of is byte for byte the code that Cairn ships.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from scripts.build_artifacts import ARTIFACT, CONTRACT
from scripts.contract_tools import CONTRACTS, is_installed, search_path, tool

PROOFS = CONTRACTS / "proofs"
REACHABLE = "CanBeDone"
PROVED, REFUTED, CUT_SHORT = 0, 1, -1
WORDS = {PROVED: "proved", REFUTED: "refuted", CUT_SHORT: "CUT SHORT"}
SECONDS = 1800


class ProverFailed(Exception):
    """halmos gave no answer; the message is the end of what it printed."""


@dataclass(frozen=True)
class Proof:
    """What halmos said of one act: proved, refuted by a counterexample, cut short at a loop's bound, or undecided."""

    name: str
    code: int
    seconds: float
    paths: int


def properties() -> list[str]:
    """The contracts in contracts/proofs that hold proofs."""
    found = []
    for path in sorted(PROOFS.glob("*.sol")):
        source = path.read_text(encoding="utf-8")
        if f"\ncontract {path.stem} " in source and ("EveryAct {" in source or "function check_" in source):
            found.append(path.stem)
    return found


def copy_sources(folder: Path) -> None:
    """What a proof needs, in a folder where forge and halmos may write."""
    for name in ("src", "proofs", "bin"):
        shutil.copytree(CONTRACTS / name, folder / name)
    shutil.copy(CONTRACTS / "foundry.toml", folder)
    shutil.copy(PROOFS / "halmos.toml", folder)
    (folder / "node_modules").symlink_to(CONTRACTS / "node_modules")


def run_tool(folder: Path, command: Sequence[str]) -> str:
    """What a tool prints, run on the proofs in `folder`; its exit code says nothing that its answer does not."""
    result = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": search_path("halmos"), "FOUNDRY_TEST": "proofs", "FOUNDRY_DENY": "never"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return f"{command[0]} ended with code {result.returncode}\n{result.stdout[-2000:]}\n{result.stderr[-2000:]}"


def build(folder: Path) -> str:
    """Compiles the proofs, just as halmos would, and returns the registry's deployed code. Raises ProverFailed."""
    said = run_tool(folder, ["forge", "build", "--ast", "--root", ".", "--extra-output", "storageLayout", "metadata"])
    compiled = folder / "out" / f"{CONTRACT}.sol" / f"{CONTRACT}.json"
    if not compiled.exists():
        raise ProverFailed(said)
    code: str = json.loads(compiled.read_text(encoding="utf-8"))["deployedBytecode"]["object"]
    return code


def shipped_code() -> str:
    code: str = json.loads(ARTIFACT.read_text(encoding="utf-8"))["deployedBytecode"]
    return code


def prove(folder: Path, property_: str, *, act: str = "") -> dict[str, Proof]:
    """Runs the proofs of one property, of one act if it is named, on what `build` compiled. Raises ProverFailed."""
    answer = folder / f"{property_}{act}.json"
    answer.unlink(missing_ok=True)
    command = [str(tool("halmos")), "--no-status", "--contract", property_, "--json-output", answer.name]
    said = run_tool(folder, [*command, *(["--function", rf"check_{act}\("] if act else [])])
    if not answer.exists():
        raise ProverFailed(said)
    found: dict[str, Proof] = {}
    for entries in json.loads(answer.read_text(encoding="utf-8"))["test_results"].values():
        for entry in entries:
            name = entry["name"].partition("(")[0].removeprefix("check_")
            # halmos says "proved" where it stopped going round a loop; that is none.
            code = CUT_SHORT if entry["exitcode"] == PROVED and entry["num_bounded_loops"] else entry["exitcode"]
            found[name] = Proof(name, code, (entry["time"] or [0])[0], (entry["num_paths"] or [0])[0])
    return found


def expected(property_: str) -> int:
    return REFUTED if property_ == REACHABLE else PROVED


def main(wanted: list[str]) -> int:
    if not is_installed("halmos"):
        print("halmos is not installed: python -m scripts.contract_tools", file=sys.stderr)
        return 2
    unknown = set(wanted) - set(properties())
    if unknown:
        print(
            f"there is no property {', '.join(sorted(unknown))}; there are {', '.join(properties())}", file=sys.stderr
        )
        return 2
    names = wanted or properties()
    failed = 0
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(os.cpu_count()) as pool:
        folder = Path(name)
        copy_sources(folder)
        if build(folder) != shipped_code():
            print("the sources are not those of the shipped code: python -m scripts.build_artifacts", file=sys.stderr)
            return 2
        running = [pool.submit(prove, folder, property_) for property_ in names]
        for number, (property_, future) in enumerate(zip(names, running, strict=True), 1):
            print(f"[{number}/{len(names)}] {property_}", flush=True)
            failed += show(property_, future.result())
    print("every proof came out as it should" if not failed else f"{failed} proofs did NOT come out as they should")
    return 1 if failed else 0


def show(property_: str, proofs: Mapping[str, Proof]) -> int:
    """Prints a line for each proof; returns how many did not come out as they should."""
    for proof in proofs.values():
        words = WORDS.get(proof.code, "NOT DECIDED")
        print(f"    {proof.name:20} {words:12} {proof.paths:4} paths {proof.seconds:7.1f} s", flush=True)
    return sum(proof.code != expected(property_) for proof in proofs.values())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
