"""Reading what is stored: the same bytes every time, and one plain error for what is not there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ledger.errors import NotFound
from ledger.issuing.catalog import compose
from tests.office import JCS_ONLY, Office


def test_one_proof_is_an_object_and_several_are_an_array() -> None:
    body = b'{"id":"x"}'

    assert compose(body, None, None) == body
    assert compose(body, b'[{"a":1}]', None) == b'{"id":"x","proof":{"a":1}}'
    assert compose(body, b'[{"a":1},{"b":2}]', None) == b'{"id":"x","proof":[{"a":1},{"b":2}]}'
    assert compose(body, b'[{"a":1}]', b'{"c":3}') == b'{"id":"x","proof":[{"a":1},{"c":3}]}'


def test_documents_come_in_the_order_that_was_asked_for(office: Office) -> None:
    names = [credential.credential_id for credential in office.credentials(office.a_final_batch(5))]
    wanted = [names[3], "urn:uuid:none", names[0]]

    assert list(office.catalog.documents(wanted)) == [
        office.catalog.document(names[3]),
        office.catalog.document(names[0]),
    ]


def test_the_documents_of_a_batch_come_in_leaf_order(office: Office) -> None:
    batch = office.a_final_batch(7)

    assert [name for name, _ in office.catalog.batch_documents(batch.id)] == [
        credential.credential_id for credential in office.credentials(batch)
    ]


def test_credentials_are_found_by_what_is_known_of_them(office: Office) -> None:
    first, second = office.a_final_batch(3), office.an_open_batch(2, code="models")
    catalog = office.catalog

    assert len(catalog.credentials()) == 5
    assert len(catalog.credentials(email="learner1@students.example")) == 2
    assert len(catalog.credentials(learner_id="0003")) == 1
    assert len(catalog.credentials(batch=second.id, learner_id="0001")) == 1
    assert catalog.credentials(offset=1, limit=1)[0] == office.credentials(first)[1]
    assert [c.state for c in catalog.credentials(learner_id="0001")] == ["final", "draft"]
    assert len(list(catalog.all_credentials(issuer="usm", achievements=["needs", "models"], page=2))) == 5


def test_batches_know_how_large_they_are_and_what_was_sent(office: Office) -> None:
    drafted = office.an_open_batch(3)
    bodies = sum(len(body) for _, body in office.catalog.batch_documents(drafted.id))

    batch = office.pipeline.advance(drafted.id, suites=JCS_ONLY)

    assert office.catalog.batches() == office.catalog.batches("usm") == (batch,)
    assert batch.byte_count == bodies
    assert batch.transaction is not None
    assert batch.transaction.purpose == f"anchor:{batch.id}"
    assert batch.suites == JCS_ONLY


def test_what_is_not_there_is_not_found(office: Office) -> None:
    catalog = office.catalog
    questions: dict[str, Callable[[], object]] = {
        "issuer_unknown": lambda: catalog.issuer("none"),
        "accreditor_unknown": lambda: catalog.accreditor("none"),
        "batch_unknown": lambda: catalog.batch(99),
        "credential_unknown": lambda: catalog.document("urn:uuid:none"),
    }
    for code, ask in questions.items():
        with pytest.raises(NotFound) as caught:
            ask()
        assert caught.value.code == code
