"""Open batches: all documents or none, and nobody is given the same thing twice."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import orjson
import pytest

from ledger.chain.registry import Reason
from ledger.documents.schemas import schema_problems
from ledger.errors import Conflict, DraftError, NotFound
from ledger.issuing.drafting import _ranges
from tests.office import JCS_ONLY, Office, drafts, programme_file

HEADER = "achievement,learner_id,name,email,result,awarded_on"


def rows(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines]).encode()


def test_an_import_becomes_an_open_batch_of_unsigned_documents(office: Office) -> None:
    office.programmes.add("usm", programme_file("needs"))
    batch = office.imports.import_rows("usm", "design", rows("needs,0012,Aisyah,a@students.example,87.5,2026-03-02"))

    (credential,) = office.credentials(batch)
    document = orjson.loads(office.catalog.document(credential.credential_id))

    assert (batch.state, batch.size, batch.label) == ("open", 1, "Design")
    assert (credential.learner_id, credential.email, credential.state) == ("0012", "a@students.example", "draft")
    assert "proof" not in document
    assert schema_problems(document) == []
    assert office.imports.preview(batch.id) == document


def test_a_bad_row_stores_nothing(office: Office) -> None:
    office.programmes.add("usm", programme_file("needs"))

    with pytest.raises(DraftError) as caught:
        office.imports.import_rows("usm", "design", rows("needs,1,A,a@b.example,50,2026-03-02", "needs,2,B,b,50,x"))

    assert {(problem.row, problem.column) for problem in caught.value.problems} == {(3, "email"), (3, "awarded_on")}
    assert office.catalog.batches() == ()


def test_status_indexes_are_given_out_once_in_order(office: Office) -> None:
    first, second = office.an_open_batch(3), office.an_open_batch(2, code="models")
    office.imports.discard(second.id)
    third = office.an_open_batch(2, code="evaluation")

    indexes = [credential.status_index for batch in (first, third) for credential in office.credentials(batch)]

    assert indexes == [0, 1, 2, 5, 6]


def test_a_stored_document_hashes_to_its_digest_and_names_its_status_index(office: Office) -> None:
    batch = office.an_open_batch(3)

    for credential in office.credentials(batch):
        body = office.catalog.document(credential.credential_id)
        assert hashlib.sha256(body).digest() == credential.digest
        assert orjson.loads(body)["credentialStatus"]["statusListIndex"] == str(credential.status_index)


def test_importing_the_same_rows_again_is_refused_with_their_numbers(office: Office) -> None:
    office.an_open_batch(3)

    with pytest.raises(Conflict, match=r"3 of 3 were issued before and are not revoked \(rows 2–4\)") as caught:
        office.an_open_batch(3)

    assert caught.value.code == "already_issued"
    assert len(office.catalog.batches()) == 1


def test_only_the_rows_that_were_issued_before_are_named(office: Office) -> None:
    office.imports.draft_batch("usm", drafts(1, first=2), label="one")

    with pytest.raises(Conflict, match=r"1 of 3 .*\(row 3\)"):
        office.an_open_batch(3)


def test_a_revoked_credential_may_be_issued_again(office: Office) -> None:
    batch = office.a_final_batch(2)
    office.revocation.revoke([office.credentials(batch)[0].credential_id], Reason.ISSUED_IN_ERROR)

    with pytest.raises(Conflict, match=r"1 of 2 .*\(row 3\)"):
        office.an_open_batch(2)
    again = office.an_open_batch(1)

    assert office.pipeline.advance(again.id, suites=JCS_ONLY).is_finished


def test_another_issuer_may_give_the_same_learner_the_same_achievement(office: Office) -> None:
    office.an_issuer("um")
    office.an_open_batch(1)

    assert office.an_open_batch(1, issuer="um").size == 1


def test_an_open_batch_can_be_discarded_and_drafted_again(office: Office) -> None:
    batch = office.an_open_batch(3)
    office.imports.discard(batch.id)

    assert office.catalog.batches() == ()
    assert office.an_open_batch(3).size == 3


def test_a_sealed_batch_cannot_be_discarded(office: Office) -> None:
    batch = office.pipeline.seal(office.an_open_batch(1).id, suites=JCS_ONLY)

    with pytest.raises(Conflict) as caught:
        office.imports.discard(batch.id)

    assert caught.value.code == "batch_sealed"


def test_a_document_that_no_open_badge_could_be_is_refused_with_its_row(office: Office) -> None:
    good, bad = drafts(2)
    strange = replace(bad, achievement=replace(bad.achievement, achievement_type="Diploma of Magic"))

    with pytest.raises(DraftError) as caught:
        office.imports.draft_batch("usm", [good, strange], label="strange")

    assert {(problem.code, problem.row) for problem in caught.value.problems} == {("schema_invalid", 3)}
    assert office.catalog.batches() == ()


def test_nothing_to_issue_is_no_batch(office: Office) -> None:
    with pytest.raises(Conflict) as caught:
        office.imports.draft_batch("usm", [], label="empty")

    assert caught.value.code == "batch_empty"


def test_a_preview_beyond_the_batch_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound):
        office.imports.preview(office.an_open_batch(1).id, 1)


def test_row_numbers_are_written_as_ranges() -> None:
    assert _ranges([2]) == "row 2"
    assert _ranges([2, 3, 4, 9, 11, 12]) == "rows 2–4, 9, 11–12"
    assert _ranges(list(range(1, 40, 2))).endswith(", …")


def test_what_a_batch_was_opened_with_holds_until_it_is_anchored(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafted, sealed = office.an_open_batch(1), office.an_open_batch(1, code="models")
    office.pipeline.seal(sealed.id, suites=JCS_ONLY)
    monkeypatch.setattr("ledger.issuing.signing.definitions_hash", lambda: bytes(32))

    with pytest.raises(Conflict) as refused:
        office.pipeline.seal(drafted.id, suites=JCS_ONLY)
    assert refused.value.code == "batch_outdated"
    with pytest.raises(Conflict) as refused:
        office.pipeline.plan(sealed.id)
    assert refused.value.code == "batch_outdated"
    assert office.catalog.batch(drafted.id).state == "open"
    monkeypatch.undo()
    assert office.pipeline.advance(sealed.id, suites=JCS_ONLY).is_finished
