"""Badges, PDFs and archives over HTTP: checked, shown on the page, and imported into a wallet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.documents.did import did_key
from ledger.proofs.jose import sign_jwt
from ledger.wrapping.baking import bake_png, bake_svg
from tests.builders import a_credential, a_signer
from tests.site import Campus, Owner
from tests.wrappings import JWS, SVG, a_pdf, a_pdf_with_associated_file, a_png, a_zip

TYPES = {
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "zip": "application/zip",
}


def forms(document: bytes) -> dict[str, bytes]:
    """The document in each form that gives one report."""
    return {
        "json": document,
        "png": bake_png(a_png(), document, record=False),
        "svg": bake_svg(SVG, document, record=False).encode(),
        "pdf": a_pdf({"credential.json": document}),
    }


def mixed(campus: Campus) -> bytes:
    """An archive with a good credential, one that was changed, a picture of somebody, and an archive."""
    changed = campus.document(0).replace(b"Learner 1", b"Learner 9")
    good = forms(campus.document(1))["png"]
    return a_zip({"good.png": good, "../changed.json": changed, "photo.png": a_png(), "inner.zip": a_zip({"a": b"{}"})})


@pytest.mark.parametrize("form", ["json", "png", "svg", "pdf"])
def test_each_form_gives_the_report_on_the_document_in_it(campus: Campus, form: str) -> None:
    document = campus.document()
    plain = campus.client.post("/v1/verify", content=document, headers={"Content-Type": "application/json"}).json()
    answer = campus.client.post("/v1/verify", content=forms(document)[form], headers={"Content-Type": TYPES[form]})
    assert (answer.status_code, answer.json()["verdict"]) == (200, "valid")
    assert answer.json()["digest"] == plain["digest"]
    upload = campus.client.post("/v1/verify", files={"file": ("x.bin", forms(document)[form], "text/plain")})
    assert upload.json()["digest"] == plain["digest"]


def test_an_archive_gives_a_report_for_each_file_in_it(campus: Campus) -> None:
    answer = campus.client.post("/v1/verify", content=mixed(campus), headers={"Content-Type": "application/zip"})
    assert answer.status_code == 200
    reports = answer.json()["reports"]
    assert [entry["name"] for entry in reports] == ["good.png", "changed.json", "photo.png", "inner.zip"]
    assert [entry.get("verdict") for entry in reports] == ["valid", "invalid", None, None]
    assert [entry.get("form") for entry in reports] == ["png", "json", None, None]
    assert reports[1]["code"] == "digest_mismatch"
    assert [entry["error"]["code"] for entry in reports[2:]] == ["image_without_credential", "archive_unsafe"]


def test_a_pdf_with_two_credentials_gives_two_reports(campus: Campus) -> None:
    both = a_pdf({"a.json": campus.document(0), "b.json": campus.document(1)})
    answer = campus.client.post("/v1/verify", content=both, headers={"Content-Type": "application/pdf"})
    assert [(entry["name"], entry["verdict"]) for entry in answer.json()["reports"]] == [
        ("a.json", "valid"),
        ("b.json", "valid"),
    ]


def hostile() -> Iterator[tuple[str, bytes, int, str]]:
    yield "image/png", a_png(), 422, "image_without_credential"
    yield "image/png", a_png() + b"x", 422, "image_invalid"
    yield "image/svg+xml", b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>", 422, "image_invalid"
    yield "image/svg+xml", b"<html></html>", 415, "form_unsupported"
    yield "application/pdf", a_pdf({}), 422, "pdf_invalid"
    yield "application/pdf", a_pdf({"a.json": b"{}"}, password="x"), 422, "pdf_invalid"
    yield "application/pdf", a_pdf_with_associated_file(b" " * 50_000_000), 422, "pdf_invalid"
    yield "application/zip", a_zip({"a": b" " * 50_000_000}), 422, "archive_unsafe"
    yield "application/zip", a_zip({"a.zip": a_zip({"a": b"{}"})}), 422, "archive_unsafe"
    yield "application/zip", a_zip({}), 422, "archive_without_credential"
    yield "application/zip", a_zip({"a": b"hello"}), 400, "json_syntax"
    yield "application/json", b"\x1f\x8b\x08\x00", 415, "form_unsupported"


def test_what_is_hostile_or_empty_gets_one_clear_refusal_everywhere(campus: Campus) -> None:
    owner = campus.a_wallet()
    for kind, data, status, code in hostile():
        for path, headers in (("/v1/verify", {}), (f"{owner.path}/credentials", owner.headers)):
            answer = campus.client.post(path, content=data, headers=headers | {"Content-Type": kind})
            assert (answer.status_code, answer.json()["code"]) == (status, code), (path, kind)
            assert answer.headers["content-type"] == "application/problem+json"
        page = campus.client.post("/check", files={"file": ("x", data)}, headers={"Accept": "text/html"})
        assert page.status_code == status
        assert "Nothing was checked" in page.text
    assert owner.held() == []


@pytest.mark.parametrize(
    "sent_as", ["image/png", "image/svg+xml", "application/pdf", "application/zip", "application/jwt"]
)
def test_a_body_that_is_not_what_its_type_says_is_refused(campus: Campus, sent_as: str) -> None:
    for data in (campus.document(), b"", b"hello"):
        answer = campus.client.post("/v1/verify", content=data, headers={"Content-Type": sent_as})
        assert (answer.status_code, answer.json()["code"]) == (415, "content_type")


def test_a_picture_that_is_sent_as_json_is_refused(campus: Campus) -> None:
    badge = forms(campus.document())["png"]
    answer = campus.client.post("/v1/verify", content=badge, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (415, "content_type")


def test_a_jwt_is_judged_as_one(campus: Campus) -> None:
    for kind in ("application/jwt", "application/vc+jwt", "application/json"):
        answer = campus.client.post("/v1/verify", content=JWS, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["verdict"]) == (200, "invalid")


# --- the page ---


def test_the_page_shows_the_verdict_on_a_badge(campus: Campus) -> None:
    page = campus.client.post("/check", files={"file": ("badge.png", forms(campus.document())["png"])})
    assert (page.status_code, page.text.count('class="verdict valid"')) == (200, 1)


def test_the_page_shows_each_file_of_an_archive(campus: Campus) -> None:
    page = campus.client.post("/check", files={"file": ("all.zip", mixed(campus))})
    assert page.status_code == 200
    for text in (
        "good.png",
        "changed.json",
        "photo.png",
        "inner.zip",
        "2 in all: 1 valid, 1 not valid.",
        "Not read: 2.",
    ):
        assert text in page.text
    assert "The picture holds no credential." in page.text
    assert ".." not in page.text


# --- the wallet ---


def taken_in(owner: Owner, data: bytes, kind: str) -> dict[str, object]:
    answer = owner.campus.client.post(
        f"{owner.path}/credentials", content=data, headers=owner.headers | {"Content-Type": kind}
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_a_wallet_keeps_the_document_and_not_what_it_came_in(campus: Campus, form: str) -> None:
    owner, document = campus.a_wallet(), campus.document()
    answer = taken_in(owner, forms(document)[form], TYPES[form])
    assert answer["kept"] == "added"
    (held,) = owner.held()
    stored = campus.client.get(f"{owner.path}/credentials/{held}", headers=owner.headers)
    assert stored.content == document


def test_all_credentials_of_an_archive_are_imported_and_each_has_its_answer(campus: Campus) -> None:
    owner = campus.a_wallet()
    answer = taken_in(owner, mixed(campus), "application/zip")
    imported = answer["imported"]
    assert isinstance(imported, list)
    assert [entry["name"] for entry in imported] == ["good.png", "changed.json", "photo.png", "inner.zip"]
    assert [entry.get("kept") for entry in imported] == ["added", "added", None, None]
    assert [entry["credential"]["verdict"] for entry in imported[:2]] == ["valid", "invalid"]
    assert imported[2]["error"]["code"] == "image_without_credential"
    assert len(owner.held()) == 2
    again = taken_in(owner, mixed(campus), "application/zip")["imported"]
    assert isinstance(again, list)
    assert [entry.get("kept") for entry in again] == ["unchanged", "unchanged", None, None]


def test_the_same_credential_twice_in_an_archive_is_kept_once(campus: Campus) -> None:
    owner = campus.a_wallet()
    both = a_zip({"a.json": campus.document(), "b.png": forms(campus.document())["png"]})
    imported = taken_in(owner, both, "application/zip")["imported"]
    assert isinstance(imported, list)
    assert [entry["kept"] for entry in imported] == ["added", "unchanged"]
    assert len(owner.held()) == 1


def a_jwt() -> bytes:
    """A credential of an issuer whom nobody here knows, signed as a JWT."""
    did = did_key(a_signer(7).public_key)
    document = {name: value for name, value in a_credential(7).items() if name != "credentialStatus"}
    document["issuer"] = {"id": did, "type": ["Profile"], "name": "A School"}
    return sign_jwt(document, a_signer(7), f"{did}#{did.removeprefix('did:key:')}").encode()


def test_a_jwt_is_kept_and_shared_as_it_is_and_a_record_holds_it(campus: Campus) -> None:
    owner, jwt, client = campus.a_wallet(), a_jwt(), campus.client
    taken_in(owner, bake_png(a_png(), jwt, record=False), "image/png")
    (held,) = owner.held()
    assert client.get(f"{owner.path}/credentials/{held}", headers=owner.headers).content == jwt
    made = client.post(f"{owner.path}/records", json={"credential_ids": [held]}, headers=owner.headers)
    assert made.status_code == 201, made.text
    link = client.post(
        f"{owner.path}/links", json={"credential_ids": [held], "label": "x", "days": 1}, headers=owner.headers
    )
    path = link.json()["url"].removeprefix(campus.site.base)
    assert client.get(f"{path}.json").json()["document"] == jwt.decode()
    document = client.get(path, headers={"Accept": "application/vc+jwt"})
    assert (document.content, document.headers["content-type"]) == (jwt, "application/vc+jwt")
