"""What a node between the program and the chain may do wrong: one value for each fault, to be armed in a proxy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Call = Mapping[str, Any]
"""One JSON-RPC request."""

SEND = "eth_sendRawTransaction"
RECEIPT = "eth_getTransactionReceipt"


class Mode(StrEnum):
    """The first six break the whole answer, the others change one result in it."""

    DROP = "drop"  # the connection closes without an answer
    STATUS = "status"  # an HTTP status other than 200
    TRUNCATE = "truncate"  # half of the answer
    GARBAGE = "garbage"  # a page where JSON belongs, with status 200
    DELAY = "delay"
    LIE = "lie"  # another result than the chain's
    REFUSE = "refuse"  # a JSON-RPC error
    SWALLOW = "swallow"  # the hash of a transaction that goes nowhere
    STALE = "stale"  # what another node says


@dataclass(frozen=True)
class Fault:
    """One fault and when it strikes.

    `method` is the method that it strikes, None any; `done` says whether the request reaches the chain all the same;
    `times` how often it strikes, None for ever; `skip` how many requests pass before; `chance` is for each request.
    `only` looks closer at a call than its method.
    """

    mode: Mode
    method: str | None = None
    done: bool = False
    times: int | None = 1
    skip: int = 0
    chance: float = 1.0
    only: Callable[[Call], bool] | None = None
    status: int = 502
    seconds: float = 0.0
    change: Callable[[Call, Any], Any] | None = None
    code: int = -32000
    message: str = "no"
    upstream: str | None = None

    def is_meant(self, call: Call) -> bool:
        """Whether a call is of the kind that this fault strikes."""
        return self.method in (None, call.get("method")) and (self.only is None or self.only(call))


def drop(method: str, *, done: bool, times: int | None = 1, skip: int = 0) -> Fault:
    return Fault(Mode.DROP, method, done=done, times=times, skip=skip)


def status(code: int, method: str, *, done: bool, times: int | None = 1) -> Fault:
    return Fault(Mode.STATUS, method, done=done, times=times, status=code)


def lie(method: str, change: Callable[[Call, Any], Any], *, times: int | None = None) -> Fault:
    """The chain's answer, changed: for ever, unless told otherwise."""
    return Fault(Mode.LIE, method, done=True, times=times, change=change)


def refuse(method: str, message: str, *, done: bool = False, times: int | None = 1, code: int = -32000) -> Fault:
    return Fault(Mode.REFUSE, method, done=done, times=times, message=message, code=code)


def swallow(*, times: int | None = 1, skip: int = 0) -> Fault:
    return Fault(Mode.SWALLOW, SEND, times=times, skip=skip)


def delay(seconds: float, method: str | None = None, *, times: int | None = None) -> Fault:
    return Fault(Mode.DELAY, method, done=True, times=times, seconds=seconds)
