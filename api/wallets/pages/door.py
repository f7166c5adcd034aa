"""The pages around a wallet's door: collecting credentials, signing in, signing out.

Opening a link shows what it would do. Only the button below does it: programs that scan mail open links, too.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api.cookies import LEARNERS
from api.dependencies import CallerDep, SignedInDep, SiteDep, counted_tries, take
from api.problems import status_of
from api.site import Site
from api.wallets.access.entering import Offer, Used
from api.wallets.access.sign_in_routes import begin, from_our_own
from api.wallets.access.values import Entered, SignedIn
from api.wallets.pages.owner import (
    BACK,
    BACK_SECONDS,
    HOME,
    SCRIPTED,
    Fields,
    Owner,
    go,
    safe_back,
    said,
    status_for_form,
)
from api.web.pages import page
from api.web.translating import gettext
from api.web.visits import visit
from ledger.errors import CairnError, Conflict, MalformedDocument, NotFound, NotProven

router = APIRouter(include_in_schema=False, dependencies=[Depends(from_our_own)])


# --- links ---


@dataclass(frozen=True)
class Parcel:
    """What a link is about: the institution by its accredited name, and what its mail named already."""

    institution: str | None
    title: str | None = None
    language: str | None = None


@router.api_route("/claim/{token}", methods=["GET", "HEAD"])
@router.api_route("/enter/{token}", methods=["GET", "HEAD"])
def show_link(token: str, site: SiteDep, current: SignedInDep, who: CallerDep) -> Response:
    """What a link would do."""
    with counted_tries(site, who):
        offer = site.access.entering.offer(token)
    return link_page(site, offer, current)


def link_page(site: Site, offer: Offer, current: SignedIn | None, refusal: str = "", status: int = 200) -> Response:
    own = offer.wallet_id
    may_choose = (
        current is not None
        and offer.kind in ("claim", "handed_over")
        and own in (None, current.wallet_id)
        and not (offer.kind == "claim" and own == current.wallet_id)
    )
    values = {
        "offer": offer,
        "may_choose": may_choose,
        "email": masked(offer.email),
        "parcel": parcel_of(site, offer),
        "refusal": refusal,
    }
    return page("wallet/link.html", values, status)


def parcel_of(site: Site, offer: Offer) -> Parcel:
    """What may be said before the button is pressed: the mail about a credential named it and its institution.

    What an issuer handed over is not said but for whose it is: nobody knows what was said with it.
    """
    named = offer.credential_id
    if offer.batch_id is not None:
        handed_over = site.workspace.catalog.credentials(batch=offer.batch_id, limit=1)
        named = next((one.credential_id for one in handed_over), None)
    if named is None:
        return Parcel(None)
    try:
        report = site.verify_shared(site.workspace.catalog.document(named))
    except (NotFound, MalformedDocument):
        return Parcel(None)
    if offer.credential_id is None or report.summary is None:
        return Parcel(report.issuer.accredited_name)
    titled = report.summary.in_language((visit().language,))
    return Parcel(report.issuer.accredited_name, titled.title, titled.language)


@router.post("/claim/{token}")
@router.post("/enter/{token}")
def use_link(
    token: str, request: Request, fields: Fields, site: SiteDep, current: SignedInDep, who: CallerDep
) -> Response:
    """Does what the link is for."""
    into = current.wallet_id if current is not None and fields.get("into") == "current" else None
    try:
        with counted_tries(site, who):
            used = site.access.entering.use(token, into=into)
    except Conflict as error:
        return link_page(site, site.access.entering.offer(token), current, said(error), status_of(error))
    finally:
        site.writing.nudge()
    return after_link(request, site, used, current)


def after_link(request: Request, site: Site, used: Used, current: SignedIn | None) -> Response:
    if used.entered is not None:
        return entered_page(request, site, used.entered, request.cookies.get(BACK))
    if current is not None and current.wallet_id == used.wallet_id:
        return go(HOME)
    return done(gettext("That address is yours"), gettext("From now on it opens your cairn."))


def entered_page(request: Request, site: Site, entered: Entered, back: str | None) -> Response:
    """Into the wallet, or back to the page of it that was asked for."""
    response = go(safe_back(back))
    begin(request, response, site, entered)
    if BACK in request.cookies:
        response.delete_cookie(BACK, path="/", httponly=True, samesite="lax")
    return response


def masked(email: str) -> str:
    """Enough of an address for its owner to know it."""
    local, _, domain = email.partition("@")
    return f"{local[:2]}…@{domain}"


def done(title: str, text: str, status: int = 200) -> Response:
    return page("wallet/done.html", {"title": title, "text": text}, status)


# --- signing in ---


@router.api_route("/sign-in", methods=["GET", "HEAD"])
def show_sign_in(current: SignedInDep, back: str = "") -> Response:
    """The ways to sign in."""
    return sign_in_page(safe_back(back), is_signed_in=current is not None)


def sign_in_page(
    back: str, *, is_signed_in: bool = False, email: str = "", errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    values = {"is_signed_in": is_signed_in, "back": back, "email": email, "errors": errors or {}}
    return page("wallet/sign_in.html", values, status, SCRIPTED)


@router.post("/sign-in/link")
def ask_for_link(fields: Fields, site: SiteDep, who: CallerDep) -> Response:
    """Has a link sent. The page is the same whoever asks."""
    take(site.letters, who)
    email, back = fields.get("email", ""), safe_back(fields.get("back"))
    try:
        site.access.mail_addresses.ask_to_enter(email)
    except MalformedDocument as error:
        problem = gettext("This is no e-mail address. One looks like name@example.org.")
        return sign_in_page(back, email=email[:254], errors={"email": problem}, status=status_for_form(error))
    site.writing.nudge()
    text = gettext("If there is a cairn for that address, or anything was awarded to it, a link is on its way there.")
    response = done(gettext("Look into your mail"), text, 202)
    response.set_cookie(
        BACK,
        back,
        max_age=BACK_SECONDS,
        path="/",
        secure=site.base.startswith("https://"),
        httponly=True,
        samesite="lax",
    )
    return response


@router.post("/sign-in/recovery")
def use_code(request: Request, fields: Fields, site: SiteDep, who: CallerDep) -> Response:
    """Signs in with a recovery code."""
    back = safe_back(fields.get("back"))
    try:
        with counted_tries(site, who):
            entered = site.access.recovery.enter(fields.get("code", "")[:100])
    except NotProven as error:
        return sign_in_page(back, errors={"code": refused_proof(error)}, status=401)
    site.writing.nudge()
    return entered_page(request, site, entered, back)


@router.post("/sign-in/token")
def use_token(request: Request, fields: Fields, site: SiteDep, who: CallerDep) -> Response:
    """Signs in with the token of a wallet that a program made."""
    back = safe_back(fields.get("back"))
    try:
        with counted_tries(site, who):
            entered = site.access.enter_by_token(fields.get("token", "").strip()[:200])
    except NotProven as error:
        return sign_in_page(back, errors={"token": refused_proof(error)}, status=401)
    return entered_page(request, site, entered, back)


def refused_proof(error: CairnError) -> str:
    known = {
        "code_refused": gettext("This is no recovery code, or it was used already."),
        "token_refused": gettext("This is no token of a wallet, or it was ended."),
    }
    return known.get(error.code) or said(error)


@router.post("/wallet/sign-out")
def sign_out(owner: Owner, fields: Fields, request: Request, site: SiteDep) -> Response:
    """Signs out, here or everywhere."""
    if fields.get("where") == "everywhere":
        site.access.sessions.end_all(owner.wallet_id, owner.way)
    response = go("/sign-in")
    site.access.sessions.end(LEARNERS.token(request, site.base))
    LEARNERS.clear(response, site.base)
    return response
