"""Receipts of checks over HTTP: made by program, on the page and at share links; judged; and bound to open keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pypdf
import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from api.receipts.drafts import SECONDS, Drafts
from ledger.chain.registry import Reason
from ledger.verifying.fetching import GuardedFetcher
from ledger.verifying.readings import Unknown
from tests.office import drafts
from tests.site import NO_LIMITS, ORIGIN, Campus, apart
from tests.wrappings import a_pdf, a_zip

HTML = {"Accept": "text/html"}
JSON = {"Content-Type": "application/json"}
DRAFT = re.compile(r'name="draft" value="([^"]+)"')


def made(campus: Campus, document: bytes, query: str = "") -> dict[str, Any]:
    answer = campus.client.post(f"/v1/receipts{query}", content=document, headers=JSON)
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


def judged(campus: Campus, receipt: object, kind: str = "application/json") -> dict[str, Any]:
    content = receipt if isinstance(receipt, bytes) else orjson.dumps(receipt)
    answer = campus.client.post("/v1/receipts/verify", content=content, headers={"Content-Type": kind})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def given(campus: Campus, *files: tuple[str, bytes], **fields: str) -> Any:
    parts: list[Any] = [("file", (name, content)) for name, content in files] or [("file", ("", b""))]
    return campus.client.post("/check", files=parts, data=fields, headers=HTML, follow_redirects=False)


def test_a_receipt_is_made_by_program_and_judged_by_anyone(campus: Campus) -> None:
    receipt = made(campus, campus.document())
    [entry] = receipt["documents"]
    report = campus.client.post("/v1/verify", content=campus.document(), headers=JSON).json()
    assert entry["digest"] == report["digest"]
    assert entry["verdict"] == "valid"
    assert [check["code"] for check in entry["checks"]] == [check["code"] for check in report["checks"]]
    assert entry["chain"]["block"].keys() == {"number", "hash", "time"}
    assert receipt["issuer"]["id"] == campus.workspace.catalog.issuer("records").did
    assert receipt["software"].startswith("Cairn ")

    found = judged(campus, receipt)
    assert (found["outcome"], found["is_ours"]) == ("valid", True)
    assert found["receipt"] == receipt


def test_nobody_is_named_unless_that_is_asked_for(campus: Campus) -> None:
    document = campus.document()
    assert "Learner" not in orjson.dumps(made(campus, document)["documents"]).decode()
    [entry] = made(campus, document, "?personal=true")["documents"]
    assert entry["learner"] == campus.credentials()[0].learner_name


def test_a_receipt_of_what_is_false_or_open_says_so(campus: Campus) -> None:
    document = orjson.loads(campus.document())
    forged = made(campus, orjson.dumps(document | {"name": "Doctor of Everything"}))
    assert forged["documents"][0]["verdict"] == "invalid"
    proofs = [proof for proof in document["proof"] if proof["cryptosuite"] != "cairn-anchor-2026"]
    unproved = made(campus, orjson.dumps(document | {"proof": proofs}))
    assert unproved["tally"]["indeterminate"] == 1


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("documents", 0, "verdict"), "invalid"),
        (("documents", 0, "digest"), "0x" + "0" * 64),
        (("documents", 0, "issuer", "accredited_name"), "Somebody else"),
        (("documents", 0, "chain", "block", "number"), 1),
        (("checked_at",), "2020-01-01T00:00:00Z"),
        (("policy", "accreditors"), []),
        (("issuer", "name"), "Another site"),
        (("proof", "created"), "2020-01-01T00:00:00Z"),
    ],
)
def test_a_changed_receipt_is_none(campus: Campus, place: tuple[Any, ...], value: object) -> None:
    receipt = made(campus, campus.document())
    inside: Any = receipt
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = value
    found = judged(campus, receipt)
    assert (found["outcome"], found["code"], found["receipt"]) == ("invalid", "signature_invalid", None)


def test_another_publishers_receipt_cannot_be_judged_without_its_key(campus: Campus) -> None:
    receipt = made(campus, campus.document())
    did = "did:web:elsewhere.example:issuers:records"
    receipt["issuer"]["id"], receipt["proof"]["verificationMethod"] = did, f"{did}#key-1"
    found = judged(campus, receipt)
    assert (found["outcome"], found["code"], found["is_ours"]) == ("indeterminate", "key_unknown", False)
    page = given(campus, ("receipt.json", orjson.dumps(receipt))).text
    assert "Could not check this receipt" in page
    assert "A genuine receipt" not in page


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{}", "application/json", 422, "receipt_missing"),
        (b'{"type":"VerificationReceipt"}', "application/json", 422, "receipt_newer"),
        (b'{"type":"VerificationReceipt","version":1}', "application/json", 422, "receipt_malformed"),
        (b"%PDF-1.7 nothing", "application/pdf", 422, "pdf_invalid"),
        (b"x", "text/plain", 415, "content_type"),
    ],
)
def test_what_is_no_receipt_is_refused(campus: Campus, body: bytes, kind: str, status: int, code: str) -> None:
    answer = campus.client.post("/v1/receipts/verify", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_paper_holds_the_receipt_and_is_read_wherever_it_is_brought(campus: Campus) -> None:
    answer = campus.client.post("/v1/receipts?form=pdf&personal=true", content=campus.document(), headers=JSON)
    assert answer.headers["content-disposition"] == 'attachment; filename="verification-receipt.pdf"'
    [(name, [attached])] = pypdf.PdfReader(BytesIO(answer.content)).attachments.items()
    assert name == "receipt.json"
    assert judged(campus, answer.content, "application/pdf")["receipt"] == orjson.loads(attached)
    page = given(campus, ("receipt.pdf", answer.content), ("credential.json", campus.document())).text
    assert "A genuine receipt" in page
    assert "Now: Valid" in page


def test_a_receipt_is_no_credential(campus: Campus) -> None:
    receipt = orjson.dumps(made(campus, campus.document()))
    answer = campus.client.post("/v1/verify", content=receipt, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "receipt_given")


def test_the_page_offers_a_receipt_of_what_it_showed(campus: Campus) -> None:
    page = given(campus, ("one.json", campus.document()), ("broken.json", b"{"))
    assert page.status_code == 200
    sealed = DRAFT.search(page.text)
    assert sealed
    fields = {"draft": sealed[1], "form": "json", "personal": "yes"}
    receipt = campus.client.post("/check/receipt", files=[("none", (None, ""))], data=fields)
    assert receipt.status_code == 200
    assert [entry.get("name") for entry in receipt.json()["documents"]] == ["one.json", "broken.json"]
    assert receipt.json()["tally"] == {"valid": 1, "invalid": 0, "indeterminate": 0, "unreadable": 1}
    assert judged(campus, receipt.content)["outcome"] == "valid"
    del fields["personal"]
    unnamed = campus.client.post("/check/receipt", files=[("none", (None, ""))], data=fields)
    assert b"one.json" not in unnamed.content


def test_a_receipt_beside_its_document_says_what_has_become_of_it(campus: Campus) -> None:
    batch = campus.workspace.imports.draft_batch("usm", drafts(1, first=9731), label="Revoked after a receipt")
    [one] = campus.workspace.catalog.credentials(batch=campus.workspace.pipeline.advance(batch.id).id)
    document = campus.workspace.catalog.document(one.credential_id)
    receipt = orjson.dumps(made(campus, document))
    campus.workspace.revocation.revoke([one.credential_id], Reason.ASSESSMENT_INVALID)
    page = given(campus, ("receipt.json", receipt), ("credential.json", document)).text
    assert re.findall("(?:Then|Now): (?:Not v|V)alid", page) == ["Then: Valid", "Now: Not valid"]


def test_a_draft_counts_for_an_hour_and_only_as_it_was_sealed(campus: Campus) -> None:
    now = 1_000_000
    drafts = Drafts(campus.workspace.keys, lambda: now)
    sealed = drafts.seal([{"verdict": "invalid"}])
    assert drafts.open(sealed).entries == ({"verdict": "invalid"},)
    for other in ("", "x", sealed[:-4], sealed[:20] + ("A" if sealed[20] != "A" else "B") + sealed[21:], "A" * 9_000):
        answer = campus.client.post("/check/receipt", files=[("none", (None, ""))], data={"draft": other})
        assert (answer.status_code, answer.json()["code"]) == (409, "draft_over")
    now += SECONDS + 1
    answer = campus.client.post("/check/receipt", files=[("none", (None, ""))], data={"draft": sealed})
    assert answer.json()["code"] == "draft_over"


def test_a_share_link_gives_a_receipt_behind_its_pin(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    path = owner.a_path(pin="295174")
    assert campus.client.get(f"{path}/receipt.json").status_code == 401
    let_in = {"X-Link-PIN": "295174"}
    answer = campus.client.get(f"{path}/receipt.json", headers=let_in)
    assert answer.status_code == 200
    [entry] = answer.json()["documents"]
    assert entry["kind"] == "record"
    assert len(entry["components"]) == 2
    assert b"Learner" not in answer.content
    assert path.encode() not in answer.content
    assert judged(campus, answer.content)["outcome"] == "valid"
    assert b"Learner" in campus.client.get(f"{path}/receipt.json?learner=true", headers=let_in).content
    paper = campus.client.get(f"{path}/receipt.pdf", headers=let_in)
    assert judged(campus, paper.content, "application/pdf")["outcome"] == "valid"
    assert campus.client.get("/s/" + "A" * 43 + "/receipt.json").status_code == 404
    assert campus.client.get(f"{path}/receipt.doc", headers=let_in).status_code == 422


def test_a_pasted_link_of_this_site_opens_its_page_and_another_is_not_fetched(campus: Campus) -> None:
    path = campus.a_full_wallet().a_path()
    for text in (f"http://127.0.0.1:8000{path}", path, f" {path}#top ", f"It is at <http://127.0.0.1:8000{path}>."):
        answer = given(campus, text=text)
        assert (answer.status_code, answer.headers["location"]) == (303, path)
    for text, heading in (
        ("https://elsewhere.example/s/x", "A link to another site"),
        ("http://127.0.0.1:8000/check", "That link shows no credential"),
    ):
        answer = given(campus, text=text)
        assert answer.status_code == 422
        assert heading in answer.text
    assert given(campus, text="javascript:alert(1)").status_code == 400


def test_a_link_elsewhere_is_fetched_where_the_site_may(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer_of(self: GuardedFetcher, url: str) -> bytes | Unknown:
        asked.append(url)
        return campus.document() if url.endswith("/good") else Unknown("fetch_failed", "No answer.")

    monkeypatch.setattr(GuardedFetcher, "fetch", answer_of)
    fetching = NO_LIMITS.model_copy(update={"fetch": True})
    client = TestClient(create_app(campus.workspace, fetching), base_url=ORIGIN)
    parts: list[Any] = [("file", ("", b""))]
    found = client.post("/check", files=parts, data={"text": "https://college.example/good#top"}, headers=HTML)
    assert found.status_code == 200
    assert "Universiti Sains Malaysia" in found.text
    refused = client.post("/check", files=parts, data={"text": "https://college.example/bad"}, headers=HTML)
    assert refused.status_code == 422
    assert "https://college.example/bad</textarea>" in refused.text
    assert asked == ["https://college.example/good", "https://college.example/bad"]


def test_what_is_refused_comes_back_filled_in_and_says_what_to_do(campus: Campus) -> None:
    answer = given(campus, text="Dear <b>Sir</b>", on="2026-01-01")
    assert answer.status_code == 400
    assert "Dear &lt;b&gt;Sir&lt;/b&gt;" in answer.text
    assert 'value="2026-01-01"' in answer.text
    photo = given(campus, ("photo.jpg", b"\xff\xd8\xff\xe0 a photo"))
    assert photo.status_code == 415
    assert "scan the QR code" in photo.text
    assert given(campus, ("scan.pdf", a_pdf({}))).status_code == 422
    many = given(campus, *[(f"{number}.json", b"{}") for number in range(21)])
    assert many.status_code == 422


def test_several_files_of_every_form_are_told_apart(campus: Campus) -> None:
    first, second = campus.document(0), campus.document(1)
    archive = a_zip({"inside.json": second})
    page = given(campus, ("a.json", first), ("b.pdf", a_pdf({"credential.json": second})), ("c.zip", archive))
    assert page.status_code == 200
    for name in ("a.json", "b.pdf: credential.json", "c.zip: inside.json"):
        assert name in page.text
    assert "3 in all" in page.text


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Campus]:
    with apart(tmp_path) as campus:
        yield campus


def test_receipts_outlive_a_change_of_keys_and_not_a_stolen_one(alone: Campus) -> None:
    first = made(alone, alone.document())
    retired = alone.workspace.issuers.add_key("records").keys[0]
    # The chain's time is behind: the end of a key that is retired lies before the last receipts that it signed.
    alone.workspace.issuers.close_key("records", 1, until=retired.opened_at, compromised=False)
    second = made(alone, alone.document())
    assert second["proof"]["verificationMethod"].endswith("#key-2")
    assert judged(alone, first)["outcome"] == judged(alone, second)["outcome"] == "valid"

    opened = alone.workspace.catalog.issuer("records").keys[1].opened_at
    alone.workspace.issuers.close_key("records", 2, until=opened)
    found = judged(alone, second)
    assert (found["outcome"], found["code"]) == ("invalid", "key_compromised")
    assert judged(alone, first)["outcome"] == "valid"

    refused = alone.client.post("/v1/receipts", content=alone.document(), headers=JSON)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_key")
    page = given(alone, ("one.json", alone.document()))
    assert page.status_code == 200
    assert DRAFT.search(page.text) is None
