"""What a learner's pages say of records, and of credentials from issuers that nobody knows."""

from __future__ import annotations

import orjson

from tests.http.test_learner_pages import OWN, VECTORS, with_credentials
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
