"""The policy that accepts any issuer: what it opens, and what it never opens."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from ledger.chain.registry import Reason, StatusAction
from ledger.cli.report_text import render
from ledger.documents.contexts import CREDENTIALS_V2
from ledger.documents.did import did_key
from ledger.documents.strict_json import JsonObject
from ledger.proofs.data_integrity import EDDSA_JCS, sign
from ledger.verifying.report import Outcome
from tests.builders import PUBLISHER, a_credential, a_record, a_signer, older
from tests.fakes import MemoryRegistry
from tests.unit.verifying.test_foreign import a_badge
from tests.world import MODULES, SIGNED_AT, World, proofs_of, with_proof

DID = did_key(a_signer(5).public_key)
METHOD = f"{DID}#{DID.removeprefix('did:key:')}"


def foreign(**changes: Any) -> JsonObject:
    return a_badge(DID, METHOD, EDDSA_JCS, **changes)


def plain(**changes: Any) -> JsonObject:
    """A credential of a kind that nobody has published a schema for."""
    document: JsonObject = {
        "@context": [CREDENTIALS_V2],
        "id": "urn:uuid:7d4b3c1e-0000-4000-8000-000000000001",
        "type": ["VerifiableCredential", "LibraryCard"],
        "issuer": DID,
        "credentialSubject": {"id": "did:example:reader", "achievement": {"name": "Master of Everything"}},
    } | changes
    proof = sign(document, cryptosuite=EDDSA_JCS, signer=a_signer(5), verification_method=METHOD, created=SIGNED_AT)
    return {**document, "proof": proof}


def test_whose_key_signed_is_said_and_that_nobody_was_asked_who_that_is(world: World) -> None:
    report = world.verifier(world.policy(any_issuer=True)).verify(orjson.dumps(foreign()))
    assert report.verdict is Outcome.VALID
    assert [report.check(check).code for check in ("inclusion", "anchor", "issuer", "key")] == [
        *("not_needed", "not_needed", "any_issuer", "ok")
    ]
    for text in (report.message, report.check("issuer").message):
        assert DID in text
        assert "nobody was asked who that is" in text
    assert report.issuer.accredited_name is None
    assert report.to_dict()["policy"] == {"any_issuer": True}
    assert "UNSAFE POLICY any-issuer" in render(report)
    assert EDDSA_JCS in render(report)


def test_without_it_nothing_is_said_of_the_issuer_and_no_warning_stands_there(world: World) -> None:
    report = world.verifier().verify(orjson.dumps(foreign()))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "no_anchor_proof")
    assert report.to_dict()["policy"] == {"any_issuer": False}
    assert "UNSAFE" not in render(report)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "Other"}, "signature_invalid"),
        ({"proof": []}, "signature_missing"),
        ({"issuer": {"id": did_key(a_signer(6).public_key), "type": ["Profile"]}}, "method_mismatch"),
        ({"type": ["VerifiableCredential"]}, "signature_invalid"),
    ],
)
def test_it_makes_no_bad_signature_good(world: World, change: dict[str, Any], code: str) -> None:
    report = world.verifier(world.policy(any_issuer=True)).verify(orjson.dumps(foreign() | change))
    assert (report.verdict, report.code) == (Outcome.INVALID, code)


@pytest.mark.parametrize(
    ("dates", "code"),
    [
        ({"validFrom": "2099-01-01T00:00:00Z"}, "not_yet_valid"),
        ({"validUntil": "2026-01-02T00:00:00Z", "validFrom": "2026-01-01T00:00:00Z"}, "expired"),
    ],
)
def test_it_makes_no_time_good(world: World, dates: dict[str, str], code: str) -> None:
    report = world.verifier(world.policy(any_issuer=True)).verify(orjson.dumps(foreign(**dates)))
    assert (report.verdict, report.code) == (Outcome.INVALID, code)


def test_a_document_of_another_ledger_stays_what_it_was(world: World) -> None:
    """An anchor proof is never passed over: else any ledger of one's own would be as good as a trusted one."""
    elsewhere = World(MemoryRegistry(chain_id=7))
    (issued,) = elsewhere.issue(a_credential())
    verifier = world.verifier(world.policy(any_issuer=True))
    report = verifier.verify(orjson.dumps(issued))
    assert (report.verdict, report.code) == (Outcome.INVALID, "chain_not_trusted")
    badge = foreign()
    anchored = with_proof(badge, proofs_of(issued)[-1] | {"verificationMethod": METHOD})
    report = verifier.verify(orjson.dumps(anchored))
    assert report.verdict is Outcome.INVALID
    nobody = world.verifier(world.policy(any_issuer=True, registries=()), readers={})
    report = nobody.verify(orjson.dumps(anchored))
    assert (report.verdict, report.check("anchor").code) == (Outcome.INDETERMINATE, "no_registry")


def test_a_broken_anchor_proof_is_not_passed_over(world: World) -> None:
    (issued,) = world.issue(a_credential())
    anchor: Any = proofs_of(issued)[-1] | {"verificationMethod": METHOD}
    broken = with_proof(foreign(), anchor | {"proofValue": anchor["proofValue"][:-4]})
    report = world.verifier(world.policy(any_issuer=True)).verify(orjson.dumps(broken))
    assert (report.verdict, report.check("inclusion").outcome) == (Outcome.INVALID, Outcome.INVALID)


def test_an_issuer_of_a_trusted_registry_needs_no_accreditor(world: World) -> None:
    (issued,) = world.issue(a_credential())
    strict = world.verifier(world.policy(accreditors=()))
    lax = world.verifier(world.policy(accreditors=(), any_issuer=True))
    assert strict.verify(orjson.dumps(issued)).code == "issuer_not_accredited"
    report = lax.verify(orjson.dumps(issued))
    assert (report.verdict, report.check("issuer").code) == (Outcome.VALID, "any_issuer")
    assert "nobody was asked who that is" in report.message
    assert report.issuer.accredited_name is None
    world.set_status(1, StatusAction.REVOKE, Reason.COMPROMISED)
    assert lax.verify(orjson.dumps(issued)).code == "revoked"


def test_nor_do_the_issuers_of_what_an_award_rests_on(world: World) -> None:
    modules = world.modules()
    award = world.award(modules)
    documents = [orjson.dumps(document) for document in (award, *modules)]
    report, *_ = world.verifier(world.policy(accreditors=(), any_issuer=True)).verify_many(documents)
    assert report
    assert len(modules) == len(MODULES)


def test_who_was_recognised_is_still_named_by_the_accreditor(world: World) -> None:
    (issued,) = world.issue(a_credential())
    report = world.verifier(world.policy(any_issuer=True)).verify(orjson.dumps(issued))
    assert report.check("issuer").code == "ok"
    assert report.issuer.accredited_name
    assert report.any_issuer


def test_a_kind_without_a_schema_can_be_judged_and_is_no_achievement(world: World) -> None:
    report = world.verifier().verify(orjson.dumps(plain()))
    assert (report.verdict, report.check("schema").code) == (Outcome.INDETERMINATE, "schema_unknown")
    report = world.verifier(world.policy(any_issuer=True)).verify(orjson.dumps(plain()))
    assert (report.verdict, report.check("schema").code) == (Outcome.VALID, "not_needed")
    assert report.summary
    assert (report.summary.kind, report.summary.achievement_name, report.summary.result) == ("other", None, None)
    assert "Master of Everything" not in render(report)


def test_a_document_of_the_older_data_model_can_be_judged(world: World) -> None:
    document = older({k: v for k, v in a_credential().items() if k != "credentialStatus"})
    document |= {"issuer": {"id": DID, "type": ["Profile"]}}
    proof = sign(document, cryptosuite=EDDSA_JCS, signer=a_signer(5), verification_method=METHOD, created=SIGNED_AT)
    verifier = world.verifier(world.policy(any_issuer=True))
    assert verifier.verify(orjson.dumps({**document, "proof": proof}))
    late = {**document, "expirationDate": "2026-01-01T00:00:00Z", "issuanceDate": "2025-01-01T00:00:00Z"}
    proof = sign(late, cryptosuite=EDDSA_JCS, signer=a_signer(5), verification_method=METHOD, created=SIGNED_AT)
    assert verifier.verify(orjson.dumps({**late, "proof": proof})).code == "expired"


def test_a_record_says_so_of_all_that_it_holds(world: World) -> None:
    record = {k: v for k, v in a_record(foreign()).items() if k != "credentialStatus"}
    record |= {"issuer": {**PUBLISHER.to_dict(), "id": DID}}
    proof = sign(record, cryptosuite=EDDSA_JCS, signer=a_signer(5), verification_method=METHOD, created=SIGNED_AT)
    data = orjson.dumps({**record, "proof": proof})
    report = world.verifier(world.policy(any_issuer=True)).verify(data)
    assert report
    assert "nobody was asked" in report.message
    assert all(part.any_issuer for part in report.components)
    assert world.verifier().verify(data).code == "component_indeterminate"


def test_the_did_of_a_badge_can_not_be_borrowed(world: World) -> None:
    """The name of a recognised issuer in a document off the ledger recognises nobody."""
    badge = a_badge(world.issuer.profile.did, world.issuer.method, EDDSA_JCS)
    report = world.verifier(world.policy(any_issuer=True)).verify(orjson.dumps(badge))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "key_unknown")
