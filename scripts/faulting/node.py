"""JSON-RPC to one node, by hand: the harness asks the chain without a line of the code that it judges."""

from __future__ import annotations

import http.client
import itertools
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

_SECONDS = 60.0


class Refused(Exception):
    """A node's own refusal of a call."""


class Node:
    """A way to one node on this machine. One connection a call: nothing is shared between threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._place = urlsplit(url).netloc
        self._numbers = itertools.count(1)

    def call(self, method: str, *parameters: object) -> Any:
        """The result of a call. Raises `Refused`, and OSError if nobody answers."""
        body = {"jsonrpc": "2.0", "id": next(self._numbers), "method": method, "params": list(parameters)}
        answer = post(self._place, json.dumps(body).encode())
        if not isinstance(answer, Mapping) or answer.get("error") is not None:
            raise Refused(f"{method}: {answer}")
        return answer.get("result")

    def number(self, tag: str = "latest") -> int:
        """The number of the block that a tag names."""
        return int(self.call("eth_getBlockByNumber", tag, False)["number"], 16)

    def nonce(self, address: str) -> int:
        """How many transactions of an account are in blocks."""
        return int(self.call("eth_getTransactionCount", address, "latest"), 16)


def post(place: str, body: bytes, *, seconds: float = _SECONDS) -> Any:
    """What a JSON-RPC server on this machine answers to a request."""
    connection = http.client.HTTPConnection(place, timeout=seconds)
    try:
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(f"{place} did not answer: {error!r}") from error
    finally:
        connection.close()
