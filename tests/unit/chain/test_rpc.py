"""The HTTP transport against nodes that are dead, slow, or not what they should be."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from ledger.chain.rpc import Call, HttpTransport, RpcError, block_ref, data, quantity, request
from ledger.errors import RegistryError, RegistryUnreachable

CALLS: list[Call] = [("eth_chainId", []), ("eth_blockNumber", [])]

Reply = Callable[[bytes, socket.socket], None]
"""Takes the body of a request and does with the connection whatever it likes."""


@contextmanager
def node(reply: Reply) -> Iterator[str]:
    """A server that reads one request of each connection and leaves the answer to `reply`."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                head, _, body = _receive(connection, b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                while len(body) < length:
                    body += connection.recv(65536)
                reply(body, connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def _receive(connection: socket.socket, end: bytes) -> tuple[bytes, bytes, bytes]:
    received = b""
    while end not in received:
        received += connection.recv(65536)
    return received.partition(end)


def http(body: bytes, status: str = "200 OK", length: int | None = None) -> bytes:
    length = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n".encode() + body


def says(answer: object, status: str = "200 OK") -> Reply:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return lambda _, connection: connection.sendall(http(body, status))


def code_of(url: str, timeout: float = 30) -> str:
    with HttpTransport(url, timeout=timeout) as transport, pytest.raises(RegistryUnreachable) as caught:
        transport.request_batch(CALLS)
    return caught.value.code


def result(number: object, value: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "result": value}


def test_answers_come_in_the_order_of_the_questions() -> None:
    error = {"jsonrpc": "2.0", "id": 0, "error": {"code": 3, "message": "execution reverted", "data": "0x12"}}
    with node(says([result(1, "0x2"), error])) as url, HttpTransport(url) as transport:
        assert transport.request_batch(CALLS) == [RpcError(3, "execution reverted", "0x12"), "0x2"]
        assert transport.request_batch([]) == []


def test_a_batch_is_one_request() -> None:
    bodies: list[Any] = []

    def reply(body: bytes, connection: socket.socket) -> None:
        bodies.append(json.loads(body))
        connection.sendall(http(json.dumps([result(call["id"], "0x1") for call in bodies[-1]]).encode()))

    with node(reply) as url, HttpTransport(url) as transport:
        transport.request_batch(CALLS * 50)
    assert len(bodies) == 1
    assert [call["method"] for call in bodies[0]][:2] == ["eth_chainId", "eth_blockNumber"]


def test_a_node_that_takes_no_batches_is_asked_one_by_one() -> None:
    def reply(body: bytes, connection: socket.socket) -> None:
        call = json.loads(body)
        if isinstance(call, list):
            answer: object = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}}
        else:
            answer = result(call["id"], call["method"])
        connection.sendall(http(json.dumps(answer).encode()))

    with node(reply) as url, HttpTransport(url) as transport:
        assert transport.request_batch(CALLS) == ["eth_chainId", "eth_blockNumber"]


def test_one_question_is_asked_once_and_alone() -> None:
    bodies: list[Any] = []

    def reply(body: bytes, connection: socket.socket) -> None:
        bodies.append(json.loads(body))
        connection.sendall(http(b'{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"busy"}}'))

    with node(reply) as url, HttpTransport(url) as transport, pytest.raises(RegistryUnreachable):
        transport.request_batch([("eth_sendRawTransaction", ["0x12"])])
    assert [body["method"] for body in bodies] == ["eth_sendRawTransaction"]


def test_a_node_that_wants_fewer_requests_gets_no_more() -> None:
    count = []

    def reply(_: bytes, connection: socket.socket) -> None:
        count.append(1)
        connection.sendall(http(b'{"error":{"code":-32005,"message":"limit"}}', "429 Too Many Requests"))

    with node(reply) as url:
        assert code_of(url) == "rpc_rate_limited"
    assert len(count) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>502 Bad Gateway</html>",
        b'[{"jsonrpc":"2.0","id":0,"result":',
        b"\xff\xfe",
        b"null",
        b"7",
        {},
        [],
        [result(0, "0x1")],
        [result(0, "0x1"), result(0, "0x1")],
        [result(0, "0x1"), result(2, "0x1")],
        [result(0, "0x1"), result("1", "0x1")],
        [result(0, "0x1"), result(True, "0x1")],
        [result(0, "0x1"), {"jsonrpc": "2.0", "id": 1}],
        [result(0, "0x1"), {"jsonrpc": "2.0", "id": 1, "error": "no"}],
        [result(0, "0x1"), {"jsonrpc": "2.0", "id": 1, "error": {"code": "3", "message": ""}}],
        [result(0, "0x1"), result(1, "0x1"), result(1, "0x2")],
        ["0x1", "0x2"],
    ],
)
def test_an_answer_that_is_no_json_rpc_is_refused(answer: object) -> None:
    with node(says(answer)) as url:
        assert code_of(url) == "rpc_malformed"


def test_a_gateways_error_page_is_not_an_answer() -> None:
    with node(says(b"<html>", "502 Bad Gateway")) as url:
        assert code_of(url) == "rpc_malformed"


def test_an_error_status_with_a_json_rpc_answer_is_read() -> None:
    with node(says([result(0, "0x1"), result(1, "0x2")], "500 Internal Server Error")) as url:
        assert HttpTransport(url).request_batch(CALLS) == ["0x1", "0x2"]


@pytest.mark.parametrize(
    "reply",
    [
        lambda _, connection: None,
        lambda _, connection: connection.sendall(http(b"[", length=500)),
        lambda _, connection: connection.sendall(b"HTTP/1.1 200 OK\r\nbroken\r\n\r\n"),
        lambda _, connection: connection.sendall(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\n\r\n"),
    ],
)
def test_a_broken_connection_is_trouble(reply: Reply) -> None:
    with node(reply) as url:
        assert code_of(url) in ("registry_unreachable", "rpc_malformed")


def test_a_dead_node_is_trouble() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    listener.close()
    assert code_of(f"http://127.0.0.1:{port}") == "registry_unreachable"


def hang(_: bytes, connection: socket.socket) -> None:
    """Says nothing for a minute, or until nobody listens."""
    connection.settimeout(60)
    with suppress(OSError):
        connection.recv(1)


def drip(_: bytes, connection: socket.socket) -> None:
    """Sends a byte now and then for a minute, or until nobody listens: no single wait is long."""
    with suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        for _piece in range(1200):
            connection.sendall(b" ")
            time.sleep(0.05)


@pytest.mark.parametrize("reply", [hang, drip])
def test_a_slow_node_is_not_waited_for(reply: Reply) -> None:
    with node(reply) as url:
        started = time.monotonic()
        assert code_of(url, timeout=0.5) == "registry_unreachable"
        assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    "url",
    ["", "example.org", "ftp://example.org", "http://", "file:///etc/passwd", "http://[::1", "http://127.0.0.1:99999"],
)
def test_what_is_no_url_of_a_node_is_refused(url: str) -> None:
    with pytest.raises(RegistryError) as caught:
        HttpTransport(url)
    assert caught.value.code == "rpc_url_invalid"


def test_a_name_holds_nothing_secret() -> None:
    assert HttpTransport("https://user:secret@rpc.example.org/v3/key?token=x").name == "rpc.example.org"
    assert HttpTransport("http://127.0.0.1:8545").name == "127.0.0.1:8545"
    with node(says(b"no")) as url, HttpTransport(url + "/v3/secret?key=secret") as transport:
        with pytest.raises(RegistryUnreachable) as caught:
            transport.request_batch(CALLS)
        assert "secret" not in str(caught.value)


def test_a_refusal_where_none_is_expected_is_trouble() -> None:
    error = {"jsonrpc": "2.0", "id": 0, "error": {"code": -32000, "message": "header not found"}}
    with node(says(error)) as url, pytest.raises(RegistryUnreachable) as caught:
        request(HttpTransport(url), "eth_call")
    assert caught.value.code == "rpc_refused"
    assert "header not found" in str(caught.value)


@pytest.mark.parametrize("value", [None, 7, "7", "0x", "0xg", "0x1" + "0" * 64, "-0x1", "0x1_0", " 0x1", "0x١"])
def test_what_is_no_quantity_is_refused(value: object) -> None:
    with pytest.raises(RegistryUnreachable):
        quantity(value)


@pytest.mark.parametrize("value", [None, 7, "12", "0x1", "0xzz", "0x12 ", "0x1 2"])
def test_what_is_no_data_is_refused(value: object) -> None:
    with pytest.raises(RegistryUnreachable):
        data(value)


def test_ranges_and_lengths_are_held() -> None:
    assert quantity("0xff", bits=8) == 255
    assert data("0x1234", length=2) == b"\x12\x34"
    with pytest.raises(RegistryUnreachable):
        quantity("0x100", bits=8)
    with pytest.raises(RegistryUnreachable):
        data("0x1234", length=3)


@pytest.mark.parametrize("block", [None, [], {}, {"number": "0x1", "hash": "0x12", "timestamp": "0x1"}])
def test_what_is_no_block_is_refused(block: object) -> None:
    with pytest.raises(RegistryUnreachable):
        block_ref(block)


@pytest.mark.parametrize(
    ("carried", "expected"),
    [
        ("0x1234", b"\x12\x34"),
        ("Reverted 0x1234", b"\x12\x34"),
        ({"data": "0x1234"}, b"\x12\x34"),
        ("0x", b""),
        (None, None),
        ("oops", None),
        ({"message": "0x12"}, None),
    ],
)
def test_the_reason_of_a_revert_is_found_as_each_node_writes_it(carried: object, expected: bytes | None) -> None:
    assert RpcError(3, "execution reverted", carried).revert_data == expected


def test_what_a_node_says_in_its_refusal_is_one_line_that_steers_no_terminal() -> None:
    message = "evil\x1b[2J\nsecond\r\u2028line \u202etxt" + "A" * 600
    refusal = {"jsonrpc": "2.0", "id": 0, "error": {"code": -32000, "message": message}}
    with node(says(refusal)) as url, HttpTransport(url) as transport, pytest.raises(RegistryUnreachable) as caught:
        request(transport, "eth_chainId")
    assert str(caught.value).isprintable()
    assert "refused: evil [2J second line txtAAA" in str(caught.value)
