"""Handing acts over: a folder gets whole files, and a relay that lies, stalls or floods gets nowhere."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ledger.chain.act_document import from_document, to_document
from ledger.errors import CairnError, Conflict, RegistryUnreachable
from ledger.relaying.sponsors import FolderSponsor, RelaySponsor, find_sponsor
from tests.unit.relaying.conftest import Desk

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Stranger:
    """A server that answers as it is told, and remembers what it was asked."""

    url: str
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    answer: Answer = lambda handler: handler.send_error(500)


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length", 0)))
            told.asked.append((self.path, content))
            told.answer(self)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told = Stranger(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


def says(status: int, content: bytes, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"content-length": str(len(content)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


# --- finding one ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("https://relay.example", "https://relay.example"),
        ("https://relay.example/cairn/", "https://relay.example/cairn"),
        ("https://relay.example/v1/relay", "https://relay.example"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
    ],
)
def test_a_relay_is_found_by_its_address(where: str, name: str) -> None:
    found = find_sponsor(where)
    assert isinstance(found, RelaySponsor)
    assert found.name == name
    assert find_sponsor(found.name).name == name


@pytest.mark.parametrize(
    "where",
    [
        "http://relay.example",
        "ftp://relay.example",
        "https://",
        "https://user:secret@relay.example",
        "https://relay.example/?to=me",
        "https://relay.example/#x",
        "https://[::1",
        "https://relay.example:99999",
        "http://127.0.0.1.evil.example",
    ],
)
def test_what_is_no_safe_address_is_refused(where: str) -> None:
    with pytest.raises(CairnError) as caught:
        find_sponsor(where)
    assert caught.value.code == "sponsor_invalid"


# --- a folder -------------------------------------------------------------------------------------------------------


def test_a_folder_gets_one_file_for_each_act(desk: Desk, tmp_path: Path) -> None:
    sponsor, acts = FolderSponsor(tmp_path / "new" / "acts"), [desk.act(root=1), desk.act(root=2)]
    for act in [*acts, *acts]:
        said = sponsor.hand_over(act)
    files = sorted((tmp_path / "new" / "acts").iterdir())

    assert said == f"lies in {next(file for file in files if from_document(file.read_bytes()) == acts[1])}"
    assert {from_document(file.read_bytes()).digest for file in files} == {act.digest for act in acts}
    assert len(files) == 2


def test_a_file_that_was_damaged_is_written_again(desk: Desk, tmp_path: Path) -> None:
    sponsor, act = FolderSponsor(tmp_path), desk.act()
    sponsor.hand_over(act)
    (file,) = tmp_path.glob("*.json")
    file.write_bytes(b"{")
    sponsor.hand_over(act)
    assert file.read_bytes() == to_document(act)


def test_a_folder_that_cannot_be_written_is_told(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(Conflict) as caught:
        FolderSponsor(tmp_path / "file").hand_over(desk.act())
    assert caught.value.code == "sponsor_refused"


# --- a relay --------------------------------------------------------------------------------------------------------


def test_a_relay_gets_the_act_and_its_word_is_kept(desk: Desk, stranger: Stranger) -> None:
    act = desk.act()
    stranger.answer = says(202, json.dumps({"state": "accepted", "problem": None}).encode())
    assert RelaySponsor(stranger.url).hand_over(act) == "accepted"
    stranger.answer = says(200, json.dumps({"state": "failed", "problem": "the registry\nrefuses"}).encode())
    assert RelaySponsor(stranger.url).hand_over(act) == "failed: the registry refuses"
    assert stranger.asked == [("/v1/relay", to_document(act))] * 2


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[]", b'{"state": 7}', b'{"state": {"a": 1}}'])
def test_a_yes_without_words_is_a_yes(desk: Desk, stranger: Stranger, content: bytes) -> None:
    stranger.answer = says(200, content)
    assert RelaySponsor(stranger.url).hand_over(desk.act()) is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 204, 301, 302, 307, 308])
def test_a_no_is_a_refusal_with_its_reason(desk: Desk, stranger: Stranger, status: int) -> None:
    target = stranger.url + "/elsewhere"
    stranger.answer = says(status, json.dumps({"detail": "no budget \x1b[31mhere"}).encode(), location=target)
    with pytest.raises(Conflict) as caught:
        RelaySponsor(stranger.url).hand_over(desk.act())
    assert caught.value.code == "sponsor_refused"
    assert "\x1b" not in str(caught.value)
    assert len(stranger.asked) == 1  # and nothing was followed


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_not_now_is_no_refusal(desk: Desk, stranger: Stranger, status: int) -> None:
    stranger.answer = says(status, b'{"detail": "the budget is used up"}')
    with pytest.raises(RegistryUnreachable, match="the budget is used up") as caught:
        RelaySponsor(stranger.url).hand_over(desk.act())
    assert caught.value.code == "sponsor_unreachable"


def test_a_long_answer_is_cut_short(desk: Desk, stranger: Stranger) -> None:
    stranger.answer = says(422, json.dumps({"detail": "x" * 10_000}).encode())
    with pytest.raises(Conflict) as caught:
        RelaySponsor(stranger.url).hand_over(desk.act())
    assert len(str(caught.value)) < 300


def test_a_flood_is_not_read_to_its_end(desk: Desk, stranger: Stranger) -> None:
    def flood(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(10_000):
                handler.wfile.write(b" " * 65_536)
        except OSError:
            cut.set()

    cut = threading.Event()
    stranger.answer = flood
    with pytest.raises(RegistryUnreachable):
        RelaySponsor(stranger.url).hand_over(desk.act())
    assert cut.wait(30)


def test_an_answer_that_drips_is_not_waited_for(desk: Desk, stranger: Stranger) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(1200):
                handler.wfile.write(b" ")
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            cut.set()

    cut = threading.Event()
    stranger.answer = drip
    with pytest.raises(RegistryUnreachable):
        RelaySponsor(stranger.url, timeout=0.3).hand_over(desk.act())
    assert cut.wait(30)


def test_a_relay_that_is_not_there_is_unreachable(desk: Desk) -> None:
    with pytest.raises(RegistryUnreachable) as caught:
        RelaySponsor("http://127.0.0.1:9").hand_over(desk.act())
    assert caught.value.code == "sponsor_unreachable"
