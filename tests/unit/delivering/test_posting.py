"""What is posted can be checked by its receiver, and no receiver can do more to us than not take it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any

import orjson
import pytest

from ledger.delivering.posting import WebhookSender
from ledger.delivering.reach import Reach
from ledger.delivering.signatures import signed_headers
from ledger.delivering.values import Answer, DeliveryState
from tests.certificates import certificate_for
from tests.sinks import WebSink, drip, free_port
from tests.unit.delivering.conftest import Post, an_event


def sender(post: Post, reach: Reach | None = None, *, seconds: float = 30.0) -> WebhookSender:
    return WebhookSender(post.parts.webhooks, reach or Reach(), seconds=seconds, clock=post.clock)


def test_the_signature_is_that_of_the_specification() -> None:
    # The example that the specification's own libraries are tested with.
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    headers = signed_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_the_receiver_can_tell_that_it_is_ours_and_new(post: Post, web: WebSink) -> None:
    webhook, secret = post.parts.webhooks.add("usm", web.url)
    (event,) = post.note(an_event())
    post.clock.now += 7
    post.worker.work()
    (sent,) = web.posts

    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{sent.id}.{int(post.clock.now)}.".encode() + sent.body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert sent.id == f"{event}:{webhook.id}"
    assert "." not in sent.id
    assert sent.headers["webhook-signature"] == f"v1,{expected}"
    assert sent.headers["webhook-timestamp"] == str(int(post.clock.now))
    assert sent.headers["content-type"] == "application/json"
    assert orjson.loads(sent.body) == {
        "type": "credential.revoked",
        "timestamp": "2030-03-17T17:46:40Z",
        "data": {"credentials": ["urn:uuid:1"]},
    }


def test_a_secret_is_a_private_file_that_says_nothing_without_its_passphrase(post: Post, web: WebSink) -> None:
    webhook, secret = post.parts.webhooks.add("usm", web.url)
    file = post.office.folder / "keys" / "webhooks" / f"{webhook.id}.json"

    assert file.stat().st_mode & 0o777 == 0o600
    assert base64.b64decode(secret.removeprefix("whsec_")).hex() not in file.read_text()
    assert secret not in repr(webhook)


def test_a_secret_that_does_not_open_is_our_trouble_and_waits(post: Post, web: WebSink) -> None:
    webhook = post.add(web)
    post.note(an_event())
    file = post.office.folder / "keys" / "webhooks" / f"{webhook.id}.json"
    file.chmod(0o644)
    restarted = Post(post.office.restarted(), {}, post.clock)
    restarted.worker.work()
    assert restarted.problems() == {"the key file with the secret of this webhook does not open"}
    file.chmod(0o600)
    restarted.run_out()

    assert set(restarted.states().values()) == {DeliveryState.DELIVERED}


# --- receivers that mean no good ------------------------------------------------------------------------------------


def test_redirections_are_not_followed(post: Post, web: WebSink) -> None:
    post.add(web)
    web.answer = lambda _sent: (307, {"Location": f"{web.url}/elsewhere"})
    post.note(an_event())
    post.run_out()

    assert {sent.path for sent in web.posts} == {"/hooks"}
    assert len(web.posts) == 3
    assert post.problems() == {"127.0.0.1 answered with HTTP status 307, and redirections are not followed"}


@pytest.mark.parametrize(
    ("wire", "answer"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n\x00\xff not json", "taken"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\nx", "taken"),
        (b"HTTP/1.1 204 No Content\r\nx: y\r\n\r\n", "taken"),
        (b"this is not HTTP\r\n\r\n", "away"),
        (b"", "away"),
        (b"HTTP/1.1 200", "away"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"a" * 300_000 + b"\r\n\r\n", "away"),
        (b"HTTP/1.1 429 Wait\r\nretry-after: 99999999999999999999999\r\n\r\n", "away"),
        (b"HTTP/1.1 429 Wait\r\nretry-after: \xb2\r\n\r\n", "away"),
        (b"HTTP/1.1 999 Odd\r\n\r\n", "later"),
    ],
)
def test_whatever_comes_back_is_an_answer_or_none(post: Post, web: WebSink, wire: bytes, answer: str) -> None:
    webhook = post.add(web)
    web.raw = lambda out: out.write(wire)
    outcome = sender(post).post(webhook.id, web.url, "id", b"{}")

    assert outcome.answer == answer
    assert 0 <= outcome.wait <= 86_400


@pytest.mark.parametrize("wire", [b"HTTP/1.1 200 OK\r\nx: " + b"a" * 10_000, b""])
def test_a_receiver_that_answers_byte_by_byte_is_left_when_the_time_is_over(
    post: Post, web: WebSink, wire: bytes
) -> None:
    webhook, over = post.add(web), Event()

    def slow(out: Any) -> None:
        drip(out, wire, every=0.05)
        over.wait(60)

    web.raw = slow
    started = time.monotonic()
    outcome = sender(post, seconds=0.5).post(webhook.id, web.url, "id", b"{}")
    over.set()

    assert outcome.answer is Answer.AWAY
    assert outcome.problem == "127.0.0.1 did not answer within 0.5 seconds"
    assert time.monotonic() - started < 30


def test_a_body_that_never_ends_is_not_read(post: Post, web: WebSink) -> None:
    webhook = post.add(web)

    def endless(out: Any) -> None:
        try:
            out.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
            for _ in range(10_000):
                out.write(b"x" * 65_536)
        except OSError:
            pass

    web.raw = endless
    assert sender(post).post(webhook.id, web.url, "id", b"{}").answer is Answer.TAKEN


def test_nobody_there_is_said_without_the_address(post: Post) -> None:
    url = f"http://127.0.0.1:{free_port()}/a-secret-path?token=secret"
    webhook = post.parts.webhooks.add("usm", url)[0]
    outcome = sender(post).post(webhook.id, url, "id", b"{}")

    assert outcome.answer is Answer.AWAY
    assert outcome.problem == "127.0.0.1 cannot be reached (ConnectError)"


def test_a_name_that_turns_to_a_private_address_is_not_reached(post: Post, web: WebSink) -> None:
    """DNS rebinding: what the name means when it is used is what is judged, once for each delivery."""
    port = int(web.url.rsplit(":", 1)[1].split("/")[0])
    asked: list[str] = []

    def turning(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    webhook = post.add(web)
    outcome = sender(post, Reach(look_up=turning)).post(webhook.id, f"https://hook.example:{port}/", "id", b"{}")

    assert outcome.answer is Answer.REFUSED
    assert outcome.problem == "hook.example leads to an address that is not to be reached"
    assert (asked, web.posts) == (["hook.example"], [])


def test_a_name_that_nobody_knows_is_tried_again_later(post: Post, web: WebSink) -> None:
    def unknown(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such name")

    webhook = post.add(web)
    outcome = sender(post, Reach(look_up=unknown)).post(webhook.id, "https://hook.example/", "id", b"{}")

    assert outcome.answer is Answer.AWAY


def test_a_certificate_must_be_for_the_name_and_not_for_the_address(
    post: Post, web: WebSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = certificate_for("hook.example", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    webhook = post.add(web)
    networks = Reach.from_environment({"CAIRN_WEBHOOK_NETWORKS": "127.0.0.0/8"}).networks
    reach = Reach(networks, look_up=lambda _host, _port: ["127.0.0.1"])
    with tls_sink(certificate, key) as port:
        right = sender(post, reach).post(webhook.id, f"https://hook.example:{port}/", "id", b"{}")
        wrong = sender(post, reach).post(webhook.id, f"https://other.example:{port}/", "id", b"{}")

    assert right.answer is Answer.TAKEN
    assert wrong.answer is Answer.AWAY


def tls_sink(certificate: Path, key: Path) -> Any:
    import socket
    import threading
    from collections.abc import Iterator
    from contextlib import contextmanager, suppress

    @contextmanager
    def serve() -> Iterator[int]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def answer() -> None:
                for _ in range(2):
                    with suppress(OSError):
                        plain, _address = listener.accept()
                        with context.wrap_socket(plain, server_side=True) as wire:
                            read = b""
                            while not read.endswith(b"\r\n\r\n{}") and (more := wire.recv(65_536)):
                                read += more  # what is left unread at the end would cut the answer off
                            wire.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

            threading.Thread(target=answer, daemon=True).start()
            yield int(listener.getsockname()[1])

    return serve()
