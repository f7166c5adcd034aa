"""Recognition decisions are judged as credentials, against what they speak of, and are said in words (check 10)."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
import pytest

from ledger.chain.registry import StatusAction
from ledger.documents.credential import IssuerProfile
from ledger.documents.endorsement import Endorsed, build_endorsement, endorsed_document
from ledger.documents.recognition import Decision, build_recognition
from ledger.documents.strict_json import JsonObject
from ledger.verifying.report import Outcome, VerificationReport
from tests.builders import a_credential, a_record, a_signer, an_achievement, credential_id
from tests.world import Registered, World

AEX = IssuerProfile("did:web:aex.example", "academyEX", "https://aex.example", country="NZ")
SAID = "counts for 15 NZQCF credits at NZQCF level 8"


@pytest.fixture
def recogniser(world: World) -> Registered:
    registered = world.register(AEX, a_signer(7))
    world.accredit(registered)
    return registered


def decide(world: World, by: Registered, of: Endorsed, **changes: Any) -> JsonObject:
    """A decision on it, signed and anchored by `by`; `changes` are members of the document."""
    document = build_recognition(
        issuer=by.profile,
        endorsed=of,
        decision=Decision(15, "NZQCF", 8, "NZQCF"),
        pathway_digest=None,
        comment=f"This credential {SAID}.",
        decided_on=date(2026, 1, 5),
        status_index=1,
        endorsement_id=credential_id(700),
    )
    return world.issue(document | changes, issuer=by)[0]


def verify(world: World, *documents: JsonObject) -> VerificationReport:
    """The report on the first, with the others shown beside it."""
    reports = world.verifier().verify_many([orjson.dumps(document) for document in documents])
    assert isinstance(reports[0], VerificationReport)
    return reports[0]


def test_a_decision_alone_is_valid_and_says_what_it_decides(world: World, recogniser: Registered) -> None:
    report = verify(world, decide(world, recogniser, endorsed_document(a_credential())))
    check = report.check("stack")
    assert report
    assert report.issuer.accredited_name == "academyEX (recognised)"
    assert (check.outcome, check.code) == (Outcome.SKIPPED, "not_shown")
    assert f"decides that {credential_id(1)} {SAID}" in check.message
    assert check.evidence["recognition"] == {
        "recogniser": AEX.did,
        "credential": credential_id(1),
        "credits": 15,
        "framework": "NZQCF",
        "level": 8,
        "level_framework": "NZQCF",
        "valid_from": "2026-01-05",
    }


def test_the_credential_that_is_shown_with_it_must_be_the_one_it_speaks_of(
    world: World, recogniser: Registered
) -> None:
    (credential,) = world.issue(a_credential())
    decision = decide(world, recogniser, endorsed_document(credential))
    report = verify(world, decision, credential)
    assert (report.check("stack").outcome, report.check("stack").code) == (Outcome.VALID, "ok")

    (other,) = world.issue(a_credential(result="50"))
    report = verify(world, decision, other)
    assert (report.verdict, report.code) == (Outcome.INVALID, "endorsed_mismatch")
    assert verify(world, decision, other, credential)


def test_a_plain_endorsement_of_another_version_is_refused_too(world: World, recogniser: Registered) -> None:
    def endorse(endorsed: Endorsed) -> JsonObject:
        return world.issue(
            build_endorsement(
                issuer=recogniser.profile,
                endorsed=endorsed,
                comment="Well done.",
                endorsed_on=date(2026, 1, 5),
                status_index=2,
                endorsement_id=credential_id(701),
            ),
            issuer=recogniser,
        )[0]

    (credential,) = world.issue(a_credential())
    assert verify(world, endorse(endorsed_document(a_credential(result="50"))), credential).code == "endorsed_mismatch"
    assert verify(world, endorse(endorsed_document(credential)), credential).check("stack").code == "ok"
    assert verify(world, endorse(Endorsed("did:web:um.example", "um")), credential).check("stack").code == "not_needed"


def test_a_decision_that_cannot_be_read_is_not_valid_and_nothing_of_it_is_shown(
    world: World, recogniser: Registered
) -> None:
    bad = Decision(15, None).resource()
    report = verify(world, decide(world, recogniser, endorsed_document(a_credential()), relatedResource=[bad]))
    assert (report.verdict, report.code) == (Outcome.INVALID, "recognition_malformed")


def test_a_revoked_decision_is_not_valid(world: World, recogniser: Registered) -> None:
    document = decide(world, recogniser, endorsed_document(a_credential()))
    world.set_status(1, StatusAction.REVOKE, issuer=recogniser)
    assert verify(world, document).code == "revoked"


def test_a_decision_that_is_over_is_not_valid(world: World, recogniser: Registered) -> None:
    document = decide(world, recogniser, endorsed_document(a_credential()), validUntil="2026-02-01T23:59:59Z")
    assert verify(world, document).code == "expired"


def test_the_decision_of_somebody_whom_nobody_recognises_is_not_valid(world: World) -> None:
    stranger = world.register(AEX, a_signer(7))
    assert verify(world, decide(world, stranger, endorsed_document(a_credential()))).code == "issuer_not_accredited"


def test_a_record_names_the_decisions_in_it(world: World, recogniser: Registered) -> None:
    first, second = world.issue(a_credential(1), a_credential(2, achievement=an_achievement("models")))
    decision = decide(world, recogniser, endorsed_document(first))
    record = world.issue(a_record(first, second, decision), issuer=world.publisher)[0]
    report = verify(world, record)
    assert report, report.message
    check = report.check("stack")
    assert f"one decides that {first['id']} {SAID}" in check.message
    named = check.evidence["recognitions"]
    assert isinstance(named, list)
    assert [entry["credential"] for entry in named if isinstance(entry, dict)] == [first["id"]]
    assert report.check("holder").code != "subject_mismatch"
    assert report.components[2].check("stack").code == "ok"

    world.set_status(1, StatusAction.REVOKE, issuer=recogniser)
    report = verify(world, record)
    assert report.code == "component_invalid"
    assert "recognitions" not in report.check("stack").evidence


def test_a_credential_says_in_its_report_whether_it_bears_credit(world: World) -> None:
    (credential,) = world.issue(a_credential())
    report = verify(world, credential)
    assert report.bearing is not None
    assert (report.bearing.credit_bearing, report.bearing.meets_cmf) == (False, False)
    assert report.to_dict()["bearing"] == report.bearing.to_dict()
    (record,) = world.issue(a_record(credential), issuer=world.publisher)
    assert verify(world, record).bearing is None
