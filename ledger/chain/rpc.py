"""JSON-RPC to one node: a transport that carries batches, and strict readers for what comes back.

A transport knows nothing of contracts. Trouble on the way is `RegistryUnreachable`; a node's own refusal is an
`RpcError` in the place of the result, because for some questions (a reverted call) the refusal is the answer.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import orjson

from ledger.chain.registry import BlockRef
from ledger.errors import RegistryError, RegistryUnreachable, WrongChain

if TYPE_CHECKING:
    import httpx

Call = tuple[str, Sequence[object]]
"""A method and its parameters."""

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_LARGEST_ANSWER = 64 * 1024 * 1024
_LONGEST_MESSAGE = 500
_TOO_MANY_REQUESTS = 429
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class RpcError:
    """A node's refusal of one call."""

    code: int
    message: str
    data: object = None

    @property
    def revert_data(self) -> bytes | None:
        """What the contract gave as its reason, if this is the refusal of a call that reverted."""
        data = self.data.get("data") if isinstance(self.data, Mapping) else self.data
        if not isinstance(data, str):
            return None
        data = data.removeprefix("Reverted ")
        return bytes.fromhex(data[2:]) if _DATA.fullmatch(data) else None


class Transport(Protocol):
    """A way to one node."""

    @property
    def name(self) -> str:
        """The host, for reports: never a path, a query or a password of the URL."""
        ...

    def request_batch(self, calls: Sequence[Call]) -> list[object]:
        """The results in order, an `RpcError` in the place of each refusal. Raises `RegistryUnreachable`."""
        ...


class HttpTransport:
    """JSON-RPC over HTTP. Never resends by itself and follows no redirect. Safe to use from several threads."""

    def __init__(self, url: str, *, timeout: float = 5.0) -> None:
        """Connects on first use. Raises `RegistryError` (`rpc_url_invalid`) for anything but an http(s) URL."""
        invalid = RegistryError("rpc_url_invalid", "the URL of a node starts with http:// or https:// and has a host")
        try:
            parts = urlsplit(url)
            port = f":{parts.port}" if parts.port else ""
        except ValueError as error:  # an unclosed bracket, a port that cannot be
            raise invalid from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise invalid
        self._name = f"{parts.hostname}{port}"
        self._url = url
        self._timeout = timeout
        self._encrypted = parts.scheme == "https"
        self._use_proxy = parts.hostname not in _LOOPBACK
        self._client: httpx.Client | None = None
        self._lock = Lock()

    @property
    def name(self) -> str:
        return self._name

    def request_batch(self, calls: Sequence[Call]) -> list[object]:
        if len(calls) < 2:
            return [self._single(call) for call in calls]
        answer = self._post([_request(number, call) for number, call in enumerate(calls)])
        if isinstance(answer, list):
            return self._in_order(answer, len(calls))
        # A node that takes no batches refuses the whole with one error object: ask one by one. A transaction is sent
        # alone, so that this never sends one twice.
        if isinstance(answer, dict) and "error" in answer:
            return [self._single(call) for call in calls]
        raise self._nonsense()

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None

    def __enter__(self) -> HttpTransport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _single(self, call: Call) -> object:
        answer = self._post(_request(0, call))
        return self._in_order([answer], 1)[0]

    def _post(self, body: object) -> object:
        import httpx

        with self._lock:
            if self._client is None:
                self._client = httpx.Client(timeout=self._timeout, trust_env=self._use_proxy, verify=self._encrypted)
            client = self._client
        deadline = time.monotonic() + self._timeout
        content = orjson.dumps(body)
        headers = {"content-type": "application/json", "accept": "application/json"}
        received = bytearray()
        try:
            with client.stream("POST", self._url, content=content, headers=headers) as response:
                for chunk in response.iter_bytes():
                    received += chunk
                    if time.monotonic() > deadline:
                        raise RegistryUnreachable(f"{self._name} took longer than {self._timeout:g} s to answer")
                    if len(received) > _LARGEST_ANSWER:
                        raise RegistryUnreachable(f"{self._name} sent more than was asked for", "rpc_malformed")
        except httpx.TimeoutException:
            raise RegistryUnreachable(f"{self._name} did not answer within {self._timeout:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RegistryUnreachable(f"{self._name} cannot be reached ({type(error).__name__})") from None
        if response.status_code == _TOO_MANY_REQUESTS:
            raise RegistryUnreachable(f"{self._name} wants fewer requests", "rpc_rate_limited")
        try:
            return orjson.loads(received)
        except ValueError:
            raise RegistryUnreachable(
                f"{self._name} answered with HTTP status {response.status_code} and no JSON", "rpc_malformed"
            ) from None

    def _in_order(self, answers: list[object], count: int) -> list[object]:
        by_id: dict[int, object] = {}
        for answer in answers:
            if not isinstance(answer, dict) or type(answer.get("id")) is not int:
                raise self._nonsense()
            by_id[answer["id"]] = self._outcome(answer)
        if len(answers) != count or by_id.keys() != set(range(count)):
            raise self._nonsense()
        return [by_id[number] for number in range(count)]

    def _outcome(self, answer: dict[str, object]) -> object:
        error = answer.get("error")
        if error is None:
            if "result" not in answer:
                raise self._nonsense()
            return answer["result"]
        if not isinstance(error, dict) or type(error.get("code")) is not int:
            raise self._nonsense()
        return RpcError(error["code"], _one_line(str(error.get("message", ""))[:_LONGEST_MESSAGE]), error.get("data"))

    def _nonsense(self) -> RegistryUnreachable:
        return RegistryUnreachable(f"{self._name} did not answer as a JSON-RPC node does", "rpc_malformed")


def _one_line(text: str) -> str:
    """A stranger's words in one line, without what would steer a terminal or turn the text around."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _request(number: int, call: Call) -> dict[str, object]:
    method, parameters = call
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(parameters)}


def request(transport: Transport, method: str, *parameters: object) -> object:
    """One call whose refusal is trouble. Raises `RegistryUnreachable`."""
    return accepted(transport, transport.request_batch([(method, parameters)])[0])


def accepted(transport: Transport, result: object) -> object:
    """The result itself, or `RegistryUnreachable` if the node refused the call."""
    if isinstance(result, RpcError):
        raise RegistryUnreachable(f"{transport.name} refused: {result.message} ({result.code})", "rpc_refused")
    return result


def check_chain(transport: Transport, found: object, expected: int) -> None:
    """Raises `WrongChain` unless what a node answered to `eth_chainId` is the chain that was meant."""
    chain_id = quantity(accepted(transport, found), bits=64)
    if chain_id != expected:
        raise WrongChain(f"{transport.name} serves chain {chain_id}, not chain {expected}")


def quantity(value: object, *, bits: int = 256) -> int:
    """A JSON-RPC quantity of at most `bits` bits. Raises `RegistryUnreachable` (`rpc_malformed`)."""
    if isinstance(value, str) and _QUANTITY.fullmatch(value) and (number := int(value, 16)) < 1 << bits:
        return number
    raise malformed("a quantity", value)


def data(value: object, *, length: int | None = None) -> bytes:
    """JSON-RPC data, of exactly `length` bytes if given. Raises `RegistryUnreachable` (`rpc_malformed`)."""
    if isinstance(value, str) and _DATA.fullmatch(value) and length in (None, len(value) // 2 - 1):
        return bytes.fromhex(value[2:])
    raise malformed("data", value)


def block_ref(value: object) -> BlockRef:
    """The reference of a block object. Raises `RegistryUnreachable` (`rpc_malformed`)."""
    block = members(value)
    return BlockRef(
        quantity(block.get("number"), bits=64),
        data(block.get("hash"), length=32),
        quantity(block.get("timestamp"), bits=64),
    )


def members(value: object) -> Mapping[str, object]:
    """A JSON object. Raises `RegistryUnreachable` (`rpc_malformed`)."""
    if isinstance(value, Mapping):
        return value
    raise malformed("an object", value)


def malformed(expected: str, value: object) -> RegistryUnreachable:
    """For an answer of a node that is not what it should be."""
    return RegistryUnreachable(f"a node answered {str(value)[:40]!r} where {expected} belongs", "rpc_malformed")


def as_hex(value: int | bytes) -> str:
    """A number as a JSON-RPC quantity, bytes as JSON-RPC data."""
    return hex(value) if isinstance(value, int) else "0x" + value.hex()
