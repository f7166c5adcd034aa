from __future__ import annotations

from collections.abc import Sequence

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.documents.strict_json import parse
from ledger.errors import MalformedDocument
from ledger.wrapping.baking import bake_png, bake_svg
from ledger.wrapping.judging import gives_several, judge_each, shown
from ledger.wrapping.unwrapping import Form, Unreadable, Wrapped, form_of, unwrap
from tests.builders import a_credential
from tests.wrappings import JWS, SVG, a_pdf, a_png, a_zip

DOCUMENT = orjson.dumps(a_credential())
FORMS = {
    Form.JSON: DOCUMENT,
    Form.JWT: JWS,
    Form.PNG: bake_png(a_png(), DOCUMENT, record=False),
    Form.SVG: bake_svg(SVG, DOCUMENT, record=False).encode(),
    Form.PDF: a_pdf({"credential.json": DOCUMENT}),
}
ALL = a_zip({f"{form}/file": data for form, data in FORMS.items()})


@pytest.mark.parametrize("form", FORMS)
def test_each_form_gives_its_credential(form: Form) -> None:
    (item,) = unwrap(FORMS[form])
    assert isinstance(item, Wrapped)
    assert (item.form, item.content) == (form, JWS if form is Form.JWT else DOCUMENT)
    assert item.name == ("credential.json" if form is Form.PDF else "")
    assert not gives_several(FORMS[form], [item])


ENVELOPE: dict[str, object] = {
    "@context": "https://www.w3.org/ns/credentials/v2",
    "id": f"data:application/vc+jwt,{JWS.decode()}",
    "type": "EnvelopedVerifiableCredential",
}


@pytest.mark.parametrize("kind", [ENVELOPE["type"], [ENVELOPE["type"]]])
def test_a_token_is_taken_out_of_its_envelope_wherever_that_is(kind: object) -> None:
    data = orjson.dumps(ENVELOPE | {"type": kind})
    for file in (data, bake_png(a_png(), data, record=False), a_pdf({"a.json": data}), a_zip({"a.json": data})):
        (item,) = unwrap(file)
        assert isinstance(item, Wrapped)
        assert item.content == JWS


def test_a_credential_that_speaks_of_envelopes_is_left_as_it_is() -> None:
    data = orjson.dumps(a_credential() | {"name": "EnvelopedVerifiableCredential"})
    (item,) = unwrap(data)
    assert isinstance(item, Wrapped)
    assert item.content == data


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": "data:application/vc+sd-jwt,eyJ.eyJ.AA~"}, "envelope_unsupported"),
        ({"id": "https://example.org/1.jwt"}, "envelope_invalid"),
        ({"id": None}, "envelope_invalid"),
        ({"id": "data:application/vc+jwt,no token"}, "envelope_invalid"),
        ({"name": "A title that nobody signed"}, "envelope_invalid"),
    ],
)
def test_a_bad_envelope_is_refused(change: dict[str, object], code: str) -> None:
    with pytest.raises(MalformedDocument) as caught:
        unwrap(orjson.dumps(ENVELOPE | change))
    assert caught.value.code == code


def test_an_archive_gives_what_its_members_give() -> None:
    items = unwrap(ALL)
    names = [f"{form}/file" + (": credential.json" if form is Form.PDF else "") for form in FORMS]
    assert [(item.name, item.form) for item in items if isinstance(item, Wrapped)] == list(
        zip(names, FORMS, strict=True)
    )
    assert gives_several(ALL, items)
    assert gives_several(a_zip({"a": DOCUMENT}), unwrap(a_zip({"a": DOCUMENT})))


def test_a_pdf_with_two_credentials_gives_both() -> None:
    data = a_pdf({"a.json": DOCUMENT, "b.jwt": JWS})
    items = unwrap(data)
    assert [item.name for item in items] == ["a.json", "b.jwt"]
    assert gives_several(data, items)


def test_a_bad_member_is_told_of_in_its_place() -> None:
    first, bad, last = unwrap(a_zip({"a": DOCUMENT, "photo.png": a_png(), "z": JWS}))
    assert isinstance(bad, Unreadable)
    assert (bad.name, bad.error.code) == ("photo.png", "image_without_credential")
    assert isinstance(first, Wrapped)
    assert isinstance(last, Wrapped)


def test_an_archive_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.wrapping.unwrapping.MAX_SECONDS", -1.0)
    with pytest.raises(MalformedDocument) as caught:
        unwrap(ALL)
    assert caught.value.code == "archive_unsafe"


@pytest.mark.parametrize("data", [b"", b"hello", b" {", b"\xef\xbb\xbf{}", b"a.b", b"a.b.c.d", "{}".encode("utf-16")])
def test_what_has_no_form_is_left_to_the_loader_as_it_is(data: bytes) -> None:
    assert unwrap(data) == (Wrapped("", Form.JSON, data),)


def test_white_space_around_a_jws_is_no_part_of_it() -> None:
    assert unwrap(b" \r\n" + JWS + b"\n") == (Wrapped("", Form.JWT, JWS),)


@pytest.mark.parametrize(
    "data",
    [b"\x1f\x8b\x08", b"\xff\xd8\xff\xe0", b"GIF89a", b"7z\xbc\xaf\x27\x1c", b"<html>", b"BZh9", b"RIFF....WEBP"],
)
def test_other_forms_are_called_by_their_names(data: bytes) -> None:
    with pytest.raises(MalformedDocument) as caught:
        unwrap(data)
    assert caught.value.code == "form_unsupported"


def test_a_file_over_five_mebibytes_is_refused_unread() -> None:
    with pytest.raises(MalformedDocument) as caught:
        unwrap(bytes(5 * 1024 * 1024 + 1))
    assert caught.value.code == "limit_body"


def readable(documents: Sequence[bytes]) -> list[str | MalformedDocument]:
    """Judges by whether it can be read, which is enough here."""
    found: list[str | MalformedDocument] = []
    for document in documents:
        try:
            found.append(str(parse(document)["name"]))
        except MalformedDocument as error:
            found.append(error)
    return found


def test_results_stand_in_the_order_of_the_file() -> None:
    items = unwrap(a_zip({"a.png": a_png(), "b": b"hello", "c": DOCUMENT}))
    results = judge_each(items, readable)
    assert [getattr(result, "code", result) for result in results] == [
        "image_without_credential",
        "json_syntax",
        parse(DOCUMENT)["name"],
    ]
    assert shown(items[0], results[0] if isinstance(results[0], MalformedDocument) else {}) == {
        "name": "a.png",
        "error": {"code": "image_without_credential", "message": "the picture holds no credential"},
    }
    assert shown(items[2], {"verdict": "valid"}) == {"name": "c", "form": "json", "verdict": "valid"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"hello", "json_syntax"),
        (a_zip({"a": b"hello"}), "json_syntax"),
        (a_zip({"a.zip": a_zip({"a": DOCUMENT})}), "archive_unsafe"),
        (a_zip({"a": b"hello", "b.png": a_png()}), "archive_without_credential"),
    ],
)
def test_where_nothing_can_be_read_the_file_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(MalformedDocument) as caught:
        judge_each(unwrap(data), readable)
    assert caught.value.code == code


HARMLESS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
BEGINNINGS = st.sampled_from(
    [b"", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7\n", b"PK\x03\x04", b"PK\x05\x06", b"<svg", b"\x1f\x8b"]
)


def comes_out_or_is_refused(data: bytes) -> None:
    """Anything but MalformedDocument fails the test, as does a credential that is larger than its file may be."""
    try:
        items = unwrap(data)
    except MalformedDocument:
        return
    assert items
    assert form_of(data) in Form


@HARMLESS
@given(beginning=BEGINNINGS, rest=st.binary(max_size=400))
def test_random_bytes_come_out_or_are_refused(beginning: bytes, rest: bytes) -> None:
    comes_out_or_is_refused(beginning + rest)


@settings(HARMLESS, max_examples=200)
@given(data=st.data(), good=st.sampled_from([*FORMS.values(), ALL]))
def test_damaged_files_come_out_or_are_refused(data: st.DataObject, good: bytes) -> None:
    mutant = bytearray(good)
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(mutant) - 1))
        length = data.draw(st.sampled_from([0, 1, 1, 4, 40]))
        mutant[place : place + length] = data.draw(st.binary(max_size=6))
        if not mutant:
            break
    comes_out_or_is_refused(bytes(mutant))
