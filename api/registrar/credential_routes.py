"""Finding credentials of an institution, and looking at one."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from api.dependencies import SiteDep
from api.issuers.schemas import CredentialIdPath
from api.printing import chosen_address
from api.registrar.credential_pages import credential_page, own_credential
from api.registrar.credential_words import SEARCHED, credential_states, letter_state
from api.staff.dependencies import Preparer
from api.staff.showing import staff_page
from api.wallets.access.sign_in_routes import from_our_own
from api.web.translating import gettext
from ledger.issuing.searching import MOST_COUNTED, Wanted
from ledger.rendering.forms import Form

PAGE = 25

router = APIRouter(
    prefix="/staff/issuers/{slug}/credentials", include_in_schema=False, dependencies=[Depends(from_our_own)]
)
State = Literal["", "draft", "under_way", "final", "key_ended", "changing", "suspended", "revoked", "withdrawn"]


@router.api_route("", methods=["GET", "HEAD"])
def search(
    member: Preparer,
    site: SiteDep,
    q: Annotated[str, Query(max_length=200)] = "",
    achievement: Annotated[str, Query(max_length=200)] = "",
    state: State = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """What was drafted and issued, by name, number, address, id, achievement and state."""
    slug = member.institution
    wanted = Wanted(q.strip(), achievement, state)
    found = site.registrar.search.find(slug, wanted, offset=(page - 1) * PAGE, limit=PAGE)
    achievements = [
        (one.code, one.title)
        for stored in site.workspace.catalog.programmes(slug)
        for one in site.workspace.programmes.parsed(slug, stored.code).achievements
    ]
    values = {
        "text": q,
        "achievement": achievement,
        "state": state,
        "achievements": [("", gettext("All")), *achievements],
        "states": [("", gettext("All")), *((key, gettext(text)) for key, text in SEARCHED.items())],
        "credentials": found.credentials,
        "count": found.count,
        "is_more": found.count >= MOST_COUNTED,
        "letters": site.registrar.letters.letters_for([one.credential_id for one in found.credentials]),
        "number": page,
        "pages": max(1, -(-found.count // PAGE)),
        "is_asked": bool(q or achievement or state),
        "credential_state": credential_states(site, slug),
        "letter_state": letter_state,
    }
    return staff_page(site, member, "registrar/credentials.html", "credentials", values)


@router.api_route("/{credential_id}", methods=["GET", "HEAD"])
def show(
    member: Preparer, credential_id: CredentialIdPath, site: SiteDep, done: Literal["", "address", "letter"] = ""
) -> Response:
    """One credential: what it is, what became of it, and what can be done with it."""
    return credential_page(site, member, own_credential(site, member, credential_id), done=done)


@router.api_route("/{credential_id}/file", methods=["GET", "HEAD"])
def file(
    member: Preparer, credential_id: CredentialIdPath, site: SiteDep, form: Literal["json", "pdf", "png", "svg"]
) -> Response:
    """The credential as a file."""
    document, wanted = site.issuing.document(member.institution, credential_id), Form(form)
    address = chosen_address(wanted, None, site.base)
    made = site.press.make(wanted, document, site.verify_shared, address=address)
    if wanted is Form.JSON:
        made.headers["Content-Disposition"] = 'attachment; filename="credential.json"'
    return made
