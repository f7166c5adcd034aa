"""What a learner's pages say of records, and of credentials from issuers that nobody knows."""

from __future__ import annotations

import re

import orjson

from tests.http.test_learner_pages import OWN, VECTORS, a_link_of, with_credentials
from tests.mailbox import a_learner
from tests.site import Campus


def test_a_record_that_would_be_the_same_again_is_said_to_be_there(campus: Campus) -> None:
    browser, held = with_credentials(campus, "same-record@a.example")
    form = {"name": "For a job", "credential": held}
    assert browser.client.post("/wallet/records", data=form, headers=OWN).status_code == 303
    again = browser.client.post("/wallet/records", data=form, headers=OWN)
    assert again.status_code == 200
    assert "Nothing was made: version 1 has this name and holds exactly this already." in again.text
    assert again.text.count("The signed file (JSON)") == 1
    campus.settled()


def test_an_issuer_without_a_name_is_said_to_be_unknown_and_its_did_is_a_detail(campus: Campus) -> None:
    document = orjson.loads((VECTORS / "digitalbazaar-proofs" / "ed25519-signature-2020.json").read_bytes())
    document["issuer"] = document["issuer"]["id"]
    browser = a_learner(campus, "nameless@a.example")
    [(_, held)] = campus.site.wallets.keep(
        browser.wallet_id, campus.site.wallets.arrive_together([orjson.dumps(document)]), "import"
    )
    for path in ("/wallet", "/wallet/credentials", f"/wallet/credentials/{held.id}"):
        page = browser.client.get(path, headers=OWN).text
        assert "An issuer that nobody recognises here" in page
        before, _, details = page.partition("What was checked")
        assert document["issuer"] not in before
    assert f"<code>{document['issuer']}</code>" in details
    assert 'aria-current="true">My wallet' in page


def test_what_names_somebody_else_is_marked_so_and_is_no_new_stone(campus: Campus) -> None:
    browser, _ = with_credentials(campus, "anothers-stone@a.example")
    theirs = campus.credentials("learner2@students.example")[0]
    document = campus.workspace.catalog.document(theirs.credential_id)
    campus.site.wallets.keep(browser.wallet_id, campus.site.wallets.arrive_together([document]), "import")
    page = browser.client.get("/wallet", headers=OWN).text
    assert page.count("Another name") == len(("broad", "slim", "list"))
    assert page.count("Names somebody else") == 1


def test_a_link_names_every_credential_that_it_shows(campus: Campus) -> None:
    browser, held = with_credentials(campus, "names-shown@a.example")
    page = browser.client.get(a_link_of(browser, held), headers=OWN).text
    shown = page.partition("What it shows")[2].partition("Who has looked")[0]
    assert shown.count('<span class="block" dir="auto">') == len(held)
    campus.settled()


def test_a_viewer_who_says_what_for_is_told_that_the_holder_can_read_it(campus: Campus) -> None:
    path = campus.a_full_wallet().a_path()
    said = "The holder can read now what you need it for."
    assert said in campus.client.post(path, data={"purpose": "Admission"}, headers=OWN).text
    assert said not in campus.client.get(path, headers=OWN).text


def test_one_that_could_not_be_checked_among_valid_ones_makes_nothing_look_false(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    owner.take_in((VECTORS / "digitalbazaar-proofs" / "ecdsa-rdfc-2019-p256.json").read_bytes())
    page = campus.client.get(owner.a_path(), headers=OWN).text
    assert 'class="verdict indeterminate"' in page
    assert "See below which part that is about. The other parts stand on their own." in page
    assert "2 valid, 1 could not be checked." in page
    assert not re.search(r'class="[^"]*\binvalid\b', page)
