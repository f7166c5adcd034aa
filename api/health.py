"""Whether the site is well: the database answers, and the chain can be reached."""

from __future__ import annotations

import logging
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.dependencies import SiteDep
from ledger.durable.orders import OrderKind
from ledger.errors import CairnError

router = APIRouter(tags=["Site"])
logger = logging.getLogger("cairn.errors")


class Health(BaseModel):
    """`status` is ok if everything answers, else degraded; the site goes on as far as it can."""

    status: Literal["ok", "degraded"]
    database: bool
    chain: bool
    network: str = Field(examples=["Cairn's embedded chain"])
    chain_id: int
    final_block: int | None
    unfinished_batches: int | None = Field(description="Batches that are approved and not final yet.")


@router.get("/health", responses={503: {"model": Health, "description": "Something does not answer."}})
def health(site: SiteDep, response: Response) -> Health:
    """Whether the database and the chain answer."""
    database, unfinished = database_answers(site)
    block = final_block(site)
    is_well = database and block is not None
    if not is_well:
        response.status_code = 503
    return Health(
        status="ok" if is_well else "degraded",
        database=database,
        chain=block is not None,
        network=site.network.name,
        chain_id=site.workspace.configuration.chain_id,
        final_block=block,
        unfinished_batches=unfinished,
    )


def database_answers(site: SiteDep) -> tuple[bool, int | None]:
    try:
        with site.workspace.database.reading() as session:
            session.connection().execute(text("SELECT 1"))
        return True, sum(order.kind is OrderKind.ISSUE for order in site.orders.open())
    except (CairnError, SQLAlchemyError) as error:
        logger.warning("the database does not answer: %s", type(error).__name__)
        return False, None


def final_block(site: SiteDep) -> int | None:
    try:
        return site.workspace.registry.final_block().number
    except CairnError as error:
        logger.warning("the chain does not answer: %s", error.code)
        return None
