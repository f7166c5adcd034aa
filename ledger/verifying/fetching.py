"""Fetches what a stranger's document names, so that no document can make us ask where it should not.

https only, port 443. A host is a name, never a number in any spelling. It is resolved once; if any of its addresses is
not an ordinary one of the internet, nothing is asked; else that very address is asked, with the name for TLS and in the
request. No redirects, no proxy, no cookies, no compression; five seconds and one mebibyte in all.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any

from ledger.verifying.addresses import is_ordinary
from ledger.verifying.readings import Unknown

if TYPE_CHECKING:
    import httpcore

SECONDS = 5.0
MAX_BYTES = 1024 * 1024

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(
    rf"https://(?P<host>(?:{_LABEL}\.)+{_LABEL})(?::(?P<port>[1-9][0-9]{{0,4}}))?"
    r"(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:@/%-]*)?(?P<query>\?[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*)?"
)
_MAX_ADDRESS = 2048
_HTTPS = 443
_HEADERS: Mapping[bytes | str, bytes | str] = {
    "Accept": "application/json, application/did+json, application/vc, application/vc+jwt;q=0.9, */*;q=0.1",
    "Accept-Encoding": "identity",
    "User-Agent": "cairn-verify",
}

_REFUSED = Unknown("fetch_refused", "The document names an address that is not asked, since it may lead anywhere.")
_FAILED = Unknown("fetch_failed", "An address that the document names gave no usable answer.")

Resolve = Callable[[str, int], Iterable[str]]
"""The addresses of a host name, in numbers. Raises OSError."""


class Refused(Exception):
    """A name that leads to an address which is not asked."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host name, as this machine's resolver gives them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class GuardedFetcher:
    """Fetches from https addresses of the open internet. Threads may share it: it keeps nothing.

    The arguments are for tests: another resolver, other addresses that may be asked, other ports, other roots of trust.
    """

    def __init__(
        self,
        *,
        resolve: Resolve = resolve,
        may_ask: Callable[[str], bool] = is_ordinary,
        ports: frozenset[int] = frozenset({_HTTPS}),
        trust: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._resolve = resolve
        self._may_ask = may_ask
        self._ports = ports
        self._trust = trust
        self._seconds = seconds

    def fetch(self, url: str) -> bytes | Unknown:
        """The body of an answer with status 200, or why there is none: `fetch_refused`, `fetch_failed`."""
        import httpcore

        match = _ADDRESS.fullmatch(url) if len(url) <= _MAX_ADDRESS else None
        # The last label of a public name is never a number: this refuses every spelling of a numeric address.
        if match is None or match["host"].rpartition(".")[2][0].isdigit() or len(match["host"]) > 253:
            return _REFUSED
        if int(match["port"] or _HTTPS) not in self._ports:
            return _REFUSED
        try:
            return self._ask(url)
        except Refused:
            return _REFUSED
        except (OSError, httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, ssl.SSLError):
            return _FAILED

    def _ask(self, url: str) -> bytes | Unknown:
        import httpcore

        deadline = time.monotonic() + self._seconds
        backend = _backend(self._resolve, self._may_ask, deadline)
        trust = self._trust or ssl.create_default_context()
        with (
            httpcore.ConnectionPool(ssl_context=trust, network_backend=backend, max_connections=1) as pool,
            pool.stream("GET", url, headers=_HEADERS) as answer,
        ):
            names = {name.lower(): value for name, value in answer.headers}
            if answer.status != 200 or names.get(b"content-encoding", b"identity") != b"identity":
                return _FAILED
            body = b""
            for chunk in answer.iter_stream():
                body += chunk
                if len(body) > MAX_BYTES:
                    return _FAILED
            return body


def _within(seconds: float, work: Callable[[], list[str]]) -> list[str]:
    """What `work` gives. A resolver can't be told to stop: it is left alone, and nobody waits for it."""
    found: list[list[str]] = []

    def run() -> None:
        with suppress(OSError, UnicodeError):
            found.append(work())

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not found:
        raise OSError("the name was not found in time")
    return found[0]


def _backend(resolve: Resolve, may_ask: Callable[[str], bool], deadline: float) -> httpcore.NetworkBackend:
    """A network for one request, in which names lead to permitted addresses only and everything ends in time."""
    import httpcore

    def left(_timeout: float | None = None) -> float:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise httpcore.ReadTimeout("the time for this request is over")
        return remaining

    class Stream(httpcore.NetworkStream):
        def __init__(self, stream: httpcore.NetworkStream) -> None:
            self._stream = stream

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            return self._stream.read(max_bytes, left(timeout))

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            self._stream.write(buffer, left(timeout))

        def close(self) -> None:
            self._stream.close()

        def start_tls(
            self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
        ) -> httpcore.NetworkStream:
            return Stream(self._stream.start_tls(ssl_context, server_hostname, left(timeout)))

        def get_extra_info(self, info: str) -> Any:
            return self._stream.get_extra_info(info)

    class Network(httpcore.NetworkBackend):
        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,  # noqa: ARG002 the name is the protocol's
            socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
        ) -> httpcore.NetworkStream:
            addresses = _within(left(), lambda: list(resolve(host, port)))
            if not addresses or not all(may_ask(address) for address in addresses):
                raise Refused(host)
            stream = httpcore.SyncBackend().connect_tcp(addresses[0], port, left(timeout), None, socket_options)
            return Stream(stream)

    return Network()
