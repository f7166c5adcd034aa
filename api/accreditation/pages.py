"""The values of accreditors' pages."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi.responses import Response

from api.accreditation.forms import Given
from api.accreditation.register import Entry, Standing
from api.accreditation.words import kind_word, stage_sentence, standing_word, state_word
from api.security import CONTENT_SECURITY_POLICY
from api.site import Site
from api.staff.showing import staff_page
from api.staff.values import Member, Role
from ledger.issuing.accreditor_acts import Act, ActState
from ledger.sending.values import Transaction

LIVE = {"Content-Security-Policy": f"{CONTENT_SECURITY_POLICY}; connect-src 'self'"}
"""For pages with a part that looks again by itself."""
WORDS = {"standing_word": standing_word, "kind_word": kind_word, "state_word": state_word, "stages": stage_sentence}


@dataclass(frozen=True)
class ShownAct:
    """An act with how far it is, and what this person may do about it."""

    act: Act
    prepared_by: str
    approved_by: str
    transaction: Transaction | None
    may_approve: bool


def shown_acts(site: Site, member: Member, issuer: str | None = None) -> list[ShownAct]:
    """The acts of an accreditor, the latest first."""
    people = {one.person_id: one.name for one in site.staff.people.of(member.kind, member.institution)}
    return [
        ShownAct(
            act=act,
            prepared_by=people.get(act.prepared_by, act.prepared_by[:8]),
            approved_by=people.get(act.approved_by, act.approved_by[:8]) if act.approved_by else "",
            transaction=site.workspace.accreditor_acts.transaction(act),
            may_approve=act.state is ActState.WAITS and site.accreditors_desk.may_approve(member, act),
        )
        for act in site.workspace.accreditor_acts.of(member.institution, issuer)
    ]


def acts_values(site: Site, member: Member, issuer: str) -> dict[str, object]:
    """The live part of an issuer's page: what is on its way."""
    acts = shown_acts(site, member, issuer)
    return {
        "acts": acts,
        "is_live": any(one.act.state is ActState.GOING for one in acts),
        "issuer_path": f"/staff/accreditors/{member.institution}/issuers/{issuer}",
        "may_take_back": member.may(Role.PREPARES),
        **WORDS,
    }


def issuer_page(site: Site, member: Member, entry: Entry, problem: str = "", status: int = 200) -> Response:
    """One issuer in an accreditor's register."""
    acts = acts_values(site, member, entry.issuer.slug)
    # Looked up anew, after the acts: an act that is shown as final is never beside the standing from before it.
    now = site.registry_events.now()
    entry = site.register.entry(entry.issuer.slug, now, by=member.institution) or entry
    others = site.register.entry(entry.issuer.slug, now)
    found = site.registry_events.known_history(site.workspace.catalog.accreditor(member.institution))
    history = [one for one in found.changes if one.issuer_id == entry.issuer.issuer_id] if found else None
    values = {
        "entry": entry,
        "others": [one for one in others.recognitions if one.accreditor.slug != member.institution] if others else [],
        "history": history,
        "problem": problem,
        "may_end": entry.standing in (Standing.RECOGNISED, Standing.ENDS_SOON),
        **acts,
    }
    return staff_page(site, member, "accreditor/issuer.html", "register", values, status, LIVE)


def form_page(
    site: Site,
    member: Member,
    name: str,
    here: str,
    given: Given,
    status: int,
    **more: object,
) -> Response:
    """A form as it was filled in, with what is wrong."""
    values = {"given": given, "wrong": given.wrong, "problems": given.problems, **WORDS, **more}
    return staff_page(site, member, name, here, values, status)
