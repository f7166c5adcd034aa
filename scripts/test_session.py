"""Runs every check of the project; `scripts/test.py` hands over to it once the environment stands.

Without `--full`, tests whose tools are missing (Node.js for compiler, anvil and other people's verifiers, Chromium,
PostgreSQL) skip and say so. With `--full` the tools are installed where the machine allows it, a missing one is a
failure, and every row of the fault matrix is tried once.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NODE_PROJECTS = {
    "forge, anvil and solc": ROOT / "contracts",
    "other people's verifiers": ROOT / "tests" / "interop" / "node",
}
"""What each npm project of ours installs."""
BIN = Path(sys.executable).parent


def step(title: str, command: list[str], **environment: str) -> bool:
    """Runs one command, with its output shown, and says how long it took."""
    print(f"\n== {title}", flush=True)
    started = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False).returncode
    verdict = "ok" if code == 0 else f"FAILED (exit code {code})"
    print(f"== {title}: {verdict}, {time.monotonic() - started:.0f} s", flush=True)
    return code == 0


def install_node_tools() -> bool:
    """What the npm projects pin, each from its own lock."""
    if shutil.which("npm") is None:
        print("There is no npm on PATH: --full needs Node.js 20 or newer for the compiler, forge, anvil and verifiers.")
        return False
    return all(install_node_project(what, folder) for what, folder in NODE_PROJECTS.items())


def install_node_project(what: str, folder: Path) -> bool:
    installed = folder / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime > (folder / "package-lock.json").stat().st_mtime:
        return True
    return step(
        f"installing {what}",
        ["npm", "ci", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund"],
    )


def install_contract_tools() -> bool:
    """halmos and slither, each in an environment of its own, from hash-checked locks."""
    return step("installing halmos and slither", [sys.executable, "-m", "scripts.contract_tools"])


def install_packages() -> bool:
    """Chromium, PostgreSQL and faketime from Debian's packages, where they are missing and the machine lets us."""
    present = {
        "chromium": any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
        "postgresql": shutil.which("initdb") is not None or any(Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        "faketime": shutil.which("faketime") is not None,
    }
    missing = [name for name, is_there in present.items() if not is_there]
    if not missing:
        return True
    if shutil.which("apt-get") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        print(f"--full needs {', '.join(missing)}, which this user cannot install.")
        return False
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    return step("refreshing the package list", ["apt-get", "update", "-qq"], **quiet) and step(
        f"installing {', '.join(missing)}",
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing],
        **quiet,
    )


def main(arguments: list[str]) -> int:
    full = "--full" in arguments
    rest = [word for word in arguments if word != "--full"]
    python = [sys.executable, "-m"]
    workers = str(min(os.cpu_count() or 1, 4))
    if full and not (install_node_tools() and install_contract_tools() and install_packages()):
        return 2
    environment = {"PYTHONPATH": str(ROOT)} | ({"CAIRN_FULL": "1"} if full else {})
    checks = [
        step("ruff", [str(BIN / "ruff"), "check", "."]),
        step("ruff format", [str(BIN / "ruff"), "format", "--check", "."]),
        step("mypy --strict", [*python, "mypy"]),
        step("pytest", [*python, "pytest", "-n", workers, "--dist", "worksteal", "-rs", *rest], **environment),
    ]
    if full and not rest:
        checks.append(step("faults", [*python, "scripts.faulting.session", "--smoke"], **environment))
    print("\nAll checks passed." if all(checks) else "\nSome checks FAILED: see above.")
    return 0 if all(checks) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
