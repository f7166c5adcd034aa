"""Tokens in envelopes: what a record holds of a credential that is signed as a JWT."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from ledger.documents.credential import ENVELOPE_TYPE, JWT_URL
from ledger.documents.did import did_key
from ledger.documents.schemas import schema_problems
from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import MalformedDocument
from ledger.proofs.enveloped import envelop, is_envelope, open_envelope
from ledger.proofs.jose import sign_jwt
from ledger.proofs.rdfc import canonicalize_rdf
from tests.builders import a_credential, a_record, a_signer

SIGNER = a_signer(7)
DID = did_key(SIGNER.public_key)


def a_token(**changes: Any) -> bytes:
    document = a_credential(3) | {"issuer": DID} | changes
    return sign_jwt(document, SIGNER, f"{DID}#{DID.removeprefix('did:key:')}").encode()


def test_what_was_enveloped_comes_out_again() -> None:
    token = a_token()
    envelope = envelop(token)
    assert is_envelope(envelope)
    assert envelope["id"] == JWT_URL + token.decode()
    assert open_envelope(envelope).document["name"] == a_credential(3)["name"]


@pytest.mark.parametrize("subject", [{}, {"id": "did:key:z6MkA"}])
def test_a_record_with_an_envelope_fits_the_schema_the_contexts_and_the_loader(subject: JsonObject) -> None:
    document: Any = a_credential(3)
    envelope = envelop(a_token(credentialSubject=document["credentialSubject"] | subject))
    record = a_record(a_credential(1), envelope)
    assert schema_problems(record) == []
    assert canonicalize_rdf(record)
    assert parse(orjson.dumps(record)) == record


def test_the_form_of_w3c_is_opened_too() -> None:
    envelope = {
        "@context": "https://www.w3.org/ns/credentials/v2",
        "id": envelop(a_token())["id"],
        "type": ENVELOPE_TYPE,
    }
    assert open_envelope(envelope).algorithm == "EdDSA"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"issuer": "did:web:somebody.example"}, "envelope_invalid"),
        ({"validFrom": "2020-01-01T00:00:00Z"}, "envelope_invalid"),
        ({"credentialSubject": {"type": ["AchievementSubject"], "narrative": "More"}}, "envelope_invalid"),
        ({"name": "Nobody signed this"}, "envelope_invalid"),
        ({"type": [ENVELOPE_TYPE, "VerifiableCredential", "AchievementCredential"]}, "envelope_invalid"),
        ({"id": "https://example.org/1.jwt"}, "envelope_invalid"),
        ({"id": "data:application/vc+sd-jwt,eyJ.eyJ.AA~"}, "envelope_unsupported"),
        ({"id": f"{JWT_URL}eyJ"}, "jwt_malformed"),
    ],
)
def test_an_envelope_that_says_more_than_its_token_is_refused(change: JsonObject, code: str) -> None:
    with pytest.raises(MalformedDocument) as caught:
        open_envelope(envelop(a_token()) | change)
    assert caught.value.code == code


def test_only_an_envelope_may_have_an_id_as_long_as_a_credential() -> None:
    long = "x" * 10_000
    assert parse(orjson.dumps({"id": f"{JWT_URL}{long}"}))
    for wrong in ({"id": f"urn:{long}"}, {"name": f"{JWT_URL}{long}"}, {"id": {"id": [f"{JWT_URL}{long}"]}}):
        with pytest.raises(MalformedDocument):
            parse(orjson.dumps(wrong))
