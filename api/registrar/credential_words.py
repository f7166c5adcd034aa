"""Where a credential stands, and what became of the letter to its learner, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable

from markupsafe import Markup

from api.site import Site
from api.web.translating import gettext, noted
from ledger.delivering.values import DeliveryState, Notification
from ledger.issuing.values import CredentialStatus, StoredCredential

STATES = {
    "draft": (noted("Draft"), "waiting"),
    "signed": (noted("Being sent"), "waiting"),
    "mined": (noted("In a block"), "waiting"),
    "safe": (noted("In a block"), "waiting"),
    "final": (noted("Issued"), "valid"),
    "key_ended": (noted("Not valid: key closed"), "invalid"),
    "revoked": (noted("Revoked"), "invalid"),
    "suspended": (noted("Suspended"), "indeterminate"),
    "withdrawn": (noted("Withdrawn"), "invalid"),
    "revoking": (noted("Being revoked"), "waiting"),
    "suspending": (noted("Being suspended"), "waiting"),
    "reinstating": (noted("Being reinstated"), "waiting"),
}
SEARCHED = {
    "draft": noted("Draft"),
    "under_way": noted("Being sent"),
    "final": noted("Issued"),
    "key_ended": noted("Not valid: key closed"),
    "changing": noted("Being changed"),
    "suspended": noted("Suspended"),
    "revoked": noted("Revoked"),
    "withdrawn": noted("Withdrawn"),
}
"""The states that may be searched for."""
LETTERS = {
    DeliveryState.WAITING: (noted("On its way"), "waiting"),
    DeliveryState.DELIVERED: (noted("Sent"), "valid"),
    DeliveryState.DEAD: (noted("Came back"), "invalid"),
    DeliveryState.DROPPED: (noted("Not needed"), "waiting"),
}
_SMTP = re.compile(r"\(SMTP ([0-9]{3})\)")
_REFUSED_BY_CODE = {
    "550": noted("The mail server knows no such address."),
    "551": noted("The address has moved elsewhere."),
    "552": noted("The mailbox is full."),
    "553": noted("The address is not written as the mail server wants it."),
    "554": noted("The mail server took the letter for unwanted mail, or does not take mail from here."),
}


def credential_states(site: Site, issuer: str) -> Callable[[StoredCredential], Markup]:
    """Says where a credential of an issuer stands, as a chip: also that its key had ended when it was issued."""
    of_ended_keys = site.registrar.search.of_ended_keys(issuer)

    def credential_state(credential: StoredCredential) -> Markup:
        is_ended = credential.batch_id in of_ended_keys and credential.status is CredentialStatus.ACTIVE
        state = "key_ended" if is_ended else credential.state
        text, kind = STATES.get(state, (state, ""))
        return _chip(gettext(text), kind)

    return credential_state


def letter_state(letter: Notification) -> Markup:
    """What became of a letter, as a chip."""
    text, kind = LETTERS[letter.state]
    return _chip(gettext(text), kind)


def bounce_reason(letter: Notification) -> str:
    """Why a letter did not come through, in plain words."""
    problem = letter.problem or ""
    if (found := _SMTP.search(problem)) is not None:
        known = _REFUSED_BY_CODE.get(found[1])
        refused = gettext(known) if known else gettext("The mail server refused the letter.")
        return gettext("%(reason)s (code %(code)s)") % {"reason": refused, "code": found[1]}
    if "cannot be written to" in problem or "cannot write to such" in problem:
        return gettext("The address cannot be written to.")
    if "takes nothing now" in problem:
        return gettext("The mail server did not answer for days.")
    if letter.state is DeliveryState.DROPPED:
        return gettext("The credential was revoked or withdrawn before the letter went out.")
    return gettext("The letter did not come through.") if problem or letter.state is DeliveryState.DEAD else ""


def _chip(text: str, kind: str) -> Markup:
    return Markup('<span class="chip {}">{}</span>').format(kind, text)
