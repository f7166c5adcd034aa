"""The page behind a share link, and its QR code."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi.responses import Response

from api.sharing.service import Shared
from api.site import Site
from api.web.pages import page
from api.web.verdicts import shown_seconds, view_of
from ledger.verifying.report import VerificationReport


def shared_page(
    site: Site, token: str, shared: Shared, report: VerificationReport, languages: Sequence[str]
) -> Response:
    """The verdict of this moment, and what the learner shares, with titles in the reader's language if they have it."""
    share = {
        "label": shared.label,
        "expires": shown_seconds(shared.expires_at),
        "document_path": f"/s/{token}/document",
        "qr_path": f"/s/{token}/qr.svg",
    }
    view = view_of(report, rpc=site.node_url, successor=site.successor, languages=languages)
    return page("verdict.html", {"view": view, "share": share})
