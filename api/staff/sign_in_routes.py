"""Signing in as somebody who works for an institution, and what opens that. The pages work without JavaScript, but for
passkeys.

Opening a link shows what it would do. Only the button below does it: programs that scan mail open links, too.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from api.bodies import StrictRoute
from api.cookies import STAFF
from api.dependencies import CallerDep, SiteDep, counted_tries, limited_check, take
from api.security import CONTENT_SECURITY_POLICY
from api.site import Site
from api.staff.dependencies import SIGN_IN, SignedInPerson, StaffSession
from api.staff.values import Entered, Way
from api.staff.words import role_name, way_name
from api.wallets.access.forms import form_fields
from api.wallets.access.schemas import NewPasskey, PasskeyAnswer
from api.wallets.access.sign_in_routes import from_our_own
from api.web.pages import page
from api.web.translating import gettext
from ledger.errors import MalformedDocument

SCRIPTED = {"Content-Security-Policy": f"{CONTENT_SECURITY_POLICY}; connect-src 'self'"}
"""For pages on which a script talks to this site: passkeys need one."""

router = APIRouter(
    prefix="/staff", include_in_schema=False, route_class=StrictRoute, dependencies=[Depends(from_our_own)]
)
Fields = Annotated[dict[str, str], Depends(form_fields)]
CheckLimit = Depends(limited_check)


# --- signing in ---


@router.api_route("/sign-in", methods=["GET", "HEAD"])
def show_sign_in(current: StaffSession) -> Response:
    """The ways to sign in."""
    return sign_in_page(is_signed_in=current is not None)


@router.post("/sign-in/link")
def ask_for_link(fields: Fields, site: SiteDep, who: CallerDep) -> Response:
    """Has a link sent. The page is the same whoever asks."""
    email = fields.get("email", "")[:300]
    take(site.letters, who)
    try:
        site.staff.links.ask(email)
    except MalformedDocument:
        error = gettext("This is not an e-mail address. One looks like name@university.example.")
        return sign_in_page(email=email, error=error, status=422)
    site.writing.nudge()
    return page("staff/sent.html", {}, 202)


@router.post("/sign-in/passkey/options", dependencies=[CheckLimit])
def passkey_options(site: SiteDep) -> dict[str, Any]:
    """What `navigator.credentials.get` takes, for anybody's passkey."""
    return site.staff.passkeys.request_options()


@router.post("/sign-in/passkey", status_code=204)
def enter_by_passkey(
    wanted: PasskeyAnswer, request: Request, response: Response, site: SiteDep, who: CallerDep
) -> None:
    """Signs in with a passkey."""
    with counted_tries(site, who):
        entered = site.staff.passkeys.enter(wanted.credential)
    begin(request, response, site, entered, Way.PASSKEY)


@router.api_route("/enter/{token}", methods=["GET", "HEAD"])
def show_link(token: str, site: SiteDep, who: CallerDep) -> Response:
    """Whom a link would sign in."""
    with counted_tries(site, who):
        person = site.staff.links.offer(token)
    institutions = [institution for institution, _ in site.staff.people.memberships(person.id)]
    return page("staff/enter.html", {"person": person, "institutions": institutions})


@router.post("/enter/{token}")
def use_link(token: str, request: Request, site: SiteDep, who: CallerDep) -> Response:
    """Signs in by a link."""
    with counted_tries(site, who):
        entered = site.staff.links.use(token)
    response = RedirectResponse("/staff", 303)
    begin(request, response, site, entered, Way.LINK)
    return response


# --- signed in ---


@router.api_route("", methods=["GET", "HEAD"])
def choose(current: SignedInPerson, site: SiteDep, all: str = "") -> Response:  # noqa: A002 - the word in the address
    """The institutions that somebody works for. Whoever works for one is taken there."""
    found = site.staff.people.memberships(current.person_id)
    if len(found) == 1 and not all:
        return RedirectResponse(found[0][0].path, 303)
    values = {"found": found, "person": site.staff.people.person(current.person_id), "role_name": role_name}
    return page("staff/institutions.html", values)


@router.api_route("/account", methods=["GET", "HEAD"])
def show_account(current: SignedInPerson, site: SiteDep) -> Response:
    """What signs a person in, and where they are signed in."""
    values = {
        "person": site.staff.people.person(current.person_id),
        "found": site.staff.people.memberships(current.person_id),
        "passkeys": site.staff.passkeys.all(current.person_id),
        "sessions": site.staff.sessions.all(current.person_id),
        "current": current,
        "role_name": role_name,
        "way_name": way_name,
    }
    return page("staff/account.html", values, headers=SCRIPTED)


@router.post("/sign-out")
def sign_out(current: SignedInPerson, fields: Fields, request: Request, site: SiteDep) -> Response:
    """Signs out: here, everywhere, or one session of the list."""
    where = fields.get("where", "here")
    if where not in ("here", "everywhere", current.id):
        site.staff.sessions.end_one(current.person_id, where)
        return RedirectResponse("/staff/account", 303)
    if where == "everywhere":
        site.staff.sessions.end_all(current.person_id)
    response = RedirectResponse(SIGN_IN, 303)
    site.staff.sessions.end(STAFF.token(request, site.base))
    STAFF.clear(response, site.base)
    return response


@router.post("/account/passkeys/options", dependencies=[CheckLimit])
def new_passkey_options(current: SignedInPerson, site: SiteDep) -> dict[str, Any]:
    """What `navigator.credentials.create` takes. It is good once, for five minutes."""
    return site.staff.passkeys.creation_options(site.staff.people.person(current.person_id))


@router.post("/account/passkeys", status_code=204)
def add_passkey(current: SignedInPerson, wanted: NewPasskey, site: SiteDep) -> None:
    """Adds the passkey that an authenticator has made."""
    site.staff.passkeys.add(current.person_id, wanted.name, wanted.credential)
    note_everywhere(site, current.person_id, "passkey_added")


@router.post("/account/passkeys/remove")
def remove_passkey(current: SignedInPerson, fields: Fields, site: SiteDep) -> Response:
    """Takes a passkey away. A link by e-mail always signs in."""
    site.staff.passkeys.remove(current.person_id, fields.get("id", ""))
    note_everywhere(site, current.person_id, "passkey_removed")
    return RedirectResponse("/staff/account", 303)


def sign_in_page(*, email: str = "", error: str = "", is_signed_in: bool = False, status: int = 200) -> Response:
    values = {"email": email, "error": error, "is_signed_in": is_signed_in}
    return page("staff/sign_in.html", values, status, SCRIPTED)


def begin(request: Request, response: Response, site: Site, entered: Entered, way: Way) -> None:
    """Puts the new session into the cookie, and ends the one that was there: none lives on unseen."""
    site.staff.sessions.end(STAFF.value(request, site.base))
    site.staff.note_entry(entered, way)
    STAFF.set(response, entered.token, site.base)


def note_everywhere(site: Site, person_id: str, what: str) -> None:
    for _, member in site.staff.people.memberships(person_id):
        site.staff.audit.note(member, what, person_id)
