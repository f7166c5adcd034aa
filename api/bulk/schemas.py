"""What programs get to see of lists. Moments are Unix seconds, but in reports, where they are ISO text."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from api.bulk.values import Found, Run, RunState
from ledger.bulk.report_files import Line
from ledger.bulk.results import Result

Verdict = Literal["valid", "invalid", "indeterminate"]


class RunOut(BaseModel):
    """One check of a whole list. `done` of `total` rows are judged."""

    number: int
    state: RunState
    asked_at: int
    finished_at: int | None
    done: int
    total: int

    @classmethod
    def of(cls, run: Run) -> RunOut:
        return cls(
            number=run.number,
            state=run.state,
            asked_at=run.asked_at,
            finished_at=run.finished_at,
            done=run.done,
            total=run.total,
        )


class ListMade(BaseModel):
    """A list that was taken. Its token is the only way to it, and is told once."""

    token: str = Field(examples=["Wb0oUkP1VfY1F3rKmv0n2cTq5sXgk3b6HnP7cQmT2aE"])
    url: str = Field(description="The page of the list.")
    rows: int
    expires_at: int


class ListOut(BaseModel):
    """A list: its columns besides the one with links, when it ends, and its runs, the oldest first.

    `tally` counts the rows of the newest finished run by verdict.
    """

    rows: int
    columns: list[str]
    created_at: int
    expires_at: int
    runs: list[RunOut]
    tally: dict[str, int] | None


class ResultOut(BaseModel):
    """What one row came to. `institution` is its accredited name."""

    verdict: Verdict
    code: str
    reason: str
    title: str
    institution: str
    awarded_on: str
    valid_until: str
    credential_id: str
    digest: str
    checked_at: str
    block_number: int | None
    block_time: str
    network: str

    @classmethod
    def of(cls, result: Result) -> ResultOut:
        return cls.model_validate(result.to_dict())


class RowOut(BaseModel):
    """One row of the list, with what it came to the time before, if there was one."""

    position: int
    given: str = Field(description="The file's name, or the link or id, shortened.")
    columns: list[str]
    result: ResultOut
    same_as: int | None = Field(description="The earlier row that is about the same thing.")
    before: ResultOut | None
    changed: bool

    @classmethod
    def of(cls, line: Line) -> RowOut:
        return cls(
            position=line.position,
            given=line.shown,
            columns=list(line.others),
            result=ResultOut.of(line.result),
            same_as=line.same_as,
            before=ResultOut.of(line.before) if line.before else None,
            changed=line.has_changed,
        )


class RowsOut(BaseModel):
    """Rows of one run, in the order of the list."""

    run: int
    total: int
    rows: list[RowOut]


class RowReportsOut(BaseModel):
    """One row with the whole reports behind it, as `POST /v1/verify` gives them; none for an id alone."""

    run: int
    result: ResultOut
    reports: list[dict[str, Any]]

    @classmethod
    def of(cls, run: int, found: Found) -> RowReportsOut:
        return cls(run=run, result=ResultOut.of(found.result), reports=[one.to_dict() for one in found.reports])


class RunAsked(BaseModel):
    """A run that was asked for."""

    run: int
