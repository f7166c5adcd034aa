"""C: the machine's clock is wrong: a month ahead or behind, jumping back, in other zones, in other centuries."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from scripts.bootstrap import ROOT
from scripts.faulting.program import Ended
from scripts.faulting.rows import Row
from scripts.faulting.stage import Skipped
from scripts.faulting.world import World

_DAY = 86_400
SHIMS = Path(__file__).parent / "shims"


def faketime(moment: str) -> tuple[str, ...]:
    """What stands before a command to have it see another time. Raises `Skipped` where that is not installed."""
    program = shutil.which("faketime")
    if program is None:
        raise Skipped("faketime is not installed")
    return (program, "-m", "--exclude-monotonic", "-f", moment)


def run_at(world: World, moment: str, *words: str, **environment: str) -> Ended:
    """A command that sees another time."""
    path = f"{ROOT}{os.pathsep}{SHIMS}"
    return world.program.run(*words, prefix=faketime(moment), environment={"PYTHONPATH": path, **environment})


def clock_wrong(moment: str) -> Callable[[World], None]:
    """C1: whoever issues with a wrong clock issues nothing that is dated wrongly on chain, and nothing is lost."""

    def act(world: World) -> None:
        world.promises.batches.add(world.batch)
        ended = run_at(world, moment, "issue", str(world.batch), "--json")
        world.expect_plain(ended)
        world.expect(ended.code in (0, 1, 2, 3), f"with a wrong clock: {ended}")
        world.recover()
        shown = world.expect_done(world.program.run("status", "--json")).value["batches"]
        (mine,) = [one for one in shown if one["id"] == world.batch]
        anchored = time.mktime(time.strptime(mine["anchored_at"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
        world.expect(abs(anchored - time.time()) < _DAY, f"anchored at {mine['anchored_at']}: not the chain's own time")

    return act


def clock_jumps_back(world: World) -> None:
    """C1: the clock falls back by an hour between a kill and the restart."""
    world.expect_killed(world.issue(failpoint="send.sent"), "send.sent")
    ended = run_at(world, "-1h", "issue", str(world.batch), "--json")
    world.expect_plain(ended)
    world.recover()
    world.expect(world.sent_by() == 2, f"{world.sent_by()} transactions for two batches")


def same_bytes(zone: str, moment: str) -> Callable[[World], None]:
    """C2: the same rows give the same verdict in another zone, and in another century."""

    def act(world: World) -> None:
        names = world.settled()
        here = [world.document(name) for name in names]
        file = world.folder / "document.json"
        file.write_bytes(here[0])
        words = ("verify", str(file), "--json")
        ended = (
            run_at(world, moment, *words, TZ=zone) if moment else world.program.run(*words, environment={"TZ": zone})
        )
        world.expect_plain(ended)
        expected = (0,) if not moment else (0, 1)  # an accreditation of five years may be over by then
        world.expect(ended.code in expected, f"in {zone} at {moment or 'this time'}: {ended}")
        world.promises.batches.add(world.batch)
        world.expect_done(world.program.run("issue", str(world.batch), "--json", environment={"TZ": zone}))
        world.expect([world.document(name) for name in names] == here, "the bytes are others")

    return act


ROWS = (
    Row("C1/ahead", "clock 30 days ahead", "faketime +30d", "told, or dated by the block", clock_wrong("+30d")),
    Row("C1/behind", "clock 30 days behind", "faketime -30d", "told, or dated by the block", clock_wrong("-30d")),
    Row("C1/back", "clock jumps back", "faketime -1h after a kill", "one transaction", clock_jumps_back),
    Row("C2/zone", "another time zone", "TZ Pacific/Kiritimati", "same bytes", same_bytes("Pacific/Kiritimati", "")),
    Row("C2/2038", "the year 2038", "faketime", "same bytes", same_bytes("UTC", "@2038-01-20 00:00:00")),
    Row("C2/2100", "the year 2100", "faketime", "same bytes", same_bytes("Asia/Kathmandu", "@2100-03-01 00:00:00")),
)
