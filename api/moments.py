"""The moment that a check is for, where a caller names one: a date, which means its end in UTC, or a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query

from api.dependencies import CallerDep, SiteDep, limited_check
from ledger.verifying.as_of import parse_moment

MAX_MOMENT = 40

On = Annotated[
    str | None,
    Query(
        max_length=MAX_MOMENT,
        description="Judges as of a date (its end in UTC) or a time with its zone, by what the ledger held then.",
        examples=["2026-09-01", "2026-09-01T12:00:00Z"],
    ),
]


def moment_named(on: str | None) -> datetime | None:
    """The moment, if one was named; a field that was left empty names none. Raises MomentRefused."""
    return parse_moment(on, datetime.now(UTC)) if on else None


async def moment_asked(on: On = None) -> datetime | None:
    """The moment in the query of a request."""
    return moment_named(on)


async def moment_of_shared(site: SiteDep, who: CallerDep, on: On = None) -> datetime | None:
    """As `moment_asked`, for those who need no key: looking into the past costs nodes more, and is counted."""
    moment = moment_named(on)
    if moment is not None:
        limited_check(site, who)
    return moment


Moment = Annotated[datetime | None, Depends(moment_asked)]
SharedMoment = Annotated[datetime | None, Depends(moment_of_shared)]
