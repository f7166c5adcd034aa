"""The tool that keeps the languages of the pages in step with their texts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from scripts.translations import LOCALES, PLURAL_FORMS, catalog_of, every_text, faults, texts_of_the_code, updated

TEMPLATES = Path(__file__).resolve().parents[2] / "api" / "web" / "templates"


def texts(*ids: str | tuple[str, str]) -> Catalog:
    found = Catalog()
    for one in ids:
        found.add(one)
    return found


def a_file(language: str, *ids: str | tuple[str, str], glossary: str = "") -> bytes:
    return updated(language, f"{glossary}\n\n".encode(), texts(*ids))


def translated(language: str, text: str | tuple[str, str], said: str | tuple[str, ...]) -> list[str]:
    """The kinds of faults of one text that is said so in a language."""
    catalog = catalog_of(language, a_file(language, text))
    message = catalog.get(text)
    assert message is not None
    message.string = said
    return [fault.kind for fault in faults(language, catalog, texts(text))]


def test_texts_are_found_in_python_and_in_templates(tmp_path: Path) -> None:
    code = tmp_path / "api" / "web"
    code.mkdir(parents=True)
    (code / "words.py").write_text(
        'A = noted("One")\nB = gettext("Two" " halves")\nC = ngettext("%(n)s x", "%(n)s xs", 2)'
    )
    (code / "page.html").write_text(
        '{{ _("%(n)s%% of it", n=1) }}{% trans who=x %}By {{ who }}{% endtrans %}{{ ngettext("a", "b", 2) }}'
    )
    found = {text.id for text in texts_of_the_code(tmp_path) if text.id}
    assert found == {"One", "Two halves", ("%(n)s x", "%(n)s xs"), "%(n)s%% of it", "By %(who)s", ("a", "b")}


def test_an_update_keeps_what_is_translated_drops_what_is_gone_and_adds_what_is_new() -> None:
    before = a_file("ms", "Stays", "Goes", glossary="# credential: kredensial")
    before = before.replace(b'msgid "Stays"\nmsgstr ""', b'msgid "Stays"\nmsgstr "Kekal"')
    after = updated("ms", before, texts("New", "Stays"))
    assert after.startswith(b"# credential: kredensial\nmsgid")
    assert b'msgstr "Kekal"' in after
    assert b"Goes" not in after
    assert after.index(b'"New"') < after.index(b'"Stays"')
    assert updated("ms", after, texts("New", "Stays")) == after


@pytest.mark.parametrize(("language", "forms"), [("ar", 6), ("ms", 1)])
def test_a_text_with_a_number_has_the_forms_of_its_language(language: str, forms: int) -> None:
    file = a_file(language, ("%(n)s file", "%(n)s files"))
    assert file.count(b"msgstr[") == forms
    assert catalog_of(language, file).num_plurals == forms


def test_what_is_missing_and_what_is_stale_is_named() -> None:
    catalog = catalog_of("ms", a_file("ms", "Old"))
    assert [str(fault) for fault in faults("ms", catalog, texts("New"))] == ["ms: missing: 'New'", "ms: stale: 'Old'"]


@pytest.mark.parametrize(
    ("language", "text", "said", "kinds"),
    [
        ("ms", "Open", "Buka", []),
        ("ms", "Open", "", ["missing"]),
        ("ms", "%(n)s of it", "%(n)s daripadanya", []),
        ("ms", "%(n)s of it", "%(m)s daripadanya", ["other placeholders"]),
        ("ms", "%(n)s%% of it", "%(n)s% daripadanya", ["other placeholders"]),
        ("ms", ("%(n)s file", "%(n)s files"), ("%(n)s fail",), []),
        ("ms", ("%(n)s file", "%(n)s files"), ("fail",), ["other placeholders"]),
        ("ar", ("%(n)s x", "%(n)s xs"), ("لا شيء", "واحد", "اثنان", "%(n)s أشياء", "%(n)s شيئا", "%(n)s شيء"), []),
        ("ar", ("%(n)s x", "%(n)s xs"), ("لا شيء", "واحد", "اثنان", "%(n)s أشياء", "", "%(n)s شيء"), ["missing"]),
        ("ar", ("%(n)s x", "%(n)s xs"), ("%(m)s", "1", "2", "3", "4", "%(n)s"), ["other placeholders"]),
    ],
)
def test_a_translation_is_judged_by_its_placeholders(
    language: str, text: str | tuple[str, str], said: str | tuple[str, ...], kinds: list[str]
) -> None:
    assert translated(language, text, said) == kinds


def test_the_plural_rule_of_arabic_is_unicodes() -> None:
    from gettext import c2py

    rule = c2py(PLURAL_FORMS["ar"].partition("plural=")[2].rstrip(";"))
    assert [rule(number) for number in (0, 1, 2, 3, 10, 11, 99, 100, 102, 103, 111)] == [
        0,
        1,
        2,
        3,
        3,
        4,
        4,
        5,
        5,
        3,
        4,
    ]


@pytest.fixture(scope="module")
def all_texts() -> Catalog:
    return every_text()


@pytest.mark.parametrize("language", sorted(PLURAL_FORMS))
def test_no_text_is_missing_or_stale_or_says_other_things(language: str, all_texts: Catalog) -> None:
    known = catalog_of(language, (LOCALES / f"{language}.po").read_bytes())
    found = [str(fault) for fault in faults(language, known, all_texts)]
    assert found == [], "python -m scripts.translations takes new texts up; then say them in api/web/locales"


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.relative_to(TEMPLATES).as_posix()
)
def test_only_texts_of_our_own_become_markup(path: Path) -> None:
    """What `_` gives is not escaped any more, so it must never be given what a variable says: that is `translated`."""
    assert re.findall(r"(?<![\w.])(?:_|gettext|ngettext)\(\s*(?![\"'\s])[^)]*", path.read_text("utf-8")) == []
