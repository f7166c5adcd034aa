"""The engine, in a process of its own: this one may run the site's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LIVES = Path(__file__).with_name("engine_lives.py")


def test_the_engine_loses_no_job() -> None:
    # Without the conftest of all tests, which brings a whole site along.
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "--noconftest", str(LIVES)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=480, check=False)
    assert ended.returncode == 0, ended.stdout
