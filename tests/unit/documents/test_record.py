"""Records: Comprehensive Learner Record 2.0 documents around credentials that stay whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from ledger.documents.record import (
    Association,
    PreviousVersion,
    Subject,
    award_associations,
    build_record,
    previous_version,
)
from ledger.documents.schemas import schema_problems
from ledger.documents.strict_json import parse
from ledger.errors import MalformedDocument
from ledger.proofs.rdfc import canonicalize_rdf
from tests.builders import LEARNER, PUBLISHER, a_credential, a_record, an_achievement, credential_id

A, B, AWARD = (f"https://cairn.example/issuers/usm/achievements/{code}" for code in ("a", "b", "award"))
PREVIOUS = PreviousVersion(credential_id(899), bytes(32))


def test_a_record_fits_the_schema_the_contexts_and_the_strict_loader() -> None:
    credentials = [a_credential(number, achievement=an_achievement(f"m{number % 3}")) for number in range(6)]
    associations = award_associations(AWARD, [A, B], in_order=True)

    document = a_record(*credentials, associations=associations, previous=PREVIOUS)

    assert schema_problems(document) == []
    assert canonicalize_rdf(document)
    assert parse(orjson.dumps(document)) == document


def test_a_record_holds_its_credentials_unchanged_and_in_order() -> None:
    credentials = [a_credential(2), a_credential(1)]

    document: Any = a_record(*credentials)

    assert document["credentialSubject"]["verifiableCredential"] == credentials
    assert document["issuer"]["id"] == PUBLISHER.did
    assert document["credentialSubject"]["identifier"][0]["identityHash"] == LEARNER.name
    assert "association" not in document["credentialSubject"]
    assert "relatedResource" not in document


def test_a_record_names_the_version_before_it_by_digest() -> None:
    document: Any = a_record(previous=PREVIOUS)

    assert document["relatedResource"][0]["id"] == PREVIOUS.record_id
    assert document["relatedResource"][0]["mediaType"] == "application/vc"


def test_the_time_of_a_record_is_written_in_utc() -> None:
    local = datetime(2026, 11, 22, 16, 0, tzinfo=timezone(timedelta(hours=8)))

    assert a_record()["validFrom"] == "2026-11-22T08:00:00Z"
    assert build(valid_from=local)["validFrom"] == "2026-11-22T08:00:00Z"


def test_the_components_of_an_award_are_its_children_and_follow_each_other() -> None:
    assert award_associations(AWARD, [A, B], in_order=False) == (
        Association("isChildOf", A, AWARD),
        Association("isChildOf", B, AWARD),
    )
    assert award_associations(AWARD, [A, B], in_order=True)[2:] == (Association("precedes", A, B),)


def test_an_empty_record_and_one_credential_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        build(credentials=[])
    with pytest.raises(ValueError, match="one id"):
        build(credentials=[a_credential(1), a_credential(1)])


def test_a_record_says_whose_it_is() -> None:
    learner = Subject(("Nur Aisyah", "Nur A. Ismail"), "did:key:z6MkOwn", ("did:key:z6MkOld",))

    holder: Any = a_credential(1)
    holder["credentialSubject"]["id"] = learner.did
    document = build(learner=learner, credentials=[holder], record_id=credential_id(900), status_index=900)
    subject: Any = document["credentialSubject"]

    assert subject["id"] == "did:key:z6MkOwn"
    assert [entry["identityHash"] for entry in subject["identifier"]] == [*learner.names, *learner.also]
    assert schema_problems(document) == []
    assert canonicalize_rdf(document)


def test_the_version_before_is_read_back() -> None:
    assert previous_version(a_record()) is None
    assert previous_version(a_record(previous=PREVIOUS)) == PREVIOUS
    with pytest.raises(MalformedDocument):
        previous_version(a_record() | {"relatedResource": [{"id": "x", "mediaType": "application/vc"}]})


def test_a_record_that_is_on_no_ledger_has_no_status() -> None:
    assert "credentialStatus" not in build(status_index=None)


def build(**changes: Any) -> Any:
    arguments: dict[str, Any] = {
        "publisher": PUBLISHER,
        "name": "Record",
        "learner": Subject((LEARNER.name,)),
        "credentials": [a_credential()],
        "associations": (),
        "status_index": 0,
        "record_id": credential_id(1),
        "valid_from": datetime(2026, 11, 22, tzinfo=UTC),
    }
    return build_record(**(arguments | changes))
