"""Naming webhooks and looking at what waits, at the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.issuing.announcing import Event
from ledger.workspace import Workspace
from tests.cli.conftest import Cairn
from tests.sinks import free_port, web_sink


def owe(folder: Path, *, work: bool = True) -> None:
    """Something happens, and is handed over if anybody is there."""
    with Workspace.open(folder) as workspace:
        parts = workspace.post_office
        with workspace.database.writing() as session:
            parts.outbox.note(session, Event("batch.held", "um", "subject", {"code": "suspended"}))
        if work:
            parts.delivery().work()


def give_up(folder: Path) -> None:
    from sqlalchemy import text

    with Workspace.open(folder) as workspace, workspace.database.writing() as session:
        session.connection().execute(text("UPDATE notifications SET state = 'dead', ended_at = due_at"))


def test_a_webhook_is_named_tried_and_removed(cairn: Cairn, folder: Path) -> None:
    with web_sink() as sink:
        added = cairn("webhook", "add", "um", sink.url, "--data", folder, "--json").json()
        tried = cairn("webhook", "test", added["id"], "--data", folder)
        owe(folder)
    assert added["secret"].startswith("whsec_")
    assert (tried.code, tried.out) == (0, "delivered\n")
    assert [b"webhook.test" in post.body for post in sink.posts] == [True, False]

    listed = cairn("webhook", "list", "um", "--data", folder)
    assert sink.url in listed.out
    assert added["secret"] not in listed.out
    away = cairn("webhook", "test", added["id"], "--data", folder, "--json")
    assert (away.code, away.json()["answer"]) == (3, "away")
    removed = cairn("webhook", "remove", added["id"], "--data", folder, "--json").json()
    assert removed["closed_at"] is not None
    assert cairn("deliveries", "--data", folder, "--json").json()["counts"]["delivered"] == 1


def test_mails_lead_to_where_the_environment_says_that_the_site_is(
    cairn: Cairn, folder: Path, rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_PUBLIC_BASE", "https://wallets.example")
    cairn("import", rows, "--issuer", "um", "--data", folder)
    cairn("issue", "--data", folder)
    mails = [mail.read_text() for mail in (folder / "mail").glob("*.eml")]
    assert mails
    assert all("https://wallets.example/claim/" in mail and "127.0.0.1" not in mail for mail in mails)
    monkeypatch.setenv("CAIRN_PUBLIC_BASE", "https://wallets.example/")
    refused = cairn("deliveries", "--send", "--data", folder)
    assert (refused.code, "CAIRN_PUBLIC_BASE" in refused.err) == (2, True)


def test_what_is_issued_and_revoked_at_the_command_line_is_told(cairn: Cairn, folder: Path, rows: Path) -> None:
    with web_sink() as sink:
        cairn("webhook", "add", "um", sink.url, "--data", folder)
        cairn("import", rows, "--issuer", "um", "--data", folder)
        cairn("issue", "--data", folder)
        with Workspace.open(folder) as workspace:
            ids = [credential.credential_id for credential in workspace.catalog.credentials()]
        cairn("revoke", *ids[:2], "--reason", "4", "--data", folder)
        shown = cairn("deliveries", "--send", "--data", folder, "--json").json()
        again = cairn("deliveries", "--send", "--data", folder, "--json").json()
    told = {body["type"]: body["data"] for body in (json.loads(post.body) for post in sink.posts)}

    assert len(sink.posts) == 2
    assert told["batch.final"]["size"] == 3
    assert sorted(told["credential.revoked"]["credentials"]) == sorted(ids[:2])
    assert shown["counts"] == again["counts"] == {"waiting": 0, "delivered": 2 + 3, "dead": 0, "dropped": 0}


def test_what_waits_is_shown_with_its_reason_and_can_be_tried_again(cairn: Cairn, folder: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/a-secret-path"
    cairn("webhook", "add", "um", url, "--data", folder)
    owe(folder, work=False)
    assert "1 events whose receivers are not listed yet" in cairn("deliveries", "--data", folder).out
    owe(folder)
    waiting = cairn("deliveries", "--data", folder, "--json").json()
    (entry,) = waiting["deliveries"]
    assert (entry["state"], entry["tries"], entry["problem"]) == (
        "waiting",
        1,
        "127.0.0.1 cannot be reached (ConnectError)",
    )
    assert "a-secret-path" not in cairn("deliveries", "--data", folder).out
    assert cairn("deliveries", "--dead", "--data", folder, "--json").json()["deliveries"] == []
    assert cairn("deliveries", "--retry", entry["id"], "--data", folder).code == 1

    give_up(folder)
    assert len(cairn("deliveries", "--dead", "--data", folder, "--json").json()["deliveries"]) == 1
    again = cairn("deliveries", "--retry-dead", "--data", folder, "--json").json()
    assert (again["counts"]["waiting"], again["counts"]["dead"]) == (1, 0)
    give_up(folder)
    assert cairn("deliveries", "--retry", entry["id"], "--data", folder).code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("webhook", "add", "nobody", "https://hook.example/"), 2),
        (("webhook", "add", "um", "http://hook.example/"), 2),
        (("webhook", "add", "um", "https://10.0.0.1/"), 2),
        (("webhook", "add", "um"), 2),
        (("webhook", "list", "nobody"), 2),
        (("webhook", "remove", "wh_nothing"), 2),
        (("webhook", "test", "wh_nothing"), 2),
        (("deliveries", "--retry", "nothing"), 2),
        (("deliveries", "--retry", "x", "--retry-dead"), 2),
    ],
)
def test_wrong_use_gives_one_plain_line(words: tuple[str, ...], code: int, cairn: Cairn, folder: Path) -> None:
    ran = cairn(*words, "--data", folder)
    assert ran.code == code
    assert ran.err.startswith("cairn: ")
    assert ran.out == ""


def test_settings_that_make_no_sense_are_one_plain_line(
    cairn: Cairn, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_SMTP_URL", "mail.example with a secret")
    ran = cairn("deliveries", "--data", folder)
    assert ran.code == 2
    assert "CAIRN_SMTP_URL" in ran.err
    assert "secret" not in ran.err
