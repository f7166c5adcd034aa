"""Pages: the verdict first, in words and shape; nothing that a document says can act on the page."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import orjson
import pytest

from ledger.documents.strict_json import JsonObject, parse
from tests.http.test_verify import cut_off
from tests.pages.learners import a_revoked_credential, an_awarded_learner
from tests.site import Campus

HTML = {"Accept": "text/html"}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'\"><svg/onload=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "</title><script>alert(1)</script>",
    "javascript:alert(1)",
    "<a href='https://evil.example'>click</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
)


class Outline(HTMLParser):
    """What a browser would act on: elements with their attributes, and the text in reading order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.before = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "main":
            self.before = len(self.texts)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())

    def content(self) -> str:
        """All text from the content of the page on."""
        return " ".join(self.texts[self.before :])


def checked(campus: Campus, document: bytes) -> Any:
    return campus.client.post("/check", files={"file": ("file.json", document)}, headers=HTML)


def revoked(campus: Campus) -> bytes:
    return campus.workspace.catalog.document(a_revoked_credential(campus).credential_id)


def test_the_home_page_says_what_this_is_in_three_sentences_and_leads_to_the_check(campus: Campus) -> None:
    page = campus.client.get("/", headers=HTML)
    outline = Outline(page.text)
    assert "Credentials that anyone can check" in outline.texts
    [said] = [text for text in outline.texts if text.startswith("Universities issue")]
    assert len(re.findall(r"\.(?:\s|$)", said)) == 3
    assert ("a", {"class": "button", "href": "/check"}) in outline.elements
    assert "EMBEDDED CHAIN" in outline.texts


def test_the_verdict_comes_first_and_the_three_look_and_read_differently(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = {
        "valid": checked(campus, campus.document()).text,
        "invalid": checked(campus, revoked(campus)).text,
    }
    cut_off(campus.site, monkeypatch)
    answer = checked(campus, campus.document())
    pages["indeterminate"] = answer.text
    assert int(answer.headers["retry-after"]) > 0
    words = {"valid": "Valid", "invalid": "Not valid", "indeterminate": "Could not check"}
    symbols = set()
    for verdict, page in pages.items():
        assert Outline(page).content().startswith(words[verdict])
        assert f'<section class="verdict {verdict}"' in page
        shape = re.search(r'<section class="verdict.*?<svg.*?<path.*?d="([^"]+)"', page, re.DOTALL)
        assert shape is not None
        symbols.add(shape[1])
    assert len(symbols) == 3


def test_a_valid_page_names_who_by_whom_where_and_every_check(campus: Campus) -> None:
    content = Outline(checked(campus, campus.document()).text).content()
    for said in (
        "Learner 1",
        "Universiti Sains Malaysia",
        "EMBEDDED CHAIN",
        "Signature: passed",
        "Anchor in the registry: passed",
        "Revocation: passed",
        "Holder: did not run",
        "Cairn's embedded chain (chain 289397109358)",
        "cairn verify FILE",
        "--registry eip155:289397109358:0x",
        "--accreditor 0x",
    ):
        assert said in content, said


def test_a_name_that_only_the_document_claims_is_labelled_so(campus: Campus) -> None:
    document = parse(campus.document())
    issuer = document["issuer"]
    assert isinstance(issuer, dict)
    issuer["name"] = "Politecnico di Milano"
    issuer["id"] = "did:web:evil.example:issuers:polimi"
    content = Outline(checked(campus, orjson.dumps(document)).text).content()
    assert content.startswith("Not valid")
    assert "This name is what the document claims. No accreditor that this site trusts has vouched for it." in content


def test_a_revoked_credential_in_a_record_stands_open_and_says_why(campus: Campus) -> None:
    owner = campus.a_wallet()
    owner.take_in(campus.document())
    owner.take_in(revoked(campus))
    page = campus.client.get(owner.a_path(), headers=HTML).text
    content = Outline(page).content()
    assert content.startswith("Not valid")
    assert "2 in all: 1 valid, 1 not valid." in content
    assert "the assessment turned out to be invalid" in content
    assert page.count("<details open>") == 1


def test_an_award_stands_over_the_credentials_that_it_rests_on(campus: Campus) -> None:
    owner = an_awarded_learner(campus)
    page = campus.client.get(owner.a_path(), headers=HTML).text
    content = Outline(page).content()
    assert "3 in all: 3 valid." in content
    assert "What this award rests on: 2 in all: 2 valid." in content
    assert content.index("Design") < content.index("What this award rests on") < content.index("What was checked")


@pytest.mark.parametrize("payload", HOSTILE)
def test_nothing_that_a_document_says_becomes_part_of_the_page(campus: Campus, payload: str) -> None:
    plain = Outline(checked(campus, campus.document()).text)
    outline = Outline(checked(campus, orjson.dumps(poisoned(parse(campus.document()), payload))).text)
    allowed = {tag for tag, _ in plain.elements} | {"code"}
    for tag, attributes in outline.elements:
        assert tag in allowed, tag
        assert not any(name.startswith("on") for name in attributes)
        for name in ("href", "src", "action"):
            assert (attributes.get(name) or "/").startswith(("/", "#", "?"))
    assert payload in " ".join(outline.texts) or unescape(payload) in " ".join(outline.texts)


def poisoned(document: JsonObject, payload: str) -> JsonObject:
    """The payload in every text that a page shows."""
    issuer, subject = document["issuer"], document["credentialSubject"]
    assert isinstance(issuer, dict)
    assert isinstance(subject, dict)
    achievement, identifiers = subject["achievement"], subject["identifier"]
    assert isinstance(achievement, dict)
    assert isinstance(identifiers, list)
    assert isinstance(identifiers[0], dict)
    document["name"] = document["description"] = issuer["name"] = payload
    achievement["name"] = achievement["description"] = payload
    achievement["criteria"] = {"narrative": payload}
    identifiers[0]["identityHash"] = payload
    document["evidence"] = [{"id": payload, "type": ["Evidence"]}]
    return document


@pytest.mark.parametrize("path", ["/", "/check", "/docs", "/nothing"])
def test_no_page_has_inline_script_or_style_or_anything_from_elsewhere(campus: Campus, path: str) -> None:
    page = campus.client.get(path, headers=HTML).text
    check_self_contained(page)


def test_a_verdict_has_no_inline_script_or_style_either(campus: Campus) -> None:
    check_self_contained(campus.client.get(campus.a_full_wallet().a_path(), headers=HTML).text)


def check_self_contained(page: str) -> None:
    outline = Outline(page)
    for tag, attributes in outline.elements:
        assert tag != "style"
        assert "style" not in attributes
        assert tag != "script" or (attributes.get("src") or "").startswith("/static/")
        for name in ("src", "href", "action"):
            assert (attributes.get(name) or "/").startswith(("/", "#", "?"))
    assert ("html", {"lang": "en", "dir": "ltr"}) in outline.elements
    assert [tag for tag, _ in outline.elements].count("h1") == 1
    assert all("alt" in attributes for tag, attributes in outline.elements if tag == "img")


def test_pasted_text_is_checked_without_any_script(campus: Campus) -> None:
    answer = campus.client.post("/check", files={"text": (None, campus.document().decode())}, headers=HTML)
    assert Outline(answer.text).content().startswith("Valid")


@pytest.mark.parametrize(
    ("document", "status", "said"),
    [
        (b"hello", 400, "not JSON"),
        (b"[]", 422, "not a JSON object"),
        (b"", 422, "Choose a file"),
        (b" " * 6_000_000, 413, "larger"),
    ],
)
def test_what_cannot_be_read_is_said_above_the_form_and_is_no_verdict(
    campus: Campus, document: bytes, status: int, said: str
) -> None:
    answer = checked(campus, document)
    content = Outline(answer.text).content()
    assert answer.status_code == status
    assert "Not read" in content
    assert said in content
    assert "Nothing was checked." in content
    assert '<form method="post" action="/check"' in answer.text


def test_a_form_of_another_kind_is_refused(campus: Campus) -> None:
    answer = campus.client.post("/check", data={"text": "{}"}, headers=HTML)
    assert answer.status_code == 415


def test_a_page_that_is_not_there_is_a_page(campus: Campus) -> None:
    answer = campus.client.get("/nothing", headers=HTML)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is nothing here" in answer.text


def test_the_page_for_programs_lists_every_operation(campus: Campus) -> None:
    content = Outline(campus.client.get("/docs", headers=HTML).text).content()
    for path in campus.app.openapi()["paths"]:
        assert path in content


def test_a_share_page_offers_the_file_its_address_and_until_when(campus: Campus) -> None:
    path = campus.a_full_wallet().a_path(label="Application at Example Ltd")
    page = campus.client.get(path, headers=HTML).text
    outline = Outline(page)
    assert ("a", {"class": "button", "href": f"{path}/document"}) in outline.elements
    assert any(tag == "img" and attributes.get("src") == f"{path}/qr.svg" for tag, attributes in outline.elements)
    assert "Application at Example Ltd" in outline.content()
    assert "may end it at any time" in outline.content()
