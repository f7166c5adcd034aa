"""The page of one credential for the institution that issued it."""

from __future__ import annotations

from fastapi.responses import Response

from api.registrar.credential_words import bounce_reason, credential_states, letter_state
from api.registrar.words import reason_name
from api.site import Site
from api.staff.showing import staff_page
from api.staff.values import Member, Role
from api.wallets.collected import collected
from api.web.translating import gettext, noted
from ledger.chain.registry import StatusAction
from ledger.errors import NotFound
from ledger.issuing.key_ends import ended_key
from ledger.issuing.values import BatchState, CredentialKind, CredentialStatus, StatusChange, StoredCredential

CHANGES = {
    StatusAction.REVOKE: noted("Revoked"),
    StatusAction.SUSPEND: noted("Suspended"),
    StatusAction.REINSTATE: noted("Reinstated"),
}


def own_credential(site: Site, member: Member, credential_id: str) -> StoredCredential:
    """A credential of the member's institution. Raises NotFound alike for another's and for none."""
    credential = site.workspace.catalog.credential(credential_id)
    if credential.issuer != member.institution or credential.kind is CredentialKind.RECORD:
        raise NotFound("there is no such credential", "credential_unknown")
    return credential


def credential_page(
    site: Site,
    member: Member,
    credential: StoredCredential,
    *,
    email: str | None = None,
    email_error: str = "",
    link: str = "",
    done: str = "",
) -> Response:
    catalog = site.workspace.catalog
    batch = catalog.batch(credential.batch_id)
    name = credential.credential_id
    issuer = catalog.issuer(credential.issuer)
    letter = site.registrar.letters.letters_for([name]).get(name)
    values = {
        "credential": credential,
        "path": f"/staff/issuers/{credential.issuer}/credentials/{name}",
        "batch": batch,
        "approval": site.registrar.approvals.of(batch),
        "is_final": credential.batch_state is BatchState.FINAL and credential.is_attached,
        "ended_key": ended_key(issuer, batch) if credential.status is CredentialStatus.ACTIVE else None,
        "has_document": bool(credential.learner_name),
        "letter": letter,
        "taken_at": collected(site.workspace.database, issuer.did, [name]).get(name),
        "history": [(one, change_in_words(one)) for one in catalog.status_changes(name)],
        "may_approve": member.may(Role.APPROVES),
        "credential_state": credential_states(site, credential.issuer),
        "letter_state": letter_state,
        "bounce_reason": bounce_reason,
        "email": credential.email if email is None else email,
        "email_error": email_error,
        "link": link,
        "done": done,
    }
    status = 422 if email_error else 200
    return staff_page(site, member, "registrar/credential.html", "credentials", values, status)


def change_in_words(change: StatusChange) -> str:
    """What was done to a status, and why."""
    what = gettext(CHANGES[change.action])
    if not change.reason:
        return what
    return gettext("%(what)s: %(reason)s") % {"what": what, "reason": reason_name(change.reason)}
