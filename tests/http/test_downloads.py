"""Documents as files over HTTP: certificates, badges, JWTs and links, from wallets, issuers and share links."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pypdf
import pytest

from api.printing import Press
from api.problems import Refusal
from ledger.chain.registry import Reason
from ledger.proofs.jose import parse_jwt_credential
from ledger.rendering.forms import Form
from ledger.wrapping.unwrapping import Wrapped, unwrap
from tests.office import JCS_ONLY
from tests.site import ORIGIN, Campus

FILES = {"pdf": "application/pdf", "png": "image/png", "svg": "image/svg+xml"}


def inside(content: bytes) -> bytes:
    """The credential in a file."""
    [wrapped] = unwrap(content)
    assert isinstance(wrapped, Wrapped)
    return wrapped.content


@pytest.mark.parametrize("form", FILES)
def test_a_held_credential_is_had_as_a_file_with_itself_inside(campus: Campus, form: str) -> None:
    owner = campus.a_full_wallet()
    path = f"{owner.path}/credentials/{owner.held()[0]}"
    document = campus.client.get(path, headers=owner.headers)
    assert campus.client.get(path, params={"form": "json"}, headers=owner.headers).content == document.content
    file = campus.client.get(path, params={"form": form}, headers=owner.headers)
    assert file.headers["content-type"] == FILES[form]
    assert file.headers["content-disposition"] == f'attachment; filename="credential.{form}"'
    assert inside(file.content) == document.content


def test_a_record_is_printed_as_a_list(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    path = f"{owner.path}/records/{owner.a_record()['id']}/document"
    file = campus.client.get(path, params={"form": "pdf"}, headers=owner.headers)
    assert file.headers["content-disposition"] == 'attachment; filename="record.pdf"'
    assert inside(file.content) == campus.client.get(path, headers=owner.headers).content
    assert pypdf.PdfReader(BytesIO(file.content)).pages[0].extract_text().count("in force") >= 2


def test_a_share_link_gives_files_that_lead_back_to_it_and_are_kept_by_nobody(campus: Campus) -> None:
    path = campus.a_full_wallet().a_path()
    plain = campus.client.get(f"{path}/document")
    for form, media_type in FILES.items():
        file = campus.client.get(f"{path}/document", params={"form": form})
        assert file.headers["content-type"] == media_type
        assert inside(file.content) == plain.content
        for header in ("cache-control", "x-robots-tag", "referrer-policy", "content-security-policy"):
            assert file.headers[header] == plain.headers[header]
    printed = campus.client.get(f"{path}/document", params={"form": "pdf"})
    assert f"{ORIGIN}{path}" in pypdf.PdfReader(BytesIO(printed.content)).pages[0].extract_text().replace("\n", "")
    assert campus.client.get(f"{path}/document", params={"form": "jwt"}).status_code == 422
    assert campus.client.get("/s/cairn_share_nothing/document", params={"form": "pdf"}).status_code == 404


def test_an_address_for_the_qr_code_is_one_of_this_site(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    path = f"{owner.path}/credentials/{owner.held()[0]}"
    for address in ("https://evil.example/s/x", f"{ORIGIN}.evil.example/", f'{ORIGIN}/"><script>', "x", f"{ORIGIN}/ü"):
        refused = campus.client.get(path, params={"form": "pdf", "address": address}, headers=owner.headers)
        assert (refused.status_code, refused.json()["code"]) == (422, "address_invalid")
    good = campus.client.get(path, params={"form": "pdf", "address": f"{ORIGIN}/s/abc"}, headers=owner.headers)
    assert f"{ORIGIN}/s/abc" in pypdf.PdfReader(BytesIO(good.content)).pages[0].extract_text()


def test_linkedin_needs_a_public_address(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = campus.a_full_wallet()
    path = f"{owner.path}/credentials/{owner.held()[0]}"
    for address in ({}, {"address": f"{ORIGIN}/s/abc"}):  # this site has no https address
        refused = campus.client.get(path, params={"form": "linkedin", **address}, headers=owner.headers)
        assert (refused.status_code, refused.json()["code"]) == (422, "address_invalid")
    monkeypatch.setattr(campus.site, "base", "https://cairn.example")
    shared = "https://cairn.example/s/abc"
    link = campus.client.get(path, params={"form": "linkedin", "address": shared}, headers=owner.headers)
    assert link.headers["content-type"].startswith("text/plain")
    assert parse_qs(urlsplit(link.text).query)["certUrl"] == [shared]


def test_the_issuer_has_its_credential_as_a_jwt_and_nobody_else_does(campus: Campus) -> None:
    credential = campus.credentials()[0]
    path = f"/v1/issuers/usm/credentials/{credential.credential_id}"
    made = campus.client.get(path, params={"form": "jwt"}, headers=campus.key())
    assert made.headers["content-type"].startswith("application/vc+jwt")
    token = parse_jwt_credential(made.content)
    stored = campus.client.get(path, headers=campus.key()).json()
    assert token.document["credentialStatus"] == stored["credentialStatus"]
    assert campus.client.get(path, params={"form": "jwt"}, headers=campus.key("um")).status_code == 404
    owner = campus.a_full_wallet()
    held = f"{owner.path}/credentials/{owner.held()[0]}"
    assert campus.client.get(held, params={"form": "jwt"}, headers=owner.headers).status_code == 422


def test_a_jwt_verifies_everywhere_and_no_more_once_it_is_revoked(campus: Campus) -> None:
    [credential] = campus.awarded("intro")
    path = f"/v1/issuers/usm/credentials/{credential.credential_id}"
    token = campus.client.get(path, params={"form": "jwt"}, headers=campus.key()).content

    def verdict() -> str:
        page = campus.client.post("/check", files={"file": ("credential.jwt", token)}, headers={"Accept": "text/html"})
        checked = campus.client.post("/v1/verify", content=token, headers={"Content-Type": "application/vc+jwt"})
        said = str(checked.json()["verdict"])
        assert f"verdict {said}" in page.text
        return said

    assert verdict() == "valid"
    campus.workspace.revocation.revoke([credential.credential_id], Reason.ISSUED_IN_ERROR)
    campus.settled()
    assert verdict() == "invalid"


def test_nothing_is_printed_or_signed_of_what_is_revoked(campus: Campus) -> None:
    workspace = campus.workspace
    batch = workspace.imports.draft_batch("usm", campus.new_drafts("intro"), label="To be revoked later")
    path = "/v1/issuers/usm/credentials/"
    [credential] = workspace.catalog.credentials(batch=batch.id)
    draft = campus.client.get(path + credential.credential_id, params={"form": "jwt"}, headers=campus.key())
    assert (draft.status_code, draft.json()["code"]) == (409, "not_in_force")
    workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
    workspace.revocation.revoke([credential.credential_id], Reason.ISSUED_IN_ERROR)
    campus.settled()
    for form, code in (("pdf", "not_printable"), ("png", "not_printable"), ("jwt", "not_in_force")):
        refused = campus.client.get(path + credential.credential_id, params={"form": form}, headers=campus.key())
        assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert campus.client.get(path + credential.credential_id, headers=campus.key()).status_code == 200


def test_a_changed_document_that_somebody_imports_gets_no_certificate(campus: Campus) -> None:
    owner = campus.a_wallet()
    owner.take_in(campus.document().replace(b"Learner 1", b"Learner X"))
    path = f"{owner.path}/credentials/{owner.held()[0]}"
    refused = campus.client.get(path, params={"form": "pdf"}, headers=owner.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_printable")


def test_few_files_are_made_at_a_time_and_the_rest_are_asked_to_come_again() -> None:
    press = Press(at_once=1, waiting=0)

    def judge(document: bytes) -> object:
        with pytest.raises(Refusal) as refused:
            press.make(Form.PDF, document, judge, address="")  # type: ignore[arg-type]
        assert (refused.value.status_code, refused.value.code) == (503, "busy")
        raise InterruptedError

    for _ in range(2):  # a failure gives its place back
        with pytest.raises(InterruptedError):
            press.make(Form.PDF, b"{}", judge, address="")  # type: ignore[arg-type]
