"""The first page of an institution that issues: what waits, what was done last, how much there is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from api.dependencies import SiteDep
from api.registrar.credential_words import bounce_reason, letter_state
from api.registrar.delivery_routes import known
from api.registrar.stages import standing_of
from api.registrar.waiting import tasks_of
from api.site import Site
from api.staff.dependencies import Preparer
from api.staff.showing import staff_page
from api.staff.values import Member
from api.wallets.access.sign_in_routes import from_our_own
from ledger.delivering.values import DeliveryState
from ledger.durable.orders import OrderKind
from ledger.issuing.key_ends import ended_key
from ledger.issuing.searching import MOST_COUNTED, Wanted
from ledger.issuing.values import Batch, BatchState

LATEST = 5
PAGE = 50

router = APIRouter(prefix="/staff/issuers/{slug}", include_in_schema=False, dependencies=[Depends(from_our_own)])


@router.api_route("", methods=["GET", "HEAD"])
def overview(member: Preparer, site: SiteDep) -> Response:
    """What waits, and the latest batches; for a new institution the way to the first credential."""
    batches = site.issuing.batches(member.institution)
    approvals = site.registrar.approvals.of_all(batches)
    programmes = site.workspace.catalog.programmes(member.institution)
    latest = batches[:LATEST]
    issuer = site.workspace.catalog.issuer(member.institution)
    values = {
        "tasks": tasks_of(site, member, batches, approvals),
        "entries": [
            standing_of(one, approvals[one.id], site.orders.find(OrderKind.ISSUE, one.id), ended_key(issuer, one))
            for one in latest
        ],
        "open": site.registrar.sheets.open(member.institution),
        "numbers": numbers_of(site, member, batches),
        "is_new": not batches,
        "has_programme": bool(programmes),
    }
    return staff_page(site, member, "registrar/overview.html", "overview", values)


@router.api_route("/bounces", methods=["GET", "HEAD"])
def bounces(member: Preparer, site: SiteDep, page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> Response:
    """Every letter that came back, of all batches."""
    letters = site.registrar.letters
    found = letters.letters(member.institution, DeliveryState.DEAD, offset=(page - 1) * PAGE, limit=PAGE)
    count = letters.letter_counts(member.institution).get(DeliveryState.DEAD, 0)
    values = {
        "entries": [
            (one, credential) for one in found if (credential := known(site, one.credential or "")) is not None
        ],
        "taken": {},
        "number": page,
        "pages": max(1, -(-count // PAGE)),
        "letter_state": letter_state,
        "bounce_reason": bounce_reason,
    }
    return staff_page(site, member, "registrar/bounces.html", "batches", values)


def numbers_of(site: Site, member: Member, batches: list[Batch]) -> list[tuple[str, str, str]]:
    """How many credentials are issued, on their way and in drafts, each with the page that lists them."""
    path = f"/staff/issuers/{member.institution}/credentials?state="
    open_ones = sum(one.size for one in batches if one.state is BatchState.OPEN)
    under_way = sum(one.size for one in batches if one.state not in (BatchState.OPEN, BatchState.FINAL))
    issued = site.registrar.search.find(member.institution, Wanted(state="final"), limit=0).count
    shown = f"{issued:,}" if issued < MOST_COUNTED else f"{MOST_COUNTED:,}+"
    return [
        ("issued", shown, path + "final"),
        ("under_way", f"{under_way:,}", path + "under_way"),
        ("drafts", f"{open_ones:,}", path + "draft"),
    ]
