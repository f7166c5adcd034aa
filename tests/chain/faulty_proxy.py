"""A way to a real node over HTTP on which things go wrong: it hangs, drops, talks nonsense, lags, lies, or counts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from ledger.chain.rpc import RpcError, Transport

Lie = Callable[[str, Any, Any], Any]
"""Takes a method, its parameters and the true result; gives what is said instead."""


class FaultyProxy:
    """Answers over HTTP with what a transport says, or with what `fault` makes of it."""

    def __init__(self, inner: Transport) -> None:
        self.inner = inner
        self.fault = "none"
        self.lie: Lie = lambda _method, _parameters, result: result
        self.asked: list[str] = []
        self.answered = 0
        self.released = threading.Event()
        self._lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = orjson.loads(self.rfile.read(int(self.headers["content-length"])))
                proxy.handle(self, body)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.name = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def handle(self, handler: BaseHTTPRequestHandler, body: Any) -> None:
        requests = body if isinstance(body, list) else [body]
        with self._lock:
            self.asked += [one["method"] for one in requests]
        status, kind = 200, "application/json"
        if self.fault == "hang":
            self.released.wait(60)
            handler.close_connection = True
            return
        if self.fault == "drop_before":
            hang_up(handler)
            return
        content = orjson.dumps(self._answers(requests, is_batch=isinstance(body, list)))
        match self.fault:
            case "drop_after":
                hang_up(handler)
                return
            case "http_502":
                status, content, kind = 502, b"Bad gateway", "text/plain"
            case "http_429":
                status, content, kind = 429, b"{}", "application/json"
            case "html":
                content, kind = b"<html><body>Welcome</body></html>", "text/html"
            case "truncate":
                content = content[: len(content) // 2]
            case "garbage":
                content = b'{"jsonrpc": "2.0", "id": 0, "result": ' + b"\xff\xfe" * 20
        with suppress(OSError):  # who waited may have gone
            handler.send_response(status)
            handler.send_header("content-type", kind)
            handler.send_header("content-length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)
        with self._lock:
            self.answered += 1

    def _answers(self, requests: list[Any], *, is_batch: bool) -> object:
        with self._lock:
            results = self.inner.request_batch([(one["method"], one["params"]) for one in requests])
        answers = [
            _answer(one["id"], self.lie(one["method"], one["params"], result))
            for one, result in zip(requests, results, strict=True)
        ]
        return answers if is_batch else answers[0]


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def _answer(number: int, result: object) -> dict[str, object]:
    if isinstance(result, RpcError):
        error = {"code": result.code, "message": result.message, "data": result.data}
        return {"jsonrpc": "2.0", "id": number, "error": error}
    return {"jsonrpc": "2.0", "id": number, "result": result}


@contextmanager
def proxies(inner: Transport, count: int = 3) -> Iterator[list[FaultyProxy]]:
    """Several ways to one honest node; each may then be made worse."""
    made = [FaultyProxy(inner) for _ in range(count)]
    try:
        yield made
    finally:
        for proxy in made:
            proxy.close()
