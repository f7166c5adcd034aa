"""What the services of checked lists take and give. Times are Unix seconds; positions count from 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ledger.bulk.report_files import Line
from ledger.bulk.results import Result
from ledger.bulk.uploads import Entry, Upload
from ledger.verifying.report import Outcome, VerificationReport


class RunState(StrEnum):
    """How far a run is. `stopped` by who asked for it, `failed` where it could not be brought to its end."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def has_ended(self) -> bool:
        return self in (RunState.DONE, RunState.STOPPED, RunState.FAILED)


@dataclass(frozen=True)
class Run:
    """One check of a whole list."""

    number: int
    state: RunState
    asked_at: int
    finished_at: int | None
    done: int
    total: int
    queued_before: int = 0


@dataclass(frozen=True)
class OpenList:
    """A list, for whoever has its token."""

    id: str
    key: bytes = field(repr=False)
    created_at: int
    expires_at: int
    upload: Upload = field(repr=False)
    runs: tuple[Run, ...]

    @property
    def latest(self) -> Run | None:
        return self.runs[-1] if self.runs else None

    @property
    def finished(self) -> tuple[Run, ...]:
        """The runs that have results."""
        return tuple(run for run in self.runs if run.state in (RunState.DONE, RunState.STOPPED))


@dataclass(frozen=True)
class Found:
    """What a run came to for one row: its result, the earlier row that is the same, and the whole reports."""

    result: Result
    same_as: int | None = None
    reports: tuple[VerificationReport, ...] = field(default=(), repr=False)


def lines_of(entries: Sequence[Entry], now: Sequence[Found], before: Sequence[Found] = ()) -> list[Line]:
    """The rows of a report, each with what it came to the time before, if there was one."""
    lines = [
        Line(position, entry.given.shown, entry.others, found.result, found.same_as)
        for position, (entry, found) in enumerate(zip(entries, now, strict=True), 1)
    ]
    return [replace(line, before=past.result) for line, past in zip(lines, before, strict=True)] if before else lines


def tallied(lines: Sequence[Line]) -> dict[str, int]:
    """How many rows have each verdict."""
    outcomes = (Outcome.VALID, Outcome.INVALID, Outcome.INDETERMINATE)
    return {one.value: sum(line.result.verdict == one.value for line in lines) for one in outcomes}
