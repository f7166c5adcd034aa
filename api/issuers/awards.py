"""Awards over HTTP: who would be awarded, drafting, the queue for a person, and awards that lost what they rest on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, BeforeValidator, Field, model_validator

from api.answers import answers
from api.bodies import StrictRoute
from api.dependencies import ActingIssuer, SiteDep
from api.issuers.endorsements import as_date
from api.issuers.pathways import PathwayOut, pathway_out
from api.issuers.routes import RequestName, batch_out
from api.issuers.schemas import BatchOut
from api.issuers.service import request_key
from api.parameters import Limit, Offset, plain_integer
from api.site import Site
from api.wallets.schemas import Strict, Time
from ledger.documents.canonical import canonicalize
from ledger.documents.strict_json import DOCUMENT
from ledger.documents.text import NARRATIVE_LIMIT
from ledger.errors import Conflict, NotFound
from ledger.issuing.awarding.affected import Finding
from ledger.issuing.awarding.applications import Applicant
from ledger.issuing.awarding.candidates import Candidate, CandidateState
from ledger.issuing.awarding.plan import AwardPlan, Prospect, Standing
from ledger.issuing.values import Batch, RequestKey, StoredPathway
from ledger.verifying.report import shown_time


class AwardRoute(StrictRoute):
    """A list in the body holds documents: they may be as large as documents may be."""

    limits = replace(DOCUMENT, depth=DOCUMENT.depth + 2)


router = APIRouter(prefix="/v1/issuers/{slug}/awards", tags=["Awards"], route_class=AwardRoute)

CandidateId = Annotated[int, BeforeValidator(plain_integer), Path(ge=1, le=10**15, examples=[1])]
LearnerId = Annotated[str, Field(min_length=1, max_length=64, examples=["0012"])]
Address = Annotated[str, Field(min_length=3, max_length=254, examples=["aisyah@students.example"])]


class LearnerIn(Strict):
    """A learner by the issuer's number; name and address where the issuer has given them nothing yet."""

    learner_id: LearnerId
    name: str | None = Field(default=None, min_length=1, max_length=200)
    email: Address | None = None
    other_emails: list[Address] = Field(
        default=[], max_length=20, description="Other addresses that the issuer knows to be the learner's."
    )


class AwardIn(Strict):
    """For which pathway, and for whom: all who completed it, those named, or one who hands in documents."""

    pathway: str = Field(
        min_length=1, max_length=2048, description="Its id, code/version or code.", examples=["design"]
    )
    learner_ids: list[LearnerId] | None = Field(default=None, min_length=1, max_length=1000)
    learner: LearnerIn | None = None
    documents: list[dict[str, Any]] = Field(
        default=[], max_length=200, description="Credentials of any issuer, recognition decisions, or a record."
    )
    awarded_on: Annotated[date, BeforeValidator(as_date)] | None = None
    label: str | None = Field(default=None, min_length=1, max_length=200)

    @model_validator(mode="after")
    def _is_for_somebody(self) -> AwardIn:
        if self.learner is not None and self.learner_ids is not None:
            raise ValueError("give either learner or learner_ids")
        if self.documents and self.learner is None:
            raise ValueError("documents are of one learner: say which")
        return self


class RefusalOut(BaseModel):
    """A credential that does not count, and why."""

    credential_id: str
    title: str
    code: str
    reason: str


class ProspectOut(BaseModel):
    """A learner, and how far they are. `rests_on` are the ids of the credentials that count."""

    learner_id: str
    name: str
    standing: Literal["entitled", "awarded", "incomplete"]
    award: str | None
    progress: float
    rests_on: list[str]
    needs: list[str]
    refused: list[RefusalOut]


class AwardPlanOut(BaseModel):
    """Who would be awarded; nothing is drafted. The counts are of all, `learners` is one page of them."""

    pathway: PathwayOut
    entitled: int
    incomplete: int
    awarded: int
    learners: list[ProspectOut]


class CandidateOut(BaseModel):
    """A learner who completed a pathway and is proposed, or of whom is decided."""

    id: int
    pathway: str
    title: str
    learner_id: str
    learner_name: str
    state: str = Field(description="proposed, refused, lapsed or drafted", examples=["proposed"])
    components: list[str]
    batch: int | None
    reason: str | None
    proposed_at: Time
    decided_at: Time | None


class RefusalIn(Strict):
    """Why a candidate is refused."""

    reason: str = Field(min_length=1, max_length=NARRATIVE_LIMIT, examples=["The fee is not paid."])


class FindingOut(BaseModel):
    """An award, and a credential that it rests on which was revoked, suspended or withdrawn."""

    award: str
    name: str
    learner_id: str
    component: str
    what: str = Field(examples=["revoked"])
    reason: int | None
    found_at: Time
    block: int


@router.post("/preview", responses=answers(400, 401, 404, 409, 413, 415, 422, 503))
def preview(slug: ActingIssuer, wanted: AwardIn, site: SiteDep, offset: Offset = 0, limit: Limit = 100) -> AwardPlanOut:
    """Says who would be awarded, what others lack, and why credentials do not count. Drafts nothing."""
    pathway, awards = own(site, slug, wanted), site.workspace.awards
    if wanted.learner is None:
        plan = awards.plan(slug, pathway.pathway_id, learner_ids=wanted.learner_ids, awarded_on=wanted.awarded_on)
    else:
        who, documents = applicant(site, slug, wanted.learner), contents(wanted)
        plan = awards.plan_for(slug, pathway.pathway_id, who, documents, awarded_on=wanted.awarded_on)
    return plan_out(plan, offset, limit)


@router.post(
    "",
    status_code=201,
    responses=answers(400, 401, 404, 409, 413, 415, 422, 503)
    | {200: {"model": BatchOut, "description": "The batch that the same request made before."}},
)
def draft(
    slug: ActingIssuer, wanted: AwardIn, site: SiteDep, response: Response, request_name: RequestName = None
) -> BatchOut:
    """Drafts awards as a batch: approve it, and they are signed and anchored."""
    pathway = own(site, slug, wanted)
    key = request_key(slug, request_name, "awards", content=wanted.model_dump_json().encode())
    if key is not None and (made := site.workspace.imports.made_by(key)) is not None:
        response.status_code = 200
        return batch_out(site, made)
    return batch_out(site, drafted(site, slug, pathway, wanted, key))


@router.get("/queue", responses=answers(401, 404, 422))
def queue(
    slug: ActingIssuer,
    site: SiteDep,
    state: Annotated[CandidateState | None, Query(description="Only those in this state.")] = None,
    offset: Offset = 0,
    limit: Limit = 100,
) -> list[CandidateOut]:
    """Who completed a pathway that awards on completion, or after a person's word; the oldest first."""
    states = () if state is None else (state,)
    found = site.workspace.candidates.all(site.issuing.issuer(slug).slug, *states, offset=offset, limit=limit)
    return [candidate_out(candidate) for candidate in found]


@router.post("/queue/{candidate_id}/approve", status_code=202, responses=answers(401, 404, 409, 422, 503))
def approve(slug: ActingIssuer, candidate_id: CandidateId, site: SiteDep) -> BatchOut:
    """Awards a candidate: what it rests on is looked at anew, then it is drafted, and issued in the background."""
    candidate = own_candidate(site, slug, candidate_id)
    (batch,) = site.workspace.on_completion.approve([candidate.id])
    return batch_out(site, site.issuing.approve(slug, batch.id))


@router.post("/queue/{candidate_id}/refuse", responses=answers(400, 401, 404, 409, 413, 415, 422))
def refuse(slug: ActingIssuer, candidate_id: CandidateId, wanted: RefusalIn, site: SiteDep) -> CandidateOut:
    """Refuses a candidate, who is not proposed again unless what they hold changes."""
    candidate = own_candidate(site, slug, candidate_id)
    return candidate_out(site.workspace.candidates.refuse(candidate.id, wanted.reason))


@router.get("/affected", responses=answers(401, 404, 422))
def affected(slug: ActingIssuer, site: SiteDep, offset: Offset = 0, limit: Limit = 100) -> list[FindingOut]:
    """Awards that rest on a credential which was revoked, suspended or withdrawn, as of the last look at the chain."""
    found = site.workspace.affected_awards.findings(site.issuing.issuer(slug).slug)
    return [finding_out(finding) for finding in found[offset : offset + limit]]


def own(site: Site, slug: str, wanted: AwardIn) -> StoredPathway:
    """The issuer's own pathway that is meant. Raises NotFound `pathway_unknown`."""
    return site.workspace.pathways.find(wanted.pathway, site.issuing.issuer(slug).slug)


def own_candidate(site: Site, slug: str, candidate_id: int) -> Candidate:
    """A candidate for an award of the issuer's. Raises NotFound `candidate_unknown`."""
    candidate = site.workspace.candidates.candidate(candidate_id)
    if candidate.issuer != site.issuing.issuer(slug).slug:
        raise NotFound("there is no such candidate", "candidate_unknown")
    return candidate


def applicant(site: Site, slug: str, learner: LearnerIn) -> Applicant:
    return site.workspace.awards.applicant(
        slug, learner.learner_id, name=learner.name, email=learner.email, other_emails=learner.other_emails
    )


def contents(wanted: AwardIn) -> list[bytes]:
    return [canonicalize(document) for document in wanted.documents]


def drafted(site: Site, slug: str, pathway: StoredPathway, wanted: AwardIn, key: RequestKey | None) -> Batch:
    """The new batch. Raises Conflict `nobody_entitled`, and as `Awards.draft_for`."""
    awards = site.workspace.awards
    if wanted.learner is not None:
        return awards.draft_for(
            slug,
            pathway.pathway_id,
            applicant(site, slug, wanted.learner),
            contents(wanted),
            awarded_on=wanted.awarded_on,
            label=wanted.label,
            request=key,
        )
    batch = awards.draft(
        slug,
        pathway.pathway_id,
        learner_ids=wanted.learner_ids,
        awarded_on=wanted.awarded_on,
        label=wanted.label,
        request=key,
    )
    if batch is None:
        raise Conflict("nobody has completed it who does not hold the award already", "nobody_entitled")
    return batch


def plan_out(plan: AwardPlan, offset: int, limit: int) -> AwardPlanOut:
    return AwardPlanOut(
        pathway=pathway_out(plan.pathway),
        entitled=len(plan.of(Standing.ENTITLED)),
        incomplete=len(plan.of(Standing.INCOMPLETE)),
        awarded=len(plan.of(Standing.AWARDED)),
        learners=[prospect_out(prospect) for prospect in plan.prospects[offset : offset + limit]],
    )


def prospect_out(prospect: Prospect) -> ProspectOut:
    return ProspectOut(
        learner_id=prospect.learner.learner_id,
        name=prospect.learner.name,
        standing=prospect.standing.value,
        award=prospect.award,
        progress=prospect.evaluation.progress,
        rests_on=[held.credential_id for held in prospect.evaluation.chosen],
        needs=list(prospect.evaluation.needs),
        refused=[RefusalOut.model_validate(vars(refusal)) for refusal in prospect.refused],
    )


def candidate_out(candidate: Candidate) -> CandidateOut:
    return CandidateOut(
        id=candidate.id,
        pathway=candidate.pathway_id,
        title=candidate.title,
        learner_id=candidate.learner_id,
        learner_name=candidate.learner_name,
        state=str(candidate.state),
        components=list(candidate.components),
        batch=candidate.batch,
        reason=candidate.reason,
        proposed_at=shown_time(candidate.proposed_at) or "",
        decided_at=shown_time(candidate.decided_at),
    )


def finding_out(finding: Finding) -> FindingOut:
    return FindingOut(
        award=finding.award,
        name=finding.name,
        learner_id=finding.learner_id,
        component=finding.component,
        what=finding.what,
        reason=finding.reason,
        found_at=shown_time(finding.found_at) or "",
        block=finding.block,
    )
