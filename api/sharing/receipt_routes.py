"""The receipt of a check of what a link shows: signed, as JSON or PDF. Guarded as what it shows is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.answers import answers
from api.dependencies import SiteDep, limited_check
from api.moments import SharedMoment
from api.receipts.routes import receipt_file
from api.receipts.schemas import RECEIPT_FILE
from api.sharing.public_routes import Opened, StatedPurpose, note, reports_on
from ledger.receipts.writing import entry_of

router = APIRouter(prefix="/s", tags=["Shared"])

ReceiptForm = Annotated[Literal["json", "pdf"], Path(description="The signed receipt, or a PDF with it attached.")]
Learner = Annotated[bool, Query(description="Whether the receipt is to name the learner; by default it does not.")]


@router.get(
    "/{token}/receipt.{form}",
    responses=answers(401, 403, 404, 409, 422, 429, 503, ok=RECEIPT_FILE),
    dependencies=[Depends(limited_check)],
    response_model=None,
)
def take_receipt(
    request: Request,
    form: ReceiptForm,
    shared: Opened,
    site: SiteDep,
    moment: SharedMoment,
    learner: Learner = False,
    purpose: StatedPurpose = None,
) -> Response:
    """What a check of this moment finds of what is shared, signed by this site's publisher: to be kept and shown.

    It names the verdict, every check, the block, and who signed; the document is not in it, nor is the link.
    """
    checked_at = datetime.now(UTC)
    entries = [entry_of(report) for report in reports_on(site, shared, moment)]
    receipt = site.check_receipts.make(entries, checked_at, personal=learner)
    answer = receipt_file(site, receipt, form)
    note(request, site, shared, "json" if form == "json" else "page", purpose)
    return answer
