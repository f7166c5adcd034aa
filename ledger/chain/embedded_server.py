"""JSON-RPC over HTTP on the loopback interface, for other processes on this machine.

It is no public server: it answers only to POST of JSON, which a page in a browser cannot send to another origin
unasked, and only when the Host header names the loopback, so that a name bound to 127.0.0.1 by someone else does not
get through.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from ledger.chain.rpc import RpcError
from ledger.errors import RegistryUnreachable

_LARGEST_REQUEST = 4 * 1024 * 1024
_LARGEST_BATCH = 1000
_SECONDS_TO_SEND = 10
_PARSE_ERROR = -32700
_INVALID_REQUEST = -32600

Answerer = Callable[[object, object], object]
"""Takes method and parameters, gives a result or an `RpcError`."""


class LoopbackServer:
    """A running server. Threads die with the process."""

    def __init__(self, answer: Answerer) -> None:
        self._server = _Server(("127.0.0.1", 0), _handler(answer))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.25}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked may die before it has its answer: that is no trouble of this process."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _handler(answer: Answerer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "cairn"
        sys_version = ""
        timeout = _SECONDS_TO_SEND
        # Head and body leave in one packet, and no answer waits for the acknowledgement of the one before.
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            problem = self._problem()
            if problem is not None:
                self.close_connection = True
                self._send(problem, b"")
                return
            body = self.rfile.read(int(self.headers["content-length"]))
            self._send(200, respond(body, answer))

        def _problem(self) -> int | None:
            """The HTTP status of a request that is not answered."""
            length = self.headers.get("content-length", "")
            port = self.connection.getsockname()[1]
            if self.headers.get("host") not in (f"127.0.0.1:{port}", f"localhost:{port}"):
                return 403
            if self.headers.get_content_type() != "application/json":
                return 415
            if not (length.isascii() and length.isdigit()) or "transfer-encoding" in self.headers:
                return 411
            return 413 if int(length) > _LARGEST_REQUEST else None

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Keeps requests out of the terminal."""

    return Handler


def respond(body: bytes, answer: Answerer) -> bytes:
    """The JSON-RPC 2.0 response to a request or a batch. Unlike the specification, every request gets an answer."""
    try:
        request = orjson.loads(body)
    except ValueError:
        return orjson.dumps(_error(None, RpcError(_PARSE_ERROR, "the request is not JSON")))
    if not isinstance(request, list):
        return orjson.dumps(_respond_one(request, answer))
    if not 0 < len(request) <= _LARGEST_BATCH:
        message = f"a batch has between 1 and {_LARGEST_BATCH} requests"
        return orjson.dumps(_error(None, RpcError(_INVALID_REQUEST, message)))
    return orjson.dumps([_respond_one(single, answer) for single in request])


def _respond_one(request: object, answer: Answerer) -> dict[str, object]:
    if not isinstance(request, dict) or request.get("jsonrpc") != "2.0" or not isinstance(request.get("method"), str):
        return _error(None, RpcError(_INVALID_REQUEST, "not a JSON-RPC 2.0 request"))
    identifier = request.get("id")
    if not isinstance(identifier, int | float | str | None):
        return _error(None, RpcError(_INVALID_REQUEST, "the id is a number, a text or null"))
    try:
        result = answer(request["method"], request.get("params", []))
    except RegistryUnreachable as error:
        result = RpcError(-32603, str(error))
    if isinstance(result, RpcError):
        return _error(identifier, result)
    return {"jsonrpc": "2.0", "id": identifier, "result": result}


def _error(identifier: object, error: RpcError) -> dict[str, object]:
    described: dict[str, object] = {"code": error.code, "message": error.message}
    if error.data is not None:
        described["data"] = error.data
    return {"jsonrpc": "2.0", "id": identifier, "error": described}
