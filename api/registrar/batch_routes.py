"""Batches: all of them, one of them with its live state, and what two persons do with it before it is sent."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import RedirectResponse, Response

from api.dependencies import SiteDep
from api.parameters import BatchId
from api.registrar.batch_pages import batch_page, list_page, of_member, state_fragment
from api.staff.dependencies import Approver, Preparer
from api.wallets.access.forms import form_fields
from api.wallets.access.sign_in_routes import from_our_own
from api.web.translating import gettext
from ledger.errors import Conflict, DraftError

STOP_POLLING = 286
"""The status at which htmx asks no more."""

router = APIRouter(
    prefix="/staff/issuers/{slug}/batches", include_in_schema=False, dependencies=[Depends(from_our_own)]
)
Fields = Annotated[dict[str, str], Depends(form_fields)]
PageNumber = Annotated[int, Query(ge=1, le=100_000)]


@router.api_route("", methods=["GET", "HEAD"])
def list_batches(member: Preparer, site: SiteDep, page: PageNumber = 1, waiting: bool = False) -> Response:
    """The batches, the latest first; or those that wait for an approval."""
    return list_page(site, member, page, only_waiting=waiting)


@router.api_route("/{batch_id}", methods=["GET", "HEAD"])
def show_batch(
    member: Preparer,
    batch_id: BatchId,
    site: SiteDep,
    q: Annotated[str, Query(max_length=200)] = "",
    page: PageNumber = 1,
) -> Response:
    """One batch: how far it is, what is next, and its rows."""
    return batch_page(site, member, batch_id, text=q, page=page)


@router.api_route("/{batch_id}/state", methods=["GET", "HEAD"])
def show_state(member: Preparer, batch_id: BatchId, site: SiteDep) -> Response:
    """How far it is, as a part of its page."""
    batch = of_member(site, member, batch_id)
    return state_fragment(site, batch, STOP_POLLING if batch.is_finished else 200)


@router.post("/{batch_id}/send")
def send(member: Preparer, batch_id: BatchId, site: SiteDep) -> Response:
    """Sends a draft to be approved."""
    batch = of_member(site, member, batch_id)
    with suppress(Conflict):  # it was sent already, or is further: its page says so
        site.registrar.approvals.ask(batch, member)
    return to_batch(member.institution, batch_id)


@router.post("/{batch_id}/take-back")
def take_back(member: Preparer, batch_id: BatchId, site: SiteDep) -> Response:
    """Takes a draft back that waits for an approval."""
    batch = of_member(site, member, batch_id)
    try:
        site.registrar.approvals.take_back(batch, member)
    except Conflict:
        return batch_page(site, member, batch_id, refusal=gettext("It does not wait for an approval any more."))
    return to_batch(member.institution, batch_id)


@router.post("/{batch_id}/approve")
def approve(member: Approver, batch_id: BatchId, site: SiteDep) -> Response:
    """Has it signed and sent; or has what had stopped tried again."""
    batch = of_member(site, member, batch_id)
    try:
        site.registrar.approvals.approve(batch, member)
    except Conflict as error:
        said = {
            "second_person": gettext("You prepared this batch: somebody else has to approve it."),
            "batch_moved": gettext("It does not wait for an approval: somebody took it back, or sent it back."),
        }.get(error.code, str(error))
        return batch_page(site, member, batch_id, refusal=said)
    return to_batch(member.institution, batch_id)


@router.post("/{batch_id}/refuse")
def refuse(member: Approver, batch_id: BatchId, site: SiteDep, fields: Fields) -> Response:
    """Sends it back to whoever prepared it, with a reason."""
    batch = of_member(site, member, batch_id)
    reason = fields.get("reason", "").strip().replace("\r\n", "\n")
    try:
        site.registrar.approvals.refuse(batch, member, reason)
    except DraftError:
        said = gettext("Say in a sentence or two what has to be changed.")
        return batch_page(site, member, batch_id, reason=reason, reason_error=said)
    except Conflict:
        return batch_page(site, member, batch_id, refusal=gettext("It does not wait for an approval any more."))
    return to_batch(member.institution, batch_id)


@router.post("/{batch_id}/discard")
def discard(member: Preparer, batch_id: BatchId, site: SiteDep) -> Response:
    """Throws a draft away."""
    batch = of_member(site, member, batch_id)
    try:
        site.issuing.discard(member.institution, batch.id)
    except Conflict:
        return batch_page(site, member, batch_id, refusal=gettext("It is approved already, and cannot be discarded."))
    site.staff.audit.note(member, "batch_discarded", f"batch {batch.id}")
    return RedirectResponse(f"/staff/issuers/{member.institution}/batches", 303)


def to_batch(slug: str, batch_id: int) -> Response:
    return RedirectResponse(f"/staff/issuers/{slug}/batches/{batch_id}", 303)
