"""Pages in the reader's language: which one it is, how it is changed and kept, and that it can be read by everybody."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import orjson
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import expect

from api.problems import SENTENCES
from api.wallets.access.values import Way
from api.web.dates import day, moment
from api.web.refusals import refusal_words
from api.web.visits import Visit, _visit
from tests.builders import TRANSLATIONS, a_credential, an_achievement
from tests.pages.looking import DESKTOP, PHONE, Look
from tests.site import Campus

HTML = {"Accept": "text/html"}


def fresh(campus: Campus) -> TestClient:
    """A browser that nobody has chosen a language in."""
    return TestClient(campus.app, follow_redirects=False)


@pytest.mark.parametrize(
    ("wanted", "heading"),
    [
        ("ms-MY, en;q=0.5", ("ms", "Penilaian Keperluan")),
        ("fr, zh-Hant;q=0.1", ("zh-Hant", "需求評估")),
        ("fr", ("en", "Needs Assessment")),
    ],
)
def test_a_page_has_the_title_in_the_readers_language(campus: Campus, wanted: str, heading: tuple[str, str]) -> None:
    document = a_credential(achievement=an_achievement(translations=TRANSLATIONS))
    files = {"file": ("credential.json", orjson.dumps(document), "application/json")}
    page = campus.client.post("/check", files=files, headers={"Accept": "text/html", "Accept-Language": wanted}).text

    found = re.search(r'<h1[^>]* lang="([^"]+)"[^>]*>([^<]*)', page)
    assert found is not None
    assert found.groups() == heading
    assert all(name in page for name in ("Penilaian Keperluan", "需求評估"))


@pytest.mark.parametrize(
    ("headers", "query", "language", "direction"),
    [
        ({}, "", "en", "ltr"),
        ({"Accept-Language": "fr, ar-EG;q=0.7, en;q=0.3"}, "", "ar", "rtl"),
        ({"Accept-Language": "fr, de"}, "", "en", "ltr"),
        ({"Accept-Language": "ar", "Cookie": "cairn_lang=ms"}, "", "ms", "ltr"),
        ({"Cookie": "cairn_lang=klingon"}, "", "en", "ltr"),
        ({"Accept-Language": "ar", "Cookie": "cairn_lang=ms"}, "?lang=en", "en", "ltr"),
        ({"Cookie": "cairn_lang=ar"}, "?lang=klingon", "ar", "rtl"),
    ],
)
def test_a_page_is_in_the_language_that_was_chosen_or_kept_or_asked_for(
    campus: Campus, headers: dict[str, str], query: str, language: str, direction: str
) -> None:
    page = fresh(campus).get("/" + query, headers=HTML | headers).text
    assert f'<html lang="{language}" dir="{direction}">' in page
    heading = {"en": "Credentials that anyone can check", "ms": "Kredensial yang boleh disemak", "ar": "شهادات يستطيع"}
    assert heading[language] in page


def test_a_chosen_language_is_kept_for_pages_alone(campus: Campus) -> None:
    client = fresh(campus)
    assert "set-cookie" not in client.get("/", headers=HTML).headers
    assert "set-cookie" not in client.get("/openapi.json?lang=ms").headers
    kept = client.get("/?lang=ms", headers=HTML).headers["set-cookie"]
    assert kept.startswith("cairn_lang=ms; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly")
    assert '<html lang="ms"' in client.get("/nothing", headers=HTML).text


def test_the_switch_keeps_the_page_and_its_query(campus: Campus) -> None:
    page = fresh(campus).get("/check?on=2026-05-03&q=a%26b&lang=ar", headers=HTML).text
    assert 'href="?on=2026-05-03&amp;q=a%26b&amp;lang=ms"' in page


def test_after_a_form_that_only_takes_what_is_sent_the_switch_leads_to_the_page_above(campus: Campus) -> None:
    client = fresh(campus)
    answer = client.post("/sign-in/recovery", content=b"x", headers=HTML | {"Content-Type": "text/plain"})
    assert answer.status_code >= 400
    assert 'href="/sign-in?lang=ar"' in answer.text
    assert client.get("/sign-in?lang=ar", headers=HTML).status_code == 200


def test_a_verdict_that_answers_a_form_leads_back_to_it_in_another_language(campus: Campus) -> None:
    answer = fresh(campus).post("/check", files={"file": ("credential.json", campus.document())}, headers=HTML)
    assert 'href="?lang=ms"' in answer.text


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "3 May 2026"), ("ms", "3 Mei 2026"), ("ar", "3 مايو 2026")],
)
def test_a_day_is_said_in_the_readers_language_and_in_iso(language: str, shown: str) -> None:
    token = _visit.set(Visit(language))
    try:
        assert day(date(2026, 5, 3)) == f'<time datetime="2026-05-03" title="2026-05-03">{shown}</time>'
        assert 'datetime="2026-05-03T09:05:00Z"' in moment(datetime(2026, 5, 3, 9, 5, tzinfo=UTC))
    finally:
        _visit.reset(token)


@pytest.mark.parametrize(("status", "path", "headers"), [(404, "/nothing", {}), (405, "/sign-in/recovery", {})])
@pytest.mark.parametrize("language", ["en", "ms", "ar"])
def test_a_refusal_says_what_to_do_in_the_readers_language(
    campus: Campus, status: int, path: str, headers: dict[str, str], language: str
) -> None:
    answer = fresh(campus).get(f"{path}?lang={language}", headers=HTML | headers)
    words = {"en": "What you can do:", "ms": "Apa yang boleh anda lakukan:", "ar": "ما يمكنك فعله:"}
    assert answer.status_code == status
    assert words[language] in answer.text
    assert answer.headers["x-request-id"] in answer.text


def test_every_status_has_words_of_its_own_and_an_unknown_detail_stays_beside_them() -> None:
    own = {refusal_words(status, "").title for status in SENTENCES}
    assert len(own) == len(SENTENCES)
    token = _visit.set(Visit("ms"))
    try:
        words = refusal_words(422, "the column “x” is not there")
        assert words.original == "The column “x” is not there."
        assert words.said != words.original
        assert refusal_words(404, "there is nothing here").original == ""
    finally:
        _visit.reset(token)


@pytest.mark.parametrize(("path", "language"), [("/", "en"), ("/", "ar"), ("/nothing", "ms"), ("/docs", "ar")])
def test_the_start_and_refusals_are_accessible_in_every_language_size_and_scheme(
    look: Callable[..., Look], address: str, path: str, language: str
) -> None:
    for options in (DESKTOP, {**PHONE, "color_scheme": "dark"}):
        found = look(**options)
        found.page.goto(f"{address}{path}?lang={language}")
        assert found.serious() == []
        assert found.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_language_is_changed_without_javascript_and_stays_changed(look: Callable[..., Look], address: str) -> None:
    page = look(**PHONE, java_script_enabled=False).page
    page.goto(f"{address}/check?on=2026-05-03")
    page.click(".languages summary")
    page.click(".languages a[lang=ar]")
    expect(page).to_have_url(f"{address}/check?on=2026-05-03&lang=ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.click("header .name")
    expect(page).to_have_url(f"{address}/")
    expect(page.locator("html")).to_have_attribute("lang", "ar")


def test_nothing_moves_while_the_start_is_drawn_and_the_page_is_light(look: Callable[..., Look], address: str) -> None:
    page = look(**PHONE).page
    weights: list[int] = []
    page.on("response", lambda answer: weights.append(len(answer.body())))
    page.goto(address + "/", wait_until="networkidle")
    moved = page.evaluate(
        """() => new Promise(done => {
            let sum = 0
            new PerformanceObserver(list => list.getEntries().forEach(one => { sum += one.value }))
                .observe({type: "layout-shift", buffered: true})
            setTimeout(() => done(sum), 200)
        })"""
    )
    assert moved == 0
    assert sum(weights) <= 100_000


def test_a_reader_with_colours_of_their_own_keeps_them(look: Callable[..., Look], address: str) -> None:
    page = look(forced_colors="active").page
    page.goto(address + "/")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    stone = page.evaluate(
        "(({fill, stroke}) => ({fill, stroke}))(getComputedStyle(document.querySelector('.mid-stone')))"
    )
    assert stone["fill"] == ground
    assert stone["stroke"] not in {"none", ground}


def test_lists_keep_their_marks_on_the_readers_side(look: Callable[..., Look], campus: Campus, address: str) -> None:
    """What a credential says in English, on a page from right to left: the marks stood outside the card."""
    owner = campus.a_full_wallet()
    with campus.workspace.database.writing() as session:
        token = campus.site.access.sessions.begin(session, owner.wallet_id, Way.LINK).token.text
    page = look(**PHONE).page
    page.context.add_cookies([{"name": "cairn", "value": token, "url": address}])
    page.goto(f"{address}/wallet/credentials?lang=ar")
    page.locator("main a[href*='/wallet/credentials/']").first.click()
    said = page.locator("main section ul:not([class]) > li").first
    expect(said).to_contain_text("gap")
    assert said.evaluate("item => getComputedStyle(item).direction") == "rtl"
    assert said.locator("bdi").evaluate("text => getComputedStyle(text).direction") == "ltr"
