"""What everyone with a share link sees at /s/: a page, JSON, or the document, checked when it is asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from api.answers import DOCUMENT_TYPE, answers, document_response
from api.dependencies import CallerDep, SiteDep
from api.moments import SharedMoment
from api.printing import SHARED_FILE, SharedForm
from api.problems import Refusal, too_many
from api.sharing.fresh_records import told_of_fresh
from api.sharing.negotiation import preferred
from api.sharing.pages import Part, pin_page, said_besides, shared_page
from api.sharing.pins import COOKIE, COOKIE_SECONDS, from_header
from api.sharing.shown import archive, shared_json
from api.sharing.values import OpenLink, Shared, ViewKind
from api.sharing.viewer_form import ViewerForm
from api.site import Site
from api.web.languages import wanted_languages
from api.web.visits import COOKIE as LANGUAGE_COOKIE
from api.web.visits import LANGUAGES, visit
from ledger.documents.text import visible
from ledger.errors import NotFound
from ledger.proofs.sd_jwt_vc import SD_JWT_MEDIA_TYPE
from ledger.rendering.certificate import JWT_MEDIA_TYPE
from ledger.rendering.forms import Form
from ledger.rendering.qr import qr_svg
from ledger.verifying.report import VerificationReport

router = APIRouter(prefix="/s", tags=["Shared"])

PAGE_OR_JSON: dict[str, Any] = {
    "description": "The page, or the report with the document, or the document alone.",
    "content": {
        "text/html": {"schema": {"type": "string"}},
        "application/json": {"schema": {"type": "object"}},
        DOCUMENT_TYPE: {"schema": {"type": "object"}},
        JWT_MEDIA_TYPE: {"schema": {"type": "string"}},
        SD_JWT_MEDIA_TYPE: {"schema": {"type": "string"}},
        "application/zip": {"schema": {"type": "string", "format": "binary"}},
    },
}
SVG: dict[str, Any] = {"description": "A QR code.", "content": {"image/svg+xml": {"schema": {"type": "string"}}}}

PageNumber = Annotated[
    int, Query(alias="page", ge=1, le=10_000, description="Which page of the list of a large record, as a page.")
]
CredentialNumber = Annotated[
    int | None,
    Query(alias="credential", ge=1, le=10_000, description="Which credential of a record, on a page of its own."),
]
Pin = Annotated[
    str | None, Header(alias="X-Link-PIN", max_length=64, description="The PIN of the link, where it has one.")
]
StatedPurpose = Annotated[
    str | None,
    Query(
        alias="purpose",
        max_length=200,
        description="What you look for; it goes into the receipt that the holder sees, and nothing else about you.",
    ),
]


def find(token: str, site: Site, who: str) -> OpenLink:
    """The link that a token opens. Wrong ones are counted, so that nobody can try many."""
    if seconds := site.misses.wait(who):
        raise too_many(seconds)
    try:
        return site.links.find(token)
    except NotFound:
        site.misses.take(who)
        raise


def opened(request: Request, token: str, site: SiteDep, who: CallerDep, pin: Pin = None) -> Shared:
    """What a token opens, with the PIN or its cookie where the link has one."""
    link = find(token, site, who)
    site.pins.admit(link, pin if pin is None else from_header(pin), request.cookies.get(COOKIE))
    return site.links.shared(link)


Opened = Annotated[Shared, Depends(opened)]


@router.head("/{token}/document", include_in_schema=False, response_model=None)
@router.get(
    "/{token}/document", responses=answers(401, 403, 404, 409, 422, 429, 503, ok=SHARED_FILE), response_model=None
)
def download(
    request: Request,
    token: str,
    shared: Opened,
    site: SiteDep,
    form: SharedForm = "json",
    purpose: StatedPurpose = None,
) -> Response:
    """The shared document as a file: everything that a check needs is in it, in whatever form. Several are a ZIP."""
    wanted = Form(form)
    if len(shared.documents) == 1:
        made = site.press.make(wanted, shared.documents[0], site.verify_shared, address=site.share_url(token))
    elif wanted is Form.JSON:
        headers = {"Content-Disposition": 'attachment; filename="credentials.zip"'}
        made = Response(archive(shared), media_type="application/zip", headers=headers)
    else:
        raise Refusal(409, "form_unsupported", "several credentials of which something is withheld come as files alone")
    note(request, site, shared, "document", purpose)
    if made.media_type == DOCUMENT_TYPE:
        made.headers["Content-Disposition"] = 'attachment; filename="credentials.json"'
    return made


@router.head("/{token}/qr.svg", include_in_schema=False, response_model=None)
@router.get("/{token}/qr.svg", responses=answers(401, 403, 404, 422, 429, 503, ok=SVG), response_model=None)
def qr(token: str, shared: Opened, site: SiteDep) -> Response:
    """The address of the page as a QR code."""
    del shared  # only for a link that opens something
    return Response(qr_svg(site.share_url(token)), media_type="image/svg+xml")


@router.head("/{token}.json", include_in_schema=False, response_model=None)
@router.get("/{token}.json", responses=answers(401, 403, 404, 422, 429, 503), response_model=None)
def show_json(
    request: Request, shared: Opened, site: SiteDep, moment: SharedMoment, purpose: StatedPurpose = None
) -> Response:
    """The report and the document, checked now, by what holds now or by what held on a date."""
    return json_answer(request, site, shared, purpose, moment)


@router.head("/{token}", include_in_schema=False, response_model=None)
@router.get("/{token}", responses=answers(401, 403, 404, 422, 429, 503, ok=PAGE_OR_JSON), response_model=None)
def show(
    request: Request,
    token: str,
    site: SiteDep,
    who: CallerDep,
    moment: SharedMoment,
    form: Annotated[Literal["page", "json"] | None, Query(alias="format")] = None,
    purpose: StatedPurpose = None,
    number: PageNumber = 1,
    credential: CredentialNumber = None,
    pin: Pin = None,
) -> Response:
    """What is shared, checked now: a page for people, JSON for programs, by `Accept`, `.json` or `?format=json`."""
    kind = form or preferred(request.headers.get("accept", ""))
    try:
        shared = opened(request, token, site, who, pin)
    except Refusal as refusal:
        if kind != "page" or not refusal.code.startswith("pin_"):
            raise
        return pin_page(token, refusal, moment)
    if kind == "json":
        response = json_answer(request, site, shared, purpose, moment)
    elif kind == "document":
        note(request, site, shared, "document", purpose)
        several = len(shared.documents) > 1
        response = (
            Response(archive(shared), media_type="application/zip")
            if several
            else document_response(shared.documents[0])
        )
    else:
        response = page_answer(request, site, token, shared, purpose, moment, Part(number, credential))
    response.headers["Vary"] = "Accept, Accept-Language"
    return response


@router.post("/{token}", include_in_schema=False, response_model=None)
def give_pin(
    request: Request, token: str, site: SiteDep, who: CallerDep, given: ViewerForm, moment: SharedMoment
) -> Response:
    """The page again, for a viewer who has given the PIN or said what they look for, by a form."""
    link = find(token, site, who)
    try:
        site.pins.admit(link, given.pin, request.cookies.get(COOKIE))
    except Refusal as refusal:
        if not refusal.code.startswith("pin_"):
            raise
        return pin_page(token, refusal, moment)
    part = Part(told=given.purpose is not None)
    response = page_answer(request, site, token, site.links.shared(link), given.purpose, moment, part)
    if given.pin is not None and link.pin_hash is not None:
        response.set_cookie(
            COOKIE,
            site.pins.cookie(link),
            max_age=COOKIE_SECONDS,
            path=f"/s/{token}",
            secure=site.base.startswith("https://"),
            httponly=True,
            samesite="lax",
        )
    return response


def page_answer(
    request: Request,
    site: Site,
    token: str,
    shared: Shared,
    purpose: str | None,
    moment: datetime | None,
    part: Part = Part(),
) -> Response:
    languages = languages_of(request)
    reports = reports_on(site, shared, moment)
    key = ("page", shared.link_id, shared.expires_at, visit().language, languages, moment, part)
    content = site.shelf.content(
        key,
        reports,
        lambda: shared_page(site, token, shared, reports, languages, part),
        lambda: said_besides(site, reports, part),
    )
    note(request, site, shared, "page", purpose)
    return Response(content, media_type="text/html")


def languages_of(request: Request) -> tuple[str, ...]:
    """In which languages a reader would have titles: the one that they chose for the pages first."""
    wanted = wanted_languages(request.headers.get("accept-language", ""))
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "")
    return tuple(dict.fromkeys((chosen, *wanted))) if chosen in LANGUAGES else wanted


def reports_on(site: Site, shared: Shared, moment: datetime | None) -> list[VerificationReport]:
    """The reports of this moment or, if one was named, as of a moment of the past."""
    if moment is None:
        reports = [site.verify_shared(document) for document in shared]
    else:
        reports = site.verify_shared_on(list(shared), moment)
    return [told_of_fresh(report) for report in reports]


def json_answer(request: Request, site: Site, shared: Shared, purpose: str | None, moment: datetime | None) -> Response:
    """One JSON object: the report of this moment, and the document byte for byte; a token is a string."""
    reports = reports_on(site, shared, moment)
    key = ("json", shared.link_id, shared.expires_at, moment)
    content = site.shelf.content(
        key, reports, lambda: shared_json(site, shared, reports), lambda: site.corrections(reports)
    )
    note(request, site, shared, "json", purpose)
    return Response(content, media_type="application/json")


def note(request: Request, site: Site, shared: Shared, kind: ViewKind, purpose: str | None) -> None:
    """Stores the receipt of an access, before the answer goes out. Nobody sees anything of a `HEAD`."""
    if request.method != "HEAD":
        stated = visible(purpose, limit=200).strip() if purpose else ""
        site.receipts.note(shared.link_id, kind, stated or None)
