"""What shared credentials add up to: computed from what the link shows, and from nothing else."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.answers import answers
from api.dependencies import SiteDep
from api.sharing.public_routes import Opened, StatedPurpose, note
from api.wallets.overview_routes import Unit
from api.wallets.schemas import Overview

router = APIRouter(prefix="/s", tags=["Shared"])


@router.get("/{token}/overview", responses=answers(401, 403, 404, 422, 429, 503))
def show_overview(
    request: Request, shared: Opened, site: SiteDep, unit: Unit = "ECTS", purpose: StatedPurpose = None
) -> Overview:
    """Totals, timeline, levels, skills, issuers and pathways of what is shared. Only what is valid now counts."""
    reports = [site.verify_shared(document) for document in shared.documents]
    note(request, site, shared, "json", purpose)
    return Overview.model_validate(site.overviews.of_reports(reports, unit=unit))
