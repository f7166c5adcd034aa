"""S: the process is paused, gets no memory, no file descriptors, no answer from those it tells, or no keys."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from scripts.faulting.clients import issue_over
from scripts.faulting.rows import Row
from scripts.faulting.site import Broken
from scripts.faulting.template import ISSUER
from scripts.faulting.world import World

_PAUSE_SECONDS = 8.0
_MORE_FILES = 16


def limited(words: str) -> tuple[str, ...]:
    """What stands before a command to have it live with less (`ulimit`)."""
    return ("sh", "-c", f'ulimit {words}; exec "$@"', "sh")


def paused(world: World) -> None:
    """S1: a process stands still while another takes its work over, and then goes on: one event, one transaction."""
    working = world.begin_issuing()
    time.sleep(world.random.uniform(0.8, 2.0))
    working.signal(signal.SIGSTOP)
    began = time.monotonic()
    other = world.program.start("issue", str(world.batch), "--json")
    try:
        other.communicate(timeout=_PAUSE_SECONDS + 20)
    except subprocess.TimeoutExpired:
        other.kill()
    time.sleep(max(0.0, _PAUSE_SECONDS - (time.monotonic() - began)))
    working.signal(signal.SIGCONT)
    world.expect_plain(working.end())
    world.recover()
    world.expect(world.sent_by() == 2, f"{world.sent_by()} transactions for two batches")


def no_memory(world: World) -> None:
    """S2: memory ends in the middle of the work: as if it were killed."""
    world.promises.batches.add(world.batch)
    kilobytes = world.random.randint(200, 420) * 1024
    ended = world.program.run("issue", str(world.batch), "--json", prefix=limited(f"-v {kilobytes}"))
    world.expect(ended.code in (0, 1, 2, 3) or ended.code < 0 or "MemoryError" in ended.err, f"no memory: {ended}")
    world.recover()
    world.expect(world.sent_by() == 2, f"{world.sent_by()} transactions for two batches")


def no_descriptors(world: World) -> None:
    """S3: too many connections for the files that the process may open: others wait, and then it goes on."""
    site = world.site().start()
    number = site.process.pid
    own = len(list(Path(f"/proc/{number}/fd").iterdir()))
    resource.prlimit(number, resource.RLIMIT_NOFILE, (own + _MORE_FILES, own + _MORE_FILES))
    held = []
    try:
        for _ in range(3 * _MORE_FILES):
            connection = socket.create_connection(("127.0.0.1", site.port), timeout=5)
            held.append(connection)
    except OSError:
        pass
    time.sleep(1.0)
    for connection in held:
        connection.close()
    world.until(lambda: answered(world, site.port), "it answers again", seconds=40)
    world.expect(site.is_running, f"it ended: {site.said[-300:]}")
    issue_over(world, site, world.batch)


def answered(world: World, port: int) -> bool:
    site = world.site()
    site.port = port
    try:
        return site.ask("GET", "/health", seconds=5).status in (200, 503)
    except (Broken, OSError):
        return False


def nobody_home(world: World) -> None:
    """S4: the receiver of webhooks refuses everything: it is tried again later, and shows as waiting, not as lost."""
    with Refuser() as refuser:
        world.expect_done(world.program.run("webhook", "add", ISSUER, refuser.url, "--json"))
        site = world.site().start()
        issue_over(world, site, world.batch)
        world.until(lambda: refuser.asked > 0, "the receiver is told")
        site.terminate()
        site.wait(12)
    shown = world.expect_done(world.program.run("deliveries", "--json"))
    waiting = shown.value["counts"]
    world.expect(waiting.get("waiting", 0) + waiting.get("dead", 0) > 0, f"nothing shows as waiting: {waiting}")


class Refuser:
    """A receiver that hangs up on everyone, and counts."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._is_open = True
        self.asked = 0
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/hook"

    def __enter__(self) -> Refuser:
        self._socket.settimeout(0.2)
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_open = False
        self._socket.close()

    def _run(self) -> None:
        while self._is_open:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                continue
            self.asked += 1
            connection.close()


def keys_unusable(world: World) -> None:
    """S5: the keystore is missing, opens to another passphrase, or is open to everyone: it refuses in plain words."""
    keys = world.data / "keys"
    passphrase = keys / "passphrase"
    key = keys / "issuers" / ISSUER / "anchoring.json"
    secret, stored = passphrase.read_text(encoding="utf-8"), key.read_bytes()
    passphrase.write_text("another\n", encoding="utf-8")
    refuses(world, "another passphrase")
    passphrase.write_text(secret, encoding="utf-8")
    passphrase.chmod(0o644)
    refuses(world, "a passphrase that everyone may read")
    passphrase.chmod(0o600)
    key.unlink()
    refuses(world, "a key that is gone")
    key.write_bytes(stored)
    key.chmod(0o600)


def refuses(world: World, what: str) -> None:
    ended = world.expect_plain(world.issue())
    world.expect(ended.code == 2, f"{what}: {ended}")
    world.expect(os.linesep not in ended.err.strip(), f"{what} takes more than a line: {ended}")


ROWS = (
    Row("S1", "paused while another takes over", "SIGSTOP, SIGCONT", "one transaction", paused),
    Row("S2", "no memory", "ulimit -v", "as if killed", no_memory),
    Row("S3", "no file descriptors", "prlimit", "recovers", no_descriptors),
    Row("S4", "the receiver refuses", "a sink that hangs up", "tried again; shows as waiting", nobody_home),
    Row("S5", "keys missing, locked or laid open", "files changed", "refuses, exit 2", keys_unusable),
)
