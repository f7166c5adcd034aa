"""Keeps `api/web/locales/*.po` in step with the texts of the pages, and says what they lack.

python -m scripts.translations          takes up new texts, drops those that are gone
python -m scripts.translations --check  changes nothing; fails with a list of what is missing, stale or ill-formed

A file begins with a glossary in comments, which stays. Texts stand in alphabetical order, without dates and places, so
that a change of one text changes one entry.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from api.web.ledger_words import ledger_texts

ROOT = Path(__file__).resolve().parents[1]
LOCALES = ROOT / "api" / "web" / "locales"
PLURAL_FORMS = {
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);",
    "ms": "nplurals=1; plural=0;",
}
"""The languages of the files. Babel's own rules differ from Unicode's for both."""
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
TEMPLATE_OPTIONS = {"silent": "false", "newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true"}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "noted": None}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|%")
WIDTH = 100

Id = str | tuple[str, str]


@dataclass(frozen=True)
class Fault:
    """What is wrong with one text in one language."""

    language: str
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.language}: {self.kind}: {self.text!r}"


def texts_of_the_code(root: Path = ROOT) -> Catalog:
    """Every text that a page can say, from Python and templates. Raises what a broken template raises."""
    found = Catalog()
    options = {"**.html": TEMPLATE_OPTIONS}
    for _, _, text, _, _ in extract_from_dir(root / "api", METHODS, options, KEYWORDS):
        if text:
            found.add(text)
    return found


def every_text() -> Catalog:
    """What the code says, and the words of the ledger that pages say for it."""
    found = texts_of_the_code()
    for text in ledger_texts():
        found.add(text)
    return found


def catalog_of(language: str, written: bytes) -> Catalog:
    """A language's file as a catalog."""
    header = f'msgid ""\nmsgstr ""\n{_header(language)}\n\n'.encode()
    body = written.partition(b"\n\n")[2]
    return read_po(BytesIO(header + body), locale=language, abort_invalid=True)


def written(language: str, catalog: Catalog, glossary: str) -> bytes:
    """A catalog as a file: the glossary, the header, the texts in order."""
    body = BytesIO()
    write_po(body, catalog, width=WIDTH, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    head = f'{glossary}msgid ""\nmsgstr ""\n{_header(language)}\n\n'
    return head.encode() + body.getvalue().strip(b"\n") + b"\n"


def glossary_of(written: bytes) -> str:
    """The comments at the head of a file."""
    lines = written.decode().split("\n")
    return "".join(f"{line}\n" for line in lines[: next(place for place, x in enumerate(lines) if x[:1] != "#")])


def updated(language: str, before: bytes, texts: Catalog) -> bytes:
    """A file with every text of the code and no others. What was translated stays."""
    known = catalog_of(language, before)
    catalog = catalog_of(language, b"")
    for text in texts:
        if text.id:
            same = known.get(text.id)
            catalog.add(text.id, same.string if same and same.id == text.id else _nothing(text, catalog))
    return written(language, catalog, glossary_of(before))


def faults(language: str, known: Catalog, texts: Catalog) -> Iterator[Fault]:
    """What a language lacks, has too much, or says with other placeholders than the English text."""
    wanted = {_id(text) for text in texts if text.id}
    have: dict[Id, Message] = {_id(message): message for message in known if message.id}
    yield from (Fault(language, "missing", _said(text)) for text in sorted(wanted - have.keys(), key=_said))
    yield from (Fault(language, "stale", _said(text)) for text in sorted(have.keys() - wanted, key=_said))
    for text in sorted(wanted & have.keys(), key=_said):
        forms = _forms(have[text].string)
        if not all(forms) or (isinstance(text, tuple) and len(forms) != known.num_plurals):
            yield Fault(language, "missing", _said(text))
        elif not _agree(text, forms):
            yield Fault(language, "other placeholders", _said(text))


def _agree(text: Id, forms: tuple[str, ...]) -> bool:
    """Whether the forms hold what the English text holds. One of several forms may leave the number itself out."""
    if isinstance(text, str):
        return _places(text) == _places(forms[0])
    wanted = _places(text[1])
    spare = int(len(forms) > 1)
    held = [_places(form) for form in forms]
    return held[-1] == wanted and all(one <= wanted and len(wanted - one) <= spare for one in held)


def _places(text: str) -> set[str]:
    return {found[0] for found in PLACEHOLDER.finditer(text)}


def _id(message: Message) -> Id:
    return (message.id[0], message.id[1]) if isinstance(message.id, list | tuple) else message.id


def _nothing(text: Message, catalog: Catalog) -> str | tuple[str, ...]:
    return tuple([""] * catalog.num_plurals) if isinstance(text.id, tuple) else ""


def _forms(said: object) -> tuple[str, ...]:
    return tuple(said) if isinstance(said, list | tuple) else (str(said or ""),)


def _said(text: object) -> str:
    return str(text[0]) if isinstance(text, list | tuple) else str(text)


def _header(language: str) -> str:
    fields = (
        ("Language", language),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Transfer-Encoding", "8bit"),
        ("Plural-Forms", PLURAL_FORMS[language]),
    )
    return "\n".join(f'"{name}: {value}\\n"' for name, value in fields)


def main(arguments: list[str]) -> int:
    texts = every_text()
    found: list[Fault] = []
    for language in PLURAL_FORMS:
        path = LOCALES / f"{language}.po"
        before = path.read_bytes() if path.exists() else b"\n\n"
        if "--check" not in arguments:
            before = updated(language, before, texts)
            path.write_bytes(before)
        found += faults(language, catalog_of(language, before), texts)
    for fault in found:
        print(fault)
    print(f"{len(texts)} texts, {len(found)} faults")
    return int(bool(found) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
