"""The pages on which registrars revoke, suspend, reinstate and withdraw: name, look, approve, watch."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import SiteDep
from api.parameters import WholeNumber
from api.registrar import words
from api.registrar.editing.forms import Posted, posted
from api.registrar.status.asking import rows_of_table, rows_of_text
from api.registrar.status.proposals import Action, Proposal, State
from api.site import Site
from api.staff.dependencies import Preparer
from api.staff.showing import staff_page
from api.staff.values import Member, Role
from api.wallets.access.sign_in_routes import from_our_own
from api.web.translating import gettext
from ledger.chain.amounts import money
from ledger.chain.registry import Reason
from ledger.documents.text import text_problem
from ledger.errors import Conflict, DraftError, MalformedDocument, NotFound, Problem, RegistryError
from ledger.issuing.bulk_revocation import RevocationPlan, RowState
from ledger.issuing.revocation_rows import AskedRow
from ledger.issuing.values import StoredCredential

SHOWN = 200
NOTE_LIMIT = 1_000
MAX_BODY = 6 * 1024 * 1024

router = APIRouter(prefix="/staff/issuers/{slug}/status", include_in_schema=False, dependencies=[Depends(from_our_own)])


async def status_form(request: Request) -> Posted:
    return await posted(request, max_bytes=MAX_BODY)


Form = Annotated[Posted, Depends(status_form)]
Named = Annotated[list[str] | None, Query(description="Credentials that were chosen elsewhere.")]
BatchNumber = Annotated[str, Query(max_length=18, description="A batch that is to be withdrawn.")]
Problems = list[tuple[str, str]]


@router.api_route("", methods=["GET", "HEAD"])
def overview(member: Preparer, site: SiteDep, credential: Named = None, batch: BatchNumber = "") -> Response:
    """The form, and what was asked for before."""
    given = {"named": "\n".join(credential or [])[:100_000], "batch": batch}
    given["action"] = str(Action.WITHDRAW if batch else Action.REVOKE)
    return overview_page(site, member, given)


@router.post("")
def prepare(member: Preparer, form: Form, site: SiteDep) -> Response:
    """Keeps what is wanted, and shows what would happen."""
    given = {name: form.text(name) for name in ("action", "reason", "note", "batch")}
    given["named"] = "\n".join([*form.texts("credential"), *form.texts("named")])[:600_000]
    action = Action(given["action"]) if given["action"] in set(Action) else None
    reason = Reason(int(given["reason"])) if given["reason"] in {str(int(one)) for one in Reason} else None
    problems: Problems = []
    if action is None:
        problems.append(("action", gettext("Choose what is to be done.")))
    if reason is None and action is Action.REINSTATE:
        reason = Reason.ISSUED_IN_ERROR
    if reason is None:
        problems.append(("reason", gettext("Choose a reason.")))
    if given["note"] and (text_problem(given["note"], limit=NOTE_LIMIT, lines=True)):
        said = gettext("This note cannot be kept: it is too long, or has characters that cannot be seen.")
        problems.append(("note", said))
    asked: tuple[AskedRow, ...] = ()
    if action is not None and action is not Action.WITHDRAW:
        try:
            asked = rows_of(site, member, form, given["named"], reason or Reason.ISSUED_IN_ERROR)
        except DraftError as error:
            problems += [(column_of(one), sentence(one)) for one in error.problems[:20]]
        except MalformedDocument as error:
            problems.append(("file", str(error)))
    if action is Action.WITHDRAW and not (given["batch"].isdigit() and len(given["batch"]) < 16):
        problems.append(("batch", gettext("Give the number of the batch.")))
    if problems or action is None or reason is None:
        return overview_page(site, member, given, problems)
    try:
        made = site.control.proposals.prepare(
            member,
            action,
            reason,
            asked,
            note=given["note"] or None,
            batch=int(given["batch"]) if action is Action.WITHDRAW else None,
        )
    except (NotFound, Conflict) as error:
        told = {
            "batch_unknown": gettext("There is no batch of yours with this number."),
            "batch_withdrawn": gettext("This batch is withdrawn already."),
            "not_anchored": gettext("This batch is not on the chain yet. Discard it instead."),
        }
        return overview_page(site, member, given, [("batch", told.get(error.code, str(error)))])
    return RedirectResponse(f"{path_of(member)}/{made.id}", 303)


@router.api_route("/{number}", methods=["GET", "HEAD"])
def show(member: Preparer, number: WholeNumber, site: SiteDep) -> Response:
    """What would happen, or what became of it."""
    return proposal_page(site, member, site.control.proposals.find(member.institution, number))


@router.post("/{number}")
def decide(member: Preparer, number: WholeNumber, form: Form, site: SiteDep) -> Response:
    """Does what a button of the page says."""
    proposals = site.control.proposals
    proposal = proposals.find(member.institution, number)
    try:
        match form.text("do"):
            case "propose":
                proposals.propose(member, proposal)
            case "drop":
                proposals.drop(member, proposal)
                return RedirectResponse(path_of(member), 303)
            case "refuse":
                why = form.text("why")
                if not why or text_problem(why, limit=NOTE_LIMIT, lines=True):
                    return proposal_page(site, member, proposal, [("why", gettext("Say why, in a sentence or two."))])
                if not member.may(Role.APPROVES):
                    return proposal_page(site, member, proposal, [("", not_yours())])
                proposals.refuse(member, proposal, why)
            case "decide":
                if form.text("sure") != "yes":
                    said = gettext("Tick the box to say that you looked at what will happen.")
                    return proposal_page(site, member, proposal, [("sure", said)])
                proposals.decide(member, proposal)
            case _:
                return proposal_page(site, member, proposal, [("", gettext("Choose one of the buttons."))])
    except Conflict as error:
        told = {
            "second_person": not_yours(),
            "proposal_moved": gettext("Somebody decided this meanwhile. This is how it stands now."),
        }
        fresh = proposals.find(member.institution, number)
        return proposal_page(site, member, fresh, [("", told.get(error.code, str(error)))])
    return RedirectResponse(f"{path_of(member)}/{number}", 303)


def overview_page(site: Site, member: Member, given: dict[str, str], problems: Problems | None = None) -> Response:
    proposals = site.control.proposals
    values = {
        "given": {"action": "", "reason": "", "note": "", "batch": "", "named": ""} | given,
        "problems": problems or [],
        "wrong": dict(reversed(problems or [])),
        "actions": words.action_choices(),
        "reasons": words.reason_choices(),
        "proposals": [listed(one) for one in proposals.all(member.institution)],
        "needs_two": proposals.needs_two(member.institution),
    }
    return staff_page(site, member, "registrar/status.html", "status", values, 422 if problems else 200)


def listed(one: Proposal) -> dict[str, object]:
    return {
        "id": one.id,
        "action": gettext(words.ACTIONS[one.action][0]),
        "reason": words.reason_name(one.reason),
        "count": len(one.asked),
        "batch": one.batch,
        "state": one.state,
        "said": gettext(words.STATES[one.state]),
        "who": one.prepared_name,
        "when": one.prepared_at,
    }


def proposal_page(site: Site, member: Member, proposal: Proposal, problems: Problems | None = None) -> Response:
    proposals, catalog = site.control.proposals, site.workspace.catalog
    is_open = proposal.state in {State.PREPARED, State.PROPOSED}
    plan, trouble = RevocationPlan((), 0), ""
    if proposal.action is not Action.WITHDRAW:
        try:
            plan = proposals.plan(proposal)
        except RegistryError as error:
            trouble = str(error)
    credentials = chosen_credentials(site, proposal, plan)
    rows = plan.rows if is_open else proposals.results(proposal, plan)
    named = {one.credential_id: one for one in credentials}
    changes = proposals.changes(proposal)
    batch = catalog.batch(proposal.batch) if proposal.batch is not None else None
    is_final = all(change.is_final for change in changes) if batch is None else batch.withdrawn_at is not None
    changing = [one for one in rows if one.is_change]
    values = {
        "proposal": proposal,
        "about": listed(proposal),
        "explained": gettext(words.ACTIONS[proposal.action][1]),
        "rows": [
            {
                "number": one.row,
                "credential": named.get(one.credential_id or ""),
                "id": one.credential_id,
                "state": gettext(words.ROWS[one.state]) if is_open else state_word(one.state),
                "is_change": one.is_change,
                "is_problem": one.is_problem,
            }
            for one in sorted(rows, key=lambda one: (not one.is_problem, one.row))[:SHOWN]
        ],
        "counts": [
            (gettext(words.ROWS[state]), number) for state, number in Counter(one.state for one in rows).most_common()
        ],
        "total": len(rows),
        "changing": len(changing) if batch is None else batch.size,
        "refused": sum(one.is_problem for one in rows),
        "learners": len({named[one.credential_id].learner_id for one in changing if one.credential_id in named})
        if batch is None
        else len({one.learner_id for one in credentials}),
        "plan": plan,
        "price": None if plan.cost is None else money(plan.cost, site.workspace.configuration.chain_id),
        "trouble": trouble,
        "affected": proposals.affected(credentials) if is_open else (),
        "batch": batch,
        "changes": changes,
        "is_open": is_open,
        "is_final": is_final,
        "needs_two": proposals.needs_two(member.institution),
        "may_decide": proposals.may_decide(proposal, member),
        "may_refuse": member.may(Role.APPROVES) and proposal.state is State.PROPOSED,
        "is_own": proposal.prepared_by == member.person_id,
        "problems": problems or [],
        "wrong": dict(problems or []),
        "shown": SHOWN,
    }
    return staff_page(site, member, "registrar/status_change.html", "status", values, 422 if problems else 200)


def chosen_credentials(site: Site, proposal: Proposal, plan: RevocationPlan) -> list[StoredCredential]:
    """The credentials that change, or those of the batch."""
    catalog = site.workspace.catalog
    if proposal.batch is not None:
        return list(catalog.credentials(batch=proposal.batch, limit=1_000))
    names = [one.credential_id for one in plan.rows if one.credential_id and not one.is_problem]
    return [catalog.credential(name) for name in names[:1_000]]


def rows_of(site: Site, member: Member, form: Posted, named: str, reason: Reason) -> tuple[AskedRow, ...]:
    """What is named by a file, or else by lines. Raises DraftError, MalformedDocument."""
    if "file" in form.files:
        return rows_of_table(form.files["file"], reason, site.registrar.sheets.remembered(member.institution))
    return rows_of_text(named, member.institution, site.workspace.catalog, reason)


def state_word(state: RowState) -> str:
    known = {
        RowState.REVOKE: gettext("Not changed"),
        RowState.SUSPEND: gettext("Not suspended"),
        RowState.REINSTATE: gettext("Suspended"),
        RowState.PENDING: gettext("Being revoked"),
        RowState.REVOKED: gettext("Revoked"),
        RowState.SUSPENDED: gettext("Suspended"),
        RowState.ACTIVE: gettext("In force"),
    }
    return known.get(state) or gettext(words.ROWS[state])


def column_of(problem: Problem) -> str:
    """The field of the form that a problem is about."""
    return problem.column if problem.column in {"named", "file"} else "file"


def sentence(problem: Problem) -> str:
    return problem.message if problem.code.startswith("status_") or problem.row is None else str(problem)


def not_yours() -> str:
    return gettext("Somebody else who may approve has to decide this: two persons are needed here.")


def path_of(member: Member) -> str:
    return f"/staff/issuers/{member.institution}/status"
