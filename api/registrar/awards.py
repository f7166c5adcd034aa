"""The page of awards: who completed a pathway and waits for a person, and awards of which a part fell."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import SiteDep
from api.issuers.awards import own_candidate
from api.registrar.editing.forms import Posted, posted
from api.registrar.words import FALLS, reason_name
from api.site import Site
from api.staff.dependencies import Approver, Preparer
from api.staff.showing import staff_page
from api.staff.values import Member, Role
from api.wallets.access.sign_in_routes import from_our_own
from api.web.translating import gettext
from ledger.errors import Conflict, DraftError, NotFound, RegistryError
from ledger.issuing.awarding.candidates import Candidate, CandidateState
from ledger.issuing.values import StoredCredential

SHOWN = 100
Problems = list[tuple[str, str]]

router = APIRouter(prefix="/staff/issuers/{slug}/awards", include_in_schema=False, dependencies=[Depends(from_our_own)])


async def awards_post(request: Request) -> Posted:
    return await posted(request, max_bytes=64 * 1024)


PostedForm = Annotated[Posted, Depends(awards_post)]


@router.api_route("", methods=["GET", "HEAD"])
def overview(member: Preparer, site: SiteDep) -> Response:
    """Who waits, what was decided, and what fell."""
    return awards_page(site, member)


@router.post("")
def decide(member: Approver, form: PostedForm, site: SiteDep) -> Response:
    """Awards a candidate, or refuses one with a reason."""
    number = form.text("candidate")
    candidate = own_candidate(site, member.institution, int(number) if number.isdigit() and len(number) < 16 else 0)
    try:
        if form.text("do") == "refuse":
            site.workspace.candidates.refuse(candidate.id, form.text("reason"))
            site.staff.audit.note(member, "award_refused", f"candidate {candidate.id}")
        else:
            (batch,) = site.workspace.on_completion.approve([candidate.id])
            site.staff.audit.note(member, "award_approved", f"candidate {candidate.id}", f"batch {batch.id}")
            site.registrar.approvals.approve(batch, member)
            return RedirectResponse(f"/staff/issuers/{member.institution}/batches/{batch.id}", 303)
    except DraftError:
        told = gettext("Say why, in a sentence or two: whoever asks is told.")
        return awards_page(site, member, [(f"reason-{candidate.id}", told)], {candidate.id: form.text("reason")})
    except (Conflict, RegistryError) as error:
        return awards_page(site, member, [("", str(error))])
    return RedirectResponse(f"/staff/issuers/{member.institution}/awards", 303)


def awards_page(
    site: Site, member: Member, problems: Problems | None = None, given: dict[int, str] | None = None
) -> Response:
    candidates = site.workspace.candidates.all(member.institution, limit=SHOWN * 5)
    waiting = [one for one in candidates if one.state is CandidateState.PROPOSED]
    findings = site.workspace.affected_awards.findings(member.institution)
    values = {
        "waiting": [(one, evidence(site, one)) for one in waiting[:SHOWN]],
        "decided": [one for one in reversed(candidates) if one.state is not CandidateState.PROPOSED][:SHOWN],
        "states": {
            CandidateState.REFUSED: gettext("Refused"),
            CandidateState.LAPSED: gettext("Not entitled any more"),
            CandidateState.DRAFTED: gettext("Awarded"),
        },
        "findings": [
            {
                "found": one,
                "what": gettext(FALLS.get(one.what, one.what)),
                "reason": reason_name(one.reason) if one.reason is not None else "",
            }
            for one in findings[:SHOWN]
        ],
        "may_approve": member.may(Role.APPROVES),
        "problems": problems or [],
        "wrong": dict(problems or []),
        "given": given or {},
    }
    return staff_page(site, member, "registrar/awards.html", "pathways", values, 422 if problems else 200)


def evidence(site: Site, candidate: Candidate) -> list[StoredCredential]:
    """The credentials that an award would rest on, as far as they are of this ledger."""
    found = []
    for name in candidate.components:
        try:
            found.append(site.workspace.catalog.credential(name))
        except NotFound:
            continue
    return found
