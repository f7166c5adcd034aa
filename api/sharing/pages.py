"""The pages behind a share link: what it shows, and the one that asks for its PIN.

A record of a few credentials is one page. Of a larger one, or one whose page would be too heavy, the first page says
everything about the whole, and lists its credentials on as many pages as it takes; each has a page of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from fastapi.responses import Response

from api.problems import Refusal
from api.sharing.service import nothing_shared
from api.sharing.shown import verdict_of
from api.sharing.values import Shared
from api.site import Site
from api.web.advice import PARTS
from api.web.dates import moment as shown_moment
from api.web.listing import IN_PLACE, Listing, Paging, listing_of, tally
from api.web.overviews import overview_view, titles_of
from api.web.pages import HEAVIEST, page, rendered
from api.web.translating import gettext
from api.web.verdict_facts import command_of
from api.web.verdicts import VerdictView, banners_of, stacked, view_of, when_of, word_of
from api.web.words import Banner
from ledger.verifying.report import Outcome, VerificationReport, shown_time


@dataclass(frozen=True)
class Part:
    """What is asked for of a large record: a page of its list, or one credential. Both count from 1.

    `told` says that the viewer has just said what they need it for.
    """

    page: int = 1
    credential: int | None = None
    told: bool = False


@dataclass(frozen=True)
class SeveralView:
    """Several documents behind one link, each with its own verdict: what a page shows of them together."""

    outcome: str
    word: str
    sentence: str
    when: str
    advice: str
    kind: str
    learners: tuple[str, ...]
    withheld: str
    banners: tuple[Banner, ...]
    parts: tuple[VerdictView, ...]
    contents: Listing
    tally: str
    command: str


def shared_page(
    site: Site,
    token: str | None,
    shared: Shared,
    reports: Sequence[VerificationReport],
    languages: Sequence[str],
    part: Part = Part(),
) -> bytes:
    """The verdict of this moment, and what the learner shares, with titles in the reader's language if they have it.

    Raises NotFound for a credential that it does not hold.
    """
    if part.credential is not None:
        return rendered(*_one(site, token, shared, reports, languages, part.credential)).encode()
    name, values = shared_view(site, token, shared, reports, languages, page=part.page)
    made = rendered(name, values | {"told": part.told}).encode()
    if token is None or len(made) <= HEAVIEST or not _inside(reports):
        return made
    name, values = shared_view(site, token, shared, reports, languages, page=part.page, may_hold=0)
    return rendered(name, values | {"told": part.told}).encode()


def said_besides(site: Site, reports: Sequence[VerificationReport], part: Part) -> object:
    """What a shared page says besides its reports: what was corrected, what it adds up to, who keeps receipts."""
    sums = site.adds_up(reports) if _has_sums(reports, part.page) and part.credential is None else None
    return site.corrections(reports), sums, site.check_receipts.is_open


def shared_view(
    site: Site,
    token: str | None,
    shared: Shared,
    reports: Sequence[VerificationReport],
    languages: Sequence[str],
    *,
    page: int = 1,
    may_hold: int = IN_PLACE,
) -> tuple[str, dict[str, object]]:
    """The template of a shared page, and what it shows. Without a token it previews a link that there is not yet.

    Credentials open in place where there are as many as it `may_hold` at most.
    """
    share = _share(site, token, shared, reports)
    successor = site.successors(reports)
    sums = site.adds_up(reports) if _has_sums(reports, page) else None
    overview = overview_view(sums, titles_of(reports, languages)) if sums is not None else None
    paging = Paging(token is None, _kept(reports), page)
    show = partial(view_of, rpc=site.node_url, successor=successor, languages=languages, paging=paging)
    if len(reports) == 1:
        whole = show(reports[0], may_hold=may_hold)
        return "shared/verdict.html", {"view": whole, "share": share, "overview": overview}
    in_place = len(reports) <= may_hold
    parts = stacked(reports, site.node_url, successor, languages) if in_place else ()
    contents = listing_of(reports, languages, paging, in_place=in_place)
    view = _several(reports, parts, contents, site.node_url)
    return "shared/several.html", {"view": view, "share": share, "overview": overview}


def _one(
    site: Site,
    token: str | None,
    shared: Shared,
    reports: Sequence[VerificationReport],
    languages: Sequence[str],
    number: int,
) -> tuple[str, dict[str, object]]:
    """One credential of a record on a page of its own, which says of which record and how that stands."""
    inside = _inside(reports)
    if not 1 <= number <= len(inside):
        raise nothing_shared()
    share = _share(site, token, shared, reports)
    whole = {
        "href": f"{share['path'] or ''}{share['query']}",
        "word": word_of(verdict_of(reports), reports[0].as_of),
        "number": number,
        "total": len(inside),
    }
    report = inside[number - 1]
    view = view_of(
        report,
        rpc=site.node_url,
        successor=site.successors(reports),
        languages=languages,
        paging=Paging(False, _kept(reports)),
        beside=inside,
    )
    return "shared/verdict.html", {"view": view, "share": share | {"whole": whole}, "overview": None}


def _inside(reports: Sequence[VerificationReport]) -> Sequence[VerificationReport]:
    """The credentials that a link shows: those of a record, or several documents. None of one alone."""
    return reports if len(reports) > 1 else reports[0].components


def _has_sums(reports: Sequence[VerificationReport], page: int) -> bool:
    return page == 1 and bool(_inside(reports))


def _share(site: Site, token: str | None, shared: Shared, reports: Sequence[VerificationReport]) -> dict[str, object]:
    return {
        "label": shared.label,
        "purpose": shared.purpose,
        "expires": shown_moment(shared.expires_at),
        "path": f"/s/{token}" if token else None,
        "url": site.share_url(token) if token else "",
        "query": query_of(reports[0].as_of),
        "whole": None,
        "has_receipts": token is not None and site.check_receipts.is_open,
    }


def _several(
    reports: Sequence[VerificationReport], parts: tuple[VerdictView, ...], contents: Listing, rpc: str | None
) -> SeveralView:
    verdict = verdict_of(reports)
    names = dict.fromkeys(report.summary.learner_name for report in reports if report.summary)
    asked = next((report for report in reports if report.chain is not None), reports[0])
    withheld = gettext("The holder withholds a part of some of these. What is shown is as the issuer signed it.")
    return SeveralView(
        outcome=verdict.value,
        word=word_of(verdict, reports[0].as_of),
        sentence=tally(reports),
        when=when_of(asked),
        advice="" if verdict is Outcome.VALID else gettext(PARTS),
        kind=gettext("Credentials, each as its issuer signed it"),
        learners=tuple(name for name in names if name),
        withheld=withheld if any(report.withheld for report in reports) else "",
        banners=tuple(dict.fromkeys(banner for report in reports for banner in banners_of(report))),
        parts=parts,
        contents=contents,
        tally=tally(reports),
        command=command_of(replace(asked, components=tuple(reports)), rpc),
    )


def _kept(reports: Sequence[VerificationReport]) -> tuple[tuple[str, str], ...]:
    moment = reports[0].as_of
    return (("on", _asked(moment)),) if moment else ()


def query_of(moment: datetime | None) -> str:
    """What keeps the moment that somebody asked for in an address of the page."""
    return f"?on={_asked(moment)}" if moment else ""


def _asked(moment: datetime) -> str:
    return shown_time(int(moment.timestamp() // 1)) or ""


def pin_page(token: str, refusal: Refusal, moment: datetime | None) -> Response:
    """Asks for a PIN, and says what was wrong with the last one."""
    values: Mapping[str, object] = {
        "path": f"/s/{token}{query_of(moment)}",
        "said": None if refusal.code == "pin_required" else str(refusal.detail),
        "is_open": refusal.status_code == 401,
    }
    return page("shared/pin.html", values, refusal.status_code, refusal.headers)
