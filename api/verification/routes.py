"""Checking a document that somebody was given. Nothing is stored."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse

from api.answers import answers
from api.bodies import DOCUMENT_BODY, document_body
from api.dependencies import SiteDep, limited_check
from api.moments import Moment
from api.problems import Refusal
from api.verification.files import check_file
from api.verification.waiting import retry_headers
from ledger.documents.presentation import MAX_CHALLENGE

router = APIRouter(tags=["Verification"])

Document = Annotated[bytes, Depends(document_body)]


def accepts_any_issuer(site: SiteDep, policy: Annotated[Literal["any-issuer"] | None, Query()] = None) -> bool:
    """Whether the caller asks for the unsafe policy. Raises Refusal 422 where the site does not allow it."""
    if policy is not None and not site.settings.allow_any_issuer:
        raise Refusal(422, "policy_not_allowed", "this site asks who an issuer is, for every document")
    return policy is not None


AnyIssuer = Annotated[bool, Depends(accepts_any_issuer)]
Asked = Annotated[str | None, Query(min_length=1, max_length=MAX_CHALLENGE)]

REPORT_SCHEMA = {"type": "object", "required": ["verdict", "code", "message", "checks"]}
UNREAD_SCHEMA = {"type": "object", "required": ["name", "error"]}
REPORTS_SCHEMA = {
    "type": "object",
    "required": ["reports"],
    "properties": {"reports": {"type": "array", "minItems": 1, "items": {"anyOf": [REPORT_SCHEMA, UNREAD_SCHEMA]}}},
}
REPORT: dict[str, Any] = {
    "description": (
        "The report. `verdict` is valid, invalid or indeterminate; a false document is no error. For an archive, and a "
        "PDF with several credentials, `reports`: each with the file's `name`, and an `error` where one can't be read."
    ),
    "content": {
        "application/json": {
            "schema": {"anyOf": [REPORT_SCHEMA, REPORTS_SCHEMA]},
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
def verify(
    document: Document,
    site: SiteDep,
    any_issuer: AnyIssuer,
    moment: Moment,
    challenge: Asked = None,
    audience: Asked = None,
) -> Response:
    """Checks a credential or a record, or what is in a badge, a PDF or a ZIP. What can be read is answered with 200.

    Of a presentation, `challenge` and `audience` are what its holder was asked for; one of this site need not be named.
    `on` asks what held on a date: then `as_of` in the report is the moment that counts, and `since` what changed since.
    `policy=any-issuer` is unsafe: it asks nobody who the issuer is. A site has to allow it.
    """
    checked = check_file(site, document, any_issuer=any_issuer, challenge=challenge, audience=audience, on=moment)
    return JSONResponse(checked.to_dict(site), headers=retry_headers(checked.reports))
