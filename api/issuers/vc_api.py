"""Issuing what a caller composed itself: the part of an issuer in the VC API (W3C Credentials Community Group)."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Response

from api.answers import answers
from api.bodies import RequestObject
from api.dependencies import ActingIssuer, SiteDep
from api.problems import Refusal
from ledger.documents.strict_json import JsonObject
from ledger.errors import DraftError, InvalidProof, MalformedDocument

router = APIRouter(prefix="/v1/issuers/{slug}", tags=["VC API"])

UNREADABLE = (DraftError, InvalidProof, MalformedDocument)
KNOWN_OPTIONS = {"credentialId"}

ISSUE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["credential"],
                    "properties": {
                        "credential": {"type": "object", "description": "An Open Badges 3.0 credential, unsecured."},
                        "options": {"type": "object", "properties": {"credentialId": {"type": "string"}}},
                    },
                }
            }
        },
    }
}
ISSUED: dict[str, Any] = {
    "description": "The signed credential. It is anchored next: its own address then gives it with that proof.",
    "headers": {"Location": {"schema": {"type": "string"}, "description": "Where the credential is."}},
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["verifiableCredential"],
                "properties": {"verifiableCredential": {"type": "object"}},
            }
        }
    },
}


@router.post(
    "/credentials/issue",
    status_code=201,
    responses=answers(400, 401, 404, 409, 413, 415, 422, 503) | {201: ISSUED},
    openapi_extra=ISSUE_BODY,
    response_model=None,
)
def issue(slug: ActingIssuer, wanted: RequestObject, site: SiteDep) -> Response:
    """Signs a credential that the caller composed, as an issuer of the VC API, and has it anchored as a batch of one.

    It gets an id, unless it has the urn:uuid of a random UUID, and a `credentialStatus`. Where the institution needs
    two persons for what it issues, nothing is signed for a machine alone (409 `second_person`).
    """
    site.registrar.approvals.require_alone(slug)
    try:
        stored = site.composing.issue(site.issuing.issuer(slug).slug, credential_of(wanted))
    except UNREADABLE as error:
        problems = error.problems if isinstance(error, DraftError) else ()
        detail = "; ".join(str(problem) for problem in problems) or str(error)
        raise Refusal(400, problems[0].code if problems else error.code, detail) from error
    document = site.issuing.document(slug, stored.credential_id)
    content = b'{"verifiableCredential":' + document + b"}"
    location = f"{site.base}/v1/issuers/{slug}/credentials/{stored.credential_id}"
    return Response(content, 201, {"Location": location}, "application/json")


def credential_of(wanted: JsonObject) -> JsonObject:
    """The credential of a request to issue. Raises MalformedDocument `request_invalid`, `option_unsupported`."""
    document, options = wanted.get("credential"), wanted.get("options", {})
    if not isinstance(document, dict) or not isinstance(options, dict):
        raise MalformedDocument("request_invalid", "send {“credential”: {…}} and, if need be, {“options”: {…}}")
    if unknown := sorted(options.keys() - KNOWN_OPTIONS):
        raise MalformedDocument("option_unsupported", f"these options are not offered here: {', '.join(unknown)[:200]}")
    named: JsonObject = {"id": options["credentialId"]} if "credentialId" in options and "id" not in document else {}
    return orjson.loads(orjson.dumps(document | named)) if named else document
