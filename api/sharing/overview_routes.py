"""What shared credentials add up to: computed from what the link shows, and from nothing else."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.answers import answers
from api.dependencies import SiteDep
from api.moments import SharedMoment
from api.sharing.public_routes import Opened, StatedPurpose, note, reports_on
from api.wallets.overview_routes import Unit
from api.wallets.schemas import Overview

router = APIRouter(prefix="/s", tags=["Shared"])


@router.get("/{token}/overview", responses=answers(401, 403, 404, 422, 429, 503))
def show_overview(
    request: Request,
    shared: Opened,
    site: SiteDep,
    moment: SharedMoment,
    unit: Unit = "ECTS",
    purpose: StatedPurpose = None,
) -> Overview:
    """Totals, timeline, levels, skills, issuers and pathways of what is shared. Only what is valid counts: now, or on
    the date that was asked for."""
    summed = site.adds_up(reports_on(site, shared, moment), unit)
    note(request, site, shared, "json", purpose)
    return Overview.model_validate(summed)
