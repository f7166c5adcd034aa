"""The pages of batches."""

from __future__ import annotations

from fastapi.responses import Response

from api.registrar.approvals import ApprovalState
from api.registrar.costs import cost_of_anchor
from api.registrar.credential_words import credential_states, letter_state
from api.registrar.stages import hindrance_of, stages_of, standing_of
from api.site import Site
from api.staff.showing import staff_page
from api.staff.values import Member, Role
from api.wallets.pages.owner import SCRIPTED
from api.web.pages import page as rendered_page
from ledger.delivering.values import DeliveryState
from ledger.durable.orders import OrderKind
from ledger.issuing.key_ends import ended_key
from ledger.issuing.progress import progress_of
from ledger.issuing.searching import Wanted
from ledger.issuing.values import Batch, BatchState

PAGE = 25


def of_member(site: Site, member: Member, batch_id: int) -> Batch:
    """A batch of the member's institution. Raises NotFound alike for another's and for none."""
    return site.issuing.batch(member.institution, batch_id)


def list_page(site: Site, member: Member, number: int, *, only_waiting: bool) -> Response:
    batches = site.issuing.batches(member.institution)
    approvals = site.registrar.approvals.of_all(batches)
    if only_waiting:
        batches = [one for one in batches if approvals[one.id].state is ApprovalState.WAITING]
    shown = batches[(number - 1) * PAGE : number * PAGE]
    orders = {one.id: site.orders.find(OrderKind.ISSUE, one.id) for one in shown if not one.is_finished}
    issuer = site.workspace.catalog.issuer(member.institution)
    values = {
        "entries": [standing_of(one, approvals[one.id], orders.get(one.id), ended_key(issuer, one)) for one in shown],
        "number": number,
        "count": len(batches),
        "pages": max(1, -(-len(batches) // PAGE)),
        "only_waiting": only_waiting,
        "open": site.registrar.sheets.open(member.institution),
    }
    return staff_page(site, member, "registrar/batches.html", "batches", values)


def batch_page(
    site: Site,
    member: Member,
    batch_id: int,
    *,
    text: str = "",
    page: int = 1,
    refusal: str = "",
    reason: str = "",
    reason_error: str = "",
) -> Response:
    batch = of_member(site, member, batch_id)
    approvals = site.registrar.approvals
    approval = approvals.of(batch)
    is_waiting = approval.state is ApprovalState.WAITING and batch.state is BatchState.OPEN
    order = site.orders.find(OrderKind.ISSUE, batch.id)
    may_approve = member.may(Role.APPROVES)
    cost = cost_of_anchor(site.workspace, site.workspace.catalog.issuer(batch.issuer), order) if is_waiting else None
    found = site.registrar.search.find(
        batch.issuer, Wanted(text=text, batch=batch.id), offset=(page - 1) * PAGE, limit=PAGE
    )
    letters = site.registrar.letters.letters_for([one.credential_id for one in found.credentials])
    values = state_of(site, batch) | {
        "approval": approval,
        "is_draft": batch.state is BatchState.OPEN and approval.state is not ApprovalState.APPROVED,
        "is_waiting": is_waiting,
        "may_approve": may_approve,
        "hindrance": approvals.hindrance(batch, member) if may_approve else None,
        "needs_two": approvals.needs_two(batch.issuer),
        "cost": cost,
        "found": found,
        "letters": letters,
        "credential_state": credential_states(site, batch.issuer),
        "letter_state": letter_state,
        "bounced": site.registrar.letters.letter_counts(batch.issuer, batch.id).get(DeliveryState.DEAD, 0),
        "text": text,
        "number": page,
        "pages": max(1, -(-found.count // PAGE)),
        "refusal": refusal,
        "reason": reason,
        "reason_error": reason_error,
    }
    status = 422 if reason_error else 409 if refusal else 200
    return staff_page(site, member, "registrar/batch.html", "batches", values, status, SCRIPTED)


def state_fragment(site: Site, batch: Batch, status: int) -> Response:
    """Only the part of the page that changes."""
    return rendered_page("registrar/state.html", state_of(site, batch) | {"has_ended": batch.is_finished}, status)


def state_of(site: Site, batch: Batch) -> dict[str, object]:
    """What the part of the page shows that changes while a batch is on its way."""
    approval = site.registrar.approvals.of(batch)
    order = site.orders.find(OrderKind.ISSUE, batch.id)
    progress = progress_of(site.workspace.database, batch)
    problem = order.problem if order is not None else None
    key = ended_key(site.workspace.catalog.issuer(batch.issuer), batch)
    return {
        "batch": batch,
        "path": f"/staff/issuers/{batch.issuer}/batches/{batch.id}",
        "standing": standing_of(batch, approval, order, key),
        "ended_key": key if batch.withdrawn_at is None else None,
        "stages": stages_of(batch, approval, progress),
        "progress": progress if approval.state is ApprovalState.APPROVED else None,
        "is_live": approval.state is ApprovalState.APPROVED and not batch.is_finished,
        "has_ended": False,
        "is_parked": order is not None and order.is_parked,
        "problem": hindrance_of(problem) if problem is not None and not batch.is_finished else "",
        "act": batch.act,
    }
