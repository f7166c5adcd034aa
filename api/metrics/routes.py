"""Who may read the metrics: whoever has the token, or, where there is none, this machine."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, Request, Response

from api.dependencies import CallerDep, SiteDep, take
from api.problems import unauthorized
from api.settings import Settings, is_loopback
from ledger.errors import NotFound

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
def metrics(request: Request, site: SiteDep, who: CallerDep) -> Response:
    """All figures of this moment, in Prometheus' text format."""
    if not may_read(request, site.settings):
        take(site.misses, who)
        if site.settings.metrics_token is not None:
            raise unauthorized()
        raise NotFound("there is nothing here")
    return Response(site.metrics.text(), media_type=CONTENT_TYPE)


def may_read(request: Request, settings: Settings) -> bool:
    """A proxy on this machine asks for the whole world: what came through one, or by another name, is not from here."""
    if settings.metrics_token is not None:
        given = request.headers.get("authorization", "").encode()
        wanted = f"Bearer {settings.metrics_token.get_secret_value()}".encode()
        return hmac.compare_digest(given, wanted)
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    return is_loopback(request.client.host) and is_loopback(request.url.hostname or "")
