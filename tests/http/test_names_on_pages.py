"""A wallet that holds what is made out to two names: what a record of all of it reads, its learner reads first."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from pathlib import Path

import orjson
import pytest

from ledger.documents.accreditation import AccreditationStatement
from tests.http.test_learner_pages import OWN, with_credentials
from tests.mailbox import Browser
from tests.site import Campus, apart

TOLD = "These do not all name you in the same way"
FORMS = {"/wallet/links/new": "/wallet/links", "/wallet/records": "/wallet/records"}


def two_names(campus: Campus, email: str) -> tuple[Browser, list[str]]:
    """A learner to whom two modules were handed over under one name, and two under another: two wallets, merged."""
    browser, held = with_credentials(campus, email)
    others = [
        campus.workspace.catalog.document(one.credential_id) for one in campus.credentials("learner2@students.example")
    ]
    kept = campus.site.wallets.keep(browser.wallet_id, campus.site.wallets.arrive_together(others), "claim")
    return browser, held + [one.id for _, one in kept]


def filled_in(held: list[str], **more: object) -> dict[str, object]:
    return {"credential": held, "name": "All of it", "label": "All of it", "days": "7", **more}


@pytest.mark.parametrize("page", FORMS)
def test_the_form_tells_what_checkers_read_and_offers_one_name_at_a_time(campus: Campus, page: str) -> None:
    browser, held = two_names(campus, f"two{len(page)}@a.example")
    text = browser.client.get(page, headers=OWN).text
    assert TOLD in text
    assert "Whoever checks all of them together reads: Could not check." in text
    ways = [unescape(way) for way in re.findall(rf'href="({page}\?credential=[^"]*)"><bdi>Learner ', text)]
    assert len(ways) == 2
    for way in ways:
        one_name = browser.client.get(way, headers=OWN).text
        assert TOLD not in one_name
        assert one_name.count(" checked>") == 2
    assert TOLD not in browser.client.get(f"{page}?credential={held[0]}", headers=OWN).text


@pytest.mark.parametrize("page", FORMS)
def test_nothing_is_made_of_two_names_before_its_learner_was_told(campus: Campus, page: str) -> None:
    browser, held = two_names(campus, f"told{len(page)}@a.example")
    told = browser.client.post(FORMS[page], data=filled_in(held), headers=OWN)
    assert (told.status_code, TOLD in told.text) == (200, True)
    assert 'name="apart" value="seen"' in told.text
    assert campus.site.links.links(browser.wallet_id) == []
    assert campus.site.records.records(browser.wallet_id) == []
    made = browser.client.post(FORMS[page], data=filled_in(held, apart="seen"), headers=OWN)
    assert made.status_code == 303
    [record] = campus.site.records.records(browser.wallet_id)
    assert record.size == len(held)
    campus.settled()
    report = campus.site.verify_shared(campus.site.records.document(browser.wallet_id, record.id))
    assert report.code == "subject_uncertain"
    assert "a record for each name would leave nothing open" in report.message


def test_the_preview_tells_it_too(campus: Campus) -> None:
    browser, held = two_names(campus, "preview-two@a.example")
    text = browser.client.post("/wallet/links/preview", data=filled_in(held), headers=OWN).text
    assert TOLD in text
    assert 'name="apart" value="seen"' in text
    assert TOLD not in browser.client.post("/wallet/links/preview", data=filled_in(held[:2]), headers=OWN).text
    # Each by itself, without its remarks, makes no record of them.
    parts = filled_in(held, hide=["narrative"])
    assert TOLD not in browser.client.post("/wallet/links/preview", data=parts, headers=OWN).text


def test_a_recognised_publisher_of_records_vouches_and_a_learner_alone_does_not(tmp_path: Path) -> None:
    with apart(tmp_path) as campus:
        publisher = campus.workspace.catalog.issuer("records")
        statement = AccreditationStatement(
            name="Cairn Records (recognised)",
            did=publisher.did,
            issuer_id=publisher.issuer_id,
            country="MY",
            recognised=("Learners' records",),
            accreditor="Malaysian Qualifications Agency",
            published=date(2026, 11, 22),
        )
        campus.workspace.accreditors.accredit("mqa", "records", statement=statement)
        browser, held = two_names(campus, "vouched@a.example")
        assert TOLD not in browser.client.get("/wallet/records", headers=OWN).text
        assert browser.client.post("/wallet/records", data=filled_in(held), headers=OWN).status_code == 303
        campus.settled()
        [record] = campus.site.records.records(browser.wallet_id)
        report = campus.site.verify_shared(campus.site.records.document(browser.wallet_id, record.id))
        assert (report.code, report.check("holder").code) == ("valid", "vouched")
        assert report.check("holder").evidence["vouched_by"] == "Cairn Records (recognised)"
        alone = filled_in(held, how="own")
        assert TOLD in browser.client.post("/wallet/records", data=alone, headers=OWN).text
        signed = browser.client.post("/wallet/records", data=alone | {"apart": "seen"}, headers=OWN)
        assert orjson.loads(signed.content)["type"] == ["VerifiableCredential", "ClrCredential"]
