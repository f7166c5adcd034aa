"""Transports that lie, fail and count: wrapped around a node that tells the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import orjson

from ledger.chain.rpc import Call, RpcError, Transport
from ledger.errors import RegistryUnreachable

Change = Callable[[object, object], object]
"""Takes a call's parameters and its true result, gives what is said instead."""


@dataclass
class Bent:
    """A way to a node that changes what some methods answer, and remembers what was asked."""

    inner: Transport
    name: str = "bent.example"
    changes: Mapping[str, Change] = field(default_factory=dict)
    down: bool = False
    batches: list[list[str]] = field(default_factory=list)

    def request_batch(self, calls: Sequence[Call]) -> list[object]:
        self.batches.append([method for method, _ in calls])
        if self.down:
            raise RegistryUnreachable(f"{self.name} is down")
        results = self.inner.request_batch(calls)
        return [
            self.changes[method](parameters, result) if method in self.changes else result
            for (method, parameters), result in zip(calls, results, strict=True)
        ]


@dataclass
class Faulty:
    """A way to a node on which sending fails: before the node has the transaction, or after."""

    inner: Transport
    fails: str = "never"
    name: str = "faulty.example"

    def request_batch(self, calls: Sequence[Call]) -> list[object]:
        sending = any(method == "eth_sendRawTransaction" for method, _ in calls)
        if sending and self.fails == "before":
            raise RegistryUnreachable("the connection broke")
        results = self.inner.request_batch(calls)
        if sending and self.fails == "after":
            raise RegistryUnreachable("the connection broke")
        return results


class Line:
    """The shortest way to a node on this machine, for tests that ask it a hundred thousand times."""

    name = "line.example"

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        assert address.hostname is not None
        self._connection = HTTPConnection(address.hostname, address.port, timeout=60)

    def request_batch(self, calls: Sequence[Call]) -> list[object]:
        if not calls:
            return []
        requests = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
            for number, (method, parameters) in enumerate(calls)
        ]
        self._connection.request("POST", "/", orjson.dumps(requests), {"content-type": "application/json"})
        answers = orjson.loads(self._connection.getresponse().read())
        return [_outcome(answer) for answer in sorted(answers, key=lambda answer: int(answer["id"]))]

    def close(self) -> None:
        self._connection.close()


def _outcome(answer: Mapping[str, Any]) -> object:
    error = answer.get("error")
    return answer["result"] if error is None else RpcError(error["code"], error["message"], error.get("data"))


def says(value: object) -> Change:
    return lambda _, __: value
