"""How answers look in the OpenAPI description, and the one way in which documents are handed out."""

from __future__ import annotations

from typing import Any

from fastapi.responses import Response
from pydantic import BaseModel, Field

from api.problems import PROBLEM_TYPE, SENTENCES
from ledger.rendering.forms import MEDIA_TYPES, form_of

DOCUMENT_TYPE = "application/vc"


class ProblemOut(BaseModel):
    """A refusal (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(description="One sentence for people.", examples=["there is nothing here"])
    code: str = Field(description="A stable word for programs.", examples=["not_found"])
    request_id: str = Field(examples=["9f86d081884c7d65"])
    problems: list[dict[str, Any]] | None = Field(default=None, description="Everything that is wrong, at once.")


PROBLEM_SCHEMA = {"$ref": "#/components/schemas/ProblemOut"}
DOWNLOAD: dict[str, Any] = {
    "description": "The document, byte for byte.",
    "content": {DOCUMENT_TYPE: {"schema": {"type": "object"}}},
}


def answers(*statuses: int, ok: dict[str, Any] | None = None) -> dict[int | str, dict[str, Any]]:
    """The refusals that a route may give; `ok` describes a 200 that is not plain JSON."""
    described: dict[int | str, dict[str, Any]] = {
        status: {"description": SENTENCES[status][1], "content": {PROBLEM_TYPE: {"schema": PROBLEM_SCHEMA}}}
        for status in statuses
    }
    if ok is not None:
        described[200] = ok
    return described


def document_response(document: bytes) -> Response:
    """A document as it is stored, JSON or a token."""
    return Response(document, media_type=MEDIA_TYPES[form_of(document)])
