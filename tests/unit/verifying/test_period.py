"""Check 9: the document's own dates against the clock and the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from ledger.documents.contexts import CREDENTIALS_V1, CREDENTIALS_V2
from ledger.documents.strict_json import JsonObject
from ledger.verifying.period import check_period
from ledger.verifying.report import Outcome
from tests.builders import a_credential
from tests.world import World

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ANCHORED_AT = int(datetime(2026, 11, 20, 12, 0, tzinfo=UTC).timestamp())


def code(**dates: Any) -> str:
    return check_period({"validFrom": "2026-01-01T00:00:00Z", **dates}, NOW, ANCHORED_AT).code


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({}, "ok"),
        ({"validFrom": "2026-11-22T12:00:00Z"}, "ok"),
        ({"validFrom": "2026-11-22T12:00:01Z"}, "not_yet_valid"),
        ({"validFrom": "2026-11-22T14:00:00+02:00"}, "ok"),
        ({"validFrom": "2026-11-22T12:00:00-00:01"}, "not_yet_valid"),
        ({"validUntil": "2026-11-22T12:00:00Z"}, "ok"),
        ({"validUntil": "2026-11-22T11:59:59Z"}, "expired"),
        ({"validUntil": "2025-12-31T23:59:59Z"}, "time_order"),
        ({"validFrom": "2026-11-21T00:00:00Z"}, "ok"),
        ({"awardedDate": "2026-11-20T12:05:00Z"}, "ok"),
        ({"awardedDate": "2026-11-20T12:05:01Z"}, "time_order"),
        ({"awardedDate": "2020-01-01T00:00:00Z"}, "ok"),
    ],
)
def test_dates_are_compared_to_the_second(dates: dict[str, str], expected: str) -> None:
    assert code(**dates) == expected


@pytest.mark.parametrize("member", ["validFrom", "validUntil", "awardedDate"])
@pytest.mark.parametrize(
    "text",
    ["2024-02-30T00:00:00Z", "2024-W01-1", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01t00:00:00z",
     "2026-01-01T00:00:60Z", "99999-01-01T00:00:00Z", "", 7, None, ["2026-01-01T00:00:00Z"], {}, True],
)  # fmt: skip
def test_what_is_no_date_with_a_zone_is_refused(member: str, text: Any) -> None:
    assert code(**{member: text}) == "time_format"


def test_a_document_needs_a_beginning() -> None:
    assert check_period({}, NOW, None).code == "time_format"


def test_a_kind_without_a_schema_may_begin_at_any_time_in_version_2_alone() -> None:
    newer, older = CREDENTIALS_V2, CREDENTIALS_V1
    assert check_period({"@context": [newer]}, NOW, None, may_lack_beginning=True).code == "ok"
    assert check_period({"@context": [older]}, NOW, None, may_lack_beginning=True).code == "time_format"
    ended: JsonObject = {"@context": [newer], "validUntil": "2026-01-01T00:00:00Z"}
    assert check_period(ended, NOW, None, may_lack_beginning=True).code == "expired"


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"issuanceDate": "2026-01-01T00:00:00Z"}, "ok"),
        ({"issuanceDate": "2027-01-01T00:00:00Z"}, "not_yet_valid"),
        ({"issuanceDate": "2026-01-01"}, "time_format"),
        ({"issuanceDate": "2026-01-01T00:00:00Z", "expirationDate": "2026-02-01T00:00:00Z"}, "expired"),
        ({"issuanceDate": "2026-01-01T00:00:00Z", "validFrom": "2027-01-01T00:00:00Z"}, "not_yet_valid"),
        ({"issuanceDate": "2027-01-01T00:00:00Z", "validFrom": "2026-01-01T00:00:00Z"}, "not_yet_valid"),
        (
            {
                "issuanceDate": "2026-01-01T00:00:00Z",
                "expirationDate": "2026-02-01T00:00:00Z",
                "validUntil": "2099-01-01T00:00:00Z",
            },
            "expired",
        ),
        (
            {
                "issuanceDate": "2026-01-01T00:00:00Z",
                "expirationDate": "2099-01-01T00:00:00Z",
                "validUntil": "2026-02-01T00:00:00Z",
            },
            "expired",
        ),
    ],
)
@pytest.mark.parametrize("context", [CREDENTIALS_V1, CREDENTIALS_V2])
def test_both_spellings_of_both_dates_count(context: str, dates: dict[str, str], expected: str) -> None:
    assert check_period({"@context": [context], **dates}, NOW, None).code == expected


def test_without_an_anchor_the_award_date_is_not_held_against_it() -> None:
    document: dict[str, Any] = {"validFrom": "2026-01-01T00:00:00Z", "awardedDate": "2099-01-01T00:00:00Z"}
    assert check_period(document, NOW, None).outcome is Outcome.VALID


def test_the_clock_is_the_callers(world: World) -> None:
    from datetime import date

    (issued,) = world.issue(a_credential(valid_until=date(2030, 12, 31)))
    moments = {"2026-03-01": "not_yet_valid", "2026-03-02": "valid", "2030-12-31": "valid", "2031-01-01": "expired"}
    for day, expected in moments.items():
        moment = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(hours=1)
        assert world.verifier(clock=lambda moment=moment: moment).verify(orjson.dumps(issued)).code == expected


def test_a_credential_may_begin_to_count_after_it_was_anchored(world: World) -> None:
    document: dict[str, Any] = a_credential() | {"validFrom": "2027-01-01T00:00:00Z"}
    (issued,) = world.issue(document)
    later = datetime(2027, 6, 1, tzinfo=UTC)
    assert world.verifier(clock=lambda: later).verify(orjson.dumps(issued))
