"""The page to check what one was given: files, a photo, text, a link; and the receipt of what was found."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from api.dependencies import CallerDep, SiteDep, limited_check, take
from api.moments import moment_named
from api.problems import Refusal, status_of
from api.receipts.views import receipt_view
from api.site import Site
from api.verification.files import Checked, check_files
from api.verification.given import Given, GivenFile, GivenForm
from api.verification.links import Elsewhere, OwnPage, fetched, link_in
from api.verification.waiting import retry_headers
from api.web.languages import wanted_languages
from api.web.listing import tally
from api.web.pages import page
from api.web.verdicts import VerdictView, sentence, view_of
from ledger.errors import CairnError, MalformedDocument

router = APIRouter(include_in_schema=False)

ADVICE = frozenset({"form_unsupported", "limit_body", "image_without_credential", "pdf_invalid", "open_badges_2"})
"""Codes of refusals for which the page has more to say."""


@router.api_route("/check", methods=["GET", "HEAD"])
def check_form() -> Response:
    """The page to check something on."""
    return page("check/form.html", {"refusal": None})


@router.post("/check", dependencies=[Depends(limited_check)])
def check(request: Request, given: GivenForm, site: SiteDep, who: CallerDep) -> Response:
    """The verdict on what was given; for each credential in it, where there are several. A link opens its page."""
    for _ in given.files[1:]:
        take(site.checks, who)
    link = None if given.files else link_in(given.text, site.base)
    if isinstance(link, OwnPage):
        return RedirectResponse(link.path, 303)
    if link is not None and (link.is_ours or not site.settings.fetch):
        return page("check/link.html", {"link": link}, 422)
    try:
        moment = moment_named(given.on or None)
        return _answer(request, site, check_files(site, _files(given, link), on=moment))
    except Refusal as refusal:
        return refused(given, refusal.status_code, refusal.code, str(refusal.detail))
    except CairnError as error:
        return refused(given, status_of(error), error.code, str(error))


def _files(given: Given, link: Elsewhere | None) -> tuple[GivenFile, ...]:
    """What is to be checked. Raises Refusal 422 for nothing, and as `fetched`."""
    if link is not None:
        return (GivenFile("", fetched(link)),)
    if not given.files and not given.text:
        raise Refusal(422, "nothing_given", "choose a file, or paste a link or the text of a credential")
    return given.files or (GivenFile("", given.text.encode(errors="replace")),)


def refused(given: Given, status: int, code: str, detail: str) -> Response:
    """The form again, with what was typed, and what to do."""
    values: dict[str, object] = {
        "refusal": sentence(detail).rstrip("."),
        "advice": "json" if code.startswith("json_") else code if code in ADVICE else "",
        "text": given.text[:200_000],
        "on": given.on,
    }
    return page("check/form.html", values, status)


def _answer(request: Request, site: Site, checked: Checked) -> Response:
    languages = wanted_languages(request.headers.get("accept-language", ""))
    views = [
        view_of(report, rpc=site.node_url, successor=site.successor, languages=languages) for report in checked.reports
    ]
    values: dict[str, object] = {
        "receipts": [receipt_view(judged, checked.reports) for judged in checked.receipts],
        "draft": site.check_receipts.draft(checked.entries()) if checked.results else None,
    }
    headers = retry_headers(checked.reports)
    if len(checked.results) == 1 and not checked.several and views:
        return page("check/result.html", values | {"view": views[0]}, 200, headers)
    entries = entries_of(checked, views)
    banners = dict.fromkeys(banner for view in views for banner in view.banners)
    values |= {
        "entries": entries,
        "banners": list(banners),
        "tally": tally(checked.reports) if checked.reports else "",
        "unread": len(entries) - len(views),
    }
    return page("check/several.html", values, 200, headers)


def entries_of(checked: Checked, views: list[VerdictView]) -> list[dict[str, object]]:
    """What the page shows of each thing in a file: its name, and its view or why there is none."""
    remaining = iter(views)
    return [
        {"name": item.name, "parts": (), "refusal": sentence(str(result))}
        if isinstance(result, MalformedDocument)
        else {"name": item.name, "parts": (next(remaining),), "refusal": None}
        for item, result in zip(checked.items, checked.results, strict=True)
    ]
