"""The page to check what one was given: files, a photo, text, a link; and the receipt of what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from api.dependencies import CallerDep, SiteDep, limited_check, take
from api.moments import moment_named
from api.problems import Refusal, status_of
from api.receipts.routes import receipt_file
from api.receipts.views import receipt_view
from api.site import Site
from api.verification.files import Checked, check_files
from api.verification.given import Given, GivenFile, GivenForm
from api.verification.links import Elsewhere, OwnPage, fetched, link_in
from api.verification.waiting import retry_headers
from api.web.languages import wanted_languages
from api.web.listing import IN_PLACE, Row, rows_of, tally
from api.web.pages import HEAVIEST, page, rendered
from api.web.unreadable import sentence_of_unreadable
from api.web.verdicts import VerdictView, banners_of, sentence, view_of
from ledger.errors import CairnError, MalformedDocument
from ledger.verifying.report import VerificationReport

router = APIRouter(include_in_schema=False)

ADVICE = frozenset({"form_unsupported", "limit_body", "image_without_credential", "pdf_invalid", "open_badges_2"})
"""Codes of refusals for which the page has more to say."""
LINES = 50
"""How many of many things one page names, those first that are not valid; a list has pages for all."""


@dataclass(frozen=True)
class Line:
    """One of many things in a line: its name, its row if it could be read, and what there is to say of it."""

    name: str
    row: Row | None
    said: str


@router.api_route("/check", methods=["GET", "HEAD"])
def check_form() -> Response:
    """The page to check something on."""
    return page("check/form.html", {"refusal": None})


@router.post("/check", dependencies=[Depends(limited_check)])
def check(request: Request, given: GivenForm, site: SiteDep, who: CallerDep) -> Response:
    """The verdict on what was given; for each credential in it, where there are several. A link opens its page.

    Where it is wanted, the receipt of that check instead.
    """
    for _ in given.files[1:]:
        take(site.checks, who)
    link = None if given.files else link_in(given.text, site.base)
    if isinstance(link, OwnPage):
        return RedirectResponse(link.path, 303)
    if link is not None and (link.is_ours or not site.settings.fetch):
        return page("check/link.html", {"link": link}, 422)
    try:
        checked_at = datetime.now(UTC)
        checked = check_files(site, _files(given, link), on=moment_named(given.on or None))
        if given.receipt is None:
            return _answer(request, site, checked, given)
        if not checked.results:
            raise MalformedDocument("receipt_given", "this is the receipt of a check, and no credential")
        receipt = site.check_receipts.make(checked.entries(), checked_at, personal=given.personal)
        return receipt_file(site, receipt, given.receipt)
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
        "why": sentence_of_unreadable(code, detail),
        "advice": "json" if code.startswith("json_") else code if code in ADVICE else "",
        "text": given.text[:200_000],
        "on": given.on,
    }
    return page("check/form.html", values, status)


def _answer(request: Request, site: Site, checked: Checked, given: Given) -> Response:
    languages = wanted_languages(request.headers.get("accept-language", ""))
    values: dict[str, object] = {
        "receipts": [receipt_view(judged, checked.reports) for judged in checked.receipts],
        "draft": site.check_receipts.draft(checked.entries()) if checked.results else None,
        "again": False,
        "on": given.on,
    }
    headers = retry_headers(checked.reports)
    if len(checked.results) == 1 and not checked.several and checked.reports:
        return _light("check/result.html", values | {"view": _views(site, checked, languages)[0]}, headers)
    banners = dict.fromkeys(banner for report in checked.reports for banner in banners_of(report))
    values |= {
        "total": len(checked.results),
        "banners": list(banners),
        "tally": tally(checked.reports) if checked.reports else "",
        "unread": len(checked.results) - len(checked.reports),
        "entries": (),
        "lines": (),
        "left_out": 0,
    }
    if len(checked.results) + sum(len(report.components) for report in checked.reports) <= IN_PLACE:
        in_full = values | {"entries": entries_of(checked, _views(site, checked, languages))}
        made = rendered("check/several.html", in_full).encode()
        if len(made) <= HEAVIEST:
            return Response(made, headers=headers, media_type="text/html")
    lines = lines_of(checked, languages)
    values |= {"lines": lines[:LINES], "left_out": max(0, len(lines) - LINES)}
    return _light("check/several.html", values, headers)


def _light(name: str, values: Mapping[str, object], headers: Mapping[str, str]) -> Response:
    """The page with what a receipt is made of; one that this makes heavy asks for the same file again instead."""
    made = rendered(name, values).encode()
    if len(made) > HEAVIEST and values["draft"]:
        made = rendered(name, {**values, "draft": None, "again": True}).encode()
    return Response(made, headers=dict(headers), media_type="text/html")


def _views(site: Site, checked: Checked, languages: Sequence[str]) -> list[VerdictView]:
    successor = site.successors(checked.reports)
    return [view_of(report, rpc=site.node_url, successor=successor, languages=languages) for report in checked.reports]


def lines_of(checked: Checked, languages: Sequence[str]) -> list[Line]:
    """What the page says of each of many things: first of those that could not be read, or did not pass."""
    named = list(zip(checked.items, checked.results, strict=True))
    lines = [
        Line(one.name, None, sentence_of_unreadable(found.code, str(found)))
        for one, found in named
        if isinstance(found, MalformedDocument)
    ]
    read = [(one.name, found) for one, found in named if isinstance(found, VerificationReport)]
    for row in rows_of([found for _, found in read], languages, lambda _: ""):
        name, report = read[row.place]
        inside = tally(report.components) if report.components else ""
        lines.append(Line(name, row, " ".join(filter(None, (row.why, inside)))))
    return sorted(lines, key=lambda line: line.row is not None and not line.row.why)


def entries_of(checked: Checked, views: list[VerdictView]) -> list[dict[str, object]]:
    """What the page shows of each thing in a file: its name, and its view or why there is none."""
    remaining = iter(views)
    return [
        {"name": item.name, "parts": (), "refusal": sentence_of_unreadable(result.code, str(result))}
        if isinstance(result, MalformedDocument)
        else {"name": item.name, "parts": (next(remaining),), "refusal": None}
        for item, result in zip(checked.items, checked.results, strict=True)
    ]
