"""Receivers on this machine that keep what they are given: a web server for webhooks, and a mail server."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass(frozen=True)
class Post:
    """A request as it came. Header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class WebSink:
    """What came, and how it is answered: `answer` gives a status and headers, or writes to the wire itself."""

    posts: list[Post] = field(default_factory=list)
    answer: Callable[[Post], int | tuple[int, dict[str, str]]] = lambda _post: 204
    raw: Callable[[Any], None] | None = None
    url: str = ""

    def ids(self) -> list[str]:
        return [post.id for post in self.posts]


@contextmanager
def web_sink() -> Iterator[WebSink]:
    sink = WebSink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:  # its sender died within it: nothing was handed over
                self.close_connection = True
                return
            post = Post(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            sink.posts.append(post)
            if sink.raw is not None:
                sink.raw(self.wfile)
                self.close_connection = True
                return
            answer = sink.answer(post)
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    sink.url = f"http://127.0.0.1:{server.server_port}/hooks"
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()


def drip(wire: Any, content: bytes, *, every: float) -> None:
    """Sends one byte at a time, until nobody listens."""
    for byte in content:
        try:
            wire.write(bytes([byte]))
            wire.flush()
        except OSError:
            return
        time.sleep(every)


@dataclass
class MailSink:
    """The messages that came, and whom the server refuses: its answer by address."""

    raw: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    answer: str = "250 OK"
    url: str = ""

    @property
    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(content, policy=default) for content in self.raw]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own name
        self, _server: object, _session: object, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("2"):
            self.raw.append(envelope.content)
            self.recipients.append(list(envelope.rcpt_tos))
        return self.answer


@contextmanager
def mail_sink(port: int | None = None) -> Iterator[MailSink]:
    """A mail server; at a port that one before it had, or at any."""
    sink = MailSink()
    chosen = port or free_port()
    sink.url = f"smtp://127.0.0.1:{chosen}"
    controller = Controller(sink, hostname="127.0.0.1", port=chosen)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()


_kept: list[socket.socket] = []


def free_port() -> int:
    """A port at which nobody listens, and that nobody else is given: it stays bound, which keeps no server off it."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _kept.append(holder)
    return int(holder.getsockname()[1])
