"""Sharing: what the viewer will see, a link whose address is shown once, all links with their receipts, their end.

The token of a new link is in no database. It stands for some minutes in a cookie of the learner's own browser, for the
page of that link alone, so that the page can be looked at again and nothing is made twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from api.clock import unix_now
from api.dependencies import SiteDep
from api.parameters import HexId
from api.sharing.owner_routes import choice_of
from api.sharing.pages import shared_view
from api.sharing.schemas import end_of
from api.sharing.values import Choice, Link
from api.site import Site
from api.wallets.access.sign_in_routes import from_our_own
from api.wallets.pages.apart import SEEN, Apart, apart_of
from api.wallets.pages.cards import cards_of
from api.wallets.pages.choosing import offer_of, share_of
from api.wallets.pages.link_form import HIDEABLE, LASTING, Asked, LinkForm, asked_of, form_of, narrowing_of
from api.wallets.pages.owner import Lists, Owner, go, inside, said, status_for_form
from api.web.pages import page
from api.web.translating import gettext
from api.web.visits import visit
from ledger.errors import Conflict, NotFound
from ledger.proofs.hideable import parse_hidden
from ledger.rendering.qr import qr_svg

LIST = "/wallet/links"
MADE = "cairn_made"
MADE_SECONDS = 15 * 60
PageNumber = Annotated[int, Query(ge=1, le=100_000)]

router = APIRouter(include_in_schema=False, dependencies=[Depends(from_our_own)])


@dataclass(frozen=True)
class LinkCard:
    """A link in the list, and the titles of what it shows."""

    link: Link
    titles: tuple[str, ...]
    record: str | None


@router.api_route(LIST, methods=["GET", "HEAD"])
def list_links(owner: Owner, site: SiteDep) -> Response:
    """All links, those that work first."""
    found = [card_of(site, owner.wallet_id, link) for link in site.links.links(owner.wallet_id)]
    live = [one for one in found if one.link.state == "live"]
    ended = [one for one in found if one.link.state != "live"]
    return inside("links.html", {"live": live, "ended": ended}, here=LIST)


# --- making one ---


@router.api_route("/wallet/links/new", methods=["GET", "HEAD"])
def new_link(request: Request, owner: Owner, site: SiteDep) -> Response:
    """The form, with what the page before had chosen, or all that can be shown."""
    chosen = tuple(dict.fromkeys(request.query_params.getlist("credential")))[:500]
    record = request.query_params.get("record", "")[:64]
    return link_page(site, owner.wallet_id, LinkForm(credentials=chosen, record=record), is_new=not chosen)


@router.post("/wallet/links/new")
def change_link(owner: Owner, lists: Lists, site: SiteDep) -> Response:
    """The form again, as it was filled in: after looking at the preview."""
    return link_page(site, owner.wallet_id, form_of(lists))


@router.post("/wallet/links/preview")
def preview_link(owner: Owner, lists: Lists, site: SiteDep) -> Response:
    """The very page that a viewer would see. Nothing is made."""
    form = form_of(lists)
    asked = asked_of(form)
    if not isinstance(asked, Asked):
        return link_page(site, owner.wallet_id, replace(form, errors=asked), status=422)
    wanted = asked.wanted
    try:
        shared = site.links.preview(
            owner.wallet_id,
            choice_of(wanted),
            label=wanted.label,
            expires_at=asked.expires_at,
            purpose=wanted.purpose,
        )
    except Conflict as error:
        return refused(site, owner.wallet_id, form, error)
    reports = [site.verify_shared(document) for document in shared]
    name, values = shared_view(site, None, shared, reports, (visit().language,))
    apart = apart_together(site, owner.wallet_id, form)
    return page("wallet/preview.html", values | {"previewed": name, "form": form, "apart": apart})


@router.post(LIST)
def make_link(owner: Owner, lists: Lists, site: SiteDep) -> Response:
    """Makes the link, and goes to its page."""
    form = form_of(lists)
    asked = asked_of(form)
    if not isinstance(asked, Asked):
        return link_page(site, owner.wallet_id, replace(form, errors=asked), status=422)
    if lists.get("apart") != [SEEN] and apart_together(site, owner.wallet_id, form):
        return link_page(site, owner.wallet_id, form)
    wanted = asked.wanted
    try:
        link, token = site.links.create(
            owner.wallet_id,
            choice_of(wanted),
            label=wanted.label,
            expires_at=asked.expires_at,
            purpose=wanted.purpose,
            pin=wanted.pin,
        )
    except Conflict as error:
        return refused(site, owner.wallet_id, form, error)
    response = go(f"{LIST}/{link.id}")
    response.set_cookie(
        MADE,
        token,
        max_age=MADE_SECONDS,
        path=f"{LIST}/{link.id}",
        secure=site.base.startswith("https://"),
        httponly=True,
        samesite="strict",
    )
    return response


def refused(site: Site, wallet_id: str, form: LinkForm, error: Conflict) -> Response:
    status = status_for_form(error)
    return link_page(site, wallet_id, replace(form, errors={"": said(error)}), status=status)


def apart_together(site: Site, wallet_id: str, form: LinkForm) -> Apart | None:
    """What there is to say of the record that a link would show."""
    if form.record or form.hide:
        return None
    return apart_of(site, wallet_id, site.holdings.all(wallet_id), form.credentials)


def link_page(site: Site, wallet_id: str, form: LinkForm, *, is_new: bool = False, status: int = 200) -> Response:
    record = site.records.record(wallet_id, form.record) if form.record else None
    cards = [] if record else cards_of(site, wallet_id, site.overviews.glance(wallet_id))
    if is_new and record is None:
        usual = tuple(card.key for card in cards if card.outcome == "valid" and not card.is_others)
        form = replace(form, credentials=usual[:500])
    if not form.label and status == 200:
        form = replace(form, label=record.name if record else gettext("My credentials"))
    values = {
        "form": form,
        "cards": cards,
        "offer": offer_of(cards, form.credentials),
        "apart": apart_together(site, wallet_id, form),
        "record": record,
        "hideable": [(name, gettext(text)) for name, text in HIDEABLE.items()],
        "lasting": [(days, gettext(text)) for days, text in LASTING.items()],
    }
    return inside("link_form.html", values, here=LIST, status=status)


# --- one link ---


@router.api_route("/wallet/links/{link_id}", methods=["GET", "HEAD"])
def show_link(request: Request, owner: Owner, link_id: HexId, site: SiteDep) -> Response:
    """One link: its address while it is new, what it shows, and when it was opened."""
    return one_link_page(request, site, owner.wallet_id, link_id)


def one_link_page(
    request: Request, site: Site, wallet_id: str, link_id: str, refusal: str = "", status: int = 200
) -> Response:
    link = site.links.link(wallet_id, link_id)
    address = fresh_address(request, site, link_id)
    mail = gettext("Here are my credentials: %(address)s") % {"address": address} if address else ""
    values = {
        "one": card_of(site, wallet_id, link),
        "link": link,
        "hidden": [gettext(HIDEABLE[name]) for name in link.hidden if name in HIDEABLE],
        "views": site.links.views(wallet_id, link_id),
        "address": address,
        "mail": mail,
        "mailto": f"mailto:?subject={quote(link.label)}&body={quote(mail)}",
        "refusal": refusal,
    }
    return inside("one_link.html", values, here=LIST, status=status)


def fresh_address(request: Request, site: Site, link_id: str) -> str | None:
    """The address of a link that was made in this browser a moment ago."""
    token = request.cookies.get(MADE, "")
    try:
        found = site.links.find(token)
    except NotFound:
        return None
    return site.share_url(token) if found.id == link_id else None


@router.api_route("/wallet/links/{link_id}/qr.svg", methods=["GET", "HEAD"])
def show_code(request: Request, owner: Owner, link_id: HexId, site: SiteDep) -> Response:
    """The address as a QR code, while it is new."""
    site.links.link(owner.wallet_id, link_id)
    address = fresh_address(request, site, link_id)
    if address is None:
        raise NotFound("the address of a link is shown for some minutes only", "link_unknown")
    return Response(qr_svg(address), media_type="image/svg+xml")


@router.api_route("/wallet/links/{link_id}/narrow", methods=["GET", "HEAD"])
def show_narrowing(owner: Owner, link_id: HexId, site: SiteDep, page: PageNumber = 1) -> Response:
    """The form that has a link show less."""
    before = site.links.held_ids(owner.wallet_id, link_id)
    return narrowing_page(site, owner.wallet_id, link_id, LinkForm(credentials=tuple(before)), page)


@router.post("/wallet/links/{link_id}/narrow")
def narrow(owner: Owner, link_id: HexId, lists: Lists, site: SiteDep, page: PageNumber = 1) -> Response:
    """Has a link show less from now on, under the same address."""
    form, link = form_of(lists), site.links.link(owner.wallet_id, link_id)
    wanted = narrowing_of(form, site.links.held_ids(owner.wallet_id, link_id), link.hidden)
    if isinstance(wanted, dict):
        return narrowing_page(site, owner.wallet_id, link_id, replace(form, errors=wanted), page, 422)
    choice = Choice(credential_ids=tuple(wanted.credential_ids or ()), hidden=parse_hidden(wanted.hide))
    try:
        site.links.narrow(owner.wallet_id, link_id, choice, expires_at=end_of(wanted, unix_now()))
    except Conflict as error:
        problem = replace(form, errors={"": said(error)})
        return narrowing_page(site, owner.wallet_id, link_id, problem, page, status_for_form(error))
    return go(f"{LIST}/{link_id}")


def narrowing_page(
    site: Site, wallet_id: str, link_id: str, form: LinkForm, number: int, status: int = 200
) -> Response:
    link = site.links.link(wallet_id, link_id)
    held = {one.id: one for one in site.wallets.credentials(wallet_id)}
    shown = share_of([held[key] for key in site.links.held_ids(wallet_id, link_id) if key in held], number)
    named = {one.id for one in shown.items}
    values = {
        "link": link,
        "form": form,
        "shown": shown,
        "kept": [key for key in form.credentials if key not in named],
        "hideable": [(name, gettext(text)) for name, text in HIDEABLE.items() if name not in link.hidden],
    }
    return inside("narrow.html", values, here=LIST, status=status)


@router.post("/wallet/links/{link_id}/unlock")
def unlock(owner: Owner, link_id: HexId, site: SiteDep) -> Response:
    """Lifts the lock that wrong PINs have put on a link."""
    site.links.unlock(owner.wallet_id, link_id)
    return go(f"{LIST}/{link_id}")


@router.api_route("/wallet/links/{link_id}/withdraw", methods=["GET", "HEAD"])
def ask_to_withdraw(owner: Owner, link_id: HexId, site: SiteDep) -> Response:
    """What withdrawing means, and the button that does it."""
    return inside("withdraw.html", {"link": site.links.link(owner.wallet_id, link_id)}, here=LIST)


@router.post("/wallet/links/{link_id}/withdraw")
def withdraw(owner: Owner, link_id: HexId, site: SiteDep) -> Response:
    """Ends a link at once and for ever."""
    site.links.withdraw(owner.wallet_id, link_id)
    return go(LIST)


def card_of(site: Site, wallet_id: str, link: Link) -> LinkCard:
    """What a link shows, by title."""
    record = site.records.record(wallet_id, link.record_id) if link.record_id is not None else None
    if record is not None and record.version is not None:
        return LinkCard(link, (), record.name)
    shown = site.links.held_ids(wallet_id, link.id)
    held = {one.id: one.name for one in site.wallets.credentials(wallet_id)}
    return LinkCard(link, tuple(held[key] for key in shown if key in held), None)
