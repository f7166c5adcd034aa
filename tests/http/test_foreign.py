"""Credentials of others over HTTP: the same report, no verdict without a known issuer, and never counted as valid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.web.verdicts import view_of
from ledger.verifying.policy import Policy
from ledger.verifying.verifier import Verifier
from tests.site import Campus

SAMPLES = Path(__file__).resolve().parents[1] / "interop" / "samples"
JSON = {"Content-Type": "application/json"}
BADGE = (SAMPLES / "eddsa-jcs-2022-did-key.json").read_bytes()
ALTERED = (SAMPLES / "eddsa-jcs-2022-altered.json").read_bytes()
TOKEN = (SAMPLES / "jwt-did-key.jwt").read_bytes()
ANY = {"policy": "any-issuer"}


def verified(campus: Campus, data: bytes, **parameters: str) -> Any:
    answer = campus.client.post("/v1/verify", content=data, headers=JSON, params=parameters)
    assert answer.status_code == 200
    return answer.json()


def test_without_a_known_issuer_there_is_no_verdict(campus: Campus) -> None:
    report = verified(campus, BADGE)
    assert (report["verdict"], report["code"], report["policy"]) == (
        *("indeterminate", "no_anchor_proof"),
        {"any_issuer": False},
    )
    assert verified(campus, ALTERED)["verdict"] == "invalid"


def test_a_token_gets_the_same_report(campus: Campus) -> None:
    answer = campus.client.post("/v1/verify", files={"file": ("a.jwt", TOKEN, "application/octet-stream")})
    assert (answer.status_code, answer.json()["code"]) == (200, "no_anchor_proof")


def test_the_unsafe_policy_needs_the_sites_leave(campus: Campus) -> None:
    answer = campus.client.post("/v1/verify", content=BADGE, headers=JSON, params=ANY)
    assert (answer.status_code, answer.json()["code"]) == (422, "policy_not_allowed")
    unknown = campus.client.post("/v1/verify", content=BADGE, headers=JSON, params={"policy": "anything"})
    assert unknown.status_code == 422


def test_where_the_site_allows_it_the_report_says_so(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    allowing = campus.site.settings.model_copy(update={"allow_any_issuer": True})
    monkeypatch.setattr(campus.site, "settings", allowing)
    report = verified(campus, BADGE, **ANY)
    assert (report["verdict"], report["policy"]) == ("valid", {"any_issuer": True})
    assert "nobody was asked" in report["message"]
    assert verified(campus, ALTERED, **ANY)["verdict"] == "invalid"
    assert verified(campus, BADGE)["verdict"] == "indeterminate"
    assert verified(campus, campus.document())["policy"] == {"any_issuer": False}


def test_a_wallet_keeps_it_and_never_counts_it_as_valid(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    allowing = campus.site.settings.model_copy(update={"allow_any_issuer": True})
    monkeypatch.setattr(campus.site, "settings", allowing)
    owner = campus.a_wallet()
    answer: Any = owner.take_in(BADGE)
    assert answer["report"]["checks"] == verified(campus, BADGE)["checks"]
    held = answer["credential"]
    assert (held["verdict"], held["code"], held["issuer_name"]) == ("indeterminate", "no_anchor_proof", None)
    listed = campus.client.get(f"{owner.path}/credentials", headers=owner.headers).json()
    assert [one["verdict"] for one in listed] == ["indeterminate"]


def test_the_page_says_that_nothing_is_known_of_the_issuer(campus: Campus) -> None:
    page = campus.client.post("/check", files={"file": ("a.json", BADGE, "application/json")})
    assert page.status_code == 200
    assert "Could not check" in page.text
    assert "eddsa-jcs-2022" in page.text
    assert "ANY ISSUER ACCEPTED" not in page.text


def test_a_view_of_any_issuer_warns() -> None:
    report = Verifier(Policy((), (), any_issuer=True), {}).verify(BADGE)
    view = view_of(report)
    assert [banner.title for banner in view.banners] == ["ANY ISSUER ACCEPTED"]
    assert view.accredited_name is None
    assert "--policy any-issuer" in view.command
