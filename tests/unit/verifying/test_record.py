"""Records: every credential in them verified fully, no better than the worst, and of one person only (10 and 11)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from ledger.chain.registry import StatusAction
from ledger.documents.canonical import digest
from ledger.documents.did import did_document, did_key
from ledger.documents.record import PreviousVersion, Subject
from ledger.documents.strict_json import JsonObject
from ledger.errors import MalformedDocument
from ledger.proofs.data_integrity import CRYPTOSUITES, EDDSA_JCS, EDDSA_RDFC
from ledger.proofs.enveloped import envelop
from ledger.proofs.jose import sign_jwt
from ledger.proofs.rdfc_worker import BoundedCanonicalizer
from ledger.verifying.dossier import MAX_CREDENTIALS
from ledger.verifying.report import CHECK_IDS, Outcome, VerificationReport
from tests.builders import ISSUER, LEARNER, PUBLISHER, a_credential, a_record, a_signer
from tests.world import Registered, World, proofs_of


def a_published_record(world: World, *credentials: JsonObject, **changes: Any) -> JsonObject:
    return world.issue(a_record(*credentials) | changes, issuer=world.publisher)[0]


def verify(world: World, document: object, **policy: object) -> VerificationReport:
    return world.verifier(world.policy(**policy)).verify(orjson.dumps(document))


def test_a_record_reports_on_each_credential_in_order(world: World) -> None:
    modules = world.modules()
    award = world.award(modules)
    report = verify(world, a_published_record(world, *modules, award))
    assert report
    assert [component.summary and component.summary.id for component in report.components] == [
        document["id"] for document in (*modules, award)
    ]
    assert all([check.id for check in component.checks] == list(CHECK_IDS) for component in report.components)
    assert report.components[-1].check("stack").code == "ok"


@pytest.mark.parametrize("position", [0, 1, 2])
def test_one_bad_credential_makes_the_record_bad_wherever_it_stands(world: World, position: int) -> None:
    modules = world.modules()
    record = a_published_record(world, *modules)
    world.set_status(position + 1, StatusAction.REVOKE)
    report = verify(world, record)
    assert (report.verdict, report.code) == (Outcome.INVALID, "component_invalid")
    assert [component.code for component in report.components].count("revoked") == 1
    assert report.components[position].code == "revoked"
    assert report.check("stack").evidence["failing"] == [
        {"position": position, "id": modules[position]["id"], "code": "revoked"}
    ]


def test_invalid_beats_could_not_check_beats_valid(world: World) -> None:
    good, pending, revoked = a_credential(1), a_credential(2), a_credential(3)
    (good,) = world.issue(good)
    (revoked,) = world.issue(revoked)
    world.set_status(3, StatusAction.REVOKE)
    unanchored = world.sign(pending)
    both = a_published_record(world, good, unanchored, revoked)
    assert verify(world, both).code == "component_invalid"
    fresh = World()
    (good,) = fresh.issue(a_credential(1))
    report = verify(fresh, a_published_record(fresh, good, unanchored))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "component_indeterminate")
    assert [component.verdict for component in report.components] == [Outcome.VALID, Outcome.INDETERMINATE]


def test_a_credential_that_was_changed_inside_a_signed_record_is_found(world: World) -> None:
    modules = world.modules()
    forged = modules[0] | {"name": "Everything"}
    report = verify(world, a_published_record(world, forged, *modules[1:]))
    assert report.code == "component_invalid"
    assert report.components[0].code == "digest_mismatch"


def test_a_changed_record_is_invalid_though_its_credentials_are_good(world: World) -> None:
    modules = world.modules()
    record = a_published_record(world, *modules)
    shortened: dict[str, Any] = orjson.loads(orjson.dumps(record))
    shortened["credentialSubject"]["verifiableCredential"].pop()
    report = verify(world, shortened)
    assert (report.verdict, report.code) == (Outcome.INVALID, "digest_mismatch")
    assert all(report.components)


@pytest.mark.parametrize("size", [1, 2, 50, MAX_CREDENTIALS])
def test_every_signature_of_a_record_of_any_size_is_checked(size: int) -> None:
    """With one achievement for all, which is the largest graph of things alike: no budget is overrun."""
    world, canonicalizer = World(), BoundedCanonicalizer()
    members = world.issue(*(a_credential(number) for number in range(1, size + 1)), suites=CRYPTOSUITES)
    (record,) = world.issue(a_record(*members), issuer=world.publisher, suites=CRYPTOSUITES)
    report = world.verifier(canonicalizer=canonicalizer).verify(orjson.dumps(record))
    assert report
    for part in (report, *report.components):
        assert part.check("signature").evidence["suites"] == [EDDSA_JCS, EDDSA_RDFC]
        assert "not_checked" not in part.check("signature").evidence
    assert canonicalizer._process.pid is None


def test_one_id_twice_is_refused(world: World) -> None:
    modules = world.modules()
    record = a_record(*modules)
    subject: Any = record["credentialSubject"]
    subject["verifiableCredential"].append(modules[0])
    (issued,) = world.issue(record, issuer=world.publisher)
    report = verify(world, issued)
    assert (report.verdict, report.code) == (Outcome.INVALID, "duplicate_credential")


def test_a_record_holds_at_most_500_credentials(world: World) -> None:
    record: dict[str, Any] = a_record()
    one = {"type": ["VerifiableCredential"]}
    record["credentialSubject"]["verifiableCredential"] = [one] * MAX_CREDENTIALS
    assert not verify(world, record)
    record["credentialSubject"]["verifiableCredential"] = [one] * (MAX_CREDENTIALS + 1)
    with pytest.raises(MalformedDocument) as raised:
        verify(world, record)
    assert raised.value.code == "limit_bundle"
    inner: dict[str, Any] = a_record()
    inner["credentialSubject"]["verifiableCredential"] = [one] * 300
    record["credentialSubject"]["verifiableCredential"] = [inner] * 2
    with pytest.raises(MalformedDocument):
        verify(world, record)


def test_a_record_in_a_record_is_judged_to_the_bottom(world: World) -> None:
    modules = world.modules()
    inner = a_published_record(world, *modules)
    outer = world.issue(a_record(inner, number=901), issuer=world.publisher)[0]
    assert verify(world, outer)
    world.set_status(2, StatusAction.REVOKE)
    report = verify(world, outer)
    assert report.code == "component_invalid"
    assert report.components[0].components[1].code == "revoked"


# --- credentials that are signed as JWTs ---


def a_token(number: int, **changes: Any) -> bytes:
    signer = a_signer(7)
    did = did_key(signer.public_key)
    document = {key: value for key, value in a_credential(number).items() if key != "credentialStatus"}
    return sign_jwt(document | {"issuer": did} | changes, signer, f"{did}#{did.removeprefix('did:key:')}").encode()


def test_a_token_in_a_record_is_judged_by_its_own_signature(world: World) -> None:
    record = a_published_record(world, *world.modules(), envelop(a_token(9)))
    report = verify(world, record)
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "component_indeterminate")
    assert report.components[-1].code == "no_anchor_proof"
    told = verify(world, record, any_issuer=True)
    assert told
    assert told.components[-1].check("signature").code == "ok"
    assert told.components[-1].summary
    assert told.components[-1].summary.name == a_credential(9)["name"]


def test_a_token_of_w3cs_bare_form_is_read_too(world: World) -> None:
    envelope = {name: member for name, member in envelop(a_token(9)).items() if name in ("@context", "id", "type")}
    record = a_published_record(world, envelope | {"type": "EnvelopedVerifiableCredential"})
    assert verify(world, record, any_issuer=True)


def test_a_changed_token_and_an_envelope_that_contradicts_it_are_found(world: World) -> None:
    head, _, signature = a_token(9).split(b".")
    changed = b".".join((head, a_token(9, name="Everything").split(b".")[1], signature))
    report = verify(world, a_published_record(world, envelop(changed)), any_issuer=True)
    assert (report.verdict, report.components[0].code) == (Outcome.INVALID, "signature_invalid")
    fresh = World()
    record = a_published_record(fresh, envelop(a_token(9)) | {"validFrom": "2020-01-01T00:00:00Z"})
    report = verify(fresh, record, any_issuer=True)
    assert (report.verdict, report.components[0].code) == (Outcome.INVALID, "envelope_invalid")


def test_one_credential_as_json_and_as_a_token_is_one_credential_twice(world: World) -> None:
    modules = world.modules()
    report = verify(world, a_published_record(world, *modules, envelop(a_token(1))), any_issuer=True)
    assert (report.verdict, report.code) == (Outcome.INVALID, "duplicate_credential")


# --- records that are on no ledger themselves ---


def a_record_of_the_holder(world: World, *credentials: JsonObject) -> JsonObject:
    did = did_key(a_signer(5).public_key)
    profile = replace(PUBLISHER, did=did)
    record = {key: value for key, value in a_record(*credentials).items() if key != "credentialStatus"}
    record["issuer"] = profile.to_dict()
    return world.sign(record, issuer=Registered(profile, world.accreditor, [a_signer(5)]))


def test_a_learner_may_sign_the_record_alone(world: World) -> None:
    report = verify(world, a_record_of_the_holder(world, *world.modules()))
    assert report
    skipped = {check.id for check in report.checks if check.outcome is Outcome.SKIPPED}
    assert skipped == {"inclusion", "anchor", "issuer", "key", "status", "holder"}
    assert report.chain is None


def test_a_record_that_was_changed_after_the_learner_signed_it_is_invalid(world: World) -> None:
    record = a_record_of_the_holder(world, *world.modules())
    report = verify(world, record | {"name": "x"})
    assert (report.verdict, report.code) == (Outcome.INVALID, "signature_invalid")


def test_a_publisher_without_anchor_is_believed_by_its_did_document_only(world: World) -> None:
    record = {key: value for key, value in a_record(*world.modules()).items() if key != "credentialStatus"}
    signed = world.sign(record, issuer=world.publisher)
    report = verify(world, signed)
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "key_unknown")
    key = world.publisher.signers[0].public_key
    document = did_document(PUBLISHER.did, {1: key}, f"eip155:1:0x{'11' * 20}", world.publisher.id)
    url = "https://cairn.example/issuers/records/did.json"
    assert verify(world, signed, documents={url: orjson.dumps(document)})


def test_a_record_that_nobody_signed_is_invalid(world: World) -> None:
    report = verify(world, a_record(*world.modules()))
    assert (report.verdict, report.code) == (Outcome.INVALID, "signature_missing")


def test_stripping_the_anchor_from_a_record_gains_nothing(world: World) -> None:
    record = a_published_record(world, *world.modules())
    report = verify(world, record | {"proof": proofs_of(record)[0]})
    assert report.verdict is Outcome.INDETERMINATE


# --- 11: one person ---


def with_subject(number: int, subject: str | None, name: str = LEARNER.name) -> JsonObject:
    document: dict[str, Any] = a_credential(number, learner=replace(LEARNER, name=name))
    if subject:
        document["credentialSubject"] = {"id": subject, **document["credentialSubject"]}
    return document


def test_credentials_of_different_people_do_not_make_a_record(world: World) -> None:
    issued = world.issue(with_subject(1, "did:key:z6MkA"), with_subject(2, "did:key:z6MkB"))
    report = verify(world, a_published_record(world, *issued))
    assert (report.verdict, report.code) == (Outcome.INVALID, "subject_mismatch")
    same = World()
    issued = same.issue(with_subject(1, "did:key:z6MkA"), with_subject(2, "did:key:z6MkA"), with_subject(3, None))
    assert verify(same, a_published_record(same, *issued))


URN, OTHER_URN = "urn:uuid:5f6b2e52-3f0e-4f55-9d57-0a6a3b9a9c11", "urn:uuid:5f6b2e52-3f0e-4f55-9d57-0a6a3b9a9c12"


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        (URN, OTHER_URN, "subject_uncertain"),
        ("did:key:z6MkA", URN, "subject_uncertain"),
        ("did:key:z6MkA", "mailto:nur@example.org", "subject_uncertain"),
        ("mailto:nur@example.org", "mailto:ada@example.org", "subject_mismatch"),
        ("https://social.example/nur", "https://social.example/ada", "subject_mismatch"),
    ],
)
def test_only_two_identifiers_of_one_kind_are_two_people(world: World, one: str, other: str, code: str) -> None:
    issued = world.issue(with_subject(1, one), with_subject(2, other))
    report = verify(world, a_published_record(world, *issued))
    assert report.code == code
    assert report.verdict is (Outcome.INVALID if code == "subject_mismatch" else Outcome.INDETERMINATE)


@pytest.mark.parametrize("name", ["Ada Lovelace", "Nur Aisyah binti Ismail", "N. C. Rahman", "张伟"])
def test_credentials_made_out_to_different_names_are_not_taken_for_one_persons(world: World, name: str) -> None:
    issued = world.issue(with_subject(1, None), with_subject(2, None, name))
    report = verify(world, a_published_record(world, *issued))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "subject_uncertain")
    joined = World()
    issued = joined.issue(with_subject(1, "did:key:z6MkA"), with_subject(2, "did:key:z6MkA", name))
    assert verify(joined, a_published_record(joined, *issued))


OWN, OLD = "did:key:z6MkOwn", "did:key:z6MkOld"
MARRIED = Subject((LEARNER.name, "Nur Aisyah binti Ismail"), OWN)


def a_record_about(world: World, subject: Subject, *credentials: JsonObject) -> JsonObject:
    return world.issue(a_record(*credentials, subject=subject), issuer=world.publisher)[0]


def test_a_recognised_publisher_may_vouch_that_several_names_are_one_persons(world: World) -> None:
    issued = world.issue(with_subject(1, None), with_subject(2, None, MARRIED.names[1]))
    record = a_record_about(world, MARRIED, *issued)
    report = verify(world, record)
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "subject_uncertain")
    world.accredit(world.publisher)
    assert not verify(world, record)  # it was not recognised when it said so
    again = World()
    again.accredit(again.publisher)
    issued = again.issue(with_subject(1, None), with_subject(2, None, MARRIED.names[1]))
    report = verify(again, a_record_about(again, MARRIED, *issued))
    assert report
    assert report.check("holder").code == "vouched"
    assert report.check("holder").evidence["vouched_by"] == f"{PUBLISHER.name} (recognised)"


def test_a_publisher_vouches_only_for_names_that_it_gives(world: World) -> None:
    world.accredit(world.publisher)
    issued = world.issue(with_subject(1, None), with_subject(2, None, "Ada Lovelace"))
    report = verify(world, a_record_about(world, MARRIED, *issued))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "subject_uncertain")


def test_who_holds_the_record_settles_no_names(world: World) -> None:
    """The identifier of the wallet stands in the record alone, so it says nothing of the credentials' names."""
    issued = world.issue(with_subject(1, None), with_subject(2, None, "Ada Lovelace"))
    assert not verify(world, a_record_about(world, Subject((LEARNER.name,), OWN), *issued))
    joined = World()
    issued = joined.issue(
        with_subject(1, OWN), with_subject(2, OWN, MARRIED.names[1]), with_subject(3, None, MARRIED.names[1])
    )
    assert verify(joined, a_record_about(joined, MARRIED, *issued))


def test_credentials_of_another_holder_are_not_the_holders(world: World) -> None:
    issued = world.issue(with_subject(1, OLD))
    report = verify(world, a_record_about(world, Subject((LEARNER.name,), OWN), *issued))
    assert (report.verdict, report.code) == (Outcome.INVALID, "subject_mismatch")
    moved = Subject((LEARNER.name,), OWN, (OLD,))
    claimed = World()
    report = verify(claimed, a_record_about(claimed, moved, *claimed.issue(with_subject(1, OLD))))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "subject_uncertain")
    vouched = World()
    vouched.accredit(vouched.publisher)
    assert verify(vouched, a_record_about(vouched, moved, *vouched.issue(with_subject(1, OLD))))


# --- versions ---


def two_versions(world: World, **changes: Any) -> tuple[JsonObject, JsonObject]:
    modules = world.modules()
    first = a_published_record(world, *modules[:2])
    named = PreviousVersion(str(first["id"]), digest(first))
    return first, world.issue(a_record(*modules, previous=named, number=901) | changes, issuer=world.publisher)[0]


def codes(world: World, *documents: JsonObject) -> list[str]:
    reports = world.verifier().verify_many([orjson.dumps(document) for document in documents])
    return [report.code for report in reports if isinstance(report, VerificationReport)]


def test_versions_that_were_handed_in_together_are_compared(world: World) -> None:
    first, second = two_versions(world)
    assert codes(world, second) == ["valid"]
    assert codes(world, second, first) == ["valid", "valid"]
    report = world.verifier().verify_many([orjson.dumps(second), orjson.dumps(first)])[0]
    assert isinstance(report, VerificationReport)
    previous = report.check("stack").evidence["previous"]
    assert previous == {"id": first["id"], "digest": f"0x{digest(first).hex()}", "handed_in": True}


def test_a_version_that_was_rewritten_is_found(world: World) -> None:
    first, second = two_versions(world)
    credentials: Any = first["credentialSubject"]
    rewritten = a_published_record(world, credentials["verifiableCredential"][0])
    assert rewritten["id"] == first["id"]
    assert codes(world, second, rewritten) == ["previous_mismatch", "valid"]
    assert codes(world, second, rewritten, first) == ["valid", "history_forked", "history_forked"]


def test_two_histories_after_one_version_are_found(world: World) -> None:
    first, second = two_versions(world)
    named = PreviousVersion(str(first["id"]), digest(first))
    credentials: Any = second["credentialSubject"]
    other = a_record(*credentials["verifiableCredential"][:1], previous=named, number=902)
    (third,) = world.issue(other, issuer=world.publisher)
    assert codes(world, second, third, first) == ["history_forked", "history_forked", "valid"]


@pytest.mark.parametrize("digest_multibase", ["zzz", None])
def test_a_version_that_names_the_one_before_badly_is_invalid(world: World, digest_multibase: str | None) -> None:
    wrong = {"id": "urn:uuid:1", "mediaType": "application/vc", "digestMultibase": digest_multibase}
    _, second = two_versions(world, relatedResource=[wrong])
    assert codes(world, second) == ["stack_malformed"]


@pytest.mark.parametrize("name", ["Rahman, Nur Aisyah", "NUR AISYAH BINTI RAHMAN", "Nür Aisyah Rahmán", "N. A. Rahman"])
def test_a_name_may_be_written_in_several_ways(world: World, name: str) -> None:
    issued = world.issue(with_subject(1, None), with_subject(2, None, name))
    assert verify(world, a_published_record(world, *issued))


def test_the_names_that_differ_are_told(world: World) -> None:
    issued = world.issue(with_subject(1, None), with_subject(2, None, "N. A. Rahman"))
    report = verify(world, a_published_record(world, *issued))
    assert report.check("holder").evidence["names"] == ["N. A. Rahman", LEARNER.name]
    assert ISSUER.name not in str(report.check("holder").evidence)
