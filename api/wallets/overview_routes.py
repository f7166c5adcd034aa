"""What a learner's credentials add up to and lead to, over HTTP, and the pathways that a learner brings along."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request

from api.answers import answers
from api.bodies import StrictRoute, require_type
from api.dependencies import OwnedWallet, SiteDep, limited_check
from api.parameters import HexId
from api.wallets.schemas import Overview, PathwayOut, StacksInto
from api.wallets.values import WalletPathway
from ledger.verifying.report import shown_time

router = APIRouter(prefix="/v1/wallets/{wallet_id}", tags=["Overview"], route_class=StrictRoute)

Unit = Annotated[
    Literal["ECTS", "NZQCF", "MQF", "CATS", "US", "AQF"], Query(description="The unit of the indicative total.")
]

PATHWAY_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "description": "The pathway document."}}},
    }
}


async def pathway_body(request: Request) -> bytes:
    require_type(request, {"application/json"})
    return await request.body()


@router.get("/overview", responses=answers(401, 404, 422, 429), dependencies=[Depends(limited_check)])
def get_overview(wallet_id: OwnedWallet, site: SiteDep, unit: Unit = "ECTS") -> Overview:
    """Totals, timeline, levels, skills, issuers, pathways and associations. Only what is valid now counts."""
    return Overview.model_validate(site.overviews.of_wallet(wallet_id, unit=unit))


@router.get(
    "/credentials/{held_id}/stacks-into",
    responses=answers(401, 404, 422, 429),
    dependencies=[Depends(limited_check)],
)
def get_stacks_into(wallet_id: OwnedWallet, held_id: HexId, site: SiteDep) -> StacksInto:
    """The pathways that one credential counts in, or why it does not, and what is missing in each."""
    return StacksInto.model_validate(site.overviews.stacks_into(wallet_id, held_id))


@router.post(
    "/pathways", responses=answers(400, 401, 404, 409, 413, 415, 422), openapi_extra=PATHWAY_BODY, status_code=201
)
def add_pathway(wallet_id: OwnedWallet, content: Annotated[bytes, Depends(pathway_body)], site: SiteDep) -> PathwayOut:
    """Brings the document of a pathway along, as its institution published it, to see how far one has come."""
    return pathway_out(site.overviews.add_pathway(wallet_id, content))


@router.get("/pathways", responses=answers(401, 404, 422))
def list_pathways(wallet_id: OwnedWallet, site: SiteDep) -> list[PathwayOut]:
    """The pathways that the learner brought along; those that this ledger's issuers publish count anyway."""
    return [pathway_out(pathway) for pathway in site.overviews.pathways(wallet_id)]


@router.delete("/pathways/{pathway_key}", status_code=204, responses=answers(401, 404, 422))
def remove_pathway(wallet_id: OwnedWallet, pathway_key: HexId, site: SiteDep) -> None:
    """Takes a pathway out of the wallet."""
    site.overviews.remove_pathway(wallet_id, pathway_key)


def pathway_out(pathway: WalletPathway) -> PathwayOut:
    return PathwayOut(
        id=pathway.id,
        pathway=pathway.pathway_id,
        title=pathway.title,
        added_at=shown_time(pathway.added_at) or "",
    )
