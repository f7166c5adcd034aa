"""The report: complete, three-valued, hard to misread, and stable as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from ledger.errors import CairnError
from ledger.verifying.report import CHECK_IDS, Outcome, VerificationFailed, VerificationReport, in_words, shown_time
from ledger.verifying.verdict import REQUIRED_ON_A_LEDGER, conclude
from tests.builders import a_credential, a_record
from tests.world import World


def three_reports(world: World) -> tuple[VerificationReport, VerificationReport, VerificationReport]:
    (issued,) = world.issue(a_credential())
    valid = world.verifier().verify(orjson.dumps(issued))
    invalid = world.verifier().verify(orjson.dumps(issued | {"name": "x"}))
    unknown = world.verifier(readers={}).verify(orjson.dumps(issued))
    return valid, invalid, unknown


def test_only_valid_is_true_and_each_verdict_has_its_exit_code(world: World) -> None:
    reports = three_reports(world)
    assert [bool(report) for report in reports] == [True, False, False]
    assert [report.exit_code for report in reports] == [0, 1, 3]
    assert [report.verdict for report in reports] == [Outcome.VALID, Outcome.INVALID, Outcome.INDETERMINATE]


def test_raising_carries_the_report_and_not_knowing_raises_too(world: World) -> None:
    valid, *others = three_reports(world)
    valid.raise_if_invalid()
    for report in others:
        with pytest.raises(VerificationFailed) as raised:
            report.raise_if_invalid()
        assert isinstance(raised.value, CairnError)
        assert raised.value.report is report
        assert (raised.value.code, str(raised.value)) == (report.code, report.message)


def test_a_report_is_frozen(world: World) -> None:
    valid, *_ = three_reports(world)
    with pytest.raises(AttributeError):
        valid.verdict = Outcome.INVALID  # type: ignore[misc]


def test_every_check_is_always_there_in_order_with_a_sentence(world: World) -> None:
    for report in three_reports(world):
        assert [check.id for check in report.checks] == list(CHECK_IDS)
        for check in report.checks:
            assert check.message.endswith(".")
            assert check.code == check.code.lower()
        assert report.message.endswith(".")


def test_the_json_is_the_same_every_time_and_plain(world: World) -> None:
    (record,) = world.issue(a_record(*world.modules()), issuer=world.publisher)
    verifier = world.verifier()
    first, second = (verifier.verify(orjson.dumps(record)).to_dict() for _ in range(2))
    text = json.dumps(first, sort_keys=True)
    assert text == json.dumps(second, sort_keys=True)
    assert list(first) == [
        "verdict", "code", "message", "digest", "summary", "withheld", "bearing", "issuer", "chain", "policy",
        "consulted", "checks", "components",
    ]  # fmt: skip
    issuer: Any = first["issuer"]
    assert set(issuer) == {
        "did", "accredited_name", "claimed_name", "issuer_id", "accreditor", "accredited_from", "accredited_until",
    }  # fmt: skip
    chain: Any = first["chain"]
    assert set(chain) == {
        "chain_id", "registry", "network", "network_name", "block", "anchored_at", "sources", "providers",
    }  # fmt: skip


@pytest.mark.parametrize("check_id", sorted(REQUIRED_ON_A_LEDGER | {"structure", "schema", "signature", "period"}))
def test_a_needed_check_that_did_not_run_is_never_valid(world: World, check_id: str) -> None:
    from dataclasses import replace

    from ledger.verifying.dossier import lay_out

    (issued,) = world.issue(a_credential())
    report = world.verifier().verify(orjson.dumps(issued))
    checks = [
        replace(check, outcome=Outcome.SKIPPED, code="not_run") if check.id == check_id else check
        for check in report.checks
    ]
    without = conclude(lay_out(issued), checks, report.issuer, report.chain)
    assert (without.verdict, without.code) == (Outcome.INDETERMINATE, "check_not_run")
    assert conclude(lay_out(issued), [], report.issuer, report.chain).verdict is Outcome.INDETERMINATE


def test_the_document_is_shown_as_it_was_verified_or_not_at_all(world: World) -> None:
    (issued,) = world.issue(a_credential())
    report = world.verifier().verify(orjson.dumps(issued))
    assert report.document == issued
    assert report.summary
    assert report.summary.name == issued["name"]
    broken = world.verifier().verify(orjson.dumps(issued | {"@context": ["https://evil.example/"]}))
    assert broken.document is None
    assert broken.summary is None
    assert str(issued["id"]) not in repr(report)


def test_times_are_shown_for_programs_and_in_words() -> None:
    moment = int(datetime(2026, 3, 2, 14, 5, 9, tzinfo=UTC).timestamp())
    assert shown_time(moment) == "2026-03-02T14:05:09Z"
    assert in_words(moment) == "2 March 2026"
    assert in_words(moment, clock=True) == "2 March 2026, 14:05 UTC"
    assert shown_time(2**64 - 1) is None
    assert shown_time(2**63) == str(2**63)
    assert in_words(2**63) == "an unknown date"
