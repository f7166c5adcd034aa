"""Records go through the same pipeline as credentials, in the publisher's name."""

from __future__ import annotations

import orjson
import pytest

from ledger.documents.canonical import digest_multibase
from ledger.documents.record import PreviousVersion, Subject
from ledger.documents.schemas import schema_problems
from ledger.errors import Conflict, MalformedDocument
from ledger.issuing.values import IssuerKind
from tests.office import Office

LEARNER = Subject(("Nur Aisyah",), "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")


@pytest.fixture
def wallet(office: Office) -> Office:
    office.issuers.register("records", name="Cairn Records", kind=IssuerKind.PUBLISHER)
    office.a_final_batch(2)
    return office


def documents(office: Office) -> list[bytes]:
    held = office.catalog.credentials(issuer="usm")
    return list(office.catalog.documents([credential.credential_id for credential in held]))


def test_a_record_holds_the_documents_as_they_are_is_signed_and_then_anchored(wallet: Office) -> None:
    held = documents(wallet)
    record = wallet.records.issue("records", name="My record", learner=LEARNER, documents=held)
    document = orjson.loads(wallet.catalog.document(record.credential_id))
    wallet.pipeline.advance(record.batch_id)
    anchored = orjson.loads(wallet.catalog.document(record.credential_id))

    assert anchored["proof"][-1]["cryptosuite"] == "cairn-anchor-2026"
    assert document["credentialSubject"]["verifiableCredential"] == [orjson.loads(content) for content in held]
    assert [proof["cryptosuite"] for proof in document["proof"]] == ["eddsa-rdfc-2022", "eddsa-jcs-2022"]
    assert record.state == "signed"
    assert schema_problems(document) == []


def test_the_next_version_commits_to_the_one_before(wallet: Office) -> None:
    held = documents(wallet)
    first = wallet.records.issue("records", name="My record", learner=LEARNER, documents=held[:1])
    second = wallet.records.issue(
        "records",
        name="My record",
        learner=LEARNER,
        documents=held,
        previous=PreviousVersion(first.credential_id, first.digest),
    )
    (related,) = orjson.loads(wallet.catalog.document(second.credential_id))["relatedResource"]

    assert related["id"] == first.credential_id
    assert related["digestMultibase"] == digest_multibase(first.digest)


def test_the_same_documents_may_be_assembled_again(wallet: Office) -> None:
    held = documents(wallet)
    records = [
        wallet.records.issue("records", name="My record", learner=LEARNER, documents=held, wallet="wallet-1")
        for _ in range(2)
    ]

    assert len({record.credential_id for record in records}) == 2
    assert len(wallet.catalog.credentials(learner_id="wallet-1")) == 2


def test_what_cannot_be_a_record_is_refused_and_nothing_is_stored(wallet: Office) -> None:
    held = documents(wallet)
    for wrong in ([], [held[0], held[0]]):
        with pytest.raises(Conflict) as caught:
            wallet.records.issue("records", name="My record", learner=LEARNER, documents=wrong)
        assert caught.value.code == "record_invalid"
    with pytest.raises(MalformedDocument):
        wallet.records.issue("records", name="My record", learner=LEARNER, documents=[b"{"])

    assert wallet.catalog.batches("records") == ()
