"""What every answer carries so that a browser trusts nothing but us, and how big and how slow a request may be.

Three plain ASGI layers: `SecurityHeaders`, `BodyLimit` and `AccessLog`. They see raw requests, so that nothing behind
them has to be careful about size, encoding, or what ends up in a log.
"""

from __future__ import annotations

import logging
import secrets
import time

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import SENTENCES, Refusal, problem

MAX_BODY = 5 * 1024 * 1024 + 64 * 1024
"""The largest document (5 MiB) and the frame of a form around it, in bytes."""
BODY_SECONDS = 30.0
LIST_PATHS = ("/bulk", "/v1/bulk")
MAX_LIST_BODY = 50 * 1024 * 1024 + 512 * 1024
"""A whole list: files of 50 MiB together, and the frame of a form around 500 of them. It may take longer to come."""
LIST_SECONDS = 300.0

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "script-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SCANNING = ("/check",)
"""Pages that may use the camera, for QR codes."""
PUBLIC = ("/issuers/", "/accreditations/", "/pathways", "/static/")
"""Published documents and files: the same for everyone, so they may be kept for a moment and read by other sites."""

access = logging.getLogger("cairn.access")
errors = logging.getLogger("cairn.errors")


class SecurityHeaders:
    """Adds the headers above to every answer; what is not public is neither stored nor indexed."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        public = str(scope["path"]).startswith(PUBLIC)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"] in SCANNING:
                    headers["Permissions-Policy"] = HEADERS["Permissions-Policy"].replace("camera=()", "camera=(self)")
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if self.https:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
                if public:
                    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
                    headers["Access-Control-Allow-Origin"] = "*"
                    headers.setdefault("Cache-Control", "public, max-age=60")
                else:
                    headers.setdefault("Cache-Control", "no-store, private")
                    headers.setdefault("X-Robots-Tag", "noindex, nofollow, noarchive")
            await send(message)

        await self.app(scope, receive, send_with_headers)


class BodyLimit:
    """Refuses a body that is too large (413, unread where its length is given), packed (415) or slow (408)."""

    def __init__(self, app: ASGIApp, max_bytes: int = MAX_BODY, seconds: float = BODY_SECONDS) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        of_a_list = scope["path"] in LIST_PATHS
        max_bytes, seconds = (MAX_LIST_BODY, LIST_SECONDS) if of_a_list else (self.max_bytes, self.seconds)
        if (refusal := self.refusal(Headers(scope=scope), max_bytes)) is not None:
            answer = problem(Request(scope), refusal.status_code, refusal.code, str(refusal.detail))
            await answer(scope, receive, send)
            return
        received, complete, deadline = 0, False, anyio.current_time() + seconds

        async def receive_within_limits() -> Message:
            nonlocal received, complete
            if complete:
                return await receive()
            with anyio.move_on_at(deadline) as waiting:
                message = await receive()
            if waiting.cancelled_caught:
                raise Refusal(408, headers={"Connection": "close"})
            if message["type"] == "http.disconnect":  # its sender is gone in the middle: nobody reads the answer
                raise Refusal(400)
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if received > max_bytes:
                raise Refusal(413, headers={"Connection": "close"})
            return message

        await self.app(scope, receive_within_limits, send)

    def refusal(self, headers: Headers, max_bytes: int) -> Refusal | None:
        """What the headers alone are enough to refuse."""
        if headers.get("content-encoding", "identity").strip().lower() not in {"identity", ""}:
            return Refusal(415, "encoding_unsupported", "send the body as it is, without compression")
        length = headers.get("content-length", "0")
        if len(length) > 15 or (length.isascii() and length.isdigit() and int(length) > max_bytes):
            return Refusal(413)
        return None


class AccessLog:
    """One line a request, by the *route* and never by the path: a path may hold a share link's token.

    It also gives each request an id, and turns what nobody expected into a plain 500 with that id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope["cairn.request_id"] = request_id
        started, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            errors.exception("request %s failed", request_id)
            if status:
                raise
            answer = problem(Request(scope), 500, *SENTENCES[500])
            await answer(scope, receive, send_with_id)
        finally:
            milliseconds = (time.perf_counter() - started) * 1000
            access.info("%s %s %d %.1fms %s", scope["method"], route_of(scope), status, milliseconds, request_id)


def route_of(scope: Scope) -> str:
    """The route's pattern, such as `/s/{token}`; what matched no route is not named at all."""
    route = scope.get("route")
    return str(getattr(route, "path", "(no route)"))
