"""Endorsements go through the same pipeline as credentials, in the name of whoever endorses."""

from __future__ import annotations

import hashlib
from datetime import date

import orjson
import pytest

from ledger.documents.canonical import canonicalize, digest, digest_multibase
from ledger.documents.endorsement import endorsed_document, endorsed_id
from ledger.documents.schemas import schema_problems
from ledger.documents.strict_json import JsonObject
from ledger.errors import DraftError
from ledger.issuing.endorsements import Endorsements
from ledger.issuing.values import Batch
from ledger.proofs.rdfc import canonicalize_rdf
from tests.office import Office

COMMENT = "Counts for 15 credits at level 8.\nAsk the faculty for the rules."


def drafted(office: Office, target: str | JsonObject, comment: str = COMMENT) -> Batch:
    office.an_issuer()
    endorsed = endorsed_id(target) if isinstance(target, str) else endorsed_document(target)
    batch, is_new = Endorsements(office.database).draft("usm", endorsed, comment, valid_until=date(2031, 12, 31))
    assert is_new
    return batch


def test_an_endorsement_is_a_signed_and_anchored_document_of_the_published_schema(office: Office) -> None:
    batch = drafted(office, "did:web:um.example")
    office.pipeline.advance(batch.id)
    (stored,) = office.credentials(batch)
    document = orjson.loads(office.catalog.document(stored.credential_id))

    assert schema_problems(document) == []
    assert canonicalize_rdf({name: value for name, value in document.items() if name != "proof"})
    assert [proof["cryptosuite"] for proof in document["proof"]] == [
        "eddsa-rdfc-2022",
        "eddsa-jcs-2022",
        "cairn-anchor-2026",
    ]
    assert document["credentialSubject"] == {
        "id": "did:web:um.example",
        "type": ["EndorsementSubject"],
        "endorsementComment": COMMENT,
    }
    assert document["validUntil"] == "2031-12-31T23:59:59Z"
    assert "relatedResource" not in document


def test_an_endorsed_credential_is_bound_by_its_digest(office: Office) -> None:
    batch = office.a_final_batch(1)
    (credential,) = office.credentials(batch)
    document = orjson.loads(office.catalog.document(credential.credential_id))
    endorsement = office.imports.preview(drafted(office, document).id)

    assert endorsement["relatedResource"] == [
        {
            "id": credential.credential_id,
            "mediaType": "application/vc",
            "digestMultibase": digest_multibase(digest(document)),
        }
    ]
    assert endorsement["name"] == f"Endorsement of {document['name']}"
    bare = {name: value for name, value in document.items() if name != "proof"}
    assert credential.digest == hashlib.sha256(canonicalize(bare)).digest()


def test_an_achievement_is_endorsed_by_its_address_alone(office: Office) -> None:
    document: JsonObject = {"id": "https://um.example/achievements/x", "type": ["Achievement"], "name": "Ethics"}
    endorsement = office.imports.preview(drafted(office, document).id)
    assert endorsement["credentialSubject"] == {
        "id": "https://um.example/achievements/x",
        "type": ["EndorsementSubject"],
        "endorsementComment": COMMENT,
    }
    assert "relatedResource" not in endorsement


@pytest.mark.parametrize(
    "target", ["", "urn:isbn:1", "javascript:alert(1)", "http://um.example/x", "did:web:", "x" * 99]
)
def test_what_has_no_name_of_its_own_cannot_be_endorsed(target: str) -> None:
    with pytest.raises(DraftError) as caught:
        endorsed_id(target)
    assert caught.value.problems[0].code == "endorsed_unknown"


@pytest.mark.parametrize("document", [{}, {"id": 7}, {"id": "relative"}])
def test_a_document_without_an_id_cannot_be_endorsed(document: JsonObject) -> None:
    with pytest.raises(DraftError):
        endorsed_document(document)


@pytest.mark.parametrize("comment", ["", " ", "x" * 2001, "a\u0000b", "a\u202eb"])
def test_a_comment_that_cannot_stand_in_a_document_is_refused_and_nothing_is_stored(
    office: Office, comment: str
) -> None:
    with pytest.raises(DraftError):
        drafted(office, "did:web:um.example", comment)
    assert office.catalog.batches("usm") == ()


def test_an_endorsement_that_would_be_over_before_it_begins_is_refused(office: Office) -> None:
    office.an_issuer()
    with pytest.raises(DraftError) as caught:
        Endorsements(office.database).draft(
            "usm", endorsed_id("did:web:um.example"), COMMENT, valid_until=date(2020, 1, 1)
        )
    assert (caught.value.problems[0].code, caught.value.problems[0].column) == ("time_order", "valid_until")
    assert office.catalog.batches("usm") == ()


def test_the_same_endorsement_may_be_given_again(office: Office) -> None:
    first = drafted(office, "did:web:um.example")
    second, _ = Endorsements(office.database).draft("usm", endorsed_id("did:web:um.example"), COMMENT)
    assert first.id != second.id
