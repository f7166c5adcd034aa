"""Share links over HTTP: the owner's side below /v1/wallets, and what everyone else sees at /s/."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from api.answers import DOCUMENT_TYPE, answers, document_response
from api.bodies import StrictRoute
from api.dependencies import CallerDep, OwnedWallet, SiteDep
from api.parameters import HexId
from api.printing import SHARED_FILE, SharedForm
from api.problems import too_many
from api.sharing.negotiation import preferred
from api.sharing.pages import shared_page
from api.sharing.schemas import LinkIn, LinkOut, NewLink, ViewOut
from api.sharing.service import Link, Shared
from api.site import Site
from api.wallets.routes import when
from api.web.languages import wanted_languages
from ledger.errors import NotFound
from ledger.rendering.certificate import JWT_MEDIA_TYPE
from ledger.rendering.forms import Form
from ledger.rendering.qr import qr_svg
from ledger.verifying.report import shown_time
from ledger.wrapping.content import compact_jws

owner_router = APIRouter(prefix="/v1/wallets/{wallet_id}/links", tags=["Share links"], route_class=StrictRoute)
public_router = APIRouter(prefix="/s", tags=["Shared"])

PAGE_OR_JSON: dict[str, Any] = {
    "description": "The page, or the report with the document, or the document alone.",
    "content": {
        "text/html": {"schema": {"type": "string"}},
        "application/json": {"schema": {"type": "object"}},
        DOCUMENT_TYPE: {"schema": {"type": "object"}},
        JWT_MEDIA_TYPE: {"schema": {"type": "string"}},
    },
}
SVG: dict[str, Any] = {"description": "A QR code.", "content": {"image/svg+xml": {"schema": {"type": "string"}}}}


@owner_router.post("", status_code=201, responses=answers(400, 401, 404, 409, 413, 415, 422, 503))
def create_link(wallet_id: OwnedWallet, wanted: LinkIn, site: SiteDep) -> NewLink:
    """Makes a link to a record or to chosen credentials. Its address is shown this once: only a hash is stored."""
    record_id, credential_id = wanted.record_id, None
    if wanted.credential_ids is not None and len(wanted.credential_ids) == 1:
        credential_id = wanted.credential_ids[0]
    elif wanted.credential_ids is not None:
        record_id = site.records.make(wallet_id, wanted.credential_ids, name=wanted.label, selection=True).id
    link, token = site.links.create(
        wallet_id, label=wanted.label, days=wanted.days, record_id=record_id, credential_id=credential_id
    )
    return NewLink(id=link.id, url=site.share_url(token), expires_at=when(link.expires_at))


@owner_router.get("", responses=answers(401, 404, 422))
def list_links(wallet_id: OwnedWallet, site: SiteDep) -> list[LinkOut]:
    """All links of a wallet, those that ended too, with how often they were opened."""
    return [link_out(link) for link in site.links.links(wallet_id)]


@owner_router.delete("/{link_id}", status_code=204, responses=answers(401, 404, 422))
def withdraw_link(wallet_id: OwnedWallet, link_id: HexId, site: SiteDep) -> None:
    """Ends a link at once and for ever."""
    site.links.withdraw(wallet_id, link_id)


@owner_router.get("/{link_id}/views", responses=answers(401, 404, 422))
def list_views(wallet_id: OwnedWallet, link_id: HexId, site: SiteDep) -> list[ViewOut]:
    """When a link was opened and how, the latest first. Who opened it is not known."""
    return [ViewOut(viewed_at=when(view.viewed_at), kind=view.kind) for view in site.links.views(wallet_id, link_id)]


def opened(token: str, site: SiteDep, who: CallerDep) -> Shared:
    """What a token opens. Wrong ones are counted, so that nobody can try many."""
    if seconds := site.misses.wait(who):
        raise too_many(seconds)
    try:
        return site.links.open(token)
    except NotFound:
        site.misses.take(who)
        raise


Opened = Annotated[Shared, Depends(opened)]


@public_router.head("/{token}/document", include_in_schema=False, response_model=None)
@public_router.get("/{token}/document", responses=answers(404, 409, 422, 429, 503, ok=SHARED_FILE), response_model=None)
def download(request: Request, token: str, shared: Opened, site: SiteDep, form: SharedForm = "json") -> Response:
    """The shared document as a file: everything that a check needs is in it, in whatever form."""
    wanted = Form(form)
    made = site.press.make(wanted, shared.document, site.verify_shared, address=site.share_url(token))
    if request.method == "GET":
        site.links.note(shared, "document")
    if made.media_type == DOCUMENT_TYPE:
        made.headers["Content-Disposition"] = 'attachment; filename="credentials.json"'
    return made


@public_router.head("/{token}/qr.svg", include_in_schema=False, response_model=None)
@public_router.get("/{token}/qr.svg", responses=answers(404, 422, 429, ok=SVG), response_model=None)
def qr(token: str, shared: Opened, site: SiteDep) -> Response:
    """The address of the page as a QR code."""
    del shared  # only for a link that opens something
    return Response(qr_svg(site.share_url(token)), media_type="image/svg+xml")


@public_router.head("/{token}.json", include_in_schema=False, response_model=None)
@public_router.get("/{token}.json", responses=answers(404, 422, 429), response_model=None)
def show_json(request: Request, shared: Opened, site: SiteDep) -> Response:
    """The report and the document, checked now."""
    return answer_json(request, shared, site)


@public_router.head("/{token}", include_in_schema=False, response_model=None)
@public_router.get("/{token}", responses=answers(404, 422, 429, ok=PAGE_OR_JSON), response_model=None)
def show(
    request: Request,
    token: str,
    shared: Opened,
    site: SiteDep,
    form: Annotated[Literal["page", "json"] | None, Query(alias="format")] = None,
) -> Response:
    """What is shared, checked now: a page for people, JSON for programs, by `Accept`, `.json` or `?format=json`."""
    kind = form or preferred(request.headers.get("accept", ""))
    if kind == "json":
        response = answer_json(request, shared, site)
    elif kind == "document":
        if request.method == "GET":
            site.links.note(shared, "document")
        response = document_response(shared.document)
    else:
        if request.method == "GET":
            site.links.note(shared, "page")
        languages = wanted_languages(request.headers.get("accept-language", ""))
        response = shared_page(site, token, shared, site.verify_shared(shared.document), languages)
    response.headers["Vary"] = "Accept, Accept-Language"
    return response


def answer_json(request: Request, shared: Shared, site: Site) -> Response:
    """One JSON object: the report of this moment, and the document byte for byte; a JWT is a string."""
    if request.method == "GET":
        site.links.note(shared, "json")
    report = site.verify_shared(shared.document)
    head = orjson.dumps(
        {
            "verdict": report.verdict.value,
            "label": shared.label,
            "shared_until": shown_time(shared.expires_at),
            "report": site.shown(report),
        }
    )
    document = shared.document if compact_jws(shared.document) is None else b'"' + shared.document + b'"'
    return Response(head[:-1] + b',"document":' + document + b"}", media_type="application/json")


def link_out(link: Link) -> LinkOut:
    return LinkOut(
        id=link.id,
        label=link.label,
        state=link.state,
        record_id=link.record_id,
        credential_id=link.credential_id,
        created_at=when(link.created_at),
        expires_at=when(link.expires_at),
        withdrawn_at=shown_time(link.withdrawn_at),
        views=link.views,
        last_viewed_at=shown_time(link.last_viewed_at),
    )
