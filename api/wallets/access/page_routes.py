"""The pages around a wallet's door: claiming, signing in, and what opens the wallet. They work without JavaScript.

Opening a link shows what it would do. Only the button below does it: programs that scan mail open links, too.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import CallerDep, SignedInDep, SiteDep, counted_tries, take
from api.problems import Refusal
from api.security import CONTENT_SECURITY_POLICY
from api.site import Site
from api.wallets.access.cookies import clear_session, session_token
from api.wallets.access.entering import Used
from api.wallets.access.forms import form_fields
from api.wallets.access.sign_in_routes import begin, from_our_own
from api.wallets.access.values import SignedIn
from api.web.pages import page
from api.web.verdicts import shown_seconds

SCRIPTED = {"Content-Security-Policy": f"{CONTENT_SECURITY_POLICY}; connect-src 'self'"}
"""For pages on which a script talks to this site: passkeys need one."""

router = APIRouter(include_in_schema=False, dependencies=[Depends(from_our_own)])
Fields = Annotated[dict[str, str], Depends(form_fields)]


def wallet_of(current: SignedInDep) -> SignedIn:
    """The session of whoever is signed in; others are sent to the page for that."""
    if current is None:
        raise Refusal(303, "sign_in_first", "sign in first", headers={"Location": "/sign-in"})
    return current


Owner = Annotated[SignedIn, Depends(wallet_of)]


# --- links ---


@router.api_route("/claim/{token}", methods=["GET", "HEAD"])
@router.api_route("/enter/{token}", methods=["GET", "HEAD"])
def show_link(token: str, site: SiteDep, current: SignedInDep, who: CallerDep) -> Response:
    """What a link would do."""
    with counted_tries(site, who):
        offer = site.access.entering.offer(token)
    may_choose = (
        current is not None
        and offer.kind in ("claim", "handed_over")
        and offer.wallet_id in (None, current.wallet_id)
        and not (offer.kind == "claim" and offer.wallet_id == current.wallet_id)
    )
    return page("link.html", {"offer": offer, "may_choose": may_choose, "email": masked(offer.email)})


@router.post("/claim/{token}")
@router.post("/enter/{token}")
def use_link(
    token: str, request: Request, fields: Fields, site: SiteDep, current: SignedInDep, who: CallerDep
) -> Response:
    """Does what the link is for."""
    into = current.wallet_id if current is not None and fields.get("into") == "current" else None
    with counted_tries(site, who):
        used = site.access.entering.use(token, into=into)
    site.writing.nudge()
    return after_link(request, site, used, current)


def after_link(request: Request, site: Site, used: Used, current: SignedIn | None) -> Response:
    if used.entered is not None:
        response: Response = RedirectResponse("/wallet", 303)
        begin(request, response, site, used.entered)
        return response
    if current is not None and current.wallet_id == used.wallet_id:
        return RedirectResponse("/wallet", 303)
    return page("done.html", {"title": "That address is yours", "text": "From now on it opens the wallet."})


def masked(email: str) -> str:
    """Enough of an address for its owner to know it."""
    local, _, domain = email.partition("@")
    return f"{local[:2]}…@{domain}"


# --- signing in ---


@router.api_route("/sign-in", methods=["GET", "HEAD"])
def show_sign_in(current: SignedInDep) -> Response:
    """The ways to sign in."""
    return page("sign_in.html", {"is_signed_in": current is not None}, headers=SCRIPTED)


@router.post("/sign-in/link")
def ask_for_link(fields: Fields, site: SiteDep, who: CallerDep) -> Response:
    """Has a link sent. The page is the same whoever asks."""
    take(site.letters, who)
    site.access.mail_addresses.ask_to_enter(fields.get("email", ""))
    site.writing.nudge()
    text = "If there is a wallet for that address, or anything was awarded to it, a link is on its way there."
    return page("done.html", {"title": "Look into your mail", "text": text}, 202)


@router.post("/sign-in/recovery")
def use_code(request: Request, fields: Fields, site: SiteDep, who: CallerDep) -> Response:
    """Signs in with a recovery code."""
    with counted_tries(site, who):
        entered = site.access.recovery.enter(fields.get("code", "")[:100])
    site.writing.nudge()
    response = RedirectResponse("/wallet", 303)
    begin(request, response, site, entered)
    return response


# --- the wallet ---


@router.api_route("/wallet", methods=["GET", "HEAD"])
def show_wallet(owner: Owner, site: SiteDep) -> Response:
    """What the wallet holds and what opens it."""
    values = {
        "wallet_id": owner.wallet_id,
        "ways": site.access.ways.of(owner.wallet_id),
        "held": site.wallets.credentials(owner.wallet_id),
        "events": site.access.audit.events(owner.wallet_id)[:10],
        "when": shown_seconds,
    }
    return page("wallet.html", values, headers=SCRIPTED)


@router.post("/wallet/sign-out")
def sign_out(owner: Owner, fields: Fields, request: Request, site: SiteDep) -> Response:
    """Signs out, here or everywhere."""
    if fields.get("where") == "everywhere":
        site.access.sessions.end_all(owner.wallet_id, owner.way)
    response = RedirectResponse("/sign-in", 303)
    site.access.sessions.end(session_token(request, site.base))
    clear_session(response, site.base)
    return response


@router.post("/wallet/addresses")
def add_address(owner: Owner, fields: Fields, site: SiteDep, who: CallerDep) -> Response:
    """Has a link sent to a further address."""
    take(site.letters, who)
    site.access.mail_addresses.ask_to_add(owner.wallet_id, fields.get("email", ""))
    site.writing.nudge()
    return page("done.html", {"title": "Look into your mail", "text": "A link is on its way to that address."}, 202)


@router.post("/wallet/addresses/remove")
def remove_address(owner: Owner, fields: Fields, site: SiteDep) -> Response:
    """Takes an address away."""
    site.access.mail_addresses.remove(owner.wallet_id, fields.get("id", ""), owner.way)
    site.writing.nudge()
    return RedirectResponse("/wallet", 303)


@router.post("/wallet/passkeys/remove")
def remove_passkey(owner: Owner, fields: Fields, site: SiteDep) -> Response:
    """Takes a passkey away."""
    site.access.passkeys.remove(owner.wallet_id, fields.get("id", ""), owner.way)
    return RedirectResponse("/wallet", 303)


@router.post("/wallet/recovery-codes")
def make_codes(owner: Owner, site: SiteDep) -> Response:
    """Makes recovery codes, and shows them this once."""
    codes = site.access.recovery.make(owner.wallet_id, owner.way)
    site.writing.nudge()
    return page("codes.html", {"codes": codes})
