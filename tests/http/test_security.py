"""What every answer carries, what never gets into a log or a database, and how refusals look."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.main import create_app
from api.security import AccessLog, BodyLimit
from ledger.errors import (
    CairnError,
    Conflict,
    DraftError,
    InvalidProof,
    KeystoreError,
    MalformedDocument,
    NotFound,
    Problem,
    RegistryUnreachable,
    TransactionReverted,
    WorkspaceError,
    WrongChain,
)
from tests.site import ORIGIN, Campus, limited

PAGES = ("/", "/check", "/docs", "/health", "/openapi.json", "/v1/register", "/none", "/static/site.css")


def ran(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Runs an application once, in a thread of its own: a browser that is driven here has a loop in this one."""
    with start_blocking_portal() as portal:
        portal.call(app, scope, receive, send)


@pytest.mark.parametrize("path", [*PAGES, "/issuers/usm/did.json", "/s/" + "A" * 43])
def test_every_answer_tells_the_browser_to_trust_nothing_else(campus: Campus, path: str) -> None:
    for accept in ("text/html", "application/json"):
        headers = campus.client.get(path, headers={"Accept": accept}).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert ("camera=(self)" if path == "/check" else "camera=()") in headers["permissions-policy"]


def test_shared_answers_are_neither_stored_nor_indexed(campus: Campus) -> None:
    path = campus.a_full_wallet().a_path()
    for form in ("", ".json", "/document", "/qr.svg"):
        headers = campus.client.get(path + form).headers
        assert headers["cache-control"] == "no-store, private"
        assert headers["x-robots-tag"] == "noindex, nofollow, noarchive"


def test_refusals_carry_the_same_headers_whoever_refuses(campus: Campus) -> None:
    for answer in (
        campus.client.post("/v1/verify", content=b"x", headers={"Content-Encoding": "gzip"}),
        campus.client.post("/v1/verify", content=b" " * 6_000_000, headers={"Content-Type": "application/json"}),
        campus.client.request("TRACE", "/"),
        campus.client.put("/check"),
        campus.client.get("/nothing/here"),
    ):
        assert answer.status_code in {404, 405, 413, 415}
        assert answer.headers["content-type"] == "application/problem+json"
        assert "content-security-policy" in answer.headers
        assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_a_token_never_gets_into_a_log(campus: Campus, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    owner = campus.a_full_wallet()
    path = owner.a_path()
    token = path.removeprefix("/s/")
    for form in ("", ".json", "/document", "/qr.svg", "/nothing", "?format=json"):
        campus.client.get(path + form)
    campus.client.get("/none" + path)
    campus.client.post(f"{owner.path}/claims", json={"token": token}, headers=owner.headers)
    own = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert any(record.name == "cairn.access" and "/s/{token}" in record.getMessage() for record in own)
    for secret in (token, owner.token, owner.wallet_id):
        assert not any(secret in record.getMessage() for record in own)


def test_no_token_or_key_lies_in_the_database(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    path = owner.a_path()
    claim = campus.client.post(
        f"/v1/issuers/usm/batches/{campus.batch.id}/claims", json={}, headers=campus.key()
    ).json()
    secrets = [path.removeprefix("/s/"), owner.token, campus.keys["usm"], *(entry["token"] for entry in claim)]
    stored = b"".join(file.read_bytes() for file in database_files(campus.workspace.path))
    assert len(stored) > 100_000
    for secret in secrets:
        assert secret.encode() not in stored
        assert secret[-40:].encode() not in stored  # what is random of it


def database_files(folder: Path) -> list[Path]:
    return [file for file in folder.glob("ledger.db*") if file.is_file()]


def test_the_host_of_a_request_builds_no_address(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    hostile = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    link = campus.client.post(
        f"{owner.path}/links", json={"record_id": owner.a_record()["id"]}, headers=owner.headers | hostile
    )
    assert link.json()["url"].startswith(f"{ORIGIN}/s/")
    path = link.json()["url"].removeprefix(ORIGIN)
    for form in ("", ".json", "/qr.svg"):
        assert "evil.example" not in campus.client.get(path + form, headers=hostile).text
    assert "evil.example" not in campus.client.get("/docs", headers=hostile).text


def test_guessing_links_is_stopped_and_a_good_link_does_not_tell_during_that_time(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = campus.a_full_wallet().a_path()
    limited(campus.site.misses, monkeypatch, 20)
    for _ in range(5):
        assert campus.client.get(path).status_code == 200
    misses = [campus.client.get("/s/" + "B" * 43).status_code for _ in range(21)]
    assert misses == [404] * 20 + [429]
    blocked = campus.client.get(path)
    assert blocked.status_code == 429
    assert int(blocked.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (MalformedDocument("json_syntax", "x"), 400),
        (MalformedDocument("limit_body", "x"), 413),
        (MalformedDocument("limit_depth", "x"), 422),
        (MalformedDocument("schema_root", "x"), 422),
        (MalformedDocument("string_forbidden", "x"), 422),
        (InvalidProof("proof_length", "x"), 422),
        (DraftError([Problem("csv_row", "x", 2)]), 422),
        (NotFound("x"), 404),
        (Conflict("x"), 409),
        (TransactionReverted("NotOperator"), 409),
        (RegistryUnreachable("x"), 503),
        (WrongChain("x"), 503),
        (KeystoreError("key_locked", "x"), 503),
        (WorkspaceError("database_busy", "x"), 503),
        (CairnError("usage", "x"), 400),
    ],
)
def test_every_error_of_the_ledger_has_its_status(
    campus: Campus, monkeypatch: pytest.MonkeyPatch, error: CairnError, status: int
) -> None:
    def fail(_documents: list[bytes], **_: bool) -> Any:
        raise error

    monkeypatch.setattr(campus.site, "verify_many", fail)
    answer = campus.client.post("/v1/verify", content=b"{}", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, error.code)
    assert ("retry-after" in answer.headers) == (status == 503)


def test_what_nobody_expected_is_a_plain_500_that_tells_nothing(
    campus: Campus, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_documents: list[bytes], **_: bool) -> Any:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(campus.site, "verify_many", fail)
    answer = campus.client.post("/v1/verify", content=b"{}", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert answer.json()["request_id"] in caplog.text
    page = campus.client.post("/check", files={"file": ("a", b"{}")}, headers={"Accept": "text/html"})
    assert page.status_code == 500
    assert "secret" not in page.text


def test_a_422_repeats_neither_values_nor_names_that_were_sent(campus: Campus) -> None:
    owner = campus.a_wallet()
    answer = campus.client.post(
        f"{owner.path}/links", json={"canary-name": "canary-value", "days": "canary-value"}, headers=owner.headers
    )
    assert answer.status_code == 422
    assert "canary" not in answer.text
    assert {problem["at"] for problem in answer.json()["problems"]} >= {"body.days", "body.(unknown member)"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"record_id": "\\ud800"}', 400),
        (b'{"days": NaN}', 400),
        (b'{"days": Infinity}', 400),
        (b'{"days": 1e400}', 400),
        (b'{"days": 9223372036854775808}', 400),
        (b'{"days": 9007199254740991}', 422),
        (b'{"days": 5, "days": 6}', 400),
        (b"\xff\xfe{\x00}\x00", 400),
        (b"[" * 100_000, 422),
        (b"[]", 422),
        (b"null", 422),
        (b"", 422),
        (b'{"label": "' + b"x" * 5_000_000 + b'"}', 413),
        (b'{"label": "a\\u0000b"}', 400),
    ],
)
def test_hostile_json_gets_one_clear_answer_on_every_route_that_takes_json(
    campus: Campus, body: bytes, status: int
) -> None:
    owner = campus.a_wallet()
    answer = campus.client.post(
        f"{owner.path}/links", content=body, headers=owner.headers | {"Content-Type": "application/json"}
    )
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_json_route_takes_nothing_but_json(campus: Campus) -> None:
    owner = campus.a_wallet()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/vnd.x+json"):
        answer = campus.client.post(
            f"{owner.path}/links", content=b"{}", headers=owner.headers | {"Content-Type": kind}
        )
        assert (answer.status_code, answer.json()["code"]) == (415, "content_type")


def test_a_body_that_never_ends_is_given_up() -> None:
    """The sender keeps the connection open and sends nothing more."""
    sent: list[Message] = []

    async def reads_it_all(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, send
        while (await receive()).get("more_body"):
            pass

    async def never() -> Message:
        await asyncio.sleep(30)
        return {"type": "http.request", "body": b"", "more_body": True}

    async def keep(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/verify",
        "query_string": b"",
        "headers": [(b"transfer-encoding", b"chunked")],
        "cairn.request_id": "0",
    }
    with pytest.raises(Exception, match="too long to arrive"):
        ran(BodyLimit(reads_it_all, seconds=0.05), scope, never, keep)
    assert sent == []


def test_a_sender_that_goes_away_in_the_middle_is_no_error_of_ours(
    campus: Campus, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[Message] = []
    messages: list[Message] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    async def keep(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "method": "POST",
        "path": "/v1/verify",
        "raw_path": b"/v1/verify",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"100")],
    }
    ran(campus.app, scope, receive, keep)
    assert sent[0]["status"] == 400
    assert [record.getMessage() for record in caplog.records if record.name == "cairn.errors"] == []


def test_an_exception_after_the_answer_began_is_not_hidden() -> None:
    async def breaks_off(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("too late")

    async def nothing() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def swallow(message: Message) -> None:
        del message

    scope: Scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    with pytest.raises(RuntimeError, match="too late"):
        ran(AccessLog(breaks_off), scope, nothing, swallow)


def test_a_site_behind_https_says_that_it_stays_there(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIRN_PUBLIC_BASE", "https://cairn.example")
    app = create_app(campus.workspace)
    headers = TestClient(app).get("/").headers
    assert headers["strict-transport-security"] == "max-age=31536000"
    app.state.site.close()
    assert "strict-transport-security" not in campus.client.get("/").headers


def test_the_description_and_its_page_ask_for_nothing_from_elsewhere(campus: Campus) -> None:
    page = campus.client.get("/docs").text
    assert "<script" not in page
    assert "//" not in page.replace("https://json-schema.org", "")
    assert campus.client.get("/redoc").status_code == 404


def test_health_says_how_database_and_chain_are(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    health = campus.client.get("/health").json()
    assert (health["status"], health["database"], health["chain"]) == ("ok", True, True)
    assert health["network"] == "Cairn's embedded chain"

    def unreachable() -> Any:
        raise RegistryUnreachable("no node answers")

    monkeypatch.setattr(campus.workspace.registry, "final_block", unreachable)
    degraded = campus.client.get("/health")
    assert (degraded.status_code, degraded.json()["status"], degraded.json()["chain"]) == (503, "degraded", False)
