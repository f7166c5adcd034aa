"""Checks as of a date over HTTP: the endpoint, the page with its field, and share links."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ledger.chain.registry import Reason
from tests.http.test_verify import JSON
from tests.site import Campus

HTML = {"Accept": "text/html"}


def later(moment: str, seconds: int) -> str:
    return (datetime.fromisoformat(moment) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def a_revoked_credential(campus: Campus) -> tuple[bytes, str]:
    """A credential that was revoked, and the moment at which it was anchored."""
    workspace, [credential] = campus.workspace, campus.awarded("intro")
    document = workspace.catalog.document(credential.credential_id)
    workspace.revocation.revoke([credential.credential_id], Reason.ISSUED_IN_ERROR)
    campus.settled()
    report = campus.client.post("/v1/verify", content=document, headers=JSON).json()
    assert report["code"] == "revoked"
    return document, report["chain"]["anchored_at"]


def test_a_credential_is_judged_by_what_held_on_the_date(campus: Campus) -> None:
    document, anchored = a_revoked_credential(campus)

    def check(on: str) -> dict[str, object]:
        answer = campus.client.post("/v1/verify", params={"on": on}, content=document, headers=JSON)
        assert answer.status_code == 200
        assert "retry-after" not in answer.headers
        report: dict[str, object] = answer.json()
        return report

    then = check(anchored)
    assert (then["verdict"], then["as_of"]) == ("valid", anchored)
    assert [one["code"] for one in then["since"]] == ["revoked_since"]  # type: ignore[attr-defined]
    assert check(later(anchored, -1))["code"] == "not_anchored_yet"
    assert check("2020-01-01")["code"] == "not_anchored_yet"
    plain = campus.client.post("/v1/verify", params={"on": ""}, content=document, headers=JSON).json()
    assert "as_of" not in plain


def test_the_page_names_the_moment_and_shouts_what_changed_since(campus: Campus) -> None:
    document, anchored = a_revoked_credential(campus)
    parts = {"file": ("file.json", document), "text": (None, ""), "on": (None, anchored)}
    page = campus.client.post("/check", files=parts, headers=HTML)
    assert page.status_code == 200
    assert "Valid, as of " in page.text
    assert "SINCE THEN" in page.text
    assert "issued in error" in page.text
    assert f"--on {anchored}" in page.text
    plain = campus.client.post("/check", files=parts | {"on": (None, "")}, headers=HTML)
    assert "Not valid" in plain.text
    assert "SINCE THEN" not in plain.text
    assert 'name="on"' in campus.client.get("/check", headers=HTML).text


@pytest.mark.parametrize(
    ("date", "code"),
    [
        *((date, "date_invalid") for date in ("soon", "2026-02-30", "2026-09-01T12:00", "1e9", "2026-09-01 ")),
        *((date, "date_in_future") for date in ("2999-01-01", "9999-12-31T23:59:59Z")),
        ("9" * 50, "parameters"),
    ],
)
def test_what_is_no_date_that_has_passed_is_refused(campus: Campus, date: str, code: str) -> None:
    answer = campus.client.post("/v1/verify", params={"on": date}, content=campus.document(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    shared = campus.client.get(f"{campus.a_full_wallet().a_path()}.json", params={"on": date})
    assert (shared.status_code, shared.json()["code"]) == (422, code)
    parts = {"file": ("file.json", campus.document()), "on": (None, date)}
    if not date.endswith(" "):
        assert campus.client.post("/check", files=parts, headers=HTML).status_code == 422


def test_a_link_shows_what_held_on_the_date(campus: Campus) -> None:
    document, anchored = a_revoked_credential(campus)
    owner = campus.a_wallet()
    owner.take_in(document)
    [held] = owner.held()
    path = owner.a_path(credential_ids=[held])
    shown = campus.client.get(f"{path}.json", params={"on": anchored}).json()
    assert shown["verdict"] == "valid"
    assert shown["report"]["as_of"] == anchored
    assert campus.client.get(f"{path}.json").json()["verdict"] == "invalid"
    page = campus.client.get(path, params={"on": anchored}, headers=HTML)
    assert "Valid, as of " in page.text
    assert "SINCE THEN" in page.text
    assert "SINCE THEN" not in campus.client.get(path, headers=HTML).text


def test_a_record_that_was_shared_later_shows_what_its_credentials_were(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    owner.a_record()
    path = owner.a_path()
    anchored = campus.client.get(f"{path}.json").json()["report"]["components"][0]["chain"]["anchored_at"]
    shown = campus.client.get(f"{path}.json", params={"on": anchored}).json()  # blocks may be ahead of the clock
    assert shown["report"]["components"][0]["verdict"] == "valid"


def test_a_link_with_a_pin_keeps_the_date_that_was_asked_for(campus: Campus) -> None:
    document, anchored = a_revoked_credential(campus)
    owner = campus.a_wallet()
    owner.take_in(document)
    path = owner.a_path(credential_ids=owner.held(), pin="271828")
    asked = campus.client.get(path, params={"on": anchored}, headers=HTML)
    assert f'action="{path}?on={anchored}"' in asked.text
    opened = campus.client.post(path, params={"on": anchored}, data={"pin": "271828"}, headers=HTML)
    assert opened.status_code == 200
    assert "Valid, as of " in opened.text
