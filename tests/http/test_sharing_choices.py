"""What a link shows: previews, what is withheld, narrowing, and what for."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.chain.registry import Reason
from ledger.verifying.report import Outcome
from tests.site import ORIGIN, Campus, Owner


def asked(owner: Owner, method: str, path: str, wanted: object = None) -> tuple[int, Any]:
    answer = owner.campus.client.request(method, f"{owner.path}/links{path}", json=wanted, headers=owner.headers)
    return answer.status_code, answer.json() if answer.content else {}


# --- withholding ---


def test_a_link_that_hides_results_shows_page_and_json_of_the_rest_with_a_verdict(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    [one, _] = owner.held()
    whole = campus.client.get(f"{owner.path}/credentials/{one}", headers=owner.headers).json()
    result = whole["credentialSubject"]["result"][0]["value"]
    path = owner.a_path(credential_ids=[one], hide=["results", "evidence"])
    shown = campus.client.get(f"{path}.json").json()
    assert shown["verdict"] == "valid"
    assert "results" in shown["withheld"]
    assert "identifiers" in shown["withheld"]  # the salt would give away what is hidden
    page = campus.client.get(path, headers={"Accept": "text/html"}).text
    withheld = page.partition("The holder withholds a part of it: ")[2].partition(".")[0]
    assert {"results", "identifiers"} <= set(withheld.split(", "))
    assert f"<dd>{result}</dd>" not in page
    token = campus.client.get(f"{path}/document")
    assert token.headers["content-type"] == "application/dc+sd-jwt"
    assert token.text == shown["document"]
    report = campus.workspace.verifier().verify(token.content)
    assert report.verdict is Outcome.VALID
    said: Any = report.document
    assert "result" not in said["credentialSubject"]
    for name in ("issuer", "credentialStatus", "validFrom", "type"):
        assert said[name] == whole[name]
    assert said["credentialSubject"]["achievement"] == whole["credentialSubject"]["achievement"]


def test_several_that_hide_something_stand_side_by_side_and_come_as_a_zip(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    path = owner.a_path(record_id=owner.a_record()["id"], hide=["results"], label="For one employer")
    shown = campus.client.get(f"{path}.json").json()
    assert [entry["verdict"] for entry in shown["shown"]] == ["valid", "valid"]
    assert shown["verdict"] == "valid"
    assert "For one employer" in campus.client.get(path, headers={"Accept": "text/html"}).text
    for headers, where in (({}, "/document"), ({"Accept": "application/vc"}, "")):
        packed = campus.client.get(path + where, headers=headers)
        assert packed.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(packed.content)) as files:
            tokens = [files.read(name).decode() for name in files.namelist()]
        assert tokens == [entry["document"] for entry in shown["shown"]]
    assert campus.client.get(f"{path}/document", params={"form": "pdf"}).status_code == 409


@pytest.mark.parametrize("word", ["issuer", "status", "period", "limits", "type", "achievement", "validUntil"])
def test_what_may_never_be_hidden_is_refused(campus: Campus, word: str) -> None:
    owner = campus.a_full_wallet()
    wanted = {"credential_ids": owner.held()[:1], "hide": ["results", word]}
    for path in ("", "/preview"):
        status, problem = asked(owner, "POST", path, wanted)
        assert (status, problem["code"]) == (409, "disclosure_forbidden")
    status, problem = asked(owner, "POST", "", wanted | {"hide": ["colour"]})
    assert (status, problem["code"]) == (400, "hide_unknown")
    assert campus.site.links.links(owner.wallet_id) == []


def test_of_a_revoked_credential_no_part_is_signed_and_a_part_shows_a_later_revocation(campus: Campus) -> None:
    workspace, [credential] = campus.workspace, campus.awarded("intro")
    owner = campus.a_wallet()
    owner.take_in(workspace.catalog.document(credential.credential_id))
    wanted = {"credential_ids": owner.held(), "hide": ["results"]}
    path = owner.a_path(**wanted)
    assert campus.client.get(f"{path}.json").json()["verdict"] == "valid"
    workspace.revocation.revoke([credential.credential_id], Reason.ISSUED_IN_ERROR)
    campus.settled()
    assert campus.client.get(f"{path}.json").json()["report"]["code"] == "revoked"
    assert "issued in error" in campus.client.get(path, headers={"Accept": "text/html"}).text
    assert asked(owner, "POST", "", wanted)[1]["code"] == "not_in_force"


def test_the_issuer_hands_the_same_out_by_form(campus: Campus) -> None:
    credential = campus.credentials()[0]
    where = f"/v1/issuers/usm/credentials/{credential.credential_id}"
    made = campus.client.get(where, params={"form": "sd-jwt", "hide": "results,evidence"}, headers=campus.key())
    assert made.headers["content-type"] == "application/dc+sd-jwt"
    assert campus.site.verify(made.content).withheld == ("identifiers", "results")
    whole = campus.client.get(where, params={"form": "sd-jwt"}, headers=campus.key())
    assert campus.site.verify(whole.content).withheld == ()
    for params, status in (({"form": "sd-jwt", "hide": "status"}, 409), ({"form": "jwt", "hide": "results"}, 422)):
        assert campus.client.get(where, params=params, headers=campus.key()).status_code == status


# --- previews ---


def test_a_preview_shows_what_the_link_would_and_keeps_nothing(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    wanted = {"credential_ids": owner.held()[:1], "hide": ["results"], "purpose": "Admission", "days": 3}
    status, preview = asked(owner, "POST", "/preview", wanted)
    assert status == 200
    assert (preview["verdict"], preview["purpose"]) == ("valid", "Admission")
    [shown] = preview["shown"]
    assert shown["withheld"] == ["identifiers", "results"]
    page = campus.client.post(
        f"{owner.path}/links/preview", json=wanted, headers=owner.headers | {"Accept": "text/html"}
    )
    assert page.headers["content-type"].startswith("text/html")
    assert "A preview: there is no link yet" in page.text
    assert "/s/" not in page.text
    assert campus.site.links.links(owner.wallet_id) == []
    assert campus.site.records.records(owner.wallet_id) == []


# --- narrowing ---


def test_a_live_link_can_be_made_to_show_less_and_never_more(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    first, second = owner.held()
    link = owner.a_link(credential_ids=[first, second], days=30)
    path, here = link["url"].removeprefix(ORIGIN), f"/{link['id']}/narrowing"
    assert len(campus.client.get(f"{path}.json").json()["report"]["components"]) == 2
    status, changed = asked(owner, "POST", here, {"credential_ids": [first], "days": 2})
    assert (status, changed["credential_id"]) == (200, first)
    assert campus.client.get(f"{path}.json").json()["report"]["components"] == []
    for wider in (
        {"credential_ids": [first, second]},
        {"days": 30},
        {"until": str(datetime.now(UTC).date() + timedelta(9))},
    ):
        assert asked(owner, "POST", here, wider)[1]["code"] == "wider"
    status, changed = asked(owner, "POST", here, {"hide": ["results"]})
    assert (changed["items"], changed["hidden"]) == ([first], ["results"])
    assert "results" in campus.client.get(f"{path}.json").json()["withheld"]
    status, changed = asked(owner, "POST", here, {"hide": ["narrative"]})
    assert changed["hidden"] == ["narrative", "results"]
    assert asked(owner, "POST", here, {"credential_ids": [second]})[1]["code"] == "wider"
    assert asked(owner, "POST", here, {})[0] == 422
    campus.client.delete(f"{owner.path}/links/{link['id']}", headers=owner.headers)
    assert asked(owner, "POST", here, {"days": 1})[1]["code"] == "link_ended"


# --- expiry and purpose ---


def test_a_link_ends_with_a_day_and_says_so_apart_from_any_credential(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    last = datetime.now(UTC).date() + timedelta(10)
    path = owner.a_path(credential_ids=owner.held()[:1], until=str(last), purpose="Application at Example Ltd")
    shown = campus.client.get(f"{path}.json").json()
    assert shown["shared_until"] == f"{last + timedelta(1)}T00:00:00Z"
    assert "when this link ends" in shown["shared_until_means"]
    assert shown["purpose"] == "Application at Example Ltd"
    page = campus.client.get(path, headers={"Accept": "text/html"}).text
    assert "<strong>This link</strong> ends on" in page
    assert "Application at Example Ltd" in page
    for until, code in ((str(last - timedelta(20)), "expiry_past"), (str(last + timedelta(400)), "expiry_far")):
        assert asked(owner, "POST", "", {"credential_ids": owner.held()[:1], "until": until})[1]["code"] == code
    for wrong in ({"until": "2026-13-01"}, {"until": "soon"}, {"until": str(last), "days": 3}):
        assert asked(owner, "POST", "", {"credential_ids": owner.held()[:1]} | wrong)[0] == 422


def test_receipts_keep_the_purpose_that_viewers_state_and_nothing_of_the_viewer(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    link = owner.a_link(credential_ids=owner.held()[:1])
    path = link["url"].removeprefix(ORIGIN)
    agent = {"User-Agent": "linnet-agent", "X-Forwarded-For": "203.0.113.77", "Referer": "https://linnet.example/"}
    campus.client.get(f"{path}.json", params={"purpose": "Hiring\u202e now"}, headers=agent)
    campus.client.post(path, data={"purpose": "Admission"}, headers=agent)
    campus.client.get(f"{path}.json", headers=agent)
    _, views = asked(owner, "GET", f"/{link['id']}/views")
    assert [view["purpose"] for view in views] == [None, "Admission", "Hiring\ufffd now"]
    assert [view["kind"] for view in views] == ["json", "page", "json"]
    database = campus.workspace.path / "ledger.db"
    stored = b"".join(file.read_bytes() for file in database.parent.glob("ledger.db*"))
    assert b"linnet" not in stored
    assert b"203.0.113.77" not in stored
