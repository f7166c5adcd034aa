"""Credentials that others can read: shape, identity, status, and what they must never contain."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest

from ledger.documents.canonical import parse_digest_multibase
from ledger.documents.credential import (
    SUPERSEDES,
    Evidence,
    IssuerProfile,
    Learner,
    identity_hash,
    new_credential_id,
    new_salt,
    related_resource,
    status_entry,
    superseded_resource,
)
from ledger.documents.did import did_key
from ledger.documents.schemas import schema_problems
from ledger.documents.strict_json import parse
from ledger.proofs.known_shapes import canonicalize_known
from ledger.proofs.rdfc import canonicalize_rdf
from tests.builders import ISSUER, LEARNER, SALT, a_credential, a_signer, an_achievement, credential_id


def test_a_credential_has_the_shape_that_was_agreed() -> None:
    document: Any = a_credential(7)

    assert document["@context"] == [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ]
    assert document["type"] == ["VerifiableCredential", "AchievementCredential"]
    assert document["id"] == credential_id(7)
    assert document["issuer"]["id"] == ISSUER.did
    assert document["issuer"]["address"]["addressCountryCode"] == "MY"
    assert document["validFrom"] == "2026-03-02T00:00:00Z"
    assert "validUntil" not in document
    assert document["credentialSubject"]["creditsEarned"] == 1
    assert document["credentialSubject"]["result"] == [
        {"type": ["Result"], "resultDescription": f"{ISSUER.base_url}/achievements/needs-assessment/results/1"}
        | {"value": "87.5"}
    ]
    assert "proof" not in document


FULL: dict[str, Any] = {
    "valid_until": date(2029, 3, 1),
    "evidence": (
        Evidence("https://portfolio.example/aisyah"),
        Evidence(None, "Needs assessment of a school", "Interviews with\nnine teachers.", "Report"),
    ),
    "narrative": "Assessed the needs of a school.\nFound one.",
    "related": (
        related_resource("https://cairn.example/p/1", media_type="application/json", digest=bytes(32)),
        related_resource(credential_id(3), media_type="application/vc", digest=bytes(32)),
    ),
}


def test_a_full_credential_fits_the_schema_the_contexts_and_the_strict_loader() -> None:
    document = a_credential(**FULL)

    assert document["validUntil"] == "2029-03-01T23:59:59Z"
    assert schema_problems(document) == []
    assert canonicalize_rdf(document)
    assert parse(orjson.dumps(document)) == document


def test_a_correction_fits_the_schema_and_every_term_of_it_is_signed() -> None:
    superseded = superseded_resource(credential_id(3), digest=bytes(range(32)), note="The name was misspelt.")
    document = a_credential(related=(superseded,))
    graph = canonicalize_rdf(document)

    assert schema_problems(document) == []
    assert parse(orjson.dumps(document)) == document
    for stated in (f"<{credential_id(3)}>", f"<{SUPERSEDES}>", "misspelt", superseded["digestMultibase"]):
        assert str(stated).encode() in graph


@pytest.mark.parametrize(
    "name", ["陳美玲", "فاطمه رضایی‌نژاد", "ශ්‍රීමාලි ජයවර්ධන", "Olúwaṣeun Adébáyọ̀", "Jeffery Gumpil @ Gundohong", "O'Brien"]
)
def test_names_of_every_script_stand_in_the_signed_graph(name: str) -> None:
    document = a_credential(learner=Learner(name, "x@students.example", "0012"))

    assert schema_problems(document) == []
    assert name.encode() in canonicalize_rdf(document)


def test_a_bare_profile_is_enough() -> None:
    issuer = IssuerProfile("did:web:a.example", "A", "https://a.example")

    document = a_credential(issuer=issuer)

    assert document["issuer"] == {"id": "did:web:a.example", "type": ["Profile"], "name": "A"}
    assert schema_problems(document) == []


def test_e_mail_and_number_are_hidden_and_can_be_recognised() -> None:
    document: Any = a_credential()
    name, email, number = document["credentialSubject"]["identifier"]

    assert (name["hashed"], name["identityHash"]) == (False, LEARNER.name)
    expected = hashlib.sha256((LEARNER.email + SALT.hex()).encode()).hexdigest()
    assert email["identityHash"] == f"sha256${expected}" == identity_hash(LEARNER.email, email["salt"])
    assert number["identityHash"] == identity_hash("0012", SALT.hex())
    assert len(bytes.fromhex(email["salt"])) == 16
    text = orjson.dumps(document)
    assert LEARNER.email.encode() not in text
    assert b'"0012"' not in text


def test_the_status_index_is_split_into_list_and_entry() -> None:
    assert status_entry("https://a.example", 0) == {
        "id": "https://a.example/status/0#0",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "0",
        "statusListCredential": "https://a.example/status/0",
    }
    assert status_entry("https://a.example", 131_071)["id"] == "https://a.example/status/0#131071"
    assert status_entry("https://a.example", 131_072)["id"] == "https://a.example/status/1#0"


def test_a_related_document_is_bound_by_its_digest() -> None:
    entry = related_resource("urn:x", media_type="application/vc", digest=bytes(range(32)))

    assert entry["mediaType"] == "application/vc"
    assert parse_digest_multibase(str(entry["digestMultibase"])) == bytes(range(32))


def test_an_achievement_without_a_result_gives_none() -> None:
    document: Any = a_credential(achievement=an_achievement(result=None), result=None)

    assert "result" not in document["credentialSubject"]


def test_ids_and_salts_are_random_and_well_formed() -> None:
    ids = {new_credential_id() for _ in range(1000)}

    assert len(ids) == 1000
    assert all(uuid.UUID(value).version == 4 and uuid.UUID(value).urn == value for value in ids)
    assert len({new_salt() for _ in range(1000)}) == 1000
    assert len(new_salt()) == 16


def test_the_same_arguments_give_the_same_document() -> None:
    assert a_credential(5, **FULL) == a_credential(5, **FULL)


def test_a_learner_with_an_identifier_of_their_own_is_the_subject_by_it() -> None:
    own = did_key(a_signer(7).public_key)
    document: Any = a_credential(learner=replace(LEARNER, did=own))

    assert document["credentialSubject"]["id"] == own
    assert schema_problems(document) == []
    assert canonicalize_known(document) == canonicalize_rdf(document)
    bare: Any = a_credential()
    assert "id" not in bare["credentialSubject"]
