"""Check 1: what would let one document be read in two ways is refused, whatever its signature says."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from ledger.verifying.report import CHECK_IDS, Outcome
from ledger.verifying.structure import proofs_of
from tests.builders import a_credential, a_record, older
from tests.world import World

Change = Callable[[dict[str, Any]], None]

OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
OLDER = "https://www.w3.org/2018/credentials/v1"
UNKNOWN = "https://evil.example/context.json"


def context(*urls: object) -> Change:
    return lambda document: document.update({"@context": list(urls)})


def member(name: str, value: object) -> Change:
    return lambda document: document.update({name: value})


def deep(name: str, value: object) -> Change:
    return lambda document: document["credentialSubject"]["achievement"].update({name: value})


def without(name: str) -> Change:
    return lambda document: document.pop(name)


FAULTS: dict[str, tuple[Change, str]] = {
    "no type": (without("type"), "structure_invalid"),
    "type is a number": (member("type", 7), "structure_invalid"),
    "not a credential": (member("type", ["AchievementCredential"]), "structure_invalid"),
    "two kinds at once": (
        member("type", ["VerifiableCredential", "AchievementCredential", "ClrCredential"]),
        "structure_invalid",
    ),
    "no context": (without("@context"), "context_untrusted"),
    "one context as text": (member("@context", CREDENTIALS), "context_untrusted"),
    "contexts in another order": (context(OPEN_BADGES, CREDENTIALS), "context_untrusted"),
    "only the first context": (context(CREDENTIALS), "context_untrusted"),
    "a context twice": (context(CREDENTIALS, OPEN_BADGES, OPEN_BADGES), "context_untrusted"),
    "a context inside": (deep("@context", [CREDENTIALS]), "context_untrusted"),
    "an unknown context in an endorsement": (
        member("endorsement", [{"@context": [CREDENTIALS, UNKNOWN]}]),
        "context_untrusted",
    ),
    "a credential inside a credential": (
        lambda document: document["credentialSubject"].update({"verifiableCredential": [a_credential(2)]}),
        "context_untrusted",
    ),
    "an IRI as a name": (
        member("https://www.w3.org/2018/credentials#validUntil", "2030-01-01T00:00:00Z"),
        "member_untrusted",
    ),
    "an IRI as a name, inside": (deep("schema:name", "x"), "member_untrusted"),
    "a keyword as a name": (deep("@id", "urn:x"), "member_untrusted"),
    "a keyword inside a list": (deep("tag", [[{"@value": "x"}]]), "member_untrusted"),
    "a name with a quote and a colon": (deep('a"b:c', "x"), "member_untrusted"),
    "a name that begins with a colon": (deep(":name", "x"), "member_untrusted"),
    "a name after a text that begins with a colon": (
        lambda document: document["credentialSubject"].update({"a": ":", "b:c": 1}),
        "member_untrusted",
    ),
    "no issuer": (without("issuer"), "structure_invalid"),
    "several issuers": (lambda document: document.update(issuer=[document["issuer"]]), "structure_invalid"),
    "an issuer without a name": (lambda document: document["issuer"].pop("id"), "structure_invalid"),
    "no subject": (without("credentialSubject"), "structure_invalid"),
    "several subjects": (
        lambda document: document.update(credentialSubject=[document["credentialSubject"]]),
        "structure_invalid",
    ),
    "a proof that is text": (member("proof", "trust me"), "structure_invalid"),
    "a proof in a list that is text": (member("proof", ["trust me"]), "structure_invalid"),
    "a crowd of proofs": (member("proof", [{"type": "DataIntegrityProof"}] * 17), "structure_invalid"),
}


STRANGE: dict[str, tuple[Any, str]] = {
    "an unknown context": (UNKNOWN, "context_unknown"),
    "a context of this machine": ("http://169.254.169.254/latest/meta-data", "context_unknown"),
    "an inline context": ({"name": "https://schema.org/url"}, "context_inline"),
    "two terms exchanged": ({"validFrom": "schema:validUntil", "validUntil": "schema:validFrom"}, "context_inline"),
    "a vocabulary for everything": ({"@vocab": None}, "context_inline"),
}


@pytest.mark.parametrize("any_issuer", [False, True])
def test_several_subjects_leave_open_what_no_schema_forbids_them(world: World, any_issuer: bool) -> None:
    document = a_credential() | {"@context": [CREDENTIALS], "type": ["VerifiableCredential"], "proof": []}
    verifier = world.verifier(world.policy(any_issuer=any_issuer))
    for subjects, outcome, code in (
        ([{"id": "did:example:1"}, {"id": "did:example:2"}], Outcome.INDETERMINATE, "subjects_several"),
        ([{"id": "did:example:1"}], Outcome.INDETERMINATE, "subjects_several"),
        ([], Outcome.INVALID, "structure_invalid"),
        (["did:example:1"], Outcome.INVALID, "structure_invalid"),
    ):
        report = verifier.verify(orjson.dumps(document | {"credentialSubject": subjects}))
        assert (report.verdict, report.code) == (outcome, code)


@pytest.mark.parametrize(("strange", "code"), STRANGE.values(), ids=STRANGE.keys())
@pytest.mark.parametrize("any_issuer", [False, True])
def test_a_vocabulary_that_nobody_knows_leaves_the_documents_of_others_open(
    world: World, strange: Any, code: str, any_issuer: bool
) -> None:
    (issued,) = world.issue(a_credential())
    changed = issued | {"@context": [CREDENTIALS, OPEN_BADGES, strange]}
    verifier = world.verifier(world.policy(any_issuer=any_issuer))
    report = verifier.verify(orjson.dumps(changed | {"proof": proofs_of(issued)[0]}))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, code)
    assert report.document is None
    anchored = verifier.verify(orjson.dumps(changed))
    assert (anchored.verdict, anchored.code) == (Outcome.INVALID, "context_untrusted")
    misplaced = changed | {"proof": [], "@context": [strange, CREDENTIALS, OPEN_BADGES]}
    assert verifier.verify(orjson.dumps(misplaced)).code == "context_untrusted"


def test_each_of_several_status_entries_has_to_fit_the_schema(world: World) -> None:
    entry: Any = {"id": "https://college.example/status/1#5", "type": "BitstringStatusListEntry"}
    for entries, code in (
        ([entry, entry], None),
        ([entry, {"id": 7}], "schema_invalid"),
        ([entry] * 9, "schema_invalid"),
    ):
        (issued,) = world.issue(a_credential() | {"credentialStatus": entries})
        schema = world.verifier().verify(orjson.dumps(issued)).check("schema")
        assert (schema.code if schema.outcome is Outcome.INVALID else None) == code


def test_chained_proofs_leave_a_document_open_unless_something_else_is_wrong(world: World) -> None:
    chained = a_credential() | {"proof": {"type": "DataIntegrityProof", "previousProof": "x"}}
    report = world.verifier().verify(orjson.dumps(chained))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "proof_chained")
    assert world.verifier().verify(orjson.dumps(chained | {"https://a.example/b": 1})).verdict is Outcome.INVALID


@pytest.mark.parametrize(("change", "code"), FAULTS.values(), ids=FAULTS.keys())
def test_a_document_that_could_mean_two_things_is_invalid(world: World, change: Change, code: str) -> None:
    document: dict[str, Any] = dict(orjson.loads(orjson.dumps(a_credential())))
    change(document)
    report = world.verifier().verify(orjson.dumps(document))
    assert (report.verdict, report.code) == (Outcome.INVALID, code)
    assert report.check("structure").outcome is Outcome.INVALID
    assert [check.id for check in report.checks] == list(CHECK_IDS)
    assert {check.outcome for check in report.checks[1:]} == {Outcome.SKIPPED}
    assert all(check.message.startswith("Not run because") for check in report.checks[1:])
    assert report.summary is None


@pytest.mark.parametrize("context", [OPEN_BADGES, "https://purl.imsglobal.org/spec/ob/v3p0/context.json"])
def test_a_document_of_the_older_data_model_is_read(world: World, context: str) -> None:
    (issued,) = world.issue(older(a_credential(), context))
    report = world.verifier().verify(orjson.dumps(issued))
    assert (report.verdict, report.code) == (Outcome.VALID, "valid")


@pytest.mark.parametrize("contexts", [(CREDENTIALS, OLDER), (OLDER, CREDENTIALS)])
def test_nobody_follows_two_data_models_at_once(world: World, contexts: tuple[str, str]) -> None:
    document = older(a_credential()) | {"@context": [contexts[0], OPEN_BADGES, contexts[1]]}
    assert world.verifier().verify(orjson.dumps(document)).code == "context_untrusted"


def test_members_that_nobody_knows_are_kept_and_covered_by_the_digest(world: World) -> None:
    document: dict[str, Any] = a_credential()
    document["distinction"] = "summa cum laude: with highest praise"
    (issued,) = world.issue(document)
    assert world.verifier().verify(orjson.dumps(issued))
    altered = issued | {"distinction": "none"}
    assert world.verifier().verify(orjson.dumps(altered)).code == "digest_mismatch"


@pytest.mark.parametrize("text", [":", "::", '":', '"a:b":', "@", '\\":', '{"@id":1}'])
def test_texts_that_look_like_names_do_no_harm(world: World, text: str) -> None:
    document: dict[str, Any] = a_credential()
    document["note"] = text
    document["more"] = {"notes": [text, text], "last": text}
    (issued,) = world.issue(document)
    assert world.verifier().verify(orjson.dumps(issued))


def test_a_record_must_hold_credentials(world: World) -> None:
    for held in ([], ["text"], {"id": "x"}, None):
        document: dict[str, Any] = a_record()
        document["credentialSubject"] = document["credentialSubject"] | {"verifiableCredential": held}
        report = world.verifier().verify(orjson.dumps(document))
        assert (report.verdict, report.code) == (Outcome.INVALID, "structure_invalid")


def test_an_endorsement_may_bring_its_own_known_contexts(world: World) -> None:
    endorsement: dict[str, Any] = {
        "@context": [CREDENTIALS, OPEN_BADGES],
        "id": "urn:uuid:1",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "Endorsement",
        "issuer": {"id": "did:web:agency.example", "type": ["Profile"]},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": "https://usm.example/x", "type": ["EndorsementSubject"]},
    }
    (issued,) = world.issue(a_credential() | {"endorsement": [endorsement]})
    assert world.verifier().verify(orjson.dumps(issued))


def test_a_document_full_of_colons_takes_no_longer_than_another(world: World) -> None:
    (issued,) = world.issue(a_credential())
    begun = time.process_time()
    report = world.verifier().verify(orjson.dumps(issued | {"notes": [":" * 8_000] * 600}))
    assert report.code == "digest_mismatch"
    assert time.process_time() - begun < 60  # a pattern that tries again from each colon would take hours
