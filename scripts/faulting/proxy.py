"""A JSON-RPC fault proxy: a node that stands between the program and the chain, and does wrong as it is told.

It is an ordinary HTTP server on loopback, with a thread for each connection. Faults are armed while it runs;
it counts what strikes. Chances come from one seeded source, so that a run can be had again.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import urlsplit

from ledger.chain.addresses import keccak
from scripts.faulting.faults import SEND, Call, Fault, Mode

_BREAKING = (Mode.DROP, Mode.STATUS, Mode.TRUNCATE, Mode.GARBAGE)
_PAGE = b"<html><body><h1>Please sign in to the network</h1></body></html>"
_SECONDS = 60.0


class Rules(Protocol):
    """A node's own rules, which stand before the chain's: see `pool.py`."""

    def answer(self, call: Call) -> dict[str, Any] | None:
        """The answer to one call; None if the chain is to give it."""
        ...


@dataclass
class Armed:
    """A fault in force. `struck` counts how often it has come true."""

    fault: Fault
    seen: int = 0
    struck: int = 0


@dataclass(frozen=True)
class Reply:
    """What goes back on the connection: None for `body` closes it without a word."""

    body: bytes | None
    status: int = 200
    content_type: str = "application/json"
    announced: int | None = None


@dataclass
class _Exchange:
    """One HTTP request: its calls, and the faults that strike it."""

    calls: Sequence[Call]
    is_batch: bool
    struck: list[Armed]
    results: dict[int, dict[str, Any]] = field(default_factory=dict)


class FaultProxy:
    """Listens on a port of its own from `start` to `stop`; started again it has the same port."""

    def __init__(self, upstream: str, seed: int = 0) -> None:
        self.upstream = upstream
        self.rules: Rules | None = None
        self.seen: dict[str, int] = {}
        self.sent: list[str] = []
        """The signed transactions that came by, in hex."""
        self._random = random.Random(seed)  # noqa: S311 - faults are no secrets
        self._armed: list[Armed] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server: _Server | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> FaultProxy:
        self._stopping.clear()
        self._server = _Server(("127.0.0.1", self._port), self)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Nobody listens any more, and connections that stand are cut."""
        self._stopping.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.cut_connections()
            self._server.server_close()
            self._server = None

    def arm(self, fault: Fault) -> Armed:
        """Puts a fault in force beside those that are."""
        armed = Armed(fault)
        with self._lock:
            self._armed.append(armed)
        return armed

    def disarm(self) -> None:
        """Tells the truth from now on."""
        with self._lock:
            self._armed.clear()
        self.rules = None

    # --- one request ---

    def reply(self, body: bytes) -> Reply:
        """The answer to one HTTP request, as whole or as broken as it is to be."""
        content = json.loads(body)
        calls = content if isinstance(content, list) else [content]
        exchange = _Exchange(calls, isinstance(content, list), self._strike(calls))
        for armed in exchange.struck:
            if armed.fault.mode is Mode.DELAY:
                self._stopping.wait(armed.fault.seconds)
        breaking = next((armed.fault for armed in exchange.struck if armed.fault.mode in _BREAKING), None)
        if breaking is not None and not breaking.done:
            return broken(breaking, b"{}")
        answers = [self._answer(call, exchange) for call in calls]
        whole = json.dumps(answers if exchange.is_batch else answers[0]).encode()
        return Reply(whole) if breaking is None else broken(breaking, whole)

    def _strike(self, calls: Sequence[Call]) -> list[Armed]:
        """The faults that come true for these calls."""
        struck = []
        with self._lock:
            for call in calls:
                method = str(call.get("method"))
                self.seen[method] = self.seen.get(method, 0) + 1
                if method == SEND:
                    self.sent.append(str(call["params"][0]))
            for armed in self._armed:
                fault = armed.fault
                if not any(map(fault.is_meant, calls)):
                    continue
                armed.seen += 1
                is_spent = fault.times is not None and armed.struck >= fault.times
                if armed.seen > fault.skip and not is_spent and self._random.random() < fault.chance:
                    armed.struck += 1
                    struck.append(armed)
        return struck

    def _answer(self, call: Call, exchange: _Exchange) -> dict[str, Any]:
        faults = [armed.fault for armed in exchange.struck if armed.fault.is_meant(call)]
        upstream = self.upstream
        for fault in faults:
            if fault.mode is Mode.SWALLOW:
                return result(call, hash_of(call))
            if fault.mode is Mode.REFUSE and not fault.done:
                return refusal(call, fault.code, fault.message)
            if fault.mode is Mode.STALE and fault.upstream:
                upstream = fault.upstream
        answer = self.rules.answer(call) if self.rules is not None else None
        if answer is None:
            answer = self.forward(call, upstream)
        for fault in faults:
            if fault.mode is Mode.REFUSE:
                answer = refusal(call, fault.code, fault.message)
            if fault.mode is Mode.LIE and fault.change is not None and "result" in answer:
                answer = result(call, fault.change(call, answer["result"]))
        return answer

    def forward(self, call: Call, upstream: str | None = None) -> dict[str, Any]:
        """What the node behind says. One that does not answer is an error object, as gateways give it."""
        connection = http.client.HTTPConnection(urlsplit(upstream or self.upstream).netloc, timeout=_SECONDS)
        try:
            connection.request("POST", "/", json.dumps(call).encode(), {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            return refusal(call, -32603, "the node behind does not answer")
        finally:
            connection.close()
        return answer if isinstance(answer, dict) else refusal(call, -32603, "the node behind answers strangely")


def result(call: Call, value: object) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": call.get("id"), "result": value}


def refusal(call: Call, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": call.get("id"), "error": {"code": code, "message": message}}


def hash_of(call: Call) -> str:
    """The hash of the transaction that a call sends."""
    if call.get("method") != SEND:
        raise ValueError("only what is sent can be swallowed")
    return "0x" + keccak(bytes.fromhex(str(call["params"][0])[2:])).hex()


def broken(fault: Fault, whole: bytes) -> Reply:
    """An answer spoilt."""
    match fault.mode:
        case Mode.STATUS:
            return Reply(b"the gateway has trouble", fault.status, "text/plain")
        case Mode.GARBAGE:
            return Reply(_PAGE, 200, "text/html")
        case Mode.TRUNCATE:
            return Reply(whole[: len(whole) // 2], announced=len(whole))
        case _:
            return Reply(None)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], proxy: FaultProxy) -> None:
        self.proxy = proxy
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def cut_connections(self) -> None:
        for connection in list(self._open):
            cut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silence: programs that were killed leave half requests behind."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        reply = self.server.proxy.reply(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        if reply.body is None:
            self.close_connection = True
            cut(self.connection)
            return
        head = f"HTTP/1.1 {reply.status} .\r\nContent-Type: {reply.content_type}\r\n"
        head += f"Content-Length: {reply.announced or len(reply.body)}\r\n\r\n"
        self.wfile.write(head.encode() + reply.body)
        if reply.announced is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in http.server
        """Nothing."""


def cut(connection: socket.socket) -> None:
    """Ends a connection at once, both ways."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        connection.close()
