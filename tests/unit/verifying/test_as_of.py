"""Verification as of a date: what stood then decides, and what has happened since is told beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from ledger.chain.networks import EMBEDDED_CHAIN_ID
from ledger.chain.registry import CloseKey, EndAccreditation, Reason, StatusAction
from ledger.cli.report_text import render
from ledger.documents.did import did_document, did_key
from ledger.documents.strict_json import JsonObject
from ledger.errors import MalformedDocument
from ledger.proofs.data_integrity import EDDSA_JCS
from ledger.verifying.as_of import MomentRefused, parse_moment
from ledger.verifying.report import Outcome, VerificationReport
from tests.builders import a_credential, a_record, a_signer
from tests.corpus.cases import cases
from tests.fakes import MemoryRegistry
from tests.unit.verifying.test_blockcerts import ANCHORED_AT, SEPOLIA, Chain, given, revocations, vector
from tests.unit.verifying.test_foreign import a_badge
from tests.unit.verifying.test_status import LIST_URL, a_foreign_badge, a_list, secured
from tests.world import SIGNED_AT, World

DAY = 86_400


def pass_days(world: World, days: int = 1) -> datetime:
    """Lets days go by, and gives the moment in the middle of them: what is done next is later than that."""
    before = world.memory.head.time
    world.memory.time = before + days * DAY
    return datetime.fromtimestamp(before + days * DAY // 2, UTC)


def verify(world: World, document: object, on: datetime | None, **policy: Any) -> VerificationReport:
    return world.verifier(world.policy(**policy)).verify(orjson.dumps(document), on=on)


def decided(report: VerificationReport) -> tuple[str, str]:
    return report.verdict.value, report.code


# --- status ---


def test_what_was_revoked_later_was_valid_and_nobody_can_miss_that_it_is_no_more(world: World) -> None:
    (issued,) = world.issue(a_credential(300))
    on = pass_days(world)
    world.set_status(300, StatusAction.REVOKE, Reason.ASSESSMENT_INVALID)
    revoked_at = world.memory.head.time
    report = verify(world, issued, on)
    assert decided(report) == ("valid", "valid")
    assert report.as_of == on
    (since,) = report.since
    assert since.code == "revoked_since"
    assert "the assessment turned out to be invalid" in since.message
    assert "REVOKED since" in report.message
    told = report.to_dict()
    assert told["as_of"] == on.strftime("%Y-%m-%dT%H:%M:%SZ")
    shown = datetime.fromtimestamp(revoked_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told["since"] == [{"code": "revoked_since", "message": since.message, "changed_at": shown}]
    assert decided(verify(world, issued, datetime.fromtimestamp(revoked_at - 1, UTC))) == ("valid", "valid")
    for moment in (revoked_at, revoked_at + 1):
        after = verify(world, issued, datetime.fromtimestamp(moment, UTC))
        assert decided(after) == ("invalid", "revoked")
        assert after.check("status").evidence["changed_at"] == shown
        assert after.since == ()


def test_a_suspension_counts_while_it_lasted(world: World) -> None:
    (issued,) = world.issue(a_credential(300))
    before = pass_days(world)
    world.set_status(300, StatusAction.SUSPEND, Reason.COMPROMISED)
    between = pass_days(world)
    world.set_status(300, StatusAction.REINSTATE, 0)
    after = pass_days(world)
    world.set_status(300, StatusAction.SUSPEND, Reason.ISSUED_IN_ERROR)
    assert decided(verify(world, issued, before)) == ("valid", "valid")
    assert [one.code for one in verify(world, issued, before).since] == ["suspended_since"]
    suspended = verify(world, issued, between)
    assert decided(suspended) == ("invalid", "suspended")
    assert "compromised" in suspended.message
    assert decided(verify(world, issued, after)) == ("valid", "valid")
    world.set_status(300, StatusAction.REINSTATE, 0)
    assert "reinstated since" in verify(world, issued, between).message
    assert verify(world, issued, before).since == ()


def test_a_batch_that_was_withdrawn_later_stood_then(world: World) -> None:
    (issued,) = world.issue(a_credential(300))
    on = pass_days(world)
    world.withdraw(issued, Reason.SUPERSEDED)
    report = verify(world, issued, on)
    assert decided(report) == ("valid", "valid")
    assert [one.code for one in report.since] == ["withdrawn_since"]
    assert decided(verify(world, issued, world.now() - timedelta(days=1))) == ("invalid", "batch_withdrawn")


# --- anchor and period ---


def test_what_was_not_on_the_ledger_then_was_not_valid_then(world: World) -> None:
    before = pass_days(world)
    (issued,) = world.issue(a_credential(300))
    for on in (before, datetime(1960, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)):
        report = verify(world, issued, on)
        assert decided(report) == ("invalid", "not_anchored_yet")
        assert report.check("status").outcome is Outcome.SKIPPED
    chain = verify(world, issued, datetime(2020, 1, 1, tzinfo=UTC)).chain
    assert chain is not None
    assert chain.block is None
    changed = issued | {"name": "Another"}
    assert decided(verify(world, changed, before)) == ("invalid", "digest_mismatch")


def test_what_waits_for_its_block_was_not_there_either(world: World) -> None:
    before = pass_days(world)
    world.memory.finality_lag = 1
    (issued,) = world.issue(a_credential(300))
    assert decided(verify(world, issued, None)) == ("indeterminate", "not_final")
    world.memory.mine(2)
    world.memory.finality_lag = 3
    assert decided(verify(world, issued, before - timedelta(days=2))) == ("invalid", "not_anchored_yet")


def test_a_moment_that_is_not_final_yet_can_not_be_judged(world: World) -> None:
    (issued,) = world.issue(a_credential(300))
    world.memory.mine()
    world.memory.finality_lag = 1
    final = world.memory.final_block().time
    assert verify(world, issued, datetime.fromtimestamp(final, UTC))
    report = verify(world, issued, datetime.fromtimestamp(final + 1, UTC))
    assert decided(report) == ("indeterminate", "not_final")
    assert report.check("signature").outcome is not Outcome.INVALID


def test_the_dates_of_a_credential_are_those_of_then(world: World) -> None:
    start = datetime.fromtimestamp(world.memory.head.time, UTC)
    ends = (start + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    (issued,) = world.issue(a_credential(300) | {"validUntil": ends})
    on = pass_days(world)
    world.memory.time += 10 * DAY
    world.memory.mine()
    assert decided(verify(world, issued, None)) == ("invalid", "expired")
    report = verify(world, issued, on)
    assert decided(report) == ("valid", "valid")
    assert [one.code for one in report.since] == ["expired_since"]
    begins = (start + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    (later,) = world.issue(a_credential(301) | {"validFrom": begins})
    world.memory.mine()
    assert verify(world, later, None)


# --- keys and recognitions ---


def test_a_key_that_was_found_to_be_stolen_counts_as_stolen_for_every_date(world: World) -> None:
    (early,) = world.issue(a_credential(300))
    stolen = pass_days(world)
    (forged,) = world.issue(a_credential(301))
    on = pass_days(world)
    assert decided(verify(world, forged, on - timedelta(hours=1))) == ("valid", "valid")
    key = world.issuer.signers[-1].public_key
    world.do(CloseKey(world.issuer.id, key, int(stolen.timestamp())), world.issuer.account)
    report = verify(world, forged, on)
    assert decided(report) == ("invalid", "key_not_valid_at_anchor")
    assert "known of the key now" in report.message
    assert decided(verify(world, early, on)) == ("valid", "valid")


def test_a_recognition_that_ended_is_that_of_the_time_of_the_anchor(world: World) -> None:
    (issued,) = world.issue(a_credential(300))
    before = pass_days(world)
    world.do(EndAccreditation(world.issuer.id), world.accreditor)
    after = pass_days(world)
    (late,) = world.issue(a_credential(301))
    for on in (before, after):
        assert decided(verify(world, issued, on)) == ("valid", "valid")
    assert decided(verify(world, late, world.now() - timedelta(days=1))) == ("invalid", "issuer_not_accredited")


# --- awards and records ---


def test_an_award_is_judged_with_its_components_as_they_were(world: World) -> None:
    modules = world.modules()
    award = world.award(modules)
    before = pass_days(world)
    world.set_status(2, StatusAction.REVOKE, Reason.ISSUED_IN_ERROR)
    report = verify(world, award, before)
    assert decided(report) == ("valid", "valid")
    assert [one.code for one in report.since] == ["component_changed_since"]
    assert "issued in error" in report.since[0].message
    after = verify(world, award, world.now() - timedelta(days=1))
    assert decided(after) == ("invalid", "component_revoked")
    assert after.since == ()


def test_an_award_that_came_later_was_not_there(world: World) -> None:
    modules = world.modules()
    award = world.award(modules)
    earlier = datetime.fromtimestamp(world.memory.head.time - 1, UTC)
    report = verify(world, award, earlier)
    assert decided(report) == ("invalid", "not_anchored_yet")
    assert report.check("stack").outcome is Outcome.VALID
    before_both = verify(world, award, earlier - timedelta(days=1))
    assert before_both.check("stack").code == "component_not_anchored"


def published(world: World, *credentials: JsonObject, **changes: Any) -> JsonObject:
    return world.issue(a_record(*credentials) | changes, issuer=world.publisher)[0]


def test_a_record_holds_what_its_credentials_held(world: World) -> None:
    first, second = world.issue(a_credential(1), a_credential(2))
    record = published(world, first, second)
    before = pass_days(world)
    world.set_status(2, StatusAction.REVOKE)
    report = verify(world, record, before)
    assert decided(report) == ("valid", "valid")
    assert [one.code for one in report.since] == ["component_changed_since"]
    assert "1 of the 2 credentials" in report.since[0].message
    assert [[one.code for one in part.since] for part in report.components] == [[], ["revoked_since"]]
    after = verify(world, record, world.now() - timedelta(days=1))
    assert decided(after) == ("invalid", "component_invalid")
    assert [part.code for part in after.components] == ["valid", "revoked"]


def test_a_record_that_was_put_together_later_shows_what_its_credentials_were(world: World) -> None:
    (first,) = world.issue(a_credential(1))
    on = pass_days(world)
    begun = (on + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    record = published(world, first, validFrom=begun)
    world.memory.mine()
    report = verify(world, record, on)
    assert decided(report) == ("valid", "valid")
    assert "put together later" in report.message
    assert report.check("anchor").outcome is Outcome.VALID
    (second,) = world.issue(a_credential(2))
    mixed = verify(world, published(world, first, second, validFrom=begun), on)
    assert decided(mixed) == ("invalid", "component_invalid")
    assert [part.code for part in mixed.components] == ["valid", "not_anchored_yet"]
    forged = verify(world, record | {"name": "Another"}, on)
    assert forged.verdict is Outcome.INVALID


# --- documents off the ledger ---


def test_a_key_that_can_change_says_nothing_of_the_past(world: World) -> None:
    on = SIGNED_AT + timedelta(hours=1)
    did = did_key(a_signer(5).public_key)
    holds_its_key = a_badge(did, f"{did}#{did.removeprefix('did:key:')}", EDDSA_JCS)
    assert decided(verify(world, holds_its_key, on, any_issuer=True)) == ("valid", "valid")
    assert decided(verify(world, holds_its_key, on)) == ("indeterminate", "no_anchor_proof")
    earlier = verify(world, holds_its_key, SIGNED_AT - timedelta(hours=1), any_issuer=True)
    assert decided(earlier) == ("invalid", "not_signed_yet")
    web = a_badge("did:web:badges.example", "did:web:badges.example#key-1", EDDSA_JCS)
    document = did_document("did:web:badges.example", {1: a_signer(5).public_key}, f"eip155:1:0x{'11' * 20}", bytes(32))
    document.pop("service")
    documents = {"https://badges.example/.well-known/did.json": orjson.dumps(document)}
    assert verify(world, web, None, any_issuer=True, documents=documents)
    report = verify(world, web, on, any_issuer=True, documents=documents)
    assert decided(report) == ("indeterminate", "no_history")
    assert verify(world, web, world.now(), any_issuer=True, documents=documents)


def hours(number: float) -> str:
    return (SIGNED_AT + timedelta(hours=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("dates", "purpose", "is_set", "expected"),
    [
        # The list was in force at the hour that counts, and says until when.
        ({"validUntil": hours(5)}, "revocation", False, ("valid", "ok")),
        ({"validUntil": hours(5)}, "revocation", True, ("invalid", "revoked")),
        ({"validUntil": hours(5)}, "suspension", False, ("valid", "ok")),
        ({"validUntil": hours(5)}, "suspension", True, ("invalid", "suspended")),
        # It was in force then, and is now.
        ({}, "revocation", False, ("valid", "ok")),
        ({}, "suspension", False, ("valid", "ok")),
        ({}, "revocation", True, ("indeterminate", "no_history")),
        ({}, "suspension", True, ("indeterminate", "no_history")),
        # It is a later one.
        ({"validFrom": hours(2)}, "revocation", False, ("valid", "ok")),
        ({"validFrom": hours(2)}, "revocation", True, ("indeterminate", "no_history")),
        ({"validFrom": hours(2)}, "suspension", False, ("indeterminate", "no_history")),
        ({"validFrom": hours(2)}, "suspension", True, ("indeterminate", "no_history")),
        # It is in force neither then nor now.
        ({"validFrom": hours(2), "validUntil": hours(3)}, "revocation", False, ("indeterminate", "status_unusable")),
    ],
)
def test_a_status_list_speaks_of_the_time_that_it_is_of(
    world: World, dates: dict[str, Any], purpose: str, is_set: bool, expected: tuple[str, str]
) -> None:
    badge, did = a_foreign_badge(statusPurpose=purpose)
    listed = orjson.loads(a_list(did, *([7] if is_set else []), **dates))
    listed["credentialSubject"]["statusPurpose"] = purpose
    content = orjson.dumps(secured({name: value for name, value in listed.items() if name != "proof"}, did))
    report = verify(world, badge, SIGNED_AT + timedelta(hours=1), any_issuer=True, documents={LIST_URL: content})
    check = report.check("status")
    assert (check.outcome.value, check.code) == expected


def test_a_document_on_another_chain_was_there_from_its_block_on(world: World) -> None:
    def blockcert(on: datetime, *revoked: str) -> VerificationReport:
        listed = given() | {str(revocations()["id"]): orjson.dumps(revocations(*revoked))}
        verifier = world.verifier(world.policy(any_issuer=True, documents=listed), inscriptions={SEPOLIA: Chain()})
        return verifier.verify(orjson.dumps(vector("sepolia-3.0")), on=on)

    anchored = datetime.fromtimestamp(ANCHORED_AT, UTC)
    assert decided(blockcert(anchored + timedelta(days=100))) == ("valid", "valid")
    assert blockcert(anchored - timedelta(days=1)).check("anchor").code == "not_anchored_yet"
    revoked = blockcert(anchored + timedelta(days=100), str(vector("sepolia-3.0")["id"]))
    assert decided(revoked) == ("indeterminate", "no_history")


# --- asking ---


def test_without_a_date_the_report_has_no_more_members_than_before(world: World) -> None:
    (issued,) = world.issue(a_credential(300))
    plain, dated = verify(world, issued, None).to_dict(), verify(world, issued, world.now()).to_dict()
    assert set(dated) - set(plain) == {"as_of", "since"}


def test_the_future_and_a_time_without_a_zone_are_refused(world: World) -> None:
    (issued,) = world.issue(a_credential(300))
    for on, code in (
        (world.now() + timedelta(seconds=1), "date_in_future"),
        (world.now() + timedelta(hours=1), "date_in_future"),
        (datetime(9999, 1, 1, tzinfo=UTC), "date_in_future"),
        (datetime(2026, 11, 22, 12), "date_invalid"),  # noqa: DTZ001 - that is the mistake
    ):
        with pytest.raises(MomentRefused) as caught:
            verify(world, issued, on)
        assert caught.value.code == code


def test_a_moment_that_the_chain_has_passed_has_come_whatever_our_clock_says(world: World) -> None:
    (issued,) = world.issue(a_credential(300))
    world.memory.mine()
    newest = datetime.fromtimestamp(world.memory.head.time, UTC)
    behind = world.verifier(clock=lambda: newest - timedelta(minutes=1))
    assert behind.verify(orjson.dumps(issued), on=newest)
    with pytest.raises(MomentRefused) as caught:
        behind.verify(orjson.dumps(issued), on=newest + timedelta(seconds=1))
    assert caught.value.code == "date_in_future"
    far_behind = world.verifier(clock=lambda: newest - timedelta(hours=1))
    with pytest.raises(MomentRefused):
        far_behind.verify(orjson.dumps(issued), on=newest)


NOW = datetime(2026, 9, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-09-01", datetime(2026, 9, 1, 23, 59, 59, tzinfo=UTC)),
        ("2026-09-01T12:00:00Z", datetime(2026, 9, 1, 12, tzinfo=UTC)),
        ("2026-09-01T12:00:00.5+02:00", datetime(2026, 9, 1, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-09-02T12:00:00Z", NOW),
        ("2024-02-29", datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)),
        ("0001-01-01", datetime(1, 1, 1, 23, 59, 59, tzinfo=UTC)),
        *((text, "date_in_future") for text in ("2026-09-02", "2026-09-03", "2026-09-02T12:05:01Z", "9999-12-31")),
        *(
            (text, "date_invalid")
            for text in ("", "yesterday", "2026-9-1", "01.09.2026", "2026-02-30", "2026-09-01T12:00:00", "2026-W36-1")
        ),
        *((text, "date_invalid") for text in ("٢٠٢٦-٠٩-٠١", "2026-09-01\n", " 2026-09-01", "1" * 1_000, "0000-01-01")),
        ("0001-01-01T00:00:00+14:00", "date_invalid"),
    ],
)
def test_a_day_means_its_end_and_whatever_is_no_date_is_refused(text: str, expected: datetime | str) -> None:
    if isinstance(expected, datetime):
        assert parse_moment(text, NOW) == expected
        return
    with pytest.raises(MomentRefused) as caught:
        parse_moment(text, NOW)
    assert caught.value.code == expected


def test_as_of_now_every_case_of_the_corpus_comes_out_as_without_a_date(world: World) -> None:
    corpus = [case for case in cases(world) if not case.name.startswith("C37")]
    verifier, now = world.verifier(), world.now()
    plain = verifier.verify_many([case.data for case in corpus])
    dated = verifier.verify_many([case.data for case in corpus], on=now)
    for case, one, other in zip(corpus, plain, dated, strict=True):
        if isinstance(one, MalformedDocument) or isinstance(other, MalformedDocument):
            assert str(one) == str(other), case.name
            continue
        assert shape(one) == shape(other), case.name


def shape(report: VerificationReport) -> object:
    """All of a report but the words and the moment."""
    return (
        report.verdict,
        report.code,
        [replace(check, message="") for check in report.checks],
        report.issuer,
        report.chain,
        [shape(component) for component in report.components],
    )


def test_a_production_chain_at_rest_says_nothing_of_what_blocks_to_come_may_hold() -> None:
    assert_rest(lambda: World(MemoryRegistry(chain_id=1)), ("indeterminate", "not_final"))
    assert_rest(lambda: World(MemoryRegistry(chain_id=EMBEDDED_CHAIN_ID)), ("valid", "valid"))


def assert_rest(make: Callable[[], World], expected: tuple[str, str]) -> None:
    world = make()
    (issued,) = world.issue(a_credential(300))
    on = datetime.fromtimestamp(world.registry.final_block().time + 10, UTC)
    assert decided(verify(world, issued, on)) == expected


def test_the_text_for_people_names_the_moment_and_what_changed_since(world: World) -> None:
    (issued,) = world.issue(a_credential(300))
    on = pass_days(world)
    world.set_status(300, StatusAction.REVOKE, Reason.COMPROMISED)
    text = render(verify(world, issued, on))
    first, second = text.splitlines()[:2]
    assert "VALID" in first
    assert f"{on:%Y}" in first
    assert "SINCE THEN" in second
    assert "compromised" in second
    assert "SINCE THEN" not in render(verify(world, issued, None))
