"""D: the database loses its connection, crashes, refuses a write, is locked, full or damaged."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ledger.errors import CairnError
from scripts.faulting.clients import issue_over
from scripts.faulting.program import Ended
from scripts.faulting.rows import Row
from scripts.faulting.stage import Skipped
from scripts.faulting.template import PROGRAMME, rows
from scripts.faulting.truths import bare_digest, honest_verifier
from scripts.faulting.world import World

_FIRST = 8000
_LOCKED_SECONDS = 8.0
_BUSY_SECONDS = 7.0
"""Five of waiting, as the matrix says, and two for the rest of a request on a busy machine."""
FAULT = """CREATE TRIGGER fault BEFORE {} ON {} WHEN (SELECT left FROM countdown) <= 1
BEGIN SELECT RAISE(ABORT, 'the disk failed'); END"""
COUNTING = "CREATE TRIGGER counting AFTER {} ON {} BEGIN UPDATE countdown SET left = left - 1; END"
WRITES = (
    ("import", "INSERT", "batches"),
    ("import", "INSERT", "credentials"),
    ("import", "INSERT", "documents"),
    ("issue", "INSERT", "signatures"),
    ("issue", "INSERT", "transactions"),
    ("issue", "UPDATE", "transactions"),
    ("issue", "UPDATE", "batches"),
    ("issue", "INSERT", "anchor_proofs"),
    ("revoke", "INSERT", "status_calls"),
    ("revoke", "INSERT", "status_changes"),
    ("revoke", "UPDATE", "credentials"),
)


def connection_lost(world: World) -> None:
    """D1: every session is cut, again and again, while a batch is issued."""
    working = world.begin_issuing()
    for _ in range(6):
        time.sleep(world.random.uniform(0.2, 0.8))
        world.postgres.cut_connections()
    ended = world.expect_plain(working.end())
    world.expect(ended.code in (0, 1, 2, 3), f"cut off: {ended}")
    world.recover()


def server_crashes(world: World) -> None:
    """D2: the server crashes in the middle of the work, and recovers from what it wrote."""
    world.expect(world.import_learners(3, _FIRST).code == 0, "drafting")
    working = world.begin_issuing()
    time.sleep(world.random.uniform(0.8, 3.0))
    world.postgres.crash()
    world.expect_plain(working.end())
    world.postgres.start()
    world.recover()


def write_fails(command: str, operation: str, table: str) -> Callable[[World], None]:
    """D3: one write fails, the first or a later one: nothing is left by half, and the next run goes on."""

    def act(world: World) -> None:
        nth = world.random.randint(1, 2)
        world.change_database(
            "CREATE TABLE countdown (left INTEGER)",
            f"INSERT INTO countdown VALUES ({nth})",  # noqa: S608 - a number
            FAULT.format(operation, table),
            COUNTING.format(operation, table),
        )
        before = world.claims()
        ended = ask_for(world, command)
        world.expect(ended.code != 0 or nth > 1, f"the write to {table} never came")
        if command == "import" and ended.code != 0:
            world.expect(world.claims() == before, "half of a batch was stored")
        world.change_database("DROP TRIGGER fault", "DROP TRIGGER counting", "DROP TABLE countdown")
        world.expect_done(ask_for(world, command) if ended.code != 0 else ended)

    return act


def ask_for(world: World, command: str) -> Ended:
    match command:
        case "import":
            return world.import_learners(3, _FIRST)
        case "revoke":
            return world.revoke(*world.settled()[:2])
        case _:
            return world.issue()


def locked(world: World) -> None:
    """D4: another process holds the database: whoever asks waits five seconds, and is told; nothing is a 500."""
    site = world.site().start()
    with held(world):
        began = time.monotonic()
        answer = site.draft(rows(_FIRST, 2), PROGRAMME, "locked")
        waited = time.monotonic() - began
        world.expect(answer.status == 503, f"a locked database: {answer}")
        world.expect(waited < _BUSY_SECONDS, f"it waited {waited:.1f} s")
        world.expect("retry-after" in answer.headers, "it does not say when to try again")
    answer = site.draft(rows(_FIRST, 2), PROGRAMME, "locked")
    world.expect(answer.status in (200, 201), f"afterwards: {answer}")
    world.promise_batch(int(answer.value["id"]))
    issue_over(world, site, int(answer.value["id"]))


def locked_while_issuing(world: World) -> None:
    """D4, beside a command: it waits, or says so in a line."""
    working = world.begin_issuing()
    time.sleep(world.random.uniform(0.5, 2.0))
    with held(world, _LOCKED_SECONDS):
        pass
    ended = world.expect_plain(working.end())
    world.expect(ended.code in (0, 2, 3), f"a locked database: {ended}")
    world.recover()


@contextmanager
def held(world: World, seconds: float = 0.0) -> Iterator[None]:
    """Holds the database for itself alone."""
    with closing(sqlite3.connect(world.data / "ledger.db", timeout=10, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        time.sleep(seconds)
        other.execute("ROLLBACK")


def files_may_not_grow(world: World) -> None:
    """D5: no file may grow any more: it is said, what is there can be read, and it goes on when there is room."""
    blocks = max(path.stat().st_size for path in world.data.rglob("*.db*")) // 512
    limit = ("sh", "-c", f'ulimit -f {blocks + world.random.randint(0, 40)}; exec "$@"', "sh")
    world.promises.batches.add(world.batch)
    ended = world.expect_plain(world.program.run("issue", str(world.batch), "--json", prefix=limit))
    world.expect(ended.code in (0, 1, 2, 3), f"no room: {ended}")
    intact(world)
    checked = world.verify(world.settled()[0])
    world.expect(checked.code == 0, f"what is there can still be checked: {checked}")
    world.recover()


def disk_full(world: World) -> None:
    """D5 on a disk that is full: 503 or 507, never a 500; reading and checking go on; afterwards it goes on too."""
    with small_disk(world) as filler:
        site = world.site().start()
        filler.write_bytes(b"\0" * free_bytes(world.data))
        answer = site.draft(rows(_FIRST, 40), PROGRAMME, "full")
        world.expect(answer.status in (503, 507), f"a full disk: {answer}")
        document = site.as_issuer("GET", f"/credentials/{world.settled()[0]}")
        world.expect(document.status == 200, f"reading: {document}")
        checked = site.ask("POST", "/v1/verify", document.body, headers={"Content-Type": "application/vc"})
        world.expect(checked.status == 200, f"checking: {checked}")
        filler.unlink()
        answer = site.draft(rows(_FIRST, 40), PROGRAMME, "full")
        world.expect(answer.status in (200, 201), f"with room again: {answer}")
        world.promise_batch(int(answer.value["id"]))
        site.terminate()
        site.wait(12)


@contextmanager
def small_disk(world: World) -> Iterator[Path]:
    """Puts the data folder on a small disk in memory; the file that is given may fill it."""
    disk, aside = world.folder / "disk", world.folder / "aside"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        raise Skipped("a small disk cannot be mounted here: that takes root")
    try:
        shutil.copytree(world.data, disk / "data")
        world.data.rename(aside)
        world.data.symlink_to(disk / "data")
        yield disk / "filler"
    finally:
        world.end_processes()
        if world.data.is_symlink():
            world.data.unlink()
            shutil.copytree(disk / "data", world.data)
        subprocess.run(["umount", str(disk)], check=False)


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def intact(world: World) -> None:
    with closing(sqlite3.connect(world.data / "ledger.db", timeout=10)) as connection:
        (said,) = connection.execute("PRAGMA integrity_check").fetchone()
    world.expect(said == "ok", f"the database is damaged: {said}")


def altered_before_anchoring(world: World) -> None:
    """D6: what was sealed is altered before it is anchored: reading it back finds that, and nothing is sent."""
    world.expect_killed(world.issue(failpoint="seal.committed"), "seal.committed")
    place = f"WHERE batch = {world.batch} AND position = 0"
    with closing(sqlite3.connect(world.data / "ledger.db", isolation_level=None)) as connection:
        (body,) = connection.execute(f"SELECT body FROM documents {place}").fetchone()  # noqa: S608 - our own words
        at = world.random.randrange(len(body))
        altered = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        connection.execute(f"UPDATE documents SET body = ? {place}", (altered,))  # noqa: S608
        ended = world.expect_plain(world.issue())
        world.expect(ended.code != 0, "an altered batch was anchored")
        world.expect(world.sent_by() == 1, "something was sent for an altered batch")
        connection.execute(f"UPDATE documents SET body = ? {place}", (body,))  # noqa: S608
    world.recover()


def bytes_flipped(world: World) -> None:
    """D6: bytes of the database file flip: whatever is still called valid has the bytes that were acknowledged."""
    from ledger.workspace import Workspace

    file = world.data / "ledger.db"
    settle_file(file)
    content, names = file.read_bytes(), world.settled()
    verifier = honest_verifier(world)
    for _ in range(60):
        at = world.random.randrange(100, len(content))
        file.write_bytes(content[:at] + bytes([content[at] ^ (1 << world.random.randrange(8))]) + content[at + 1 :])
        for name in names:
            try:
                with Workspace.open(world.data) as workspace:
                    document = workspace.catalog.document(name)
                is_valid = bool(verifier.verify(document))
            except (CairnError, ValueError):
                continue
            if is_valid:
                world.expect(
                    bare_digest(document) == world.promises.bodies[name], "an altered document is called valid"
                )
    file.write_bytes(content)


def settle_file(file: Path) -> None:
    """Has everything in the one file."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


ROWS = (
    Row("D1", "connections lost", "pg_terminate_backend", "told or tried again", connection_lost, postgres=True),
    Row(
        "D2", "the server crashes", "pg_ctl -m immediate", "nothing acknowledged is lost", server_crashes, postgres=True
    ),
    *(
        Row(
            f"D3/{operation.lower()}-{table}",
            "one write fails",
            f"trigger on {operation} of {table}",
            "no half state; goes on",
            write_fails(command, operation, table),
        )
        for command, operation, table in WRITES
    ),
    Row("D4/serve", "locked for long", "BEGIN EXCLUSIVE", "waits 5 s, then 503", locked),
    Row("D4/issue", "locked for long", "BEGIN EXCLUSIVE", "waits, or says so", locked_while_issuing),
    Row("D5/limit", "no room", "a limit on the size of files", "told; goes on with room", files_may_not_grow),
    Row("D5/disk", "no room", "a full disk in memory", "503 or 507; reading goes on", disk_full),
    Row(
        "D6/batch",
        "a stored byte altered",
        "UPDATE behind its back",
        "refused when read back",
        altered_before_anchoring,
    ),
    Row("D6/file", "bytes of the file flip", "sixty places, one at a time", "never a false valid", bytes_flipped),
)
