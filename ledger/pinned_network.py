"""A network for one HTTP request that leads to addresses judged beforehand only, and ends in time."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

MOST_ADDRESSES = 3


class PinnedNetwork(httpcore.NetworkBackend):
    """Connects to addresses that were judged, and lets nothing take longer than until the deadline.

    `addresses` gives those of a host and port, in numbers, or raises what the request is to end with. The host's name
    goes into TLS and the request all the same. `deadline` is on the clock of `time.monotonic`.
    """

    def __init__(self, addresses: Callable[[str, int], Sequence[str]], deadline: float) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - what is left
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._addresses(host, port)[:MOST_ADDRESSES]
        for position, address in enumerate(addresses):
            try:
                stream = self._sockets.connect_tcp(address, port, _left(self._deadline), local_address, socket_options)
                return _Timed(stream, self._deadline)
            except httpcore.ConnectError:
                if position + 1 == len(addresses):
                    raise
        raise httpcore.ConnectError


class _Timed(httpcore.NetworkStream):
    """A connection with an end: bytes that come one by one do not prolong it."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - what is left
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - what is left
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - what is left
    ) -> httpcore.NetworkStream:
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise httpcore.TimeoutException
    return seconds
