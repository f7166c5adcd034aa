"""Endorsements over HTTP: what an issuer says of a credential, an achievement or another organisation."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BeforeValidator, Field, model_validator

from api.answers import answers
from api.bodies import DocumentRoute
from api.dependencies import ActingIssuer, SiteDep
from api.issuers.routes import RequestName, batch_out
from api.issuers.schemas import BatchOut
from api.issuers.service import request_key
from api.wallets.schemas import Strict
from ledger.documents.endorsement import endorsed_document, endorsed_id
from ledger.documents.text import NARRATIVE_LIMIT
from ledger.issuing.endorsements import Endorsements

router = APIRouter(prefix="/v1/issuers/{slug}", tags=["Issuing"], route_class=DocumentRoute)


def as_date(value: object) -> object:
    """A day in the one form of ISO 8601 that JSON requests have; anything else is refused by the model."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == len("2031-12-31") else value
    except ValueError:
        return value


class EndorsementIn(Strict):
    """What is endorsed, by its id or with its whole document, and what is said of it."""

    target: str | None = Field(default=None, max_length=2048, examples=["did:web:uni.example"])
    document: dict[str, Any] | None = Field(default=None, description="A credential (bound by digest) or achievement.")
    comment: str = Field(min_length=1, max_length=NARRATIVE_LIMIT)
    valid_until: Annotated[date, BeforeValidator(as_date)] | None = None

    @model_validator(mode="after")
    def _names_one(self) -> EndorsementIn:
        if (self.target is None) == (self.document is None):
            raise ValueError("give either target or document")
        return self


@router.post(
    "/endorsements",
    status_code=201,
    responses=answers(400, 401, 404, 409, 413, 415, 422, 503)
    | {200: {"model": BatchOut, "description": "The batch that the same request made before."}},
)
def draft_endorsement(
    slug: ActingIssuer, wanted: EndorsementIn, site: SiteDep, response: Response, request_name: RequestName = None
) -> BatchOut:
    """Drafts an endorsement, as a batch of one: approve it, and it is signed and anchored."""
    key = request_key(
        site.issuing.issuer(slug).slug, request_name, "endorsements", content=wanted.model_dump_json().encode()
    )
    endorsed = endorsed_document(wanted.document) if wanted.document is not None else endorsed_id(wanted.target or "")
    service = Endorsements(site.workspace.database)
    batch, is_new = service.draft(slug, endorsed, wanted.comment, valid_until=wanted.valid_until, request=key)
    response.status_code = 201 if is_new else 200
    return batch_out(site, batch)
