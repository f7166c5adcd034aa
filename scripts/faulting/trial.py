"""One run: a fresh world, one fault, and the six truths after it."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path

from scripts.faulting.matrix import find_row
from scripts.faulting.node import Refused
from scripts.faulting.program import Stuck, end_all
from scripts.faulting.rows import Row
from scripts.faulting.site import Broken
from scripts.faulting.stage import RowFailed, Skipped
from scripts.faulting.template import Template
from scripts.faulting.truths import Findings, check_truths
from scripts.faulting.watch import Watch
from scripts.faulting.world import World


@dataclass(frozen=True)
class Templates:
    """The ledgers to begin from. Where there is none on PostgreSQL, `missing` says why."""

    on_sqlite: Template | None
    on_postgres: Template | None
    missing: str = ""

    def for_row(self, row: Row) -> Template:
        """Raises `Skipped` if this machine has no database server."""
        found = self.on_postgres if row.postgres or self.on_sqlite is None else self.on_sqlite
        if found is None:
            raise Skipped(self.missing)
        return found


@dataclass(frozen=True)
class Trial:
    """A row and the seed of its chances."""

    row: str
    seed: int


@dataclass
class Outcome:
    """What came of a trial. `failure` is what was expected beyond the truths and did not come."""

    row: str
    seed: int
    seconds: float = 0.0
    resumed_in: float = 0.0
    failure: str | None = None
    skipped: str | None = None
    findings: Findings = field(default_factory=Findings)

    @property
    def passed(self) -> bool:
        return self.failure is None and not self.findings.sentences

    def to_dict(self) -> dict[str, object]:
        return asdict(self) | {"passed": self.passed}


_open_worlds: list[World] = []
"""Worlds of this process whose servers run."""


def end_with(parent: int) -> None:
    """Has this process end when its parent does, however that ended, and with it every process that it started."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.3)
        end_all()
        for world in _open_worlds:
            world.close()
            shutil.rmtree(world.folder, ignore_errors=True)
        end_all()  # what was being started meanwhile
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def run_trial(trial: Trial, templates: Templates, folder: Path) -> Outcome:
    """Runs one trial in a folder of its own below `folder`; the folder is kept if the trial fails."""
    row = find_row(trial.row)
    try:
        template = templates.for_row(row)
    except Skipped as reason:
        return Outcome(trial.row, trial.seed, skipped=str(reason))
    place = Path(tempfile.mkdtemp(prefix=f"{trial.row.replace('/', '-')}-{trial.seed}-", dir=folder))
    place.chmod(0o711)
    outcome = Outcome(trial.row, trial.seed)
    started = time.monotonic()
    world = World(template, row.stage, place, trial.seed)
    _open_worlds.append(world)
    try:
        world.open(trial.seed)
        outcome.findings = run_row(world, row)
    except Skipped as reason:
        outcome.skipped = str(reason)
    except (RowFailed, Stuck, Broken, Refused) as error:
        outcome.failure = str(error)
    except Exception:  # noqa: BLE001 - a broken row is a failed row, and the others still run
        outcome.failure = traceback.format_exc(limit=-4)
    finally:
        world.close()
        _open_worlds.remove(world)
    outcome.resumed_in = world.resumed_in
    outcome.seconds = time.monotonic() - started
    if outcome.passed:
        shutil.rmtree(place, ignore_errors=True)
    return outcome


def run_row(world: World, row: Row) -> Findings:
    """Injects the fault, lets the program go on, and holds it to the truths: also when the row itself fails."""
    watch = Watch(world).start()
    try:
        row.act(world)
        if not row.ends_blocked:
            world.tell_truth()
            world.recover()
    finally:
        seen = watch.stop()
    return Findings() if row.forgets else check_truths(world).joined(seen)
