"""Revoking many credentials over HTTP, from rows that can be looked at first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.answers import answers
from api.bodies import StrictRoute
from api.dependencies import ActingIssuer, SiteDep
from api.issuers.bodies import REVOCATION_BODY, revocation_rows
from api.issuers.routes import status_out
from api.issuers.schemas import StatusOut
from ledger.issuing.bulk_revocation import BulkRevocation, RowResult
from ledger.issuing.revocation_rows import read_revocations

router = APIRouter(prefix="/v1/issuers/{slug}", tags=["Issuing"], route_class=StrictRoute)

Rows = Annotated[bytes, Depends(revocation_rows)]
Preview = Annotated[bool, Query(description="Say what would happen; change nothing.")]
SkipProblems = Annotated[bool, Query(description="Leave out the rows that cannot be revoked.")]


class RevocationRowOut(BaseModel):
    """What becomes of a row. `row` counts from 2, as in a file with a header."""

    row: int
    credential_id: str | None
    reason: str
    result: str = Field(examples=["to_be_revoked"])
    message: str


class BulkRevocationOut(BaseModel):
    """Every row in order, and the registry calls. `gas` is known for a preview, if the chain answers."""

    rows: list[RevocationRowOut]
    calls: int
    gas: int | None
    changes: list[StatusOut]


@router.post(
    "/revocations/bulk",
    responses=answers(400, 401, 404, 409, 413, 415, 422, 503),
    openapi_extra=REVOCATION_BODY,
)
def revoke_rows(
    slug: ActingIssuer, rows: Rows, site: SiteDep, preview: Preview = False, skip_problems: SkipProblems = False
) -> BulkRevocationOut:
    """Revokes credentials for ever, in as few registry calls as can be; all rows or, if one is a problem, none."""
    owner, asked = site.issuing.issuer(slug).slug, read_revocations(rows)
    bulk = BulkRevocation(site.workspace.database, site.workspace.registry, hides_others=True)
    if preview:
        plan = bulk.preview(asked, issuer=owner)
        return BulkRevocationOut(rows=rows_out(plan.rows), calls=plan.calls, gas=plan.gas, changes=[])
    plan, calls = bulk.store(asked, issuer=owner, skip_problems=skip_problems)
    changes = [status_out(change) for change in site.issuing.carry(calls)]
    return BulkRevocationOut(rows=rows_out(bulk.results(plan)), calls=plan.calls, gas=None, changes=changes)


def rows_out(rows: Sequence[RowResult]) -> list[RevocationRowOut]:
    return [
        RevocationRowOut(
            row=row.row,
            credential_id=row.credential_id,
            reason=row.reason.name.lower(),
            result=str(row.state),
            message=row.message,
        )
        for row in rows
    ]
