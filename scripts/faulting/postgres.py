"""A PostgreSQL server of one run: a cluster of its own on loopback, which can be crashed and begun again."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from scripts.faulting.site import free_port
from scripts.faulting.stage import Skipped

USER = "postgres"
_SECONDS = 60.0


def programs() -> Path:
    """The folder of the server's programs. Raises `Skipped` where there is none."""
    beside = [Path(found).parent for found in [shutil.which("initdb")] if found]
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = next((folder for folder in [*beside, *reversed(packaged)] if (folder / "initdb").exists()), None)
    if found is None:
        raise Skipped("PostgreSQL is not installed")
    return found


class Postgres:
    """One cluster. The server refuses to run as root, and is run as the user `postgres` then."""

    def __init__(self, folder: Path) -> None:
        self._programs = programs()
        self._folder = folder / "cluster"
        self._log = folder / "postgres.log"
        self._user = USER if os.geteuid() == 0 else None
        self._is_running = False
        self.port = free_port()

    @property
    def url(self) -> str:
        """For clients that speak to the server directly."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    @property
    def sqlalchemy_url(self) -> str:
        """For the data folder's configuration."""
        return self.url.replace("postgresql:", "postgresql+psycopg:")

    def make(self) -> Postgres:
        """Makes an empty cluster."""
        self._own(self._folder.parent)
        self._run("initdb", "--pgdata", str(self._folder), "--auth", "trust", "--username", USER, "--no-sync")
        return self

    def copy(self, template: Path) -> Postgres:
        """Begins with the cluster of another one that is stopped."""
        self._own(self._folder.parent)
        shutil.copytree(template / "cluster", self._folder, ignore=shutil.ignore_patterns("postmaster.pid"))
        for path in [self._folder, *self._folder.rglob("*")]:
            self._own(path)
        return self

    def start(self) -> Postgres:
        """Starts the server, and lets it recover if it crashed."""
        address = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        self._run("pg_ctl", "--pgdata", str(self._folder), "--log", str(self._log), "-o", address, "-w", "start")
        self._is_running = True
        return self

    def stop(self) -> None:
        """Ends it in good order."""
        self._end("fast")

    def crash(self) -> None:
        """Ends it as if the power went: nothing is written any more."""
        self._end("immediate")

    def cut_connections(self) -> int:
        """Ends every session but one's own; says how many there were."""
        import psycopg

        cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        with psycopg.connect(self.url, connect_timeout=10, autocommit=True) as server:
            row = server.execute(f"{cut} AND datname = 'postgres' AND backend_type = 'client backend'").fetchone()
        return int(row[0]) if row else 0

    def _end(self, mode: str) -> None:
        if self._is_running:
            self._is_running = False
            self._run("pg_ctl", "--pgdata", str(self._folder), "-m", mode, "-w", "stop")

    def _own(self, path: Path) -> None:
        if self._user is not None:
            shutil.chown(path, self._user)

    def _run(self, program: str, *words: str) -> None:
        command = [str(self._programs / program), *words]
        ended = subprocess.run(
            command,
            user=self._user,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        if ended.returncode != 0:
            raise OSError(f"{program} ended with {ended.returncode}: {ended.stderr.decode(errors='replace')[-300:]}")
