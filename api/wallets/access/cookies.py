"""The cookie of a session, and which requests it speaks for.

Browsers send cookies along whoever made them ask. A request that changes something and comes from a page of another
site is therefore not taken as one of the learner's: `Sec-Fetch-Site` says where it comes from, or else `Origin`. A
program that is no browser sends neither, and no cookie that it was not given.
"""

from __future__ import annotations

from fastapi import Request, Response

from api.wallets.access.sessions import LONGEST_SECONDS
from api.wallets.access.values import Entered

SECURE_COOKIE, PLAIN_COOKIE = "__Host-cairn", "cairn"
"""Over https a browser takes the first one from this very host alone; over http on this machine there is no such."""
READING = frozenset({"GET", "HEAD", "OPTIONS"})


def cookie_name(base: str) -> str:
    return SECURE_COOKIE if base.startswith("https://") else PLAIN_COOKIE


def session_token(request: Request, base: str) -> str:
    """The session's token that a request carries; empty if it carries none, or did not come from our own pages."""
    if not is_our_own(request, base):
        return ""
    return request.cookies.get(cookie_name(base), "")


def is_our_own(request: Request, base: str) -> bool:
    """Whether a request may have come from a page of this site, or only reads."""
    if request.method in READING:
        return True
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if origin == base:
        return True
    # Our pages keep the Referer back, and with it browsers keep back the Origin of a form.
    return site == "same-origin" if site is not None else origin is None


def set_session(response: Response, entered: Entered, base: str) -> None:
    response.set_cookie(
        cookie_name(base),
        entered.token.text,
        max_age=LONGEST_SECONDS,
        path="/",
        secure=base.startswith("https://"),
        httponly=True,
        samesite="lax",
    )


def clear_session(response: Response, base: str) -> None:
    response.delete_cookie(
        cookie_name(base), path="/", secure=base.startswith("https://"), httponly=True, samesite="lax"
    )
