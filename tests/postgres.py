"""A PostgreSQL server of a test's own, on the loopback, that is gone with the test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.sinks import free_port

USER = "postgres"


def binaries() -> Path:
    """Where the server's programs are. Skips the test if there is none; fails it where everything must run."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [
        Path(path) for path in [shutil.which("initdb")] if path
    ]
    if not found:
        if os.environ.get("CAIRN_FULL") == "1":
            pytest.fail("PostgreSQL is not installed")
        pytest.skip("PostgreSQL is not installed")
    return found[-1].parent


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of an empty database. The server refuses to run as root, and is run as the user `postgres` then."""
    programs = binaries()
    folder = Path(tempfile.mkdtemp(prefix="cairn-postgres-"))
    port = free_port()
    is_root = os.geteuid() == 0
    if is_root:
        shutil.chown(folder, USER)

    def run(*command: object) -> None:
        words = [str(word) for word in command]
        prefix: Sequence[str] = ("runuser", "-u", USER, "--") if is_root else ()
        subprocess.run([*prefix, *words], check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=240)

    data = folder / "data"
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"
    try:
        run(programs / "initdb", "-D", data, "-U", USER, "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
        run(programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://{USER}@127.0.0.1:{port}/postgres"
        finally:
            run(programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
