"""The cookies of sessions, and which requests they speak for. Learners have one, people of institutions another.

Browsers send cookies along whoever made them ask. A request that changes something and comes from a page of another
site is therefore not taken as one of ours: `Sec-Fetch-Site` says where it comes from, or else `Origin`. A program that
is no browser sends neither, and no cookie that it was not given.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response

from api.staff import sessions as staff_sessions
from api.tokens import Token
from api.wallets.access import sessions as learners_sessions

READING = frozenset({"GET", "HEAD", "OPTIONS"})


def is_our_own(request: Request, base: str) -> bool:
    """Whether a request may have come from a page of this site, or only reads."""
    if request.method in READING:
        return True
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if origin == base:
        return True
    # Our pages keep the Referer back, and with it browsers keep back the Origin of a form.
    return site == "same-origin" if site is not None else origin is None


@dataclass(frozen=True)
class SessionCookie:
    """A cookie that holds a session's token, for as long as such a session lasts at the most."""

    plain_name: str
    longest_seconds: int

    @property
    def secure_name(self) -> str:
        """Over https a browser takes it from this very host alone; over http on this machine there is no such name."""
        return f"__Host-{self.plain_name}"

    def name(self, base: str) -> str:
        return self.secure_name if _is_secure(base) else self.plain_name

    def value(self, request: Request, base: str) -> str:
        """What a request carries, wherever it comes from; empty if it carries none."""
        return request.cookies.get(self.name(base), "")

    def token(self, request: Request, base: str) -> str:
        """The session's token of a request; empty if it carries none, or did not come from our own pages."""
        return self.value(request, base) if is_our_own(request, base) else ""

    def set(self, response: Response, token: Token, base: str) -> None:
        response.set_cookie(
            self.name(base),
            token.text,
            max_age=self.longest_seconds,
            path="/",
            secure=_is_secure(base),
            httponly=True,
            samesite="lax",
        )

    def clear(self, response: Response, base: str) -> None:
        response.delete_cookie(self.name(base), path="/", secure=_is_secure(base), httponly=True, samesite="lax")


def _is_secure(base: str) -> bool:
    return base.startswith("https://")


LEARNERS = SessionCookie("cairn", learners_sessions.LONGEST_SECONDS)
STAFF = SessionCookie("cairn-staff", staff_sessions.LONGEST_SECONDS)
