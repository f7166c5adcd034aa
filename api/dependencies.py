"""What a route may ask for, as types: the site's parts, and a caller who has proved to be allowed.

Routes never see a token. A caller without a key that opens anything gets 401; one with another's key gets the same 404
as for something that does not exist.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from api.parameters import HexId, Slug
from api.problems import too_many, unauthorized
from api.rates import RateLimiter, caller
from api.site import Site
from ledger.errors import NotFound

bearer = HTTPBearer(auto_error=False, description="A wallet's token, or an issuer's API key.")
api_key = APIKeyHeader(name="X-API-Key", auto_error=False, description="An issuer's API key.")

Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
HeaderKey = Annotated[str | None, Depends(api_key)]


def site_of(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


SiteDep = Annotated[Site, Depends(site_of)]


def owned_wallet(wallet_id: HexId, credentials: Bearer, site: SiteDep) -> str:
    """The id of the wallet in the path, for its owner."""
    owns = site.wallets.owns(wallet_id, credentials.credentials) if credentials else None
    if owns is None:
        raise unauthorized()
    if not owns:
        raise NotFound("there is no such wallet", "wallet_unknown")
    return wallet_id


OwnedWallet = Annotated[str, Depends(owned_wallet)]


def acting_issuer(slug: Slug, credentials: Bearer, header: HeaderKey, site: SiteDep) -> str:
    """The slug of the issuer in the path, for a holder of one of its keys."""
    presented = header or (credentials.credentials if credentials else "")
    owner = site.keys.issuer_of(presented)
    if owner is None:
        raise unauthorized()
    if owner != slug:
        raise NotFound("there is no such issuer", "issuer_unknown")
    return slug


ActingIssuer = Annotated[str, Depends(acting_issuer)]


def caller_of(request: Request) -> str:
    """The key that a caller is counted under. A forwarded address counts only behind a proxy that is trusted."""
    return caller(request.client.host if request.client else None)


CallerDep = Annotated[str, Depends(caller_of)]


def take(limiter: RateLimiter, who: str) -> None:
    """Counts a request. Raises Refusal 429 with Retry-After."""
    if seconds := limiter.take(who):
        raise too_many(seconds)


def limited_check(site: SiteDep, who: CallerDep) -> None:
    """Counts a document that is to be checked."""
    take(site.checks, who)
