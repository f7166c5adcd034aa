"""Recognition decisions over HTTP: what an issuer counts somebody's credential for, and the calculator beside it."""

from __future__ import annotations

import binascii
from base64 import b64decode
from datetime import date
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, BeforeValidator, Field, model_validator

from api.answers import answers
from api.bodies import DocumentRoute, StrictRoute
from api.dependencies import ActingIssuer, SiteDep, limited_check
from api.issuers.endorsements import as_date
from api.issuers.routes import RequestName, batch_out
from api.issuers.schemas import BatchOut
from api.issuers.service import request_key
from api.problems import Refusal
from api.wallets.schemas import Strict
from ledger.documents.text import NARRATIVE_LIMIT, URL_LIMIT
from ledger.errors import CairnError, MalformedDocument
from ledger.issuing.recognitions import REASON_LIMIT, Recognitions, Wanted
from ledger.recognising import recognisable
from ledger.stacking.comparison import MAX_AMOUNT, compare, sentences

router = APIRouter(prefix="/v1/issuers/{slug}", tags=["Issuing"], route_class=DocumentRoute)
calculator = APIRouter(tags=["Comparison"], route_class=StrictRoute)

MAX_CONTENT = 1024 * 1024
CreditName = Literal["ECTS", "NZQCF", "MQF", "CATS", "US"]
LevelName = Literal["EQF", "QF-EHEA", "NZQCF", "MQF", "FHEQ", "AQF"]


class RecognitionIn(Strict):
    """A credential, as its document or as the file that holds it, and what it counts for."""

    document: dict[str, Any] | None = Field(default=None, description="The credential as JSON.")
    content: str | None = Field(
        default=None, max_length=MAX_CONTENT, description="The file in base64: JSON, a JWT, PDF, PNG or SVG."
    )
    credits: float | None = Field(default=None, gt=0, le=1_000)
    framework: CreditName | None = None
    level: int | None = Field(default=None, ge=1, le=20)
    level_framework: LevelName | None = None
    pathway: str | None = Field(default=None, max_length=URL_LIMIT, description="Its code, code/version, or address.")
    achievement: str | None = Field(
        default=None, max_length=URL_LIMIT, description="The component of that pathway that it stands for."
    )
    comment: str | None = Field(default=None, min_length=1, max_length=NARRATIVE_LIMIT)
    valid_until: Annotated[date, BeforeValidator(as_date)] | None = None
    email: str | None = Field(default=None, max_length=254, description="The learner's, who may claim the decision.")
    unverified: str | None = Field(
        default=None,
        min_length=1,
        max_length=REASON_LIMIT,
        description="Why it is recognised although it did not verify; stands in the decision.",
    )

    @model_validator(mode="after")
    def _holds_one(self) -> RecognitionIn:
        if (self.document is None) == (self.content is None):
            raise ValueError("give either document or content")
        return self

    def file(self) -> bytes:
        """The bytes of the credential. Raises MalformedDocument `base64_format`."""
        if self.content is None:
            return orjson.dumps(self.document)
        try:
            return b64decode(self.content, validate=True)
        except (binascii.Error, ValueError):
            raise MalformedDocument("base64_format", "the content is not base64") from None

    def wanted(self) -> Wanted:
        return Wanted(**self.model_dump(exclude={"document", "content"}))


@router.post(
    "/recognitions",
    status_code=201,
    responses=answers(400, 401, 404, 409, 413, 415, 422, 503)
    | {200: {"model": BatchOut, "description": "The batch that the same request made before."}},
)
def draft_recognition(
    slug: ActingIssuer, wanted: RecognitionIn, site: SiteDep, response: Response, request_name: RequestName = None
) -> BatchOut:
    """Drafts a recognition decision, as a batch of one: approve it, and it is signed and anchored.

    Only a credential that is valid now can be recognised, unless `unverified` says why it is all the same.
    """
    key = request_key(
        site.issuing.issuer(slug).slug, request_name, "recognitions", content=wanted.model_dump_json().encode()
    )
    endorsed = recognisable(wanted.file(), site.verify_many, unverified=wanted.unverified is not None)
    service = Recognitions(site.workspace.database)
    batch, is_new = service.draft(slug, endorsed, wanted.wanted(), request=key)
    response.status_code = 201 if is_new else 200
    return batch_out(site, batch)


class ComparisonIn(Strict):
    """An amount of credits, of hours or, for AQF, of years of full-time study; and a level, if that is asked too."""

    amount: float = Field(gt=0, le=MAX_AMOUNT, examples=[15])
    framework: Literal["ECTS", "NZQCF", "MQF", "CATS", "US", "AQF", "hours"] = Field(examples=["NZQCF"])
    level: int | None = Field(default=None, ge=1, le=10, examples=[8])
    level_framework: LevelName | None = None


class ComparisonOut(BaseModel):
    """The amount in every other system, as a range with the rule and its source; `note` says what that is not."""

    amount: float
    framework: str
    hours: dict[str, Any]
    credits: list[dict[str, Any]]
    level: dict[str, Any] | None
    levels: list[dict[str, Any]]
    note: str
    text: str = Field(description="The same in words.")


@calculator.post("/v1/compare", responses=answers(400, 413, 415, 422, 429), dependencies=[Depends(limited_check)])
def compare_credits(wanted: ComparisonIn) -> ComparisonOut:
    """Reckons credits and levels of one system in the others, by hours. Indicative; never a recognition decision."""
    try:
        found = compare(wanted.amount, wanted.framework, level=wanted.level, level_framework=wanted.level_framework)
    except CairnError as error:
        raise Refusal(422, error.code, str(error)) from error
    return ComparisonOut.model_validate(found.to_dict() | {"text": "\n".join(sentences(found))})
