"""Checking a document that somebody was given: as an endpoint and as a page. Nothing is stored."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from api.answers import answers
from api.bodies import DOCUMENT_BODY, document_body, form_document
from api.dependencies import SiteDep, limited_check
from api.problems import RETRY_SECONDS, Refusal
from api.web.languages import wanted_languages
from api.web.pages import page
from api.web.verdicts import view_of
from ledger.verifying.report import Outcome, VerificationReport

router = APIRouter(tags=["Verification"])
page_router = APIRouter(include_in_schema=False)

Document = Annotated[bytes, Depends(document_body)]
FormDocument = Annotated[bytes, Depends(form_document)]


def accepts_any_issuer(site: SiteDep, policy: Annotated[Literal["any-issuer"] | None, Query()] = None) -> bool:
    """Whether the caller asks for the unsafe policy. Raises Refusal 422 where the site does not allow it."""
    if policy is not None and not site.settings.allow_any_issuer:
        raise Refusal(422, "policy_not_allowed", "this site asks who an issuer is, for every document")
    return policy is not None


AnyIssuer = Annotated[bool, Depends(accepts_any_issuer)]

REPORT: dict[str, Any] = {
    "description": "The report. `verdict` is valid, invalid or indeterminate; a false document is no error.",
    "content": {
        "application/json": {
            "schema": {"type": "object", "required": ["verdict", "code", "message", "checks"]},
            "example": {
                "verdict": "invalid",
                "code": "revoked",
                "message": "The issuer revoked this credential.",
                "checks": [{"id": "status", "outcome": "invalid", "code": "revoked", "message": "…", "evidence": {}}],
            },
        }
    },
}


@router.post(
    "/v1/verify",
    responses=answers(400, 413, 415, 422, 429, ok=REPORT),
    openapi_extra=DOCUMENT_BODY,
    dependencies=[Depends(limited_check)],
    response_model=None,
)
def verify(document: Document, site: SiteDep, any_issuer: AnyIssuer) -> Response:
    """Checks a credential or a record. What can be read is answered with 200, whether it is true or false.

    `policy=any-issuer` is unsafe: it asks nobody who the issuer is. A site has to allow it.
    """
    report = site.verify(document, any_issuer=any_issuer)
    return JSONResponse(site.shown(report), headers=retry_headers(report))


@page_router.api_route("/check", methods=["GET", "HEAD"])
def check_form() -> Response:
    """The page to check a file on."""
    return page("check.html", {"refusal": None})


@page_router.post("/check", dependencies=[Depends(limited_check)])
def check(request: Request, document: FormDocument, site: SiteDep) -> Response:
    """The verdict on a file that was dropped, chosen or pasted."""
    report = site.verify(document)
    languages = wanted_languages(request.headers.get("accept-language", ""))
    view = view_of(report, rpc=site.node_url, successor=site.successor, languages=languages)
    return page("verdict.html", {"view": view, "share": None}, 200, retry_headers(report))


def retry_headers(report: VerificationReport) -> dict[str, str]:
    """When to ask again, where the ledger could not be read or does not hold the document for good yet."""
    return {"Retry-After": str(RETRY_SECONDS)} if waits_for_the_ledger(report) else {}


def waits_for_the_ledger(report: VerificationReport) -> bool:
    anchor = report.check("anchor")
    open_question = anchor.outcome is Outcome.INDETERMINATE and anchor.code != "no_anchor_proof"
    return open_question or any(waits_for_the_ledger(part) for part in report.components)
