"""The learner's forms over HTTP: what is refused comes back filled in, other people's things are not there, and nobody
else's page can send them."""

from __future__ import annotations

import re
import time
from html import unescape
from pathlib import Path

import pytest

from api.wallets.access.values import Way
from api.wallets.pages.owner import safe_back
from tests.mailbox import Browser, Mailbox, a_learner
from tests.office import JCS_ONLY
from tests.site import Campus

OWN = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
UNKNOWN = "0" * 32
VECTORS = Path(__file__).resolve().parents[1] / "vectors"


def with_credentials(campus: Campus, email: str) -> tuple[Browser, list[str]]:
    """A learner who is signed in and holds two modules; their ids, the newest award first."""
    browser = a_learner(campus, email)
    documents = [
        campus.workspace.catalog.document(one.credential_id) for one in campus.credentials("learner1@students.example")
    ]
    kept = campus.site.wallets.keep(browser.wallet_id, campus.site.wallets.arrive_together(documents), "claim")
    return browser, [held.id for _, held in kept]


def errors_in(page: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'<p class="error" id="[^"]*">([^<]*)</p>', page)]


def a_link_of(browser: Browser, held: list[str], **changes: object) -> str:
    """Makes a link by the form; the address of its page."""
    form = {"credential": held, "label": "For a job", "days": "7", **changes}
    answer = browser.client.post("/wallet/links", data=form, headers=OWN)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


# --- what is refused ---


def test_a_link_that_makes_no_sense_comes_back_filled_in(campus: Campus) -> None:
    browser, held = with_credentials(campus, "forms1@a.example")
    form = {
        "credential": held[:1],
        "hide": ["results"],
        "label": "",
        "purpose": "P" * 201,
        "days": "many",
        "pin": "12345",
        "until": "",
    }
    for path in ("/wallet/links", "/wallet/links/preview"):
        answer = browser.client.post(path, data=form, headers=OWN)
        assert answer.status_code == 422
        assert errors_in(answer.text) == [
            "Give the link a name of 1 to 200 characters. The viewer sees it.",
            "The purpose has 200 characters at most.",
            "Choose how long the link works.",
            "A PIN has 6 to 64 characters.",
        ]
        assert re.search(rf'value="{held[0]}" checked', answer.text)
        assert not re.search(rf'value="{held[1]}" checked', answer.text)
        assert re.search(r'value="results" checked', answer.text)
        assert "P" * 201 in answer.text
    assert campus.site.links.links(browser.wallet_id) == []


@pytest.mark.parametrize("until", ["2020-01-01", "2026-13-41", "9999-12-31", "tomorrow"])
def test_a_link_ends_on_a_day_that_makes_sense(campus: Campus, until: str) -> None:
    browser, held = with_credentials(campus, f"until{until}@a.example")
    form = {"credential": held, "label": "x", "days": "7", "until": until}
    answer = browser.client.post("/wallet/links", data=form, headers=OWN)
    assert answer.status_code == 422
    assert errors_in(answer.text) == ["Give a day that is still to come and at most a year away."]
    assert f'value="{until}"' in answer.text


def test_what_cannot_be_left_out_and_what_is_not_chosen_is_said(campus: Campus) -> None:
    browser, held = with_credentials(campus, "forms2@a.example")
    form = {"credential": held, "hide": ["issuer"], "label": "x", "days": "7"}
    answer = browser.client.post("/wallet/links", data=form, headers=OWN)
    assert answer.status_code == 422
    assert "Choose from the list what to leave out." in answer.text
    answer = browser.client.post("/wallet/links", data={"label": "x", "days": "7"}, headers=OWN)
    assert answer.status_code == 422
    assert "Choose at least one credential, and 500 at most." in answer.text


@pytest.mark.parametrize(
    ("path", "form", "kept"),
    [
        ("/wallet/addresses", {"email": "no address"}, 'value="no address"'),
        ("/wallet/records", {"name": "", "credential": "x"}, 'id="name"'),
        ("/wallet/leave/erase", {"word": "delete"}, 'value="delete"'),
        ("/wallet/settings/did", {"presentation": "{no json"}, "{no json"),
        ("/wallet/settings/did/key", {"passphrase": "short", "again": "short"}, 'id="passphrase"'),
    ],
)
def test_other_forms_come_back_too(campus: Campus, path: str, form: dict[str, str], kept: str) -> None:
    browser, _ = with_credentials(campus, f"others{path.replace('/', '-')}@a.example")
    answer = browser.client.post(path, data=form, headers=OWN)
    assert answer.status_code == 422
    assert kept in answer.text
    assert 'class="error"' in answer.text
    assert 'role="alert"' in answer.text


def test_the_last_way_in_stays(campus: Campus) -> None:
    browser, _ = with_credentials(campus, "last@a.example")
    assert browser.client.post("/wallet/token/end", headers=OWN).status_code == 303
    [address] = browser.ways()["addresses"]
    answer = browser.client.post("/wallet/addresses/remove", data={"id": address["id"]}, headers=OWN)
    assert answer.status_code == 422
    assert "This is the last way into your cairn." in answer.text
    assert browser.ways()["addresses"] == [address]


def test_a_file_that_is_no_credential_is_not_taken_in(campus: Campus) -> None:
    browser = a_learner(campus, "import@a.example")
    for content in (
        b"",
        b"nonsense",
        b"{}",
        b"[" * 10_000,
        b"\x89PNG\r\n\x1a\nbroken",
        b"%PDF-1.7 broken",
        b"PK\x03\x04",
    ):
        answer = browser.client.post("/wallet/import", files={"file": ("x", content)}, headers=OWN)
        assert answer.status_code == 422, content[:10]
        assert "Nothing was taken in" in answer.text
    assert browser.client.get(f"{browser.path}/credentials").json() == []


def test_what_does_not_hold_is_said_in_the_readers_language(campus: Campus) -> None:
    browser = a_learner(campus, "imported@a.example")
    (credential,) = campus.awarded("intro")
    issued = campus.workspace.catalog.document(credential.credential_id)
    changed = issued.replace(credential.name.encode(), b"Something Else")
    files = {"file": ("x.json", changed)}
    english = browser.client.post("/wallet/import", files=files, headers=OWN).text
    malay = browser.client.post("/wallet/import", files=files, headers=OWN | {"Accept-Language": "ms"}).text
    told = campus.site.verify(changed).message[1:]
    assert (told in unescape(english), told in unescape(malay)) == (True, False)
    assert "Dokumen ini diubah selepas dikeluarkan." in malay


# --- other people's things ---


def test_what_is_another_learners_is_not_there(campus: Campus) -> None:
    mine, _ = with_credentials(campus, "mine2@a.example")
    theirs, held = with_credentials(campus, "theirs2@a.example")
    link = a_link_of(theirs, held)
    wanted = {"credential_ids": held, "name": "Theirs"}
    record = theirs.client.post(f"{theirs.path}/records", json=wanted).json()["id"]
    paths = [f"/wallet/credentials/{held[0]}{end}" for end in ("", "/file", "/remove", "/linkedin")]
    paths += [f"{link}{end}" for end in ("", "/qr.svg", "/narrow", "/withdraw")]
    paths += [f"/wallet/records/{record}/file", f"/wallet/links/new?record={record}"]
    for path in paths:
        assert theirs.client.get(path, headers=OWN).status_code == 200, path
        unknown = re.sub(r"[0-9a-f]{32}", UNKNOWN, path)
        answers = [mine.client.get(one, headers=OWN) for one in (path, unknown)]
        assert [answer.status_code for answer in answers] == [404, 404], path
        said = [re.sub(r"<code>[0-9a-f]{16}</code>|[0-9a-f]{32}", "", answer.text) for answer in answers]
        assert said[0] == said[1], path
    posts = [f"/wallet/credentials/{held[0]}/remove", f"/wallet/credentials/{held[0]}/linkedin"]
    posts += [f"{link}/{end}" for end in ("narrow", "unlock", "withdraw")]
    posts += [f"/wallet/pathways/{UNKNOWN}/remove"]
    for path in posts:
        assert mine.client.post(path, data={"credential": held[0]}, headers=OWN).status_code == 404, path
    form = {"credential": held, "label": "x", "days": "7"}
    assert mine.client.post("/wallet/links", data=form, headers=OWN).status_code == 404
    assert mine.client.post("/wallet/records", data={"name": "x", "credential": held}, headers=OWN).status_code == 404
    assert [one.state for one in campus.site.links.links(theirs.wallet_id)] == ["live"]
    campus.settled()


def test_nobody_elses_page_sends_a_form(campus: Campus) -> None:
    browser, held = with_credentials(campus, "foreign@a.example")
    link = a_link_of(browser, held)
    foreign = {"Accept": "text/html", "Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    paths = ["/wallet/seen", "/wallet/gather", "/wallet/links", "/wallet/links/new", "/wallet/links/preview"]
    paths += [f"{link}/{end}" for end in ("narrow", "unlock", "withdraw")]
    paths += [f"/wallet/credentials/{held[0]}/remove", "/wallet/records", "/wallet/import", "/wallet/merge"]
    paths += [
        "/wallet/token",
        "/wallet/recovery-codes",
        "/wallet/leave/erase",
        "/wallet/settings/did/key",
        "/sign-in/token",
    ]
    for path in paths:
        answer = browser.client.post(path, data={"word": "erase", "credential": held}, headers=foreign)
        assert answer.status_code == 401, path
    assert len(campus.site.wallets.credentials(browser.wallet_id)) == 2
    assert [one.state for one in campus.site.links.links(browser.wallet_id)] == ["live"]


# --- signing in, and back ---


@pytest.mark.parametrize(
    ("wanted", "safe"),
    [
        ("/wallet/links", "/wallet/links"),
        ("/wallet/links/new?credential=0a", "/wallet/links/new?credential=0a"),
        ("/wallet/../check", "/wallet"),
        ("//evil.example/wallet", "/wallet"),
        ("/wallet//evil.example", "/wallet"),
        ("https://evil.example/wallet", "/wallet"),
        ("/wallet\\@evil.example", "/wallet"),
        ("/wallet?next=//evil.example", "/wallet"),
        ("/wallet/x\r\nLocation: //evil.example", "/wallet"),
        ("/walletx", "/wallet"),
        ("javascript:alert(1)", "/wallet"),
        ("/wallet/" + "a" * 400, "/wallet"),
        (None, "/wallet"),
    ],
)
def test_whoever_signs_in_comes_back_to_this_site_only(wanted: str | None, safe: str) -> None:
    assert safe_back(wanted) == safe


def test_signing_in_leads_back_to_the_page_that_was_asked_for(campus: Campus) -> None:
    email = "back@a.example"
    a_learner(campus, email)
    browser, box = Browser(campus), Mailbox(campus, email)
    asked = browser.client.get("/wallet/settings", headers=OWN)
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?back=%2Fwallet%2Fsettings")
    assert 'value="/wallet/settings"' in browser.client.get(asked.headers["location"], headers=OWN).text
    form = {"email": email, "back": "/wallet/settings"}
    assert browser.client.post("/sign-in/link", data=form, headers=OWN).status_code == 202
    entered = browser.use(box.next_link())
    assert (entered.status_code, entered.headers["location"]) == (303, "/wallet/settings")


# --- what is told ---


def test_a_claim_says_no_more_than_its_mail_did(campus: Campus) -> None:
    rows = campus.new_drafts("intro", "needs")
    email = rows[0].learner.email
    box, links = Mailbox(campus, email), []
    for row in rows:
        batch = campus.workspace.imports.draft_batch("usm", [row], label="Said")
        campus.workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
        links.append(box.next_link())
    page = Browser(campus).client.get(links[0], headers=OWN).text
    assert "Universiti Sains Malaysia" in page
    assert "Put it into my cairn" in page
    assert email not in page
    assert "2 credentials" not in page
    assert Browser(campus).client.get("/claim/cairn_mail_" + "A" * 71, headers=OWN).status_code == 404


def test_what_an_issuer_hands_over_is_named_by_nothing_but_its_institution(campus: Campus) -> None:
    [credential] = campus.awarded("needs")
    path = f"/v1/issuers/usm/batches/{credential.batch_id}/claims"
    claims = campus.client.post(path, json={}, headers=campus.key("usm")).json()
    page = Browser(campus).client.get(f"/claim/{claims[0]['token']}", headers=OWN).text
    assert "Universiti Sains Malaysia" in page
    assert "Collect your credentials" in page
    assert "Needs Assessment" not in page


def test_what_is_signed_and_not_anchored_is_on_its_way(campus: Campus) -> None:
    [row] = campus.new_drafts("intro")
    browser = a_learner(campus, row.learner.email)
    batch = campus.workspace.imports.draft_batch("usm", [row], label="On its way")
    assert "On its way" not in browser.client.get("/wallet", headers=OWN).text, "a draft is nobody's business"
    campus.workspace.pipeline.seal(batch.id, suites=JCS_ONLY)
    assert "Signed, not yet anchored" in browser.client.get("/wallet", headers=OWN).text
    campus.workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
    waiting = browser.client.get("/wallet", headers=OWN).text
    assert "1 credential waits for you" in waiting
    assert browser.client.post("/wallet/gather", headers=OWN).status_code == 303
    assert "1 new credential" in browser.client.get("/wallet", headers=OWN).text


def test_the_address_of_a_link_is_shown_where_it_was_made_and_nowhere_else(campus: Campus) -> None:
    browser, held = with_credentials(campus, "made@a.example")
    where = a_link_of(browser, held[:1], pin="295174")
    page = browser.client.get(where, headers=OWN)
    [address] = re.findall(r'id="address" value="([^"]*)"', page.text)
    path = address.removeprefix(campus.site.base)
    assert browser.client.get(f"{where}/qr.svg").headers["content-type"] == "image/svg+xml"
    assert campus.client.get(path, headers={"Accept": "text/html"}).status_code == 401, "it asks for the PIN"
    other = Browser(campus)
    other.client.cookies.set("cairn", browser.client.cookies.get("cairn", domain="127.0.0.1"), domain="127.0.0.1")
    assert path not in other.client.get(where, headers=OWN).text
    assert other.client.get(f"{where}/qr.svg").status_code == 404
    assert path not in other.client.get("/wallet/links", headers=OWN).text


def test_a_link_is_made_to_show_less_and_never_more(campus: Campus) -> None:
    browser, held = with_credentials(campus, "less@a.example")
    where = a_link_of(browser, held)
    nothing = browser.client.post(f"{where}/narrow", data={"credential": held}, headers=OWN)
    assert nothing.status_code == 422
    assert "Nothing was changed" in nothing.text
    none = browser.client.post(f"{where}/narrow", data={}, headers=OWN)
    assert none.status_code == 422
    assert browser.client.post(f"{where}/narrow", data={"credential": held[:1]}, headers=OWN).status_code == 303
    wider = browser.client.post(f"{where}/narrow", data={"credential": held}, headers=OWN)
    assert wider.status_code == 422
    assert "never more" in wider.text
    later = browser.client.post(f"{where}/narrow", data={"credential": held[:1], "until": later_day()}, headers=OWN)
    assert later.status_code == 422


def later_day() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + 100 * 86_400))


def test_files_come_in_every_form_and_a_token_signs_in(campus: Campus) -> None:
    browser, held = with_credentials(campus, "files@a.example")
    begins = {"json": b"{", "pdf": b"%PDF", "png": b"\x89PNG", "svg": b"<svg", "jwt": b"ey"}
    for form, first in begins.items():
        answer = browser.client.get(f"/wallet/credentials/{held[0]}/file?form={form}", headers=OWN)
        assert answer.status_code == 200, form
        assert first in answer.content[:300], form
        assert answer.headers["content-disposition"].startswith("attachment"), form
    assert browser.client.get(f"/wallet/credentials/{held[0]}/file?form=linkedin", headers=OWN).status_code == 404
    made = browser.client.post("/wallet/token", headers=OWN).text
    [token] = re.findall(r"cairn_wallet_[A-Za-z0-9_-]+", made)
    other = Browser(campus)
    answer = other.client.post("/sign-in/token", data={"token": token, "back": "/wallet/links"}, headers=OWN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/wallet/links")
    assert other.wallet_id == browser.wallet_id
    assert Browser(campus).client.post("/sign-in/token", data={"token": "x"}, headers=OWN).status_code == 401


def test_two_cairns_become_one_by_the_link_that_went_to_the_others_address(campus: Campus) -> None:
    (target, _), (source, _) = with_credentials(campus, "into@a.example"), with_credentials(campus, "from@a.example")
    box = Mailbox(campus, "from@a.example")
    target.client.post("/sign-in/link", data={"email": "from@a.example"}, headers=OWN)
    link = campus.site.base + box.next_link()
    wrong = target.client.post("/wallet/merge", data={"proof": link + "x"}, headers=OWN)
    assert wrong.status_code == 401
    assert link in wrong.text
    assert target.client.post("/wallet/merge", data={"proof": link}, headers=OWN).status_code == 303
    assert {one["email"] for one in target.ways()["addresses"]} == {"into@a.example", "from@a.example"}
    assert source.client.get("/wallet").status_code == 303


def test_what_could_not_be_checked_does_not_look_like_what_is_false(campus: Campus) -> None:
    owner = campus.a_wallet()
    owner.take_in((VECTORS / "digitalbazaar-proofs" / "ed25519-signature-2020.json").read_bytes())
    with campus.workspace.database.writing() as session:
        token = campus.site.access.sessions.begin(session, owner.wallet_id, Way.LINK).token.text
    browser = Browser(campus)
    browser.client.cookies.set("cairn", token, domain="127.0.0.1")
    page = browser.client.get("/wallet", headers=OWN).text
    assert "Could not check" in page
    assert not re.search(r'class="[^"]*\binvalid\b', page)
