"""What a share page says its credentials add up to: the same as the JSON, and only of what it shows."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from ledger.chain.registry import Reason
from tests.http.test_as_of import later
from tests.site import Campus, Owner

HTML = {"Accept": "text/html"}


def words_of(campus: Campus, path: str, **params: str) -> str:
    """The card with the sums, as text."""
    page = campus.client.get(path, params=params, headers=HTML).text
    card = page.partition("What it adds up to")[2].partition("</section>")[0]
    return " ".join(unescape(re.sub("<[^>]*>", " ", card)).split())


def test_a_shared_record_says_what_it_adds_up_to_and_leads_to(campus: Campus) -> None:
    path = campus.a_full_wallet().a_path()
    said = words_of(campus, path)
    summed: Any = campus.client.get(f"{path}/overview").json()
    assert "2 of 2 credentials count: only what is valid does. They are from 1 institution." in said
    assert f"Credits as stated {summed['totals']['by_framework']['ECTS']:g} ECTS" in said
    assert "2 ECTS, indicative" in said
    assert "no recognition decision" in said
    [pathway] = summed["pathways"]
    assert pathway["title"] in said
    for entry in summed["timeline"]:
        assert entry["name"] in said


def test_one_credential_alone_adds_up_to_nothing_more(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    assert not words_of(campus, owner.a_path(credential_ids=owner.held()[:1]))


def test_what_hides_something_adds_up_and_the_preview_says_the_same(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    wanted = {"credential_ids": owner.held(), "hide": ["results"]}
    said = words_of(campus, owner.a_path(**wanted))
    assert "2 of 2 credentials count" in said
    preview = campus.client.post(f"{owner.path}/links/preview", json=wanted, headers=owner.headers | HTML).text
    assert "2 of 2 credentials count" in preview


def test_what_is_revoked_counts_no_more_but_did_then(campus: Campus) -> None:
    owner, credential_id = with_one_that_will_be_revoked(campus)
    path = owner.a_path()
    before: Any = campus.client.get(f"{path}.json").json()
    assert "3 of 3 credentials count" in words_of(campus, path)
    campus.workspace.revocation.revoke([credential_id], Reason.ISSUED_IN_ERROR)
    campus.settled()
    said = words_of(campus, path)
    assert "2 of 3 credentials count" in said
    assert "Not counted: not valid." in said
    then = later(before["report"]["chain"]["block"]["time"], 0)
    assert "3 of 3 credentials count" in words_of(campus, path, on=then)
    assert campus.client.get(f"{path}/overview", params={"on": then}).json()["counted"] == 3
    assert campus.client.get(f"{path}/overview", params={"on": "soon"}).status_code == 422


def with_one_that_will_be_revoked(campus: Campus) -> tuple[Owner, str]:
    [credential] = campus.awarded("intro", label="To be revoked from a sum")
    owner = campus.a_full_wallet()
    owner.take_in(campus.workspace.catalog.document(credential.credential_id))
    return owner, credential.credential_id
