"""What a route may ask for, as types: the site's parts, and a caller who has proved to be allowed.

Routes never see a token. A caller without a key that opens anything gets 401; one with another's key gets the same 404
as for something that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from api.cookies import LEARNERS
from api.parameters import HexId, Slug
from api.problems import too_many, unauthorized
from api.rates import RateLimiter, caller
from api.site import Site
from api.staff.values import Member, the_key
from api.wallets.access.values import SignedIn, Way
from ledger.errors import NotFound, NotProven

bearer = HTTPBearer(auto_error=False, description="A wallet's token, or an issuer's API key.")
session_cookie = APIKeyCookie(
    name=LEARNERS.secure_name,
    auto_error=False,
    description="A session, from signing in. It counts on our own pages only.",
)
api_key = APIKeyHeader(name="X-API-Key", auto_error=False, description="An issuer's API key.")

NamedCookie = Annotated[str | None, Depends(session_cookie)]
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
HeaderKey = Annotated[str | None, Depends(api_key)]


async def site_of(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


SiteDep = Annotated[Site, Depends(site_of)]


@dataclass(frozen=True)
class WalletOwner:
    """Somebody who may do what they like with a wallet, and how they came in."""

    wallet_id: str
    way: Way


def signed_in(request: Request, site: SiteDep) -> SignedIn | None:
    """The session of a request that carries one, and may have come from a page of ours."""
    token = LEARNERS.token(request, site.base)
    return site.access.sessions.find(token) if token else None


SignedInDep = Annotated[SignedIn | None, Depends(signed_in)]


def wallet_owner(
    wallet_id: HexId, credentials: Bearer, _cookie: NamedCookie, current: SignedInDep, site: SiteDep
) -> WalletOwner:
    """The owner of the wallet in the path: by its token, or by a session."""
    if credentials is not None:
        owner, way = site.wallets.owner(credentials.credentials), Way.TOKEN
    else:
        owner, way = (current.wallet_id, current.way) if current is not None else (None, Way.LINK)
    if owner is None:
        raise unauthorized()
    if owner != wallet_id:
        raise NotFound("there is no such wallet", "wallet_unknown")
    return WalletOwner(owner, way)


OwnerDep = Annotated[WalletOwner, Depends(wallet_owner)]


def owned_wallet(owner: OwnerDep) -> str:
    """The id of the wallet in the path, for its owner."""
    return owner.wallet_id


OwnedWallet = Annotated[str, Depends(owned_wallet)]


def acting_key(slug: Slug, credentials: Bearer, header: HeaderKey, site: SiteDep) -> Member:
    """The machine that holds a key of the issuer in the path."""
    presented = header or (credentials.credentials if credentials else "")
    key = site.keys.find(presented)
    if key is None:
        raise unauthorized()
    if key.issuer != slug:
        raise NotFound("there is no such issuer", "issuer_unknown")
    return the_key(slug, key.key_id)


ActingKey = Annotated[Member, Depends(acting_key)]


def acting_issuer(machine: ActingKey) -> str:
    """The slug of the issuer in the path, for a holder of one of its keys."""
    return machine.institution


ActingIssuer = Annotated[str, Depends(acting_issuer)]


async def caller_of(request: Request) -> str:
    """The key that a caller is counted under. A forwarded address counts only behind a proxy that is trusted."""
    return caller(request.client.host if request.client else None)


CallerDep = Annotated[str, Depends(caller_of)]


def take(limiter: RateLimiter, who: str, count: int = 1) -> None:
    """Counts a request, or several at once. Raises Refusal 429 with Retry-After."""
    if seconds := limiter.take(who, count):
        raise too_many(seconds)


def limited_check(site: SiteDep, who: CallerDep) -> None:
    """Counts a document that is to be checked."""
    take(site.checks, who)


@contextmanager
def counted_tries(site: Site, who: str) -> Iterator[None]:
    """What may be guessed at: what is not known is counted, so that nobody can try many. Raises Refusal 429."""
    if seconds := site.misses.wait(who):
        raise too_many(seconds)
    try:
        yield
    except (NotFound, NotProven):
        site.misses.take(who)
        raise
