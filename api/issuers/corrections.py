"""Corrections over HTTP: new credentials in the place of final ones."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.answers import answers
from api.bodies import StrictRoute
from api.dependencies import ActingIssuer, SiteDep
from api.issuers.bodies import CORRECTION_BODY, correction_rows
from api.issuers.routes import Label, RequestName, batch_out
from api.issuers.schemas import BatchOut
from api.issuers.service import request_key
from ledger.issuing.corrections import Corrections

router = APIRouter(prefix="/v1/issuers/{slug}", tags=["Issuing"], route_class=StrictRoute)

Rows = Annotated[bytes, Depends(correction_rows)]


@router.post(
    "/corrections",
    status_code=201,
    responses=answers(400, 401, 404, 409, 413, 415, 422, 503)
    | {200: {"model": BatchOut, "description": "The batch that the same request made before."}},
    openapi_extra=CORRECTION_BODY,
)
def draft_corrections(
    slug: ActingIssuer,
    rows: Rows,
    site: SiteDep,
    response: Response,
    label: Label = None,
    request_name: RequestName = None,
) -> BatchOut:
    """Drafts corrections. Approve the batch; once it is final, what it supersedes is revoked by itself."""
    key = request_key(site.issuing.issuer(slug).slug, request_name, "corrections", label or "", content=rows)
    batch, is_new = Corrections(site.workspace.database).draft(slug, rows, label=label, request=key)
    response.status_code = 201 if is_new else 200
    return batch_out(site, batch)
