"""Who looks at a page: in which language they read, where they are, and what has to be said of the site's network.

A layer sets it for each request, so that templates and words need not hand it on. `?lang=` chooses a language on any
page and keeps it in a cookie; else the cookie tells, else `Accept-Language`.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.web.languages import wanted_languages

if TYPE_CHECKING:
    from api.web.words import Banner

LANGUAGES = {"en": "English", "ms": "Bahasa Melayu", "ar": "العربية"}
"""The languages of the pages, each by its own name."""
DEFAULT_LANGUAGE = "en"
RIGHT_TO_LEFT = frozenset({"ar"})
COOKIE = "cairn_lang"
COOKIE_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class Visit:
    """One look at a page. `path` and `query` are of its address; `banner` warns of the site's network.

    `again` is a path that can be looked at where this one cannot: it answered a form, and only forms are sent there.
    """

    language: str = DEFAULT_LANGUAGE
    path: str = "/"
    query: str = ""
    banner: Banner | None = None
    again: str = ""

    @property
    def direction(self) -> str:
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"

    def in_language(self, language: str) -> str:
        """The address of this page in another language, relative to the site."""
        query = "" if self.again else self.query
        kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "lang"]
        return quote(self.again) + "?" + urlencode([*kept, ("lang", language)])


NOBODY = Visit()
_visit: ContextVar[Visit] = ContextVar("visit", default=NOBODY)


def visit() -> Visit:
    """The visit that is being answered; outside of one, a reader of English."""
    return _visit.get()


class Visits:
    """Sets the visit of each request, and keeps a language that was chosen."""

    def __init__(self, app: ASGIApp, *, banner: Banner | None, https: bool) -> None:
        self.app = app
        self.banner = banner
        self.https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        chosen = request.query_params.get("lang", "")
        language = chosen if chosen in LANGUAGES else language_of(request)
        path = request.url.path
        again = "" if scope["method"] in {"GET", "HEAD"} else looked_at(scope, path)
        token = _visit.set(Visit(language, path, request.url.query, self.banner, "" if again == path else again))

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and chosen in LANGUAGES and is_page(message):
                secure = "; Secure" if self.https else ""
                cookie = f"{COOKIE}={chosen}; Path=/; Max-Age={COOKIE_SECONDS}; SameSite=Lax; HttpOnly{secure}"
                MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        try:
            await self.app(scope, receive, send_with_cookie)
        finally:
            _visit.reset(token)


def is_page(message: Message) -> bool:
    """Whether an answer is a page: what programs fetch, or many people share, sets no cookie."""
    return MutableHeaders(scope=message).get("content-type", "").startswith("text/html")


def looked_at(scope: Scope, path: str) -> str:
    """The path itself, or the nearest above it, that can be looked at and not only be sent something."""
    if path.startswith("/v1/") or "text/html" not in Request(scope).headers.get("accept", ""):
        return path
    while path != "/":
        asked = {**scope, "method": "GET", "path": path}
        if any(route.matches(asked)[0] is Match.FULL for route in scope["app"].routes):
            return path
        path = path.rpartition("/")[0] or "/"
    return path


def language_of(request: Request) -> str:
    """The language that a reader chose before, else the first of ours that their browser asks for."""
    kept = request.cookies.get(COOKIE, "")
    if kept in LANGUAGES:
        return kept
    wanted = (
        language.partition("-")[0].lower() for language in wanted_languages(request.headers.get("accept-language", ""))
    )
    return next((language for language in wanted if language in LANGUAGES), DEFAULT_LANGUAGE)
