"""Receipts of checks: what they say, who signed them, and that no member can be changed unseen."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO

import orjson
import pypdf
import pytest

from ledger.chain.registry import StatusAction
from ledger.documents.credential import Learner
from ledger.documents.did import did_document
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument
from ledger.receipts.publisher_keys import published_receipt_keys
from ledger.receipts.reading import Receipt, read_receipt, receipt_in
from ledger.receipts.signature import PublisherKey, judge, signed
from ledger.receipts.writing import Publisher, Terms, entry_of, receipt_of, unread_entry
from ledger.rendering.receipt import receipt_pdf
from ledger.verifying.readings import Unknown
from ledger.verifying.report import CHECK_IDS, Outcome, VerificationReport
from tests.builders import a_credential, a_record, a_signer
from tests.world import World, anchor_of

DID = "did:web:cairn.example:issuers:records"
METHOD = f"{DID}#key-1"
REGISTRY = "eip155:31337:0x5FbDB2315678afecb367f032d93F642f64180aa3"
AT = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
KEYS = {METHOD: PublisherKey(a_signer(7).public_key)}


@pytest.fixture
def world() -> World:
    return World()


def checked(world: World, name: str = "Nur Aisyah") -> VerificationReport:
    [document] = world.issue(a_credential(learner=Learner(name, "a@students.example", "0012")))
    return world.verifier().verify(orjson.dumps(document))


def a_receipt(*entries: JsonObject, personal: bool = False, at: datetime = AT) -> bytes:
    body = receipt_of(
        entries,
        publisher=Publisher(DID, "Cairn Records", REGISTRY, bytes(32)),
        site="https://cairn.example/check",
        terms=Terms((REGISTRY,), (bytes(20),)),
        software="Cairn 1",
        checked_at=at,
        personal=personal,
    )
    return orjson.dumps(signed(body, a_signer(7), METHOD, at))


def read(content: bytes) -> Receipt:
    receipt = receipt_in(content)
    assert receipt is not None
    return receipt


def test_a_receipt_says_what_was_found_and_leaves_the_learner_out_unless_asked(world: World) -> None:
    report = checked(world)
    [stated] = read(a_receipt(entry_of(report, "nur.json"))).documents

    assert (stated.verdict, stated.code, stated.message) == ("valid", "valid", report.message)
    assert stated.digest == f"0x{report.digest.hex()}"
    assert [check.id for check in stated.checks] == [*CHECK_IDS]
    assert [check.message for check in stated.checks] == [check.message for check in report.checks]
    assert stated.accredited_name == report.issuer.accredited_name
    assert stated.chain is not None
    assert report.chain is not None
    assert report.chain.block is not None
    assert stated.chain.block is not None
    assert stated.chain.block.number == report.chain.block.number
    assert stated.chain.block.hash == f"0x{report.chain.block.hash.hex()}"

    assert b"Nur Aisyah" not in a_receipt(entry_of(report, "nur.json"))
    assert b"nur.json" not in a_receipt(entry_of(report, "nur.json"))
    [named] = read(a_receipt(entry_of(report, "nur.json"), personal=True)).documents
    assert (named.learner, named.name) == ("Nur Aisyah", "nur.json")


def test_a_record_names_nobody_either(world: World) -> None:
    modules = world.modules()
    [record] = world.issue(a_record(*modules), issuer=world.publisher)
    report = world.verifier().verify(orjson.dumps(record))
    receipt = a_receipt(entry_of(report))

    [stated] = read(receipt).documents
    assert len(stated.components) == len(modules)
    assert all(part.title and part.learner is None for part in stated.components)
    assert report.summary is not None
    assert report.summary.learner_name
    assert report.summary.learner_name.encode() not in receipt
    assert b"Learning record of" not in receipt


def test_could_not_check_and_could_not_read_stand_as_such(world: World) -> None:
    report = checked(world)
    silent = world.verifier(world.policy(registries=())).verify(orjson.dumps(report.document))
    unread = unread_entry(MalformedDocument("json_syntax", "this is no JSON"), "letter.txt")
    receipt = read(a_receipt(entry_of(silent), unread, entry_of(report)))
    assert [stated.verdict for stated in receipt.documents] == [silent.verdict.value, "unreadable", "valid"]
    assert receipt.body["tally"] == {
        "valid": 1,
        "invalid": int(silent.verdict is Outcome.INVALID),
        "indeterminate": int(silent.verdict is Outcome.INDETERMINATE),
        "unreadable": 1,
    }


def every_change(value: JsonValue, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The place of every value that has no parts."""
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from every_change(inside, (*path, name))
    elif isinstance(value, list):
        for position, inside in enumerate(value):
            yield from every_change(inside, (*path, position))
    else:
        yield path


def changed(document: JsonObject, path: tuple[str | int, ...]) -> JsonObject:
    whole = copy.deepcopy(document)
    place: JsonValue = whole
    for step in path[:-1]:
        place = place[step]  # type: ignore[index]
    old = place[path[-1]]  # type: ignore[index]
    new = old + 1 if isinstance(old, int) and not isinstance(old, bool) else not old if isinstance(old, bool) else "2"
    place[path[-1]] = new  # type: ignore[index]
    return whole


def code_of(document: JsonObject) -> str:
    """How a receipt is judged, or why it cannot be read as one."""
    try:
        return judge(read_receipt(document), KEYS).code
    except MalformedDocument as error:
        return error.code


def test_whatever_is_changed_the_signature_no_longer_holds(world: World) -> None:
    document = json.loads(a_receipt(entry_of(checked(world)), personal=True))
    assert judge(read_receipt(document), KEYS)
    places = list(every_change(document))
    assert len(places) > 60
    for path in places:
        tampered = changed(document, path)
        assert tampered == document or code_of(tampered) != "ok", path
    for member in document:
        assert code_of({name: value for name, value in document.items() if name != member}) != "ok", member
    added = document | {"note": "trust me"}
    assert judge(read_receipt(added), KEYS).code == "signature_invalid"


def test_keys_are_given_up(world: World) -> None:
    receipt = read(a_receipt(entry_of(checked(world))))
    key = a_signer(7).public_key
    for listed, code in (
        ({METHOD: PublisherKey(key)}, "ok"),
        ({METHOD: PublisherKey(key, is_compromised=True)}, "key_compromised"),
        ({f"{DID}#key-2": PublisherKey(key)}, "key_unlisted"),
        ({METHOD: PublisherKey(a_signer(8).public_key)}, "signature_invalid"),
        ({}, "key_unlisted"),
    ):
        assert judge(receipt, listed).code == code
    unknown = judge(receipt, Unknown("key_unknown", "Not known."))
    assert (unknown.outcome, unknown.code) == (Outcome.INDETERMINATE, "key_unknown")


def test_the_did_document_is_enough_to_check_it(world: World) -> None:
    receipt = read(a_receipt(entry_of(checked(world))))
    document = orjson.dumps(did_document(DID, {1: a_signer(7).public_key}, REGISTRY, bytes(32)))
    keys = published_receipt_keys(DID, {"https://cairn.example/issuers/records/did.json": document}, fetch=False)
    assert judge(receipt, keys)
    assert judge(receipt, published_receipt_keys(DID, {DID: document}, fetch=False))
    assert judge(receipt, published_receipt_keys(DID, {}, fetch=False)).code == "key_unknown"
    another = orjson.dumps(did_document(f"{DID}x", {1: a_signer(7).public_key}, REGISTRY, bytes(32)))
    assert judge(receipt, published_receipt_keys(DID, {DID: another}, fetch=False)).code == "document_unreadable"


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"type": "VerifiableCredential"}', b"\x00VerificationReceipt"])
def test_what_is_no_receipt_is_none(text: bytes) -> None:
    assert receipt_in(text) is None


HOSTILE = (
    'Aisyah"#pagebreak() $x$ \\ *bold* #read("/etc/passwd")',
    "فاطمة الزهراء",
    "\u202egnp.tnemucod",
    "<script>alert(1)</script>",
    "A" * 3000,
)


@pytest.mark.parametrize("name", HOSTILE)
def test_the_paper_sets_any_name_and_has_the_receipt_inside(world: World, name: str) -> None:
    report = checked(world)
    entry = entry_of(report, name) | {"learner": name, "title": name}
    content = a_receipt(entry, unread_entry(MalformedDocument("json_syntax", name), name), personal=True)
    pdf = receipt_pdf(read(content), content)
    reader = pypdf.PdfReader(BytesIO(pdf), strict=True)
    assert reader.attachments == {"receipt.json": [content]}
    assert pdf == receipt_pdf(read(content), content)


def test_the_paper_gives_verdict_checks_block_and_whose_it_is(world: World) -> None:
    [document] = world.issue(a_credential())
    world.set_status(anchor_of(document).status_index, StatusAction.REVOKE)
    report = world.verifier().verify(orjson.dumps(document))
    content = a_receipt(entry_of(report))
    pdf = pypdf.PdfReader(BytesIO(receipt_pdf(read(content), content)))
    said = " ".join(" ".join(page.extract_text().split()) for page in pdf.pages)
    assert "Not valid" in said
    assert "revoked" in said
    assert "Cairn Records" in said
    assert "2026-11-22 18:30:00 UTC" in said
    assert report.chain is not None
    assert report.chain.block is not None
    assert f"0x{report.chain.block.hash.hex()}" in said.replace(" ", "")
    assert str(report.issuer.accredited_name) in said
