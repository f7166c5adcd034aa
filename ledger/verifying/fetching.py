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

from ledger.verifying.addresses import is_ordinary
from ledger.verifying.readings import Unknown

SECONDS = 5.0
MAX_BYTES = 1024 * 1024

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(
    rf"https://(?P<host>(?:{_LABEL}\.)+{_LABEL})(?::(?P<port>[1-9][0-9]{{0,4}}))?"
    r"(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:@/%-]*)?(?P<query>\?[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*)?"
)
_MAX_ADDRESS = 2048
_HTTPS = 443
_ACCEPT = "application/json, application/did+json, application/vc, application/vc+jwt;q=0.9, */*;q=0.1"
_HEADERS: Mapping[bytes | str, bytes | str] = {
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

    `accept` is what is asked for, by media types. The other arguments are for tests: another resolver, other addresses
    that may be asked, other ports, other roots of trust.
    """

    def __init__(
        self,
        *,
        accept: str = _ACCEPT,
        resolve: Resolve = resolve,
        may_ask: Callable[[str], bool] = is_ordinary,
        ports: frozenset[int] = frozenset({_HTTPS}),
        trust: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._headers = {**_HEADERS, "Accept": accept}
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

        from ledger.pinned_network import PinnedNetwork

        deadline = time.monotonic() + self._seconds
        backend = PinnedNetwork(lambda host, port: self._judged(host, port, deadline), deadline)
        trust = self._trust or ssl.create_default_context()
        with (
            httpcore.ConnectionPool(ssl_context=trust, network_backend=backend, max_connections=1) as pool,
            pool.stream("GET", url, headers=self._headers) as answer,
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

    def _judged(self, host: str, port: int, deadline: float) -> list[str]:
        """The addresses of a host. One that may not be asked is enough to ask none."""
        addresses = _within(deadline - time.monotonic(), lambda: list(self._resolve(host, port)))
        if not addresses or not all(self._may_ask(address) for address in addresses):
            raise Refused(host)
        return addresses


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
