"""Fetching, against a real TLS server on this machine: the name decides, and nothing outlasts its bounds."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import orjson
import pytest

from ledger.documents.did import did_document
from ledger.verifying.fetching import MAX_BYTES, GuardedFetcher
from ledger.verifying.readings import Unknown
from ledger.verifying.report import Consulted, Outcome
from ledger.verifying.resources import MAX_FETCHES, Resources
from tests.builders import a_credential, a_signer
from tests.certificates import certificate_for
from tests.unit.verifying.test_foreign import a_badge
from tests.world import SIGNED_AT, World

NAME = "college.example"


@dataclass
class Host:
    """A TLS server for one name. `asked` are the paths and the Host headers that it was asked for."""

    port: int
    trust: ssl.SSLContext
    asked: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)

    def url(self, path: str) -> str:
        return f"https://{NAME}:{self.port}{path}"

    def fetcher(self, **changes: Any) -> GuardedFetcher:
        arguments: dict[str, Any] = {
            "resolve": lambda _host, _port: ["127.0.0.1"],
            "may_ask": lambda address: address == "127.0.0.1",
            "ports": frozenset({self.port, 443}),
            "trust": self.trust,
        }
        return GuardedFetcher(**(arguments | changes))


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    certificate, key = certificate_for(NAME, tmp_path_factory.mktemp("tls"))
    found: list[Host] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found[0].asked.append((self.path, self.headers["Host"]))
            self.wfile.write(found[0].answers.get(self.path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
            if self.path == "/slow":
                for _ in range(1200):
                    self.wfile.write(b"x")
                    self.wfile.flush()
                    time.sleep(0.05)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # clients here often go away
    Thread(target=server.serve_forever, daemon=True).start()
    found.append(Host(server.server_address[1], ssl.create_default_context(cafile=str(certificate))))
    yield found[0]
    server.shutdown()
    server.server_close()


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def test_the_name_is_asked_for_at_the_address_that_was_judged(host: Host) -> None:
    host.answers["/x?y=1"] = answer(b"{}")
    assert host.fetcher().fetch(host.url("/x?y=1")) == b"{}"
    assert host.asked[-1] == ("/x?y=1", f"{NAME}:{host.port}")


BAD = {
    "not there": answer(b"", "404 Not Found"),
    "elsewhere": answer(b"", "302 Found", "Location: https://127.0.0.1/latest/meta-data"),
    "packed": answer(b"\x1f\x8b", "200 OK", "Content-Encoding: gzip"),
    "too much, as it says": answer(b"x" * (MAX_BYTES + 1)),
    "too much, without an end": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * (2 * MAX_BYTES),
    "too much of a head": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200_000 + b"\r\n",
    "no HTTP": b"SSH-2.0-OpenSSH\r\n",
    "cut off": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
    "nothing": b"",
}


@pytest.mark.parametrize("wire", BAD.values(), ids=BAD.keys())
def test_a_bad_answer_is_none(host: Host, wire: bytes) -> None:
    host.answers["/bad"] = wire
    found = host.fetcher().fetch(host.url("/bad"))
    assert isinstance(found, Unknown)
    assert found.code == "fetch_failed"


def test_a_redirection_is_not_followed(host: Host) -> None:
    host.answers["/there"] = answer(b"{}")
    host.answers["/here"] = answer(b"", "301 Moved Permanently", f"Location: {host.url('/there')}")
    host.asked.clear()
    assert isinstance(host.fetcher().fetch(host.url("/here")), Unknown)
    assert [path for path, _ in host.asked] == ["/here"]


def test_bytes_that_come_one_by_one_do_not_prolong_it(host: Host) -> None:
    host.answers["/slow"] = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    begun = time.monotonic()
    assert isinstance(host.fetcher(seconds=0.4).fetch(host.url("/slow")), Unknown)
    assert time.monotonic() - begun < 30  # they would come for a minute


def test_a_resolver_that_does_not_answer_is_not_waited_for(host: Host) -> None:
    goes_on, done = Event(), Event()

    def resolve(_host: str, _port: int) -> list[str]:
        goes_on.wait(60)
        done.set()
        return ["127.0.0.1"]

    found = host.fetcher(resolve=resolve, seconds=0.3).fetch(host.url("/x"))
    assert isinstance(found, Unknown)
    assert not done.is_set()
    goes_on.set()


def test_a_certificate_for_another_name_is_not_believed(host: Host) -> None:
    found = host.fetcher().fetch(f"https://other.example:{host.port}/x")
    assert isinstance(found, Unknown)
    assert isinstance(host.fetcher(trust=ssl.create_default_context()).fetch(host.url("/x")), Unknown)


def test_a_proxy_that_the_environment_names_is_not_used(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    host.answers["/x"] = answer(b"{}")
    assert host.fetcher().fetch(host.url("/x")) == b"{}"


class Shelf:
    """A fetcher over what it is given, which counts."""

    def __init__(self, documents: dict[str, bytes]) -> None:
        self.documents = documents
        self.asked: list[str] = []

    def fetch(self, url: str) -> bytes | Unknown:
        self.asked.append(url)
        return self.documents.get(url, Unknown("fetch_failed", "nothing there"))


def test_each_address_is_asked_once_and_few_in_all() -> None:
    shelf = Shelf({f"https://college.example/{number}": b"{}" for number in range(20)})
    resources = Resources({"https://college.example/given": b"given"}, SIGNED_AT, shelf)
    for _ in range(2):
        for number in range(20):
            resources.at(f"https://college.example/{number}#part")
    assert len(shelf.asked) == MAX_FETCHES
    late = resources.at("https://college.example/19")
    assert isinstance(late, Unknown)
    assert late.code == "limit_fetches"
    assert getattr(resources.at("https://college.example/given#x"), "how", None) == "given"


def did_web(number: int = 5) -> bytes:
    document = did_document(f"did:web:{NAME}", {1: a_signer(number).public_key}, f"eip155:1:0x{'11' * 20}", bytes(32))
    document.pop("service")
    return orjson.dumps(document)


ADDRESS = f"https://{NAME}/.well-known/did.json"


def test_keys_are_fetched_only_if_the_policy_says_so(world: World) -> None:
    badge = orjson.dumps(a_badge(f"did:web:{NAME}", f"did:web:{NAME}#key-1"))
    shelf = Shelf({ADDRESS: did_web()})
    report = world.verifier(world.policy(any_issuer=True), fetcher=shelf).verify(badge)
    assert (report.verdict, report.code, shelf.asked) == (Outcome.INDETERMINATE, "key_unknown", [])
    report = world.verifier(world.policy(any_issuer=True, fetch=True), fetcher=shelf).verify(badge)
    assert (report.verdict, shelf.asked) == (Outcome.VALID, [ADDRESS])
    assert report.consulted == (Consulted(ADDRESS, "fetched"),)


def test_what_was_given_is_not_fetched(world: World) -> None:
    badge = orjson.dumps(a_badge(f"did:web:{NAME}", f"did:web:{NAME}#key-1"))
    shelf = Shelf({ADDRESS: did_web(6)})
    policy = world.policy(any_issuer=True, fetch=True, documents={ADDRESS: did_web(5)})
    report = world.verifier(policy, fetcher=shelf).verify(badge)
    assert (report.verdict, shelf.asked) == (Outcome.VALID, [])
    assert report.consulted == (Consulted(ADDRESS, "given"),)


def test_what_can_not_be_fetched_leaves_it_open(world: World) -> None:
    badge = orjson.dumps(a_badge(f"did:web:{NAME}", f"did:web:{NAME}#key-1"))
    report = world.verifier(world.policy(any_issuer=True, fetch=True), fetcher=Shelf({})).verify(badge)
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "fetch_failed")
    internal = a_badge("did:web:intranet", "did:web:intranet#key-1")
    report = world.verifier(world.policy(any_issuer=True, fetch=True)).verify(orjson.dumps(internal))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "fetch_refused")


def test_no_list_is_fetched_for_a_signature_that_does_not_fit(world: World) -> None:
    status = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "1",
        "statusListCredential": f"https://{NAME}/status",
    }
    badge = a_badge(f"did:web:{NAME}", f"did:web:{NAME}#key-1", credentialStatus=status)
    shelf = Shelf({ADDRESS: did_web()})
    verifier = world.verifier(world.policy(any_issuer=True, fetch=True), fetcher=shelf)
    report = verifier.verify(orjson.dumps(badge | {"name": "Other"}))
    assert (report.code, shelf.asked) == ("signature_invalid", [ADDRESS])
    shelf.asked.clear()
    report = verifier.verify(orjson.dumps(badge))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "status_unknown")
    assert shelf.asked == [ADDRESS, f"https://{NAME}/status"]


def test_nothing_is_fetched_for_a_document_on_the_ledger(world: World) -> None:
    (issued,) = world.issue(a_credential())
    shelf = Shelf({})
    assert world.verifier(world.policy(fetch=True), fetcher=shelf).verify(orjson.dumps(issued))
    assert shelf.asked == []


def test_the_folder_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("{}", encoding="utf-8")
    found = GuardedFetcher(may_ask=lambda _: True).fetch(secret.as_uri())
    assert isinstance(found, Unknown)
