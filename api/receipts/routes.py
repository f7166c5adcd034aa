"""Receipts of checks over HTTP: made of what was just checked, and judged. Nothing is stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from api.answers import answers
from api.bodies import DOCUMENT_BODY, FORM_TYPES, document_body, require_type
from api.dependencies import SiteDep, limited_check
from api.moments import Moment
from api.receipts.drafts import MAX_SEALED
from api.receipts.schemas import RECEIPT_BODY, RECEIPT_FILE, JudgedOut
from api.receipts.service import as_pdf
from api.site import Site
from api.verification.files import check_file, receipts_in
from ledger.errors import MalformedDocument

router = APIRouter(tags=["Verification"])
page_router = APIRouter(include_in_schema=False)

Document = Annotated[bytes, Depends(document_body)]
ReceiptForm = Annotated[Literal["json", "pdf"], Query(description="The signed receipt, or a PDF with it attached.")]
Personal = Annotated[
    bool,
    Query(description="Whether the receipt is to name the learner and the files; by default it names neither."),
]


@router.post(
    "/v1/receipts",
    responses=answers(400, 409, 413, 415, 422, 429, 503, ok=RECEIPT_FILE),
    openapi_extra=DOCUMENT_BODY,
    dependencies=[Depends(limited_check)],
    response_model=None,
)
def make(
    document: Document, site: SiteDep, moment: Moment, form: ReceiptForm = "json", personal: Personal = False
) -> Response:
    """Checks what `POST /v1/verify` takes, and gives a receipt of that, signed by this site's publisher.

    A receipt says what held when it was made. The document is not in it, and is not kept.
    """
    checked_at = datetime.now(UTC)
    entries = check_file(site, document, on=moment).entries()
    return receipt_file(site, site.check_receipts.make(entries, checked_at, personal=personal), form)


@router.post(
    "/v1/receipts/verify",
    responses=answers(400, 413, 415, 422, 429),
    openapi_extra=RECEIPT_BODY,
    dependencies=[Depends(limited_check)],
)
def judge(document: Document, site: SiteDep) -> JudgedOut:
    """Whether a receipt, as JSON or PDF, is what its publisher signed. It says nothing of what holds now.

    The keys of another site's publisher are known only where this site may fetch DID documents.
    """
    found = receipts_in(site, document)
    if len(found) != 1:
        raise MalformedDocument("receipt_missing", "there is not one receipt of a check in this")
    (judged,) = found
    return JudgedOut.model_validate(
        judged.judgement.to_dict()
        | {
            "is_ours": judged.is_ours,
            "publisher": judged.receipt.publisher_did,
            "receipt": judged.receipt.body if judged.judgement else None,
        }
    )


@page_router.post("/check/receipt", dependencies=[Depends(limited_check)])
async def make_from_page(request: Request, site: SiteDep) -> Response:
    """The receipt of a check that was made on the page within the last hour."""
    require_type(request, FORM_TYPES)
    async with request.form(max_files=0, max_fields=4, max_part_size=MAX_SEALED) as fields:
        return await run_in_threadpool(_from_fields, site, fields)


def _from_fields(site: Site, fields: FormData) -> Response:
    found = site.check_receipts.drafts.open(str(fields.get("draft", "")))
    receipt = site.check_receipts.make(
        found.entries, found.moment, any_issuer=found.any_issuer, personal=fields.get("personal") == "yes"
    )
    return receipt_file(site, receipt, "json" if fields.get("form") == "json" else "pdf")


def receipt_file(site: Site, receipt: bytes, form: Literal["json", "pdf"]) -> Response:
    """A signed receipt as a file to save. Setting a page waits its turn. Raises as `as_pdf`, Refusal 503 `busy`."""
    name = f"verification-receipt.{form}"
    headers: dict[str, Any] = {"Content-Disposition": f'attachment; filename="{name}"'}
    if form == "json":
        return Response(receipt, media_type="application/json", headers=headers)
    return Response(site.press.set(lambda: as_pdf(receipt)), media_type="application/pdf", headers=headers)
