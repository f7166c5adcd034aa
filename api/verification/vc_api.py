"""Verifying as the VC API of the W3C Credentials Community Group has it: for programs that speak it already."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from api.answers import answers
from api.bodies import TokenRequest
from api.dependencies import SiteDep, limited_check
from api.problems import Refusal
from api.verification.waiting import retry_headers
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.verifying.report import Check, Outcome
from ledger.wrapping.envelope import without_envelope

router = APIRouter(prefix="/v1/credentials", tags=["VC API"])

_DATA_MODEL = "https://www.w3.org/TR/vc-data-model#"
_STATUS_LIST = "https://www.w3.org/ns/credentials/status-list#"
PROBLEM_TYPES = {
    "structure": f"{_DATA_MODEL}MALFORMED_VALUE_ERROR",
    "schema": f"{_DATA_MODEL}MALFORMED_VALUE_ERROR",
    "signature": f"{_DATA_MODEL}CRYPTOGRAPHIC_SECURITY_ERROR",
    "period": f"{_DATA_MODEL}RANGE_ERROR",
}
"""Problem types of VC Data Model 2.0, section 7.1; our other checks have none there."""

VERIFY_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["verifiableCredential"],
                    "properties": {
                        "verifiableCredential": {
                            "oneOf": [{"type": "object"}, {"type": "string", "description": "A compact JWS."}]
                        },
                        "options": {"type": "object"},
                    },
                }
            }
        },
    }
}
RESULT: dict[str, Any] = {
    "description": "The result. What is false, and what could not be checked, is answered with `verified: false`.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["verified", "problemDetails", "report"],
                "properties": {
                    "verified": {"type": "boolean"},
                    "problemDetails": {"type": "array", "items": {"type": "object"}},
                    "report": {"type": "object", "description": "As `POST /v1/verify` gives it."},
                },
            }
        }
    },
}


@router.post(
    "/verify",
    responses=answers(400, 413, 415, 422, 429, ok=RESULT),
    openapi_extra=VERIFY_BODY,
    dependencies=[Depends(limited_check)],
    response_model=None,
)
def verify(wanted: TokenRequest, site: SiteDep) -> Response:
    """Checks a credential or record, as a verifier of the VC API. What “could not check” is not verified."""
    report = site.verify(document_of(wanted))
    body: JsonObject = {
        "verified": report.verdict is Outcome.VALID,
        "problemDetails": [problem_of(check) for check in report.checks if is_problem(check)],
        "report": site.shown(report),
    }
    return JSONResponse(body, headers=retry_headers([report]))


def document_of(wanted: JsonObject) -> bytes:
    """The document of a request: an object, a compact JWS, or an object that envelops one."""
    found: JsonValue = wanted.get("verifiableCredential")
    if not isinstance(wanted.get("options", {}), dict):
        raise Refusal(400, "request_invalid", "“options” is an object")
    if isinstance(found, dict):
        return without_envelope(orjson.dumps(found))
    if isinstance(found, str) and found.count(".") == 2:
        return found.encode()
    raise Refusal(400, "request_invalid", "send {“verifiableCredential”: …}: an object, or a compact JWS")


def is_problem(check: Check) -> bool:
    return check.outcome in (Outcome.INVALID, Outcome.INDETERMINATE)


def problem_of(check: Check) -> JsonObject:
    """A check that failed, or could not be made, as a problem (RFC 9457)."""
    kind = PROBLEM_TYPES.get(check.id, "about:blank")
    if check.id == "status":
        unknown = check.outcome is Outcome.INDETERMINATE
        kind = _STATUS_LIST + ("STATUS_RETRIEVAL_ERROR" if unknown else "STATUS_VERIFICATION_ERROR")
    return {"type": kind, "title": check.code, "detail": check.message, "outcome": check.outcome.value}
