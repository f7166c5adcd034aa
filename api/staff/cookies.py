"""The cookie of a session of somebody who works for an institution. It is another one than learners have."""

from __future__ import annotations

from fastapi import Request, Response

from api.staff.sessions import LONGEST_SECONDS
from api.staff.values import Entered
from api.wallets.access.cookies import is_our_own

SECURE_COOKIE, PLAIN_COOKIE = "__Host-cairn-staff", "cairn-staff"


def cookie_name(base: str) -> str:
    return SECURE_COOKIE if base.startswith("https://") else PLAIN_COOKIE


def session_token(request: Request, base: str) -> str:
    """The session's token that a request carries; empty if it carries none, or did not come from our own pages."""
    return request.cookies.get(cookie_name(base), "") if is_our_own(request, base) else ""


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
