"""Text in credentials: every script is welcome, nothing invisible is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.documents.text import email_problem, text_problem, url_problem, visible

NAMES = [
    "Nur Aisyah binti Rahman",
    "Kavitha a/p Subramaniam",
    "陳美玲",
    "山田　太郎",
    "김서연",
    "அருள்மொழி செல்வன்",
    "श्रीमती कुलकर्णी",
    "محمد‌رضا کریمی",
    "സുഗന്ധി നായർ",
    "สมชาย ใจดี",
    "Nguyễn Thị Hương",
    "Анна Сергеевна",
    "ሰላም ተስፋዬ",
    "Guðrún Jónsdóttir",
    "O’Brien-Ngũgĩ",
    "葛\U000e0100西",  # an ideographic variation sequence
]

FORBIDDEN = {
    "right-to-left override": "Nur \u202eAisyah",
    "isolate": "Nur \u2066Aisyah",
    "right-to-left mark": "Nur\u200f",
    "zero-width space": "Universiti\u200bSains",
    "word joiner": "Universiti\u2060Sains",
    "byte order mark": "\ufeffNur",
    "soft hyphen": "Nur\u00adAisyah",
    "joiner between Latin letters": "Nur\u200dAisyah",
    "joiner at the end": "محمد\u200c",
    "two joiners": "محمد\u200c\u200cرضا",
    "tag character": "Nur\U000e0041",
    "null": "Nur\x00Aisyah",
    "escape": "Nur\x1b[31m",
    "C1 control": "Nur\x85Aisyah",
    "line separator": "Nur\u2028Aisyah",
    "em space": "Nur\u2003Aisyah",
    "Hangul filler": "Nur\u3164Aisyah",
    "private use": "Nur\ue000",
    "noncharacter": "Nur\ufffeA",
    "lone surrogate": "Nur\ud800",
    "five marks": "a" + "\u0316" * 5,
    "mark at the start": "\u0301a",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_every_script_are_accepted(name: str) -> None:
    assert text_problem(name) is None
    assert visible(name) == name


@pytest.mark.parametrize("value", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_what_cannot_be_seen_is_refused_and_shown_as_replaced(value: str) -> None:
    problem = text_problem(value)

    assert problem is not None
    assert problem.code == "string_forbidden"
    assert "\ufffd" in visible(value)


def test_two_hundred_combining_marks_are_refused() -> None:
    problem = text_problem("z" + "\u0334" * 140)

    assert problem is not None
    assert problem.code == "string_forbidden"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "string_empty"),
        ("   ", "string_empty"),
        (" Nur", "string_space"),
        ("Nur\u00a0", "string_space"),
        (unicodedata.normalize("NFD", "José"), "string_not_nfc"),
        ("x" * 151, "string_long"),
        ("one\ntwo", "string_forbidden"),
    ],
)
def test_each_fault_has_its_code(value: str, code: str) -> None:
    problem = text_problem(value)

    assert problem is not None
    assert problem.code == code


def test_a_narrative_may_have_lines_but_no_carriage_returns() -> None:
    assert text_problem("one\ntwo", lines=True) is None
    assert text_problem("one\r\ntwo", lines=True) is not None


@pytest.mark.parametrize(
    "url",
    [
        "https://portfolio.example/aisyah",
        "https://portfolio.example",
        "https://a.example:8443/x?y=1&z=%20#f",
        "https://localhost/x",
        "https://192.0.2.1:65535/",
    ],
)
def test_plain_https_addresses_are_accepted(url: str) -> None:
    assert url_problem(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>",
        "http://portfolio.example/",
        "HTTPS://portfolio.example/",
        "https://user@portfolio.example/",
        "https://portfolio.example\\@evil.example/",
        "https://",
        "https:///path",
        "https://.example/",
        "https://пример.example/",
        "https://a.example:65536/",
        "https://192.0.2.999/",
        "https://a.example.1/",
        "https://0x7f/",
        "https://portfolio.example/<script>",
        'https://portfolio.example/"onclick=',
        "https://portfolio.example/ x",
        "https://portfolio.example/\n",
        "https://portfolio.example/" + "x" * 2048,
    ],
)
def test_every_other_address_is_refused(url: str) -> None:
    problem = url_problem(url)

    assert problem is not None
    assert problem.code.startswith("url_")


@pytest.mark.parametrize("email", ["nur.aisyah@students.example", "o'brien+x@a-b.example", "анна@пример.example"])
def test_e_mail_addresses_are_accepted(email: str) -> None:
    assert email_problem(email) is None


@pytest.mark.parametrize(
    "email",
    [
        "",
        "nur",
        "nur@",
        "@x.example",
        "nur@example",
        "a..b@x.example",
        ".a@x.example",
        "a b@x.example",
        "a@x..example",
        "a@-x.example",
        "a@x.example\n",
        "a" * 65 + "@x.example",
        "a@" + "x" * 250 + ".example",
        "nur@x\u200b.example",
    ],
)
def test_what_is_no_e_mail_address_is_refused(email: str) -> None:
    assert email_problem(email) is not None


@given(st.text())
@settings(deadline=None)
def test_shown_text_never_holds_what_is_forbidden(value: str) -> None:
    shown = visible(value).strip()

    problem = text_problem(shown, limit=10_000, lines=True) if shown else None
    assert problem is None or problem.code == "string_not_nfc"
