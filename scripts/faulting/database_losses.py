"""D, from D7 on: the database is old, gone, copied while in use, or there are too many who use it."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

from scripts.faulting.clients import await_final
from scripts.faulting.database_faults import intact
from scripts.faulting.program import Program
from scripts.faulting.rows import Row
from scripts.faulting.site import Broken, Site
from scripts.faulting.template import DRAFTED, PROGRAMME, rows
from scripts.faulting.world import World

_FIRST = 8000
_CLERKS = 50


def old_backup(world: World) -> None:
    """D7: a backup from before the last batches is restored: `reconcile` lists exactly those, and issuing waits."""
    backup = world.folder / "backup"
    world.expect_done(world.program.run("backup", str(backup), "--json"))
    lost = []
    for first in (_FIRST, _FIRST + 100):
        lost.append(int(world.expect_done(world.import_learners(2, first)).value["id"]))
        world.batch = lost[-1]
        world.expect_done(world.issue())
    restore(world, backup)
    found = world.expect_plain(world.program.run("reconcile", "--json"))
    world.expect(found.code != 0, f"nothing is found to be missing: {found}")
    missing = found.value["differences"]
    world.expect(len(missing) == len(lost), f"{len(lost)} batches are missing, and it lists {missing}")
    world.expect(not set(lost) & set(world.claims().batches), "the backup holds what was drafted after it")
    refused = world.expect_plain(world.program.run("issue", str(min(DRAFTED)), "--json"))
    world.expect(refused.code != 0, "issuing goes on although the database is older than the chain")


def database_gone(world: World) -> None:
    """D8: the database is lost: what the chain knows is rebuilt, and the learners' own copies still verify."""
    name = world.settled()[0]
    world.expect_done(world.revoke(name))
    copies = {one: world.document(one) for one in world.settled()}
    for file in world.data.glob("ledger.db*"):
        file.unlink()
    ended = world.expect_plain(world.program.run("rebuild", "--json"))
    world.expect(ended.code == 0, f"rebuilding: {ended}")
    for one, document in copies.items():
        file = world.folder / "copy.json"
        file.write_bytes(document)
        checked = world.expect_plain(world.program.run("verify", str(file), "--json"))
        world.expect(checked.code == (1 if one == name else 0), f"a learner's own copy: {checked}")


def restore(world: World, backup: Path) -> None:
    """Loses the data folder and makes it anew from a backup; the passphrase is kept elsewhere, as it must be."""
    lost = world.folder / "lost"
    world.data.rename(lost)
    world.expect_done(world.program.run("restore", str(backup), "--json"))
    passphrase = world.data / "keys" / "passphrase"
    shutil.copy2(lost / "keys" / "passphrase", passphrase)


def backup_under_load(world: World) -> None:
    """D9: a backup that is taken while batches are drafted and issued can be restored, and is whole."""
    site, backup = world.site().start(), world.folder / "backup"
    stopping = threading.Event()

    def load() -> None:
        for number in range(100):
            if stopping.is_set():
                return
            try:
                site.draft(rows(_FIRST + 10 * number, 3), PROGRAMME, f"load-{number}")
            except (Broken, OSError):
                return

    worker = threading.Thread(target=load)
    worker.start()
    time.sleep(world.random.uniform(0.1, 0.5))
    made = world.program.run("backup", str(backup), "--json")
    stopping.set()
    worker.join(timeout=30)
    site.terminate()
    site.wait(12)
    world.expect_done(made)
    restore(world, backup)
    intact(world)


def two_servers(world: World) -> None:
    """D10: two servers over one ledger: the second refuses, or both do the work of one."""
    first, second = world.site().start(), world.site().start(is_awaited=False)
    world.until(lambda: not second.is_running or answers(second), "the second server ends or answers")
    world.promises.batches.add(world.batch)
    for site in (first, second):
        if site.is_running:
            site.as_issuer("POST", f"/batches/{world.batch}/approve")
    await_final(world, first, world.batch)
    world.expect(world.sent_by() == 2, f"{world.sent_by()} transactions for two batches")


def answers(site: Site) -> bool:
    try:
        return site.ask("GET", "/health").status > 0
    except (Broken, OSError):
        return False


def many_clerks(world: World) -> None:
    """D11: fifty clerks approve the same batch, and draft under the same name, at the same time."""
    site = world.site().start()
    seen: list[tuple[int, int]] = []

    def clerk() -> None:
        drafted = site.draft(rows(_FIRST, 2), PROGRAMME, "together")
        approved = site.as_issuer("POST", f"/batches/{world.batch}/approve")
        seen.append((int(drafted.value["id"]) if drafted.status in (200, 201) else -drafted.status, approved.status))

    clerks = [threading.Thread(target=clerk) for _ in range(_CLERKS)]
    for one in clerks:
        one.start()
    for one in clerks:
        one.join(timeout=60)
    drafted = {batch for batch, _ in seen}
    world.expect(len(seen) == _CLERKS, f"{len(seen)} of {_CLERKS} clerks were answered")
    world.expect(len(drafted) == 1 and min(drafted) > 0, f"the same request gave {sorted(drafted)}")
    world.expect({status for _, status in seen} == {202}, f"approving gave {sorted({status for _, status in seen})}")
    world.promise_batch(drafted.pop())
    world.promises.batches.add(world.batch)
    await_final(world, site, world.batch)
    world.expect(world.sent_by() == 2, f"{world.sent_by()} transactions for two batches")


def wrong_path(world: World) -> None:
    """D12: a data folder that is not there, or whose database is gone: it says so, and makes nothing."""
    nowhere = world.folder / "typo"
    ended = world.expect_plain(Program(nowhere).run("serve", "--port", "1", seconds=20))
    world.expect(ended.code == 2, f"a folder that is not there: {ended}")
    world.expect(not nowhere.exists(), "it made the folder")
    empty = world.folder / "empty"
    shutil.copytree(world.data, empty, ignore=shutil.ignore_patterns("*.db*"))
    ended = world.expect_plain(Program(empty).run("serve", seconds=20))
    world.expect(ended.code == 2, f"a folder without its database: {ended}")
    world.expect(not list(empty.glob("ledger.db*")), "it made a database")


ROWS = (
    Row(
        "D7",
        "an old backup restored",
        "backup, issue, restore",
        "exactly what is missing is listed",
        old_backup,
        ends_blocked=True,
        forgets=True,
    ),
    Row(
        "D8",
        "the database is lost",
        "deleted",
        "rebuilt; copies verify",
        database_gone,
        ends_blocked=True,
        forgets=True,
    ),
    Row("D9", "a backup while writing", "backup under load", "restores whole", backup_under_load, forgets=True),
    Row("D10", "two servers", "started twice", "one event", two_servers),
    Row("D11", "fifty clerks", "fifty threads", "one batch", many_clerks),
    Row("D12", "a wrong path", "a typing error", "refuses, makes nothing", wrong_path),
)
