"""Corrections: a new credential takes the place of a final one, which is revoked as superseded once that is final."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from ledger.chain.registry import Reason, SetStatus
from ledger.documents.canonical import digest, parse_digest_multibase
from ledger.documents.credential import SUPERSEDES
from ledger.documents.schemas import schema_problems
from ledger.documents.summary import summarize
from ledger.errors import Conflict, DraftError
from ledger.issuing.values import Batch, CredentialStatus, RequestKey, StoredCredential
from tests.fakes import MemoryRegistry
from tests.office import JCS_ONLY, Office, drafts, programme_file

HEADER = "achievement,learner_id,name,email,result,awarded_on,supersedes,note"


@pytest.fixture
def final(office: Office) -> tuple[StoredCredential, ...]:
    """Three final credentials, of learners 1 to 3."""
    office.programmes.add("usm", programme_file("needs", "models"))
    return office.credentials(office.a_final_batch(3))


def line(superseded: StoredCredential, *, note: str = "", **changes: str) -> str:
    """A row that corrects the learner's name."""
    number = int(superseded.learner_id)
    values = {
        "achievement": superseded.achievement,
        "learner_id": superseded.learner_id,
        "name": f"Learner Number {number}",
        "email": superseded.email,
        "result": "87.5",
        "awarded_on": "2026-03-02",
        "supersedes": superseded.credential_id,
        "note": note,
    }
    return ",".join((values | changes).values())


def file_of(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines]).encode()


def corrected(office: Office, *superseded: StoredCredential) -> Batch:
    """A final batch that corrects these."""
    batch, _ = office.corrections.draft("usm", file_of(*map(line, superseded)))
    return office.pipeline.advance(batch.id, suites=JCS_ONLY)


def status_calls(registry: MemoryRegistry) -> list[SetStatus]:
    return [call for call in registry.transactions if isinstance(call, SetStatus)]


def refused(office: Office, *lines: str) -> list[tuple[str, int | None, str | None]]:
    batches = office.catalog.batches()
    with pytest.raises(DraftError) as caught:
        office.corrections.draft("usm", file_of(*lines))
    assert office.catalog.batches() == batches
    assert "nothing was drafted" in str(caught.value)
    return [(problem.code, problem.row, problem.column) for problem in caught.value.problems]


def test_a_correction_names_what_it_supersedes_within_what_is_signed(
    office: Office, final: Sequence[StoredCredential]
) -> None:
    batch, is_new = office.corrections.draft("usm", file_of(line(final[0], note="The name was misspelt.")))

    (credential,) = office.credentials(batch)
    document: Any = office.imports.preview(batch.id)
    (entry,) = document["relatedResource"]
    superseded = orjson.loads(office.catalog.document(final[0].credential_id))
    assert is_new
    assert (entry["id"], entry["type"]) == (final[0].credential_id, SUPERSEDES)
    assert parse_digest_multibase(entry["digestMultibase"]) == digest(superseded) == final[0].digest
    assert entry["description"] == "The name was misspelt."
    assert schema_problems(document) == []
    assert credential.supersedes == final[0].credential_id
    assert office.catalog.credential(final[0].credential_id).superseded_by == credential.credential_id


def test_what_is_superseded_stays_in_force_until_the_correction_is_final(
    office: Office, registry: MemoryRegistry, final: Sequence[StoredCredential]
) -> None:
    batch, _ = office.corrections.draft("usm", file_of(line(final[0])))
    registry.mine(9)
    registry.finality_lag = 5
    office.pipeline.advance(batch.id, suites=JCS_ONLY, wait=False)
    office.corrections.settle(batch.id)
    assert office.catalog.credential(final[0].credential_id).status is CredentialStatus.ACTIVE

    registry.mine(9)
    registry.finality_lag = 0
    office.pipeline.advance(batch.id)
    assert office.catalog.credential(final[0].credential_id).status is CredentialStatus.REVOKING
    office.revocation.advance()

    (change,) = office.catalog.status_changes(final[0].credential_id)
    assert (change.reason, change.is_final) == (Reason.SUPERSEDED, True)
    assert [(call.reason, call.words) for call in status_calls(registry)] == [(5, ((0, 0b1),))]
    assert [office.catalog.credential(c.credential_id).state for c in final] == ["revoked", "final", "final"]


def test_a_batch_of_corrections_revokes_with_one_call_and_only_once(
    office: Office, registry: MemoryRegistry, final: Sequence[StoredCredential]
) -> None:
    batch = corrected(office, *final)
    for _ in range(3):
        office.corrections.settle(batch.id)
        office.revocation.advance()

    assert [call.words for call in status_calls(registry)] == [((0, 0b111),)]
    assert office.corrections.unsettled() == ()


def test_corrections_can_be_corrected_again(office: Office, final: Sequence[StoredCredential]) -> None:
    (first,) = office.credentials(corrected(office, final[0]))
    office.revocation.advance()
    assert refused(office, line(final[0])) == [("already_revoked", 2, "supersedes")]
    (second,) = office.credentials(corrected(office, first))
    office.revocation.advance()

    chain = [office.catalog.credential(c.credential_id) for c in (final[0], first, second)]
    assert [c.state for c in chain] == ["revoked", "revoked", "final"]
    assert [c.superseded_by for c in chain] == [first.credential_id, second.credential_id, None]
    assert [c.supersedes for c in chain] == [None, final[0].credential_id, first.credential_id]


def test_what_was_revoked_meanwhile_keeps_its_reason(
    office: Office, registry: MemoryRegistry, final: Sequence[StoredCredential]
) -> None:
    batch, _ = office.corrections.draft("usm", file_of(line(final[0])))
    office.revocation.revoke([final[0].credential_id], Reason.COMPROMISED)
    office.pipeline.advance(batch.id, suites=JCS_ONLY)
    office.revocation.advance()

    assert [call.reason for call in status_calls(registry)] == [Reason.COMPROMISED]
    assert office.corrections.unsettled() == ()


def test_what_was_withdrawn_meanwhile_is_not_revoked_too(
    office: Office, registry: MemoryRegistry, final: Sequence[StoredCredential]
) -> None:
    batch, _ = office.corrections.draft("usm", file_of(line(final[0])))
    office.withdrawal.withdraw(final[0].batch_id, Reason.ISSUED_IN_ERROR)
    office.pipeline.advance(batch.id, suites=JCS_ONLY)

    assert status_calls(registry) == []


def test_nobody_gets_a_third_beside_the_credential_and_its_correction(
    office: Office, final: Sequence[StoredCredential]
) -> None:
    office.corrections.draft("usm", file_of(line(final[0])))

    with pytest.raises(Conflict) as third:
        office.imports.draft_batch("usm", drafts(1), label="Again")
    assert third.value.code == "already_issued"
    assert refused(office, line(final[0])) == [("already_superseded", 2, "supersedes")]


def test_a_discarded_correction_leaves_everything_as_it_was(office: Office, final: Sequence[StoredCredential]) -> None:
    batch, _ = office.corrections.draft("usm", file_of(*map(line, final)))
    office.imports.discard(batch.id)

    assert [office.catalog.credential(c.credential_id) for c in final] == list(final)
    with pytest.raises(Conflict):
        office.an_open_batch(1)
    assert corrected(office, *final).is_finished


def test_a_corrected_learner_number_leaves_the_first_one_free(
    office: Office, final: Sequence[StoredCredential]
) -> None:
    batch, _ = office.corrections.draft("usm", file_of(line(final[0], learner_id="0077")))
    office.pipeline.advance(batch.id, suites=JCS_ONLY)
    office.revocation.advance()

    assert office.an_open_batch(1).size == 1
    with pytest.raises(Conflict):
        office.imports.draft_batch("usm", drafts(1, first=77), label="Again")


def test_two_learners_whose_numbers_were_swapped_are_set_right_in_one_file(
    office: Office, final: Sequence[StoredCredential]
) -> None:
    one, two, _ = final
    batch, _ = office.corrections.draft(
        "usm", file_of(line(one, learner_id=two.learner_id), line(two, learner_id=one.learner_id))
    )
    finished = office.pipeline.advance(batch.id, suites=JCS_ONLY)
    office.revocation.advance()

    assert [c.learner_id for c in office.credentials(finished)] == [two.learner_id, one.learner_id]


def test_every_row_that_cannot_be_corrected_is_named_and_nothing_is_stored(
    office: Office, final: Sequence[StoredCredential]
) -> None:
    first, second, third = final
    (draft,) = office.credentials(office.an_open_batch(1, code="models"))
    office.revocation.revoke([second.credential_id], Reason.ISSUED_IN_ERROR)
    unknown = "urn:uuid:00000000-0000-4000-8000-000000000000"

    assert refused(
        office,
        line(first, achievement="models"),
        line(draft, learner_id="0099"),
        line(second),
        line(third, learner_id="0098", email="somebody@students.example"),
        line(third, learner_id="0097", supersedes=unknown, email="one@students.example"),
    ) == [
        ("correction_achievement", 2, "achievement"),
        ("not_issued", 3, "supersedes"),
        ("already_revoked", 4, "supersedes"),
        ("correction_learner", 5, "learner_id"),
        ("credential_unknown", 6, "supersedes"),
    ]


def test_withdrawn_unfinished_and_foreign_credentials_and_awards_are_not_corrected(
    office: Office, final: Sequence[StoredCredential]
) -> None:
    office.an_issuer("um")
    (foreign,) = office.credentials(office.a_final_batch(1, issuer="um"))
    office.withdrawal.withdraw(final[0].batch_id, Reason.ISSUED_IN_ERROR)
    signed = office.pipeline.seal(office.imports.draft_batch("usm", drafts(1, first=8), label="8").id)

    assert refused(office, line(final[0]), line(foreign, learner_id="0009"), line(office.credentials(signed)[0])) == [
        ("already_revoked", 2, "supersedes"),
        ("credential_unknown", 3, "supersedes"),
        ("not_final", 4, "supersedes"),
    ]


def test_the_cells_are_read_by_the_rules_of_imports(office: Office, final: Sequence[StoredCredential]) -> None:
    first, second, _ = final
    assert refused(
        office,
        line(first, email="nobody"),
        line(second, supersedes="1"),
        line(second, learner_id="0005", supersedes="", note="=HYPERLINK(1)"),
        line(second, learner_id="0006", supersedes=first.credential_id),
    ) == [
        ("email_syntax", 2, "email"),
        ("csv_credential_id", 3, "supersedes"),
        ("csv_formula", 4, "note"),
        ("csv_credential_id", 4, "supersedes"),
        ("csv_duplicate", 5, "supersedes"),
    ]


def test_the_same_request_makes_one_batch(office: Office, final: Sequence[StoredCredential]) -> None:
    request = RequestKey("usm", "corrections of today", bytes(32))
    content = file_of(line(final[0]))
    batch, is_new = office.corrections.draft("usm", content, request=request)
    again, is_new_again = office.restarted().corrections.draft("usm", content, request=request)

    assert (again.id, is_new, is_new_again) == (batch.id, True, False)
    with pytest.raises(Conflict) as other:
        office.corrections.draft("usm", content, request=RequestKey("usm", request.key, bytes(31) + b"\x01"))
    assert other.value.code == "idempotency_conflict"


def test_what_a_correction_supersedes_is_nothing_that_it_rests_on(
    office: Office, final: Sequence[StoredCredential]
) -> None:
    document = orjson.loads(office.catalog.document(final[0].credential_id))
    (correction,) = office.credentials(corrected(office, final[0]))
    summary = summarize(orjson.loads(office.catalog.document(correction.credential_id)))

    assert summary.components == ()
    assert summary.supersedes == document["id"]
