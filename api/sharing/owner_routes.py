"""The owner's side of share links over HTTP, below /v1/wallets: preview, make, list, narrow, withdraw, receipts."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api.answers import answers
from api.bodies import StrictRoute
from api.clock import DAY, unix_now
from api.dependencies import OwnedWallet, SiteDep
from api.parameters import HexId
from api.sharing.negotiation import preferred
from api.sharing.pages import shared_page
from api.sharing.schemas import (
    DEFAULT_DAYS,
    Chosen,
    LinkIn,
    LinkOut,
    NarrowingIn,
    NewLink,
    PreviewIn,
    PreviewOut,
    ViewOut,
    end_of,
)
from api.sharing.shown import preview_json
from api.sharing.values import Choice, Link
from api.wallets.routes import when
from api.web.languages import wanted_languages
from ledger.proofs.hideable import parse_hidden
from ledger.verifying.report import shown_time

router = APIRouter(prefix="/v1/wallets/{wallet_id}/links", tags=["Share links"], route_class=StrictRoute)

PREVIEW: dict[str, Any] = {
    "description": "What the link would show, or the page itself where `Accept` asks for one.",
    "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/PreviewOut"}},
        "text/html": {"schema": {"type": "string"}},
    },
}


@router.post("", status_code=201, responses=answers(400, 401, 404, 409, 413, 415, 422, 503))
def create_link(wallet_id: OwnedWallet, wanted: LinkIn, site: SiteDep) -> NewLink:
    """Makes a link to a record or to chosen credentials. Its address is shown this once: only a hash is stored."""
    link, token = site.links.create(
        wallet_id,
        choice_of(wanted),
        label=wanted.label,
        expires_at=end_of(wanted, unix_now()) or unix_now() + DEFAULT_DAYS * DAY,
        purpose=wanted.purpose,
        pin=wanted.pin,
    )
    return NewLink(id=link.id, url=site.share_url(token), expires_at=when(link.expires_at))


@router.post(
    "/preview", responses=answers(400, 401, 404, 409, 413, 415, 422, 503, ok=PREVIEW), response_model=PreviewOut
)
def preview_link(request: Request, wallet_id: OwnedWallet, wanted: PreviewIn, site: SiteDep) -> Response:
    """What whoever opens such a link would see, with the verdict of this moment. Makes and keeps nothing."""
    shared = site.links.preview(
        wallet_id,
        choice_of(wanted),
        label=wanted.label,
        expires_at=end_of(wanted, unix_now()) or unix_now() + DEFAULT_DAYS * DAY,
        purpose=wanted.purpose,
    )
    reports = [site.verify_shared(document) for document in shared]
    if preferred(request.headers.get("accept", "application/json")) == "page" and "text/html" in request.headers.get(
        "accept", ""
    ):
        languages = wanted_languages(request.headers.get("accept-language", ""))
        return Response(shared_page(site, None, shared, reports, languages), media_type="text/html")
    return Response(preview_json(site, shared, reports), media_type="application/json")


@router.get("", responses=answers(401, 404, 422))
def list_links(wallet_id: OwnedWallet, site: SiteDep) -> list[LinkOut]:
    """All links of a wallet, those that ended too, with how often they were opened."""
    return [link_out(link) for link in site.links.links(wallet_id)]


@router.get("/{link_id}", responses=answers(401, 404, 422))
def get_link(wallet_id: OwnedWallet, link_id: HexId, site: SiteDep) -> LinkOut:
    """One link of a wallet."""
    return link_out(site.links.link(wallet_id, link_id))


@router.post("/{link_id}/narrowing", responses=answers(400, 401, 404, 409, 413, 415, 422, 503))
def narrow_link(wallet_id: OwnedWallet, link_id: HexId, wanted: NarrowingIn, site: SiteDep) -> LinkOut:
    """Has a live link show less from now on, under the same address. What would show more is refused."""
    choice = Choice(credential_ids=tuple(wanted.credential_ids or ()), hidden=parse_hidden(wanted.hide))
    return link_out(site.links.narrow(wallet_id, link_id, choice, expires_at=end_of(wanted, unix_now())))


@router.post("/{link_id}/unlock", responses=answers(401, 404, 422))
def unlock_link(wallet_id: OwnedWallet, link_id: HexId, site: SiteDep) -> LinkOut:
    """Lifts the lock that wrong PINs have put on a link."""
    return link_out(site.links.unlock(wallet_id, link_id))


@router.delete("/{link_id}", status_code=204, responses=answers(401, 404, 422))
def withdraw_link(wallet_id: OwnedWallet, link_id: HexId, site: SiteDep) -> None:
    """Ends a link at once and for ever."""
    site.links.withdraw(wallet_id, link_id)


@router.get("/{link_id}/views", responses=answers(401, 404, 422))
def list_views(wallet_id: OwnedWallet, link_id: HexId, site: SiteDep) -> list[ViewOut]:
    """When a link was opened, how and what for, the latest first. Who opened it is not known."""
    return [
        ViewOut(viewed_at=when(view.viewed_at), kind=view.kind, purpose=view.purpose)
        for view in site.links.views(wallet_id, link_id)
    ]


def choice_of(wanted: Chosen) -> Choice:
    return Choice(wanted.record_id, tuple(wanted.credential_ids or ()), parse_hidden(wanted.hide))


def link_out(link: Link) -> LinkOut:
    return LinkOut(
        id=link.id,
        label=link.label,
        purpose=link.purpose,
        state=link.state,
        record_id=link.record_id,
        credential_id=link.credential_id,
        items=list(link.items),
        hidden=list(link.hidden),
        created_at=when(link.created_at),
        expires_at=when(link.expires_at),
        withdrawn_at=shown_time(link.withdrawn_at),
        has_pin=link.has_pin,
        wrong_pins=link.wrong_pins,
        locked_at=shown_time(link.locked_at),
        views=link.views,
        last_viewed_at=shown_time(link.last_viewed_at),
    )
