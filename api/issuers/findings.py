"""What the profiles that a programme claims say of a batch of drafts."""

from __future__ import annotations

from fastapi import APIRouter

from api.answers import answers
from api.bodies import StrictRoute
from api.dependencies import ActingIssuer, SiteDep
from api.parameters import BatchId
from api.verification.linting import FindingsOut, findings_out
from ledger.issuing.profile_checks import ProfileChecks

router = APIRouter(prefix="/v1/issuers/{slug}", tags=["Issuing"], route_class=StrictRoute)


@router.get("/batches/{batch_id}/findings", responses=answers(401, 404, 422))
def batch_findings(slug: ActingIssuer, batch_id: BatchId, site: SiteDep) -> FindingsOut:
    """What the batch lacks for the profiles that its programme claims, in one document of each achievement."""
    checked = ProfileChecks(site.workspace.database).of_batch(site.issuing.batch(slug, batch_id).id)
    return findings_out(checked.findings, checked.profiles)
