"""The pages behind a share link: what it shows, and the one that asks for its PIN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from fastapi.responses import Response

from api.problems import Refusal
from api.sharing.shown import verdict_of
from api.sharing.values import Shared
from api.site import Site
from api.web.overviews import overview_view, titles_of
from api.web.pages import page, rendered
from api.web.verdicts import VerdictView, banners_of, shown_seconds, stacked, tally, view_of, word_of
from ledger.verifying.report import VerificationReport, shown_time


def shared_page(
    site: Site, token: str | None, shared: Shared, reports: Sequence[VerificationReport], languages: Sequence[str]
) -> bytes:
    """The verdict of this moment, and what the learner shares, with titles in the reader's language if they have it."""
    name, values = shared_view(site, token, shared, reports, languages)
    return rendered(name, values).encode()


def shared_view(
    site: Site, token: str | None, shared: Shared, reports: Sequence[VerificationReport], languages: Sequence[str]
) -> tuple[str, dict[str, object]]:
    """The template of a shared page, and what it shows. Without a token it previews a link that there is not yet."""
    share = {
        "label": shared.label,
        "purpose": shared.purpose,
        "expires": shown_seconds(shared.expires_at),
        "path": f"/s/{token}" if token else None,
        "query": query_of(reports[0].as_of),
    }
    successor = site.successors(reports)
    several = len(reports) > 1 or bool(reports[0].components)
    overview = overview_view(site.adds_up(reports), titles_of(reports, languages)) if several else None
    show = partial(view_of, rpc=site.node_url, successor=successor, languages=languages)
    if len(reports) == 1:
        return "shared/verdict.html", {"view": show(reports[0]), "share": share, "overview": overview}
    parts = stacked(reports, site.node_url, successor, languages)
    return "shared/several.html", _several(parts, reports) | {"share": share, "overview": overview}


def _several(parts: tuple[VerdictView, ...], reports: Sequence[VerificationReport]) -> dict[str, object]:
    verdict = verdict_of(reports)
    word = word_of(verdict, reports[0].as_of)
    banners = dict.fromkeys(banner for report in reports for banner in banners_of(report))
    return {
        "verdict": {"outcome": verdict.value, "word": word, "sentence": tally(reports)},
        "view": {"parts": parts, "banners": list(banners)},
        "withheld": any(report.withheld for report in reports),
    }


def query_of(moment: datetime | None) -> str:
    """What keeps the moment that somebody asked for in an address of the page."""
    return f"?on={shown_time(int(moment.timestamp() // 1))}" if moment else ""


def pin_page(token: str, refusal: Refusal, moment: datetime | None) -> Response:
    """Asks for a PIN, and says what was wrong with the last one."""
    values: Mapping[str, object] = {
        "path": f"/s/{token}{query_of(moment)}",
        "said": None if refusal.code == "pin_required" else str(refusal.detail),
        "is_open": refusal.status_code == 401,
    }
    return page("shared/pin.html", values, refusal.status_code, refusal.headers)
