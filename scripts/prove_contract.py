"""Proves what no act can ever do to the registry: symbolic execution of every act by halmos, property by property.

    python -m scripts.prove_contract [PROPERTY …]     all of contracts/proofs, or those that are named; some ten minutes

Needs forge (`npm ci` in contracts/) and halmos (`python -m scripts.contract_tools`). A property is a contract in
`contracts/proofs`; each of its proofs does one act with any arguments, by any account, on a registry in any state.
`CanBeDone` is the counter-check: each of its proofs must be refuted, or the others would hold of nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts.contract_tools import CONTRACTS, is_installed, search_path, tool

PROOFS = CONTRACTS / "proofs"
REACHABLE = "CanBeDone"
PROVED, REFUTED = 0, 1


class ProverFailed(Exception):
    """halmos gave no answer; the message is the end of what it printed."""


@dataclass(frozen=True)
class Proof:
    """What halmos said of one act: `code` 0 proved, 1 refuted with a counterexample, else not decided."""

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


def prove(folder: Path, property_: str, *, act: str = "", timeout: float = 1800) -> dict[str, Proof]:
    """Runs the proofs of one property, of one act if it is named, on the sources in `folder`. Raises ProverFailed."""
    answer = folder / f"{property_}.json"
    answer.unlink(missing_ok=True)
    command = [str(tool("halmos")), "--no-status", "--contract", property_, "--json-output", answer.name]
    result = subprocess.run(
        [*command, *(["--function", rf"check_{act}\("] if act else [])],
        cwd=folder,
        env={**os.environ, "PATH": search_path("halmos"), "FOUNDRY_TEST": "proofs", "FOUNDRY_DENY": "never"},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if not answer.exists():
        raise ProverFailed(f"{result.stdout[-2000:]}\n{result.stderr[-2000:]}")
    found: dict[str, Proof] = {}
    for entries in json.loads(answer.read_text(encoding="utf-8"))["test_results"].values():
        for entry in entries:
            name = entry["name"].partition("(")[0].removeprefix("check_")
            found[name] = Proof(name, entry["exitcode"], entry["time"][0], entry["num_paths"][0])
    return found


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
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        copy_sources(Path(name))
        for number, property_ in enumerate(names := wanted or properties(), 1):
            print(f"[{number}/{len(names)}] {property_}", flush=True)
            for proof in prove(Path(name), property_).values():
                expected = REFUTED if property_ == REACHABLE else PROVED
                failed += proof.code != expected
                words = {PROVED: "proved", REFUTED: "refuted"}.get(proof.code, "NOT DECIDED")
                print(f"    {proof.name:20} {words:12} {proof.paths:4} paths {proof.seconds:7.1f} s", flush=True)
    print("every proof came out as it should" if not failed else f"{failed} proofs did NOT come out as they should")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
