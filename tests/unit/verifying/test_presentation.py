"""Presentations: who shows a credential, in answer to whose challenge, and whether it is theirs (check 11)."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ledger.documents.codecs import encode_base58, format_timestamp
from ledger.documents.did import did_key
from ledger.documents.keys import KeyKind, PublicKey, encode_multikey
from ledger.documents.presentation import parse_presentation
from ledger.documents.strict_json import JsonObject
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs.data_integrity import CRYPTOSUITES, EDDSA_JCS, EDDSA_RDFC
from ledger.proofs.ecdsa import hash_data
from ledger.proofs.presenting import Holder, holder_of_did_key, present
from ledger.verifying.presented import Asked, PresentationReport
from ledger.verifying.report import Outcome
from tests.builders import LEARNER, a_credential, a_record, a_signer
from tests.world import World, proofs_of

KEY = a_signer(77)
DID = did_key(KEY.public_key)
HOLDER = holder_of_did_key(DID, KEY)
OTHER_DID = did_key(a_signer(78).public_key)
CHALLENGE, AUDIENCE = "9f1c-employer", "https://employer.example"
ASKED = Asked(CHALLENGE, AUDIENCE)
WEB = "did:web:learner.example"


def bound(world: World, number: int = 1, did: str | None = DID) -> JsonObject:
    """An issued credential of the learner whose DID this is."""
    return world.issue(a_credential(number, learner=replace(LEARNER, did=did)))[0]


def presented(world: World, *documents: JsonObject, holder: Holder = HOLDER, **changes: Any) -> JsonObject:
    arguments: dict[str, Any] = {
        "challenge": CHALLENGE,
        "audience": AUDIENCE,
        "created": world.now(),
        "lifetime": timedelta(minutes=10),
        "suites": (EDDSA_JCS,),
    }
    return present([orjson.dumps(document) for document in documents], holder, **(arguments | changes))


def judge(world: World, document: object, asked: Asked = ASKED, **policy: Any) -> PresentationReport:
    presentation = parse_presentation(orjson.dumps(document))
    assert presentation is not None
    return world.verifier(world.policy(**policy)).verify_presentation(presentation, asked)


def codes(report: PresentationReport) -> dict[str, str]:
    return {check.id: check.code for check in report.checks}


@pytest.mark.parametrize("suites", [(EDDSA_JCS,), (EDDSA_RDFC,), CRYPTOSUITES])
def test_what_is_the_holders_is_bound_to_them(world: World, suites: tuple[str, ...]) -> None:
    report = judge(world, presented(world, bound(world), suites=suites))
    assert report, report.message
    assert report.answer.holder == DID
    assert report.answer.audience == (AUDIENCE,)
    check = report.credentials[0].check("holder")
    assert (check.outcome, check.code) == (Outcome.VALID, "holder_bound")
    assert report.credentials[0]


def test_a_record_of_the_holder_is_bound_and_so_are_several_credentials(world: World) -> None:
    modules = world.modules()
    record = a_record(*modules)
    subject = record["credentialSubject"]
    assert isinstance(subject, dict)
    record["credentialSubject"] = {"id": DID, **subject}
    issued = world.issue(record, issuer=world.publisher)[0]
    report = judge(world, presented(world, issued, bound(world, 9)))
    assert report, report.message
    assert [one.check("holder").code for one in report.credentials] == ["holder_bound", "holder_bound"]


@pytest.mark.parametrize(
    ("did", "outcome", "code"),
    [
        (None, Outcome.INDETERMINATE, "holder_unbound"),
        ("urn:uuid:00000000-0000-4000-8000-000000000000", Outcome.INDETERMINATE, "holder_unbound"),
        (OTHER_DID, Outcome.INVALID, "holder_other"),
        (DID + "#" + DID.removeprefix("did:key:"), Outcome.INVALID, "holder_other"),
    ],
)
def test_who_presents_is_shown_but_not_that_it_is_theirs(
    world: World, did: str | None, outcome: Outcome, code: str
) -> None:
    credential = a_credential(1)
    subject = credential["credentialSubject"]
    assert isinstance(subject, dict)
    if did is not None:
        credential["credentialSubject"] = {**subject, "id": did}
    report = judge(world, presented(world, *world.issue(credential)))
    assert report.is_answered
    assert (report.verdict, report.code) == (outcome, code)
    assert report.credentials[0].check("holder").code == code


def test_one_credential_of_somebody_else_spoils_the_presentation(world: World) -> None:
    report = judge(world, presented(world, bound(world, 1), bound(world, 2, OTHER_DID)))
    assert (report.verdict, report.code) == (Outcome.INVALID, "holder_other")
    assert [one.verdict for one in report.credentials] == [Outcome.VALID, Outcome.INVALID]


@pytest.mark.parametrize(
    ("asked", "outcome", "code"),
    [
        (Asked("another", AUDIENCE), Outcome.INVALID, "challenge_mismatch"),
        (Asked(CHALLENGE, "https://other.example"), Outcome.INVALID, "audience_mismatch"),
        (Asked(CHALLENGE, AUDIENCE + "/"), Outcome.INVALID, "audience_mismatch"),
        (Asked(CHALLENGE), Outcome.INDETERMINATE, "audience_not_asked"),
        (Asked(), Outcome.INDETERMINATE, "challenge_not_asked"),
        (Asked(None, AUDIENCE), Outcome.INDETERMINATE, "challenge_not_asked"),
    ],
)
def test_an_answer_to_somebody_else_counts_for_nothing(world: World, asked: Asked, outcome: Outcome, code: str) -> None:
    report = judge(world, presented(world, bound(world)), asked)
    assert (report.verdict, report.code, report.is_answered) == (outcome, code, False)
    assert report.credentials[0].check("holder").code == code
    assert report.credentials[0].check("signature").outcome is Outcome.VALID


@pytest.mark.parametrize(
    ("age", "code"),
    [(timedelta(minutes=11), "presentation_expired"), (timedelta(minutes=-6), "presentation_not_yet_valid")],
)
def test_an_answer_counts_in_its_time_only(world: World, age: timedelta, code: str) -> None:
    report = judge(world, presented(world, bound(world), created=world.now() - age))
    assert (report.verdict, report.code) == (Outcome.INVALID, code)


def test_a_presentation_without_an_end_grows_stale_after_a_day(world: World) -> None:
    credential = bound(world)
    for age, code in ((timedelta(hours=23), "valid"), (timedelta(hours=25), "presentation_stale")):
        document = presented(world, credential, created=world.now() - age)
        options = {
            name: value for name, value in proofs_of(document)[0].items() if name not in ("expires", "proofValue")
        }
        assert judge(world, signed_anew(document, options)).code == code


def signed_anew(document: JsonObject, options: JsonObject) -> JsonObject:
    """The presentation with these proof options, signed by the holder once more."""
    from ledger.documents.canonical import digest
    from ledger.proofs.data_integrity import jcs_hash_data

    value = "z" + encode_base58(KEY.sign(jcs_hash_data(digest(document), options)))
    return {**document, "proof": {**options, "proofValue": value}}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"challenge": "another"}, "signature_invalid"),
        ({"domain": "https://other.example"}, "signature_invalid"),
        ({"proofPurpose": "assertionMethod"}, "proof_malformed"),
        ({"challenge": 5}, "proof_malformed"),
        ({"domain": 5}, "proof_malformed"),
        ({"domain": ["a", 5]}, "proof_malformed"),
        ({"previousProof": "urn:x"}, "proof_malformed"),
        ({"verificationMethod": f"{OTHER_DID}#{OTHER_DID[8:]}"}, "holder_mismatch"),
        ({"verificationMethod": f"{DID}#{OTHER_DID[8:]}"}, "method_mismatch"),
        ({"proofValue": "z" + encode_base58(b"\1" * 64)}, "signature_invalid"),
    ],
)
def test_a_proof_that_was_changed_is_refused(world: World, change: JsonObject, code: str) -> None:
    document = presented(world, bound(world))
    report = judge(world, {**document, "proof": proofs_of(document)[0] | change})
    assert (report.verdict, report.code) == (Outcome.INVALID, code)
    assert codes(report)["holder"] == "not_run"
    assert report.credentials[0].check("holder").code == code


@pytest.mark.parametrize("change", [{"holder": OTHER_DID}, {"id": "urn:uuid:x"}, {"verifiableCredential": []}])
def test_a_presentation_that_was_changed_is_refused(world: World, change: JsonObject) -> None:
    report = judge(world, presented(world, bound(world)) | change)
    assert report.verdict is Outcome.INVALID
    assert report.code in {"signature_invalid", "holder_mismatch"}


def test_one_bad_proof_beside_a_good_one_is_enough(world: World) -> None:
    document = presented(world, bound(world), suites=CRYPTOSUITES)
    rdfc, jcs = proofs_of(document)
    for proofs in ([rdfc, jcs | {"proofValue": rdfc["proofValue"]}], [rdfc | {"proofValue": jcs["proofValue"]}, jcs]):
        assert judge(world, {**document, "proof": proofs}).code == "signature_invalid"
    unknown = {**jcs, "cryptosuite": "bbs-2023"}
    assert judge(world, {**document, "proof": [unknown, jcs]})
    assert judge(world, {**document, "proof": unknown}).code == "cryptosuite_unknown"


def test_an_unsigned_presentation_shows_nothing_of_who_presents(world: World) -> None:
    document = {name: value for name, value in presented(world, bound(world)).items() if name != "proof"}
    assert (judge(world, document).verdict, judge(world, document).code) == (Outcome.INVALID, "presentation_unsigned")
    assert judge(world, document, Asked()).verdict is Outcome.INDETERMINATE


@pytest.mark.parametrize(
    ("change", "code", "outcome"),
    [
        (
            {"@context": ["https://www.w3.org/ns/credentials/v2", "https://x.example/v1"]},
            "context_unknown",
            "indeterminate",
        ),
        ({"@context": [{"holder": "urn:x"}]}, "context_untrusted", "invalid"),
        ({"@context": []}, "context_untrusted", "invalid"),
        ({"presentation_submission": {}}, "member_unknown", "indeterminate"),
        ({"proof": ["x"]}, "structure_invalid", "invalid"),
        ({"proof": [{}] * 9}, "structure_invalid", "invalid"),
    ],
)
def test_what_can_be_read_in_two_ways_is_not_relied_on(
    world: World, change: JsonObject, code: str, outcome: str
) -> None:
    report = judge(world, presented(world, bound(world)) | change)
    assert (report.verdict, report.code) == (outcome, code)
    assert codes(report)["signature"] == "not_run"


def test_a_bad_credential_stays_bad_whoever_presents_it(world: World) -> None:
    credential = bound(world)
    report = judge(world, presented(world, {**credential, "name": "Changed"}))
    assert report.is_answered
    assert report.verdict is Outcome.INVALID
    assert report.code == report.credentials[0].code != "holder_bound"


def test_nothing_presented_is_not_valid(world: World) -> None:
    report = judge(world, presented(world))
    assert report.is_answered
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "presentation_empty")


def test_where_no_holder_is_named_it_is_who_signed(world: World) -> None:
    document = {name: value for name, value in presented(world, bound(world)).items() if name != "holder"}
    options = {name: value for name, value in proofs_of(document)[0].items() if name != "proofValue"}
    report = judge(world, signed_anew(document, options))
    assert report, report.message
    assert report.answer.holder == DID


def test_one_audience_of_several_and_a_holder_with_a_name_are_fine(world: World) -> None:
    document = presented(world, bound(world)) | {"holder": {"id": DID}}
    options = {name: value for name, value in proofs_of(document)[0].items() if name != "proofValue"}
    report = judge(world, signed_anew(document, options | {"domain": ["https://x.example", AUDIENCE]}))
    assert report, report.message


def test_a_challenge_that_does_not_count_decides(world: World) -> None:
    from ledger.verifying.report import Check

    used = Check("holder", Outcome.INVALID, "challenge_used", "The challenge was answered before.")
    report = judge(world, presented(world, bound(world)), replace(ASKED, refused=used))
    assert (report.verdict, report.code) == (Outcome.INVALID, "challenge_used")


# --- holders of other kinds ---


def test_a_did_web_shows_itself_by_the_keys_that_its_document_lists_for_authentication(world: World) -> None:
    method = {
        "id": f"{WEB}#me",
        "type": "Multikey",
        "controller": WEB,
        "publicKeyMultibase": DID.removeprefix("did:key:"),
    }
    given = {"@context": ["https://www.w3.org/ns/did/v1"], "id": WEB, "verificationMethod": [method]}
    credential = bound(world, 1, WEB)
    document = presented(world, credential, holder=Holder(WEB, f"{WEB}#me", KEY))
    name = "https://learner.example/.well-known/did.json"

    assert judge(world, document).code == "key_unknown"
    for purpose, code in (("authentication", "valid"), ("assertionMethod", "method_mismatch")):
        listed = orjson.dumps(given | {purpose: [f"{WEB}#me"]})
        assert judge(world, document, documents={name: listed}).code == code
    another = orjson.dumps(given | {"id": "did:web:other.example"})
    assert judge(world, document, documents={name: another}).code == "document_unreadable"


def test_a_did_jwk_of_p256_may_hold(world: World) -> None:
    key = ec.derive_private_key(7, ec.SECP256R1())
    numbers = key.public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256"} | {
        name: base64.urlsafe_b64encode(value.to_bytes(32)).rstrip(b"=").decode()
        for name, value in (("x", numbers.x), ("y", numbers.y))
    }
    did = "did:jwk:" + base64.urlsafe_b64encode(orjson.dumps(jwk)).rstrip(b"=").decode()
    document = {name: value for name, value in presented(world, bound(world, 1, did)).items() if name != "proof"}
    document["holder"] = did
    options: JsonObject = {
        "type": "DataIntegrityProof",
        "cryptosuite": "ecdsa-jcs-2019",
        "created": format_timestamp(world.now()),
        "verificationMethod": f"{did}#0",
        "proofPurpose": "authentication",
        "challenge": CHALLENGE,
        "domain": AUDIENCE,
        "@context": document["@context"],
    }
    message = hash_data(document, options, KeyKind.P256, lambda *_: b"")
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(SHA256())))
    report = judge(
        world, {**document, "proof": {**options, "proofValue": "z" + encode_base58(r.to_bytes(32) + s.to_bytes(32))}}
    )
    assert report, report.message


# --- what is no presentation, or too much of one ---


def test_a_credential_is_no_presentation(world: World) -> None:
    credential = bound(world)
    assert parse_presentation(orjson.dumps(credential)) is None
    assert parse_presentation(orjson.dumps(credential | {"name": "VerifiablePresentation"})) is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"verifiableCredential": ["x"]}, "presentation_invalid"),
        ({"verifiableCredential": 5}, "presentation_invalid"),
        ({"verifiableCredential": [{}] * 501}, "limit_presentation"),
        ({"holder": 5}, "presentation_invalid"),
        ({"holder": {"id": 5}}, "presentation_invalid"),
    ],
)
def test_what_cannot_be_read_is_refused(change: JsonObject, code: str) -> None:
    with pytest.raises(MalformedDocument) as error:
        parse_presentation(orjson.dumps({"type": "VerifiablePresentation", **change}))
    assert error.value.code == code


def test_something_unreadable_inside_is_named_by_its_place(world: World) -> None:
    document = presented(world, bound(world))
    document["verifiableCredential"] = [*document["verifiableCredential"], "a.b.c"]  # type: ignore[misc]
    with pytest.raises(MalformedDocument, match="credential 2 of the presentation"):
        judge(world, document)


@pytest.mark.parametrize("text", ["", "x" * 301, "a\nb", "a\u202eb"])
def test_a_challenge_is_a_short_plain_text(world: World, text: str) -> None:
    with pytest.raises(MalformedDocument) as error:
        presented(world, challenge=text)
    assert error.value.code == "challenge_malformed"


def test_documents_that_rdf_cannot_hold_together_are_signed_by_jcs_alone(world: World) -> None:
    credential = bound(world)
    changed = {**credential, "name": "The same id, other words"}
    document = presented(world, credential, changed, suites=())
    assert [proof["cryptosuite"] for proof in proofs_of(document)] == [EDDSA_JCS]
    with pytest.raises(InvalidProof):
        presented(world, credential, changed, suites=(EDDSA_RDFC,))


def test_keys_are_named_alike() -> None:
    assert HOLDER.method == f"{DID}#{encode_multikey(PublicKey(KeyKind.ED25519, KEY.public_key))}"
