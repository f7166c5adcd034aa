"""Records that come one at a time share an anchor, and none waits for long."""

from __future__ import annotations

import orjson
import pytest

from ledger.documents.record import Subject
from ledger.errors import Conflict
from ledger.issuing.gathering import GATHER_SECONDS, Gathering
from ledger.issuing.values import BatchState, IssuerKind, StoredCredential
from tests.office import Office

LEARNER = Subject(("Nur Aisyah",))


@pytest.fixture
def publisher(office: Office) -> Office:
    office.issuers.register("records", name="Cairn Records", kind=IssuerKind.PUBLISHER)
    office.a_final_batch(1)
    return office


def a_record(office: Office) -> StoredCredential:
    held = [one.credential_id for one in office.catalog.credentials(issuer="usm")]
    return office.records.issue("records", name="Mine", learner=LEARNER, documents=list(office.catalog.documents(held)))


def test_records_that_wait_share_a_batch_and_an_anchor(publisher: Office) -> None:
    records = [a_record(publisher) for _ in range(3)]
    (batch_id,) = {record.batch_id for record in records}
    assert publisher.catalog.batch(batch_id).is_gathering
    final = publisher.pipeline.advance(batch_id)
    assert (final.size, final.state, final.is_gathering) == (3, BatchState.FINAL, False)
    for record in records:
        document = orjson.loads(publisher.catalog.document(record.credential_id))
        assert document["proof"][-1]["cryptosuite"] == "cairn-anchor-2026"
    indexes = [publisher.catalog.credential(record.credential_id).status_index for record in records]
    assert indexes == [0, 1, 2]


def test_a_record_is_signed_before_its_batch_closes(publisher: Office) -> None:
    first = a_record(publisher)
    suites = [proof["cryptosuite"] for proof in orjson.loads(publisher.catalog.document(first.credential_id))["proof"]]
    assert (first.state, suites) == ("signed", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])


def test_a_closed_batch_takes_no_more(publisher: Office) -> None:
    first = a_record(publisher)
    publisher.pipeline.seal(first.batch_id)
    second = a_record(publisher)
    assert second.batch_id != first.batch_id
    assert publisher.catalog.credential(second.credential_id).status_index == 1


def test_a_batch_is_due_when_nothing_else_is_on_its_way_or_when_it_has_waited(publisher: Office) -> None:
    now = 0.0
    gathering = Gathering(publisher.catalog._database, lambda: now)
    first = a_record(publisher)
    assert gathering.due() == (first.batch_id,)
    publisher.pipeline.seal(first.batch_id)  # on its way
    second = a_record(publisher)
    assert gathering.due() == ()
    now = 4e9 + GATHER_SECONDS
    asked: list[int] = []
    gathering.issue_due(asked.append)
    assert asked == [second.batch_id]
    now = 0.0
    publisher.pipeline.advance(first.batch_id)
    assert gathering.due() == (second.batch_id,)


def test_what_learners_hold_is_not_discarded(publisher: Office) -> None:
    record = a_record(publisher)
    with pytest.raises(Conflict) as caught:
        publisher.imports.discard(record.batch_id)
    assert caught.value.code == "batch_sealed"
