"""Asking holders for presentations, and checking what they answer, also as the VC API has it."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from api.answers import answers
from api.bodies import StrictRoute, TokenRequest
from api.dependencies import SiteDep, limited_check
from api.presentations.checking import check_presentation
from api.presentations.service import Challenge
from api.problems import Refusal
from api.verification.vc_api import RESULT, is_problem, problem_of
from api.verification.waiting import retry_headers
from api.wallets.schemas import Strict
from ledger.documents.presentation import MAX_CHALLENGE
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.verifying.report import Check, Outcome, shown_time
from ledger.wrapping.presented import presentation_in

router = APIRouter(tags=["Presentations"], route_class=StrictRoute)

Text = Annotated[str, Field(min_length=1, max_length=MAX_CHALLENGE, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]


class PresentationRequestIn(Strict):
    """Who asks (a web address, as a rule), what for, and for how long the answer is awaited."""

    audience: Annotated[Text, Field(examples=["https://employer.example"])]
    purpose: Annotated[Text | None, Field(examples=["Application for the post of instructional designer"])] = None
    minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 60


class ChallengeOut(BaseModel):
    """What a holder has to put into the proof of a presentation: `challenge`, and `audience` as its `domain`."""

    challenge: str = Field(examples=["cairn_challenge_…"])
    audience: str = Field(examples=["https://employer.example"])
    purpose: str | None
    expires_at: str = Field(examples=["2026-11-22T09:30:00Z"])


PRESENTATION_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["verifiablePresentation"],
                    "properties": {
                        "verifiablePresentation": {"type": "object"},
                        "options": {
                            "type": "object",
                            "properties": {"challenge": {"type": "string"}, "domain": {"type": "string"}},
                        },
                    },
                }
            }
        },
    }
}


@router.post(
    "/v1/presentation-requests",
    status_code=201,
    responses=answers(400, 413, 415, 422, 429),
    dependencies=[Depends(limited_check)],
)
def ask_for_presentation(wanted: PresentationRequestIn, site: SiteDep) -> ChallengeOut:
    """Makes a challenge for an audience. It counts once: the first presentation that answers it well uses it up."""
    return challenge_out(site.challenges.ask(wanted.audience, minutes=wanted.minutes, purpose=wanted.purpose))


@router.post(
    "/v1/presentations/verify",
    tags=["VC API"],
    responses=answers(400, 413, 415, 422, 429, ok=RESULT),
    openapi_extra=PRESENTATION_BODY,
    dependencies=[Depends(limited_check)],
    response_model=None,
)
def verify_presentation(wanted: TokenRequest, site: SiteDep) -> Response:
    """Checks a presentation, as a verifier of the VC API: `options.challenge` and `options.domain` are what was asked.

    With a challenge of this site nothing else needs to be named. What “could not check” is not verified.
    """
    found, options = wanted.get("verifiablePresentation"), wanted.get("options", {})
    if not isinstance(options, dict) or not isinstance(found, dict):
        raise Refusal(400, "request_invalid", "send {“verifiablePresentation”: {…}, “options”: {…}}")
    presentation = presentation_in(orjson.dumps(found))
    if presentation is None:
        raise Refusal(422, "presentation_invalid", "this is not a presentation: its type does not say so")
    report = check_presentation(
        site, presentation, challenge=option(options, "challenge"), audience=option(options, "domain")
    )
    failed = [*problems(report.checks), *(check for one in report.credentials for check in problems(one.checks))]
    details: list[JsonValue] = [problem_of(check) for check in failed]
    body: JsonObject = {
        "verified": report.verdict is Outcome.VALID,
        "problemDetails": details,
        "report": report.to_dict(),
    }
    return JSONResponse(body, headers=retry_headers(report.credentials))


def challenge_out(made: Challenge) -> ChallengeOut:
    return ChallengeOut(
        challenge=made.challenge,
        audience=made.audience,
        purpose=made.purpose,
        expires_at=shown_time(made.expires_at) or "",
    )


def option(options: JsonObject, name: str) -> str | None:
    """A text among the options. Raises Refusal 400 for anything else."""
    value = options.get(name)
    if value is not None and not isinstance(value, str):
        raise Refusal(400, "request_invalid", f"the option “{name}” is a text")
    return value


def problems(checks: tuple[Check, ...]) -> list[Check]:
    return [check for check in checks if is_problem(check)]
