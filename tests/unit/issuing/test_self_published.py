"""Records that a learner signs alone: verified as that, never as anybody's who is recognised."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from ledger.documents.did import did_key
from ledger.documents.record import Subject
from ledger.documents.schemas import schema_problems
from ledger.documents.strict_json import JsonObject
from ledger.errors import Conflict
from ledger.issuing.records import self_published
from ledger.verifying.report import Outcome, VerificationReport
from tests.builders import LEARNER, a_credential, a_signer
from tests.world import World

SIGNER = a_signer(5)
DID = did_key(SIGNER.public_key)


@pytest.fixture
def world() -> World:
    return World()


def a_record(*credentials: JsonObject) -> JsonObject:
    documents = [orjson.dumps(credential) for credential in credentials]
    return self_published(DID, SIGNER, name="Mine", learner=Subject((LEARNER.name,)), documents=documents)


def verified(world: World, record: JsonObject) -> VerificationReport:
    """By the clock on the wall: that is the one such a record is dated by, whatever the registry's blocks say."""
    return world.verifier(clock=lambda: datetime.now(UTC)).verify(orjson.dumps(record))


def test_it_is_valid_and_says_that_its_learner_published_it(world: World) -> None:
    record = a_record(*world.modules())
    report = verified(world, record)
    assert report
    assert "signed it alone" in report.message
    assert (report.check("issuer").outcome, report.check("issuer").code) == (Outcome.SKIPPED, "self_published")
    assert report.issuer.accredited_name is None
    assert report.check("signature").evidence["suites"] == ["eddsa-jcs-2022", "eddsa-rdfc-2022"]
    assert schema_problems(record) == []


def test_a_change_is_found_and_another_learners_record_is_not_theirs(world: World) -> None:
    record: Any = a_record(*world.modules())
    record["credentialSubject"]["identifier"][0]["identityHash"] = "Somebody Else"
    report = verified(world, record)
    assert (report.verdict, report.code) == (Outcome.INVALID, "signature_invalid")


def test_it_may_not_vouch_for_names(world: World) -> None:
    named = replace(LEARNER, name="Ada Lovelace")
    one, other = world.issue(a_credential(1), a_credential(2, learner=named))
    report = verified(world, a_record(one, other))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "subject_uncertain")


def test_what_only_a_processor_of_json_ld_can_read_does_not_keep_it_from_being_signed(world: World) -> None:
    (odd, plain) = world.issue(a_credential(1), a_credential(2))
    record: Any = a_record(odd | {"x:y": {"@context": {}}}, plain)
    assert [proof["cryptosuite"] for proof in record["proof"]] == ["eddsa-jcs-2022"]


def test_nothing_and_one_credential_twice_are_refused(world: World) -> None:
    (one, *_) = world.modules()
    for wrong in ([], [one, one]):
        with pytest.raises(Conflict) as caught:
            a_record(*wrong)
        assert caught.value.code == "record_invalid"
