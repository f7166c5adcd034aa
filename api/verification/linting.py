"""What a description lacks for a profile, over HTTP. Nothing is stored, and nothing is asked of a chain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.answers import answers
from api.bodies import DOCUMENT_BODY, document_body
from api.dependencies import limited_check
from ledger.linting import lint_file
from ledger.stacking.profiles.finding import Finding, Severity

router = APIRouter(tags=["Profiles"])

Document = Annotated[bytes, Depends(document_body)]
ProfileName = Literal["cmf", "eu", "microbol", "microhe", "mqa", "nzqa"]
Profiles = Annotated[list[ProfileName], Query(alias="profile", min_length=1, max_length=6, examples=[["eu"]])]


class SourceOut(BaseModel):
    """Where a rule stands."""

    document: str = Field(examples=["Council Recommendation 2022/C 243/02"])
    part: str = Field(examples=["Annex I, mandatory elements"])
    year: int = Field(examples=[2022])


class FindingOut(BaseModel):
    """What is missing, why, and who asks for it."""

    rule: str = Field(description="A stable name.", examples=["eu.level"])
    severity: Severity
    message: str
    path: str = Field(description="A JSON Pointer into the document, or a place in a programme file.")
    source: SourceOut


class FindingsOut(BaseModel):
    """Findings, errors first. A profile is met if there are no errors."""

    profiles: list[str]
    errors: int
    warnings: int
    notes: int
    findings: list[FindingOut]


@router.post(
    "/v1/lint",
    responses=answers(400, 413, 415, 422, 429),
    openapi_extra=DOCUMENT_BODY,
    dependencies=[Depends(limited_check)],
)
def lint(document: Document, profiles: Profiles) -> FindingsOut:
    """Says what a credential, a record, an achievement or a programme file lacks for a profile, or for several."""
    return findings_out(lint_file(document, profiles, today=datetime.now(UTC).date()), profiles)


def findings_out(findings: Sequence[Finding], profiles: Sequence[str]) -> FindingsOut:
    counted = {kind: sum(finding.severity is kind for finding in findings) for kind in Severity}
    return FindingsOut(
        profiles=list(profiles),
        errors=counted[Severity.ERROR],
        warnings=counted[Severity.WARNING],
        notes=counted[Severity.NOTE],
        findings=[FindingOut.model_validate(finding.to_dict()) for finding in findings],
    )
