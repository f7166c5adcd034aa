"""Where a batch stands, live: server-sent events (WHATWG HTML, section 9.2), one whenever something changes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field

from api.answers import answers
from api.dependencies import ActingIssuer, SiteDep
from api.parameters import BatchId
from api.site import Site
from ledger.durable.orders import OrderKind
from ledger.errors import CairnError
from ledger.issuing.progress import progress_of

LOOK_SECONDS = 0.5
LONGEST_SECONDS = 1800.0

router = APIRouter(prefix="/v1/issuers/{slug}", tags=["Issuing"])


class ProgressOut(BaseModel):
    """How far a batch has come. `step` is what is being done to it, `done` how many of its `total` documents are."""

    state: str = Field(examples=["sent"])
    step: str = Field(examples=["sign"])
    done: int
    total: int
    finished: bool
    problem: str | None = Field(description="Why it does not go on now, if so.")


def live_batch(slug: ActingIssuer, batch_id: BatchId, site: SiteDep) -> int:
    """The batch, before a stream begins: what is wrong with the request is a problem, and no event."""
    return site.issuing.batch(slug, batch_id).id


@router.get("/batches/{batch_id}/events", response_class=EventSourceResponse, responses=answers(401, 404, 422))
async def follow_batch(batch: Annotated[int, Depends(live_batch)], site: SiteDep) -> AsyncIterator[ServerSentEvent]:
    """Follows a batch until it is finished: one `progress` event for each change. A stream ends after half an hour."""
    deadline, told = time.monotonic() + LONGEST_SECONDS, None
    while time.monotonic() < deadline and not site.is_stopping:
        seen = await run_in_threadpool(look, site, batch)
        if seen is not None and seen != told:
            told = seen
            yield ServerSentEvent(event="progress", data=seen)
            if seen.finished:
                return
        await asyncio.sleep(LOOK_SECONDS)


def look(site: Site, batch_id: int) -> ProgressOut | None:
    """What there is to tell; None while the database does not answer."""
    try:
        batch = site.workspace.catalog.batch(batch_id)
        now = progress_of(site.workspace.database, batch)
        order = site.orders.find(OrderKind.ISSUE, batch_id)
    except CairnError:
        return None
    problem = order.problem.message if order is not None and order.problem is not None else None
    return ProgressOut(
        state=str(batch.state),
        step=now.step,
        done=now.done,
        total=now.total,
        finished=batch.is_finished,
        problem=problem,
    )
