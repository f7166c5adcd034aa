from __future__ import annotations

import sys

import orjson
import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject

from ledger.bounded_process import BoundedProcess, Budget
from ledger.errors import MalformedDocument
from ledger.wrapping import pdf
from ledger.wrapping.pdf import attachments_of
from tests.builders import a_credential
from tests.wrappings import JWS, a_pdf, a_pdf_with_associated_file, file_specification, written

DOCUMENT = orjson.dumps(a_credential())


def refused(content: bytes) -> MalformedDocument:
    with pytest.raises(MalformedDocument) as caught:
        attachments_of(content)
    return caught.value


def test_an_embedded_file_is_found() -> None:
    (attachment,) = attachments_of(a_pdf({"credential.json": DOCUMENT}))
    assert (attachment.name, attachment.content) == ("credential.json", DOCUMENT)


@pytest.mark.parametrize("place", [{}, {"on_page": True}, {"as_annotation": True}])
def test_an_associated_file_is_found(place: dict[str, bool]) -> None:
    (attachment,) = attachments_of(a_pdf_with_associated_file(DOCUMENT, **place))
    assert (attachment.name, attachment.content) == ("credential.json", DOCUMENT)


def test_a_file_deep_in_the_tree_of_names_is_found_once() -> None:
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    specification = writer._add_object(file_specification(writer, "a.json", DOCUMENT))
    names = ArrayObject([TextStringObject("a.json"), specification])
    tree = writer._add_object(DictionaryObject({NameObject("/Names"): names}))
    for _ in range(3):
        tree = writer._add_object(DictionaryObject({NameObject("/Kids"): ArrayObject([tree])}))
    writer.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/EmbeddedFiles"): tree})
    writer.root_object[NameObject("/AF")] = ArrayObject([specification])
    (attachment,) = attachments_of(written(writer))
    assert attachment.content == DOCUMENT


def test_several_credentials_come_each_once_and_other_files_not_at_all() -> None:
    other = orjson.dumps(a_credential(2))
    files = {"a.json": DOCUMENT, "b.jsonld": other, "c.jwt": JWS, "again.json": DOCUMENT}
    found = attachments_of(a_pdf(files | {"d.xml": b"<a/>", "e.json": b'{"rows":[]}', "f.txt": b"hello"}))
    assert sorted(attachment.content for attachment in found) == sorted([DOCUMENT, other, JWS])


def test_a_name_is_shown_without_a_way_out() -> None:
    (attachment,) = attachments_of(a_pdf({"../../x\u202e.json": DOCUMENT}))
    assert attachment.name == "x?.json"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (a_pdf({}), "no credential"),
        (a_pdf({"a.txt": b"hello"}), "no credential"),
        (a_pdf({"a.json": DOCUMENT}, password="secret"), "encrypted"),
        (a_pdf({"a.json": DOCUMENT}, password=""), "encrypted"),
        (a_pdf_with_associated_file(DOCUMENT + b" " * 100_000_000), "too large"),
        (a_pdf({f"{number}.txt": b"%d" % number for number in range(1_100)}), "more than"),
        (a_pdf({"a.json": DOCUMENT})[:400], "damaged"),
        (b"%PDF-1.7\n%%EOF", "damaged"),
        (b"%PDF-", "damaged"),
    ],
)
def test_what_is_empty_locked_huge_or_damaged_is_refused(content: bytes, word: str) -> None:
    error = refused(content)
    assert error.code == "pdf_invalid"
    assert word in str(error)


def test_a_tree_that_goes_round_in_circles_ends() -> None:
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    node = DictionaryObject()
    reference = writer._add_object(node)
    node[NameObject("/Kids")] = ArrayObject([reference, reference])
    writer.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/EmbeddedFiles"): reference})
    assert refused(written(writer)).code == "pdf_invalid"


def test_a_stream_that_says_to_be_longer_than_everything_is_no_trouble() -> None:
    content = a_pdf({"a.json": DOCUMENT}).replace(b"/Length %d" % len(DOCUMENT), b"/Length %d" % 10**12)
    assert refused(content).code == "pdf_invalid"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to both limits")
def test_a_child_that_spends_too_much_is_ended_and_the_next_pdf_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    poor = BoundedProcess("ledger.wrapping.pdf_worker", Budget(memory_bytes=2**20))
    monkeypatch.setattr(pdf, "_reader", lambda: poor)
    assert "too much memory" in str(refused(a_pdf({"a.json": DOCUMENT})))
    monkeypatch.undo()
    assert attachments_of(a_pdf({"a.json": DOCUMENT}))
    poor.close()


def test_without_a_child_nothing_is_said_about_the_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = BoundedProcess("ledger.wrapping.no_such_module")
    monkeypatch.setattr(pdf, "_reader", lambda: nothing)
    assert refused(a_pdf({"a.json": DOCUMENT})).code == "pdf_unavailable"


def test_numbers_in_odd_places_are_no_files() -> None:
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    writer.root_object[NameObject("/AF")] = NumberObject(7)
    writer.root_object[NameObject("/Names")] = ArrayObject([NumberObject(7)])
    assert "no credential" in str(refused(written(writer)))
