"""How soon a worker goes on after it was killed: `python -m benchmarks.resuming`.

`cairn work` kills itself with SIGKILL at a named point of a batch, and is started again. Seconds from that start to the
first change of the batch, and to its proofs. SQLite, anvil with a block a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.campus import Campus, campus, moment
from ledger.durable.running import waiting
from ledger.issuing.progress import progress_of
from ledger.workspace import Workspace
from scripts.faulting.program import FAILPOINT, kill

POINTS = ("seal.signing", "plan.stored", "send.sent", "confirm.mined", "attach.storing")
SIZE = 250
PATIENCE = 180.0


def standing(workspace: Workspace, number: int) -> object:
    """Whatever of a batch changes while it is issued."""
    batch = workspace.catalog.batch(number)
    return progress_of(workspace.database, batch), batch.transaction


def until(is_so: Callable[[], bool]) -> float:
    """The seconds until something is so. Raises SystemExit if it takes too long."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > PATIENCE:
            raise SystemExit(f"it did not go on within {PATIENCE:.0f} seconds")
        time.sleep(0.02)
    return time.monotonic() - began


def resumed(made: Campus, workspace: Workspace, number: int, point: str) -> tuple[float, float]:
    """Seconds to the first change after a restart, and to the end."""
    dying = made.program.start("work", environment={FAILPOINT: point}, log=made.data.parent / "dying.log")
    waiting(workspace).issue(number)
    dying.wait(PATIENCE)
    before = standing(workspace, number)
    again = made.program.start("work", log=made.data.parent / "again.log")
    try:
        began = time.monotonic()
        first = until(lambda: standing(workspace, number) != before)
        until(lambda: workspace.catalog.batch(number).is_finished)
        return first, time.monotonic() - began
    finally:
        kill(again)
        again.wait()


def main() -> None:
    print(moment())
    with campus(seconds=1) as made, Workspace.open(made.data) as workspace:
        for number, point in enumerate(POINTS, start=1):
            made.do("import", str(made.write_rows(1000 * number, SIZE)), "--issuer", "usm")
            first, whole = resumed(made, workspace, number, point)
            print(f"{point:>16}: goes on after {first:5.1f} s, final and proved after {whole:5.1f} s")


if __name__ == "__main__":
    main()
