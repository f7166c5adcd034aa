"""halmos and slither, each in an environment of its own below `.tools`: what they need contradicts what Cairn needs.

    python -m scripts.contract_tools        installs both, from lock files whose every entry carries its hash

`requirements-halmos.lock` and `requirements-slither.lock` are made by `scripts/lock.sh`.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from scripts.bootstrap import ROOT, TOOLS, SetupError, find_uv, run, say

CONTRACTS = ROOT / "contracts"
NODE_TOOLS = CONTRACTS / "node_modules" / ".bin"
NAMES = ("halmos", "slither")
STAMP = "cairn-lock"


def tool(name: str) -> Path:
    """Where the command of this tool is, or would be."""
    return TOOLS / name / "bin" / name


def is_installed(name: str) -> bool:
    """Whether the tool is there, from the lock file as it is."""
    stamp = TOOLS / name / STAMP
    return tool(name).exists() and stamp.is_file() and stamp.read_text(encoding="utf-8") == _fingerprint(name)


def install(name: str) -> None:
    """Makes the tool's environment. Raises SetupError."""
    folder, lock = TOOLS / name, _lock(name)
    python = folder / "bin" / "python"
    say(f"  installing {name}, from {lock.name} …")
    if uv := find_uv():
        run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], f"making .tools/{name}")
        command = [uv, "pip", "sync", "--quiet", "--python", str(python), "--require-hashes", str(lock)]
    else:
        run([sys.executable, "-m", "venv", "--clear", str(folder)], f"making .tools/{name}")
        command = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(lock)]
    run(command, f"installing {name}")
    (folder / STAMP).write_text(_fingerprint(name), encoding="utf-8")


def search_path(name: str) -> str:
    """A PATH on which the tool finds its own parts, forge, and then everything else."""
    return os.pathsep.join([str(tool(name).parent), str(NODE_TOOLS), os.environ.get("PATH", "")])


def main() -> int:
    try:
        for name in NAMES:
            if not is_installed(name):
                install(name)
    except SetupError as error:
        say(f"Set-up failed. {error}")
        return 2
    return 0


def _lock(name: str) -> Path:
    return ROOT / f"requirements-{name}.lock"


def _fingerprint(name: str) -> str:
    version = ".".join(map(str, sys.version_info[:2]))
    return f"{version} {hashlib.sha256(_lock(name).read_bytes()).hexdigest()}"


if __name__ == "__main__":
    sys.exit(main())
