"""What waits for somebody at an institution: approvals, what stands still, letters that came back, what ends soon."""

from __future__ import annotations

from dataclasses import dataclass

from api.clock import DAY, unix_now
from api.registrar.approvals import Approval, ApprovalState
from api.registrar.costs import cost_of_anchor
from api.registrar.stages import hindrance_of
from api.site import Site
from api.staff.values import Member, Role
from api.web.translating import gettext, ngettext
from ledger.delivering.values import DeliveryState
from ledger.durable.orders import Order, OrderKind
from ledger.errors import Conflict
from ledger.issuing.awarding.candidates import CandidateState
from ledger.issuing.values import Batch, Issuer

SOON_DAYS = 60
_MOST = 100


@dataclass(frozen=True)
class Task:
    """Something that waits: what, where to go, and whether it is urgent."""

    text: str
    href: str
    is_urgent: bool = False


def tasks_of(site: Site, member: Member, batches: list[Batch], approvals: dict[int, Approval]) -> list[Task]:
    """Everything that waits, the most urgent first."""
    issuer = site.workspace.catalog.issuer(member.institution)
    base = f"/staff/issuers/{issuer.slug}"
    found = [
        *_parked(site, base, batches),
        *_ending(site, base, issuer),
        *_operators_ending(site, base, issuer),
        *_paying(site, base, issuer),
        *_to_approve(site, base, member, batches, approvals),
        *_sent_back(base, member, batches, approvals),
    ]
    if count := site.registrar.letters.letter_counts(issuer.slug).get(DeliveryState.DEAD, 0):
        said = ngettext("%(num)s letter came back.", "%(num)s letters came back.", count) % {"num": count}
        found.append(Task(said, f"{base}/bounces"))
    if count := len(site.workspace.candidates.all(issuer.slug, CandidateState.PROPOSED, limit=_MOST)):
        said = ngettext("%(num)s award waits for a decision.", "%(num)s awards wait for a decision.", count)
        found.append(Task(said % {"num": count}, f"{base}/awards"))
    return sorted(found, key=lambda task: not task.is_urgent)


def _to_approve(
    site: Site, base: str, member: Member, batches: list[Batch], approvals: dict[int, Approval]
) -> list[Task]:
    waiting = [one for one in batches if approvals[one.id].state is ApprovalState.WAITING]
    needs_two = site.registrar.approvals.needs_two(member.institution)
    found = []
    for batch in waiting[:_MOST]:
        is_mine = needs_two and approvals[batch.id].prepared_by == member.person_id
        if member.may(Role.APPROVES) and not is_mine:
            said = gettext("“%(label)s” waits for your approval.") % {"label": batch.label}
        else:
            said = gettext("“%(label)s” waits for somebody to approve it.") % {"label": batch.label}
        found.append(Task(said, f"{base}/batches/{batch.id}"))
    return found


def _sent_back(base: str, member: Member, batches: list[Batch], approvals: dict[int, Approval]) -> list[Task]:
    refused = [
        one
        for one in batches
        if approvals[one.id].state is ApprovalState.REFUSED and approvals[one.id].prepared_by == member.person_id
    ]
    return [
        Task(gettext("“%(label)s” was sent back to you.") % {"label": one.label}, f"{base}/batches/{one.id}")
        for one in refused
    ]


def _parked(site: Site, base: str, batches: list[Batch]) -> list[Task]:
    labels = {batch.id: batch.label for batch in batches}
    return [
        Task(
            gettext("“%(label)s” stands still. %(why)s") % {"label": labels[order.subject], "why": _why(order)},
            f"{base}/batches/{order.subject}",
            is_urgent=True,
        )
        for order in site.orders.open()
        if order.kind is OrderKind.ISSUE and order.is_parked and order.subject in labels
    ]


def _why(order: Order) -> str:
    return hindrance_of(order.problem) if order.problem is not None else ""


def _ending(site: Site, base: str, issuer: Issuer) -> list[Task]:
    """Recognition and keys that end soon, or have ended."""
    now, found = unix_now(), []
    until = max((one.valid_until for one in site.workspace.catalog.accreditations(issuer.slug)), default=0)
    if until <= now:
        found.append(Task(gettext("Nobody recognises the institution now: what it issues is not valid."), base, True))
    elif until < now + SOON_DAYS * DAY:
        days = (until - now) // DAY
        said = ngettext("The recognition ends in %(num)s day.", "The recognition ends in %(num)s days.", days)
        found.append(Task(said % {"num": days}, base, True))
    try:
        closing = issuer.current_key.closed_at
    except Conflict:
        said = gettext("There is no signing key in force: nothing can be signed.")
        return [*found, Task(said, f"{base}/keys", True)]
    if closing is not None and closing < now + SOON_DAYS * DAY:
        found.append(Task(gettext("The signing key ends soon."), f"{base}/keys", True))
    return found


def _operators_ending(site: Site, base: str, issuer: Issuer) -> list[Task]:
    """Accounts of this machine that may not act for the issuer any more, or soon may not."""
    now, found = unix_now(), []
    for one in site.workspace.administration.operators(issuer.slug):
        if one.part is None or one.valid_until is None or one.valid_until >= now + SOON_DAYS * DAY:
            continue
        anchors = one.account == issuer.anchoring_operator
        if one.valid_until <= now and anchors:
            said = gettext("The account that anchors batches may do so no longer: nothing can be sent.")
        elif one.valid_until <= now:
            said = gettext("The account that revokes and suspends may do so no longer.")
        elif anchors:
            said = gettext("The account that anchors batches may do so for few more days.")
        else:
            said = gettext("The account that revokes and suspends may do so for few more days.")
        found.append(Task(said, f"{base}/keys", True))
    return found


def _paying(site: Site, base: str, issuer: Issuer) -> list[Task]:
    """Whether the account that anchors can go on paying, as far as the chain answers."""
    cost = cost_of_anchor(site.workspace, issuer, None)
    if cost.is_short:
        said = gettext("The account that anchors holds %(balance)s: too little for the next batch.")
        return [Task(said % {"balance": cost.balance}, f"{base}/keys", True)]
    if cost.is_low:
        said = ngettext(
            "The account that anchors can pay for %(num)s more batch.",
            "The account that anchors can pay for %(num)s more batches.",
            cost.left,
        )
        return [Task(said % {"num": cost.left}, f"{base}/keys")]
    return []
