"""Makes the project's own Python environment from nothing but a Python: the one set-up that every command shares.

Standard library only. `.venv` is built from a lock file whose every entry carries its hash; a stamp in it tells whether
it is up to date, so that a second run costs nothing. `uv` does the work where it is at hand or can be fetched; plain
venv and pip otherwise.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
STAMP = VENV / "cairn-locks"
MINIMUM = (3, 11)
LOCKS = {"runtime": "requirements.lock", "dev": "requirements-dev.lock"}


class SetupError(Exception):
    """The environment could not be made; the message says why in one line."""


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def venv_bin(name: str) -> Path:
    folder, suffix = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
    return VENV / folder / f"{name}{suffix}"


def fingerprint(group: str) -> str:
    """One line that changes whenever the lock, the project's metadata or the interpreter does."""
    content = (ROOT / LOCKS[group]).read_bytes() + (ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()
    version = ".".join(map(str, sys.version_info[:3]))
    return f"{group} {version} {hashlib.sha256(content).hexdigest()}"


def is_current(group: str) -> bool:
    """Whether `.venv` holds what the group needs; the dev environment serves the runtime as well."""
    if not STAMP.is_file() or not venv_bin("python").exists():
        return False
    held = STAMP.read_text(encoding="utf-8")
    return held == fingerprint("dev") or held == fingerprint(group)


def run(command: list[str], reason: str) -> None:
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment.pop("VIRTUAL_ENV", None)
    try:
        result = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    except OSError as error:
        raise SetupError(f"{reason}: {error}") from error
    if result.returncode != 0:
        raise SetupError(f"{reason}: {Path(command[0]).name} ended with code {result.returncode}")


def find_uv() -> str | None:
    """uv from PATH, from an earlier run, or fetched with pip by hash; None where there is no pip to fetch it with."""
    if found := shutil.which("uv"):
        return found
    local = TOOLS / ("bin/uv.exe" if os.name == "nt" else "bin/uv")
    if local.exists():
        return str(local)
    has_pip = (
        subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    )
    if not has_pip:
        return None
    say("  fetching uv, the installer …")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--no-warn-script-location",
    ]
    try:
        run([*command, "--root-user-action", "ignore", "--target", str(TOOLS), "-r", "requirements-uv.lock"], "uv")
    except SetupError:
        return None
    return str(local) if local.exists() else None


def install(group: str) -> None:
    lock = LOCKS[group]
    if STAMP.exists():
        STAMP.unlink()
    if uv := find_uv():
        say(f"  installing what {lock} lists …")
        if not venv_bin("python").exists():
            run([uv, "venv", "--quiet", "--python", sys.executable, str(VENV)], "making .venv")
        target = ["--python", str(venv_bin("python"))]
        loudness = [] if sys.stderr.isatty() else ["--quiet"]  # uv draws its bars for people only
        run([uv, "pip", "sync", *loudness, *target, "--compile-bytecode", "--require-hashes", lock], "installing")
        run(
            [uv, "pip", "install", "--quiet", *target, "--no-deps", "--no-build-isolation", "-e", "."],
            "installing cairn",
        )
        return
    say(f"  installing what {lock} lists with pip: this takes a few minutes …")
    run([sys.executable, "-m", "venv", "--clear", str(VENV)], "making .venv")
    pip = [str(venv_bin("python")), "-m", "pip", "install", "--no-deps"]
    run([*pip, "--require-hashes", "-r", lock], "installing")
    run([*pip, "--quiet", "--no-build-isolation", "-e", "."], "installing cairn")


def prepare(group: str) -> Path:
    """Brings `.venv` up to date for `runtime` or `dev` and returns its Python. Raises SetupError."""
    if sys.version_info < MINIMUM:
        raise SetupError(f"Cairn needs Python {MINIMUM[0]}.{MINIMUM[1]} or newer; this is {sys.version.split()[0]}")
    if not is_current(group):
        say("Setting up Cairn's own Python environment in .venv")
        install(group)
        # The command starts in half the time where nothing is left to compile.
        run([str(venv_bin("python")), "-m", "compileall", "-q", "ledger", "api"], "compiling")
        STAMP.write_text(fingerprint(group), encoding="utf-8")
    return venv_bin("python")


def hand_over(group: str, module: str) -> int:
    """Prepares the environment and runs a module of the project in it with this command's arguments."""
    try:
        python = prepare(group)
    except SetupError as error:
        say(f"Set-up failed. {error}")
        return 2
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        return subprocess.run([str(python), "-m", module, *sys.argv[1:]], env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 130
