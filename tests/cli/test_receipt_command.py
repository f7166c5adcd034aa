"""`cairn verify-receipt`: a receipt is judged with its publisher's DID document alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.receipts.reading import receipt_in
from ledger.rendering.receipt import receipt_pdf
from tests.cli.conftest import Cairn

VECTOR = Path(__file__).resolve().parents[1] / "vectors" / "receipts"
RECEIPT, DOCUMENT = VECTOR / "receipt.json", VECTOR / "did.json"
DID = "did:web:cairn.example:issuers:records"


def test_the_did_document_of_the_publisher_is_all_it_takes(cairn: Cairn, tmp_path: Path) -> None:
    nowhere = tmp_path / "none"
    for name in (DID, "https://cairn.example/issuers/records/did.json"):
        ran = cairn("verify-receipt", RECEIPT, "--document", f"{name}={DOCUMENT}", "--data", nowhere)
        assert ran.code == 0, ran.err
        assert "Cairn Records" in ran.out
        assert "what held at 2026-11-22 18:30:00 UTC, not now" in ran.out
        assert "VALID  Needs Assessment" in ran.out
    found = cairn("verify-receipt", RECEIPT, "--document", f"{DID}={DOCUMENT}", "--data", nowhere, "--json").json()
    assert (found["outcome"], found["receipt"]) == ("valid", json.loads(RECEIPT.read_bytes()))


def test_the_paper_is_as_good(cairn: Cairn, tmp_path: Path) -> None:
    content = RECEIPT.read_bytes()
    receipt = receipt_in(content)
    assert receipt is not None
    paper = tmp_path / "receipt.pdf"
    paper.write_bytes(receipt_pdf(receipt, content))
    assert cairn("verify-receipt", paper, "--document", f"{DID}={DOCUMENT}", "--data", tmp_path / "none").code == 0


def test_without_the_key_nothing_of_it_is_told(cairn: Cairn, tmp_path: Path) -> None:
    ran = cairn("verify-receipt", RECEIPT, "--data", tmp_path / "none")
    assert ran.code == 3
    assert "COULD NOT CHECK" in ran.out
    assert "Needs Assessment" not in ran.out


def test_a_changed_one_is_not_valid(cairn: Cairn, tmp_path: Path) -> None:
    changed = tmp_path / "receipt.json"
    changed.write_bytes(RECEIPT.read_bytes().replace(b"Needs Assessment", b"Rocket Science"))
    ran = cairn("verify-receipt", changed, "--document", f"{DID}={DOCUMENT}", "--data", tmp_path / "none")
    assert ran.code == 1
    assert "NOT VALID" in ran.out
    assert "Rocket Science" not in ran.out


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"%PDF-1.7", b'{"type":"VerificationReceipt"}'])
def test_what_is_no_receipt_is_unreadable(cairn: Cairn, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert cairn("verify-receipt", path, "--data", tmp_path / "none").code == 2


def test_verify_points_to_the_command_for_it(cairn: Cairn, tmp_path: Path) -> None:
    ran = cairn("verify", RECEIPT, "--data", tmp_path / "none")
    assert ran.code == 2
    assert "cairn verify-receipt" in ran.err
