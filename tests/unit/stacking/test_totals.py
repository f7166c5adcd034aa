"""What credentials add up to: never twice, in any order, as a range whose rules are named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.documents.canonical import digest
from ledger.documents.credential import CREDENTIAL_MEDIA_TYPE, related_resource
from ledger.documents.recognition import Recognition
from ledger.documents.strict_json import JsonObject
from ledger.stacking.frameworks import Hours
from ledger.stacking.totals import NO_LEVEL, UNITS, Counted, Totals, read_counted, total
from tests.builders import a_credential, a_record, an_achievement, credential_id


def counted(number: int, **changes: object) -> Counted:
    made = Counted(
        credential_id=credential_id(number),
        digest=number.to_bytes(32),
        credits=(("NZQCF", 15),),
        levels=(("NZQCF", 8),),
        hours=None,
        credit_bearing=True,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def recognition(of: Counted, number: int = 1, **changes: object) -> Recognition:
    made = Recognition(
        recogniser_did="did:web:aex.example",
        credential_id=of.credential_id,
        credential_digest=of.digest,
        credits=15,
        framework="NZQCF",
        level=8,
        level_framework="NZQCF",
        pathway_id=None,
        achievement_id=None,
        endorsement_id=credential_id(1000 + number),
        endorsement_digest=bytes(32),
        valid_from=date(2026, 1, 1),
        valid_until=None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def why(totals: Totals) -> dict[str, str]:
    return {entry.credential_id: entry.code for entry in totals.left}


def test_credits_of_several_systems_add_up_to_a_range_with_its_rules() -> None:
    totals = total([counted(1), counted(2, credits=(("ECTS", 5),), levels=(("EQF", 6),))])
    assert totals.by_framework == (("ECTS", 5), ("NZQCF", 15))
    assert (totals.indicative.low, totals.indicative.high) == (10, 11)
    assert totals.rules == ("1 ECTS credit = 25–30 hours", "1 NZQCF credit = 10 hours")
    assert {label: (found.low, found.high) for label, found in totals.by_level} == {"EQF 6": (5, 5), "EQF 6–7": (5, 6)}


def test_what_is_stated_in_the_unit_is_taken_as_stated() -> None:
    totals = total([counted(1, credits=(("NZQCF", 15), ("ECTS", 7.5)), hours=Hours(150, 150, "as stated"))])
    assert (totals.indicative.low, totals.indicative.high, totals.rules) == (7.5, 7.5, ())


def test_stated_hours_come_before_hours_that_credits_stand_for() -> None:
    totals = total([counted(1, credits=(("ECTS", 1),), hours=Hours(25, 25, "as stated"))], unit="NZQCF")
    assert (totals.indicative.low, totals.indicative.high) == (2.5, 2.5)
    assert totals.rules == ("1 NZQCF credit = 10 hours",)


def test_a_credit_bearing_award_stands_for_all_that_it_rests_on() -> None:
    """Micro-credentials → PG Cert → master's: the master's 180 are all there is, be the PG Cert there or not."""
    parts = [counted(number) for number in range(1, 5)]
    certificate = counted(5, credits=(("NZQCF", 60),), components=tuple(part.digest for part in parts))
    masters = counted(6, credits=(("NZQCF", 180),), levels=(("NZQCF", 9),), components=(certificate.digest,))
    totals = total([*parts, certificate, masters], unit="NZQCF")
    assert (totals.counted, totals.by_framework) == (1, (("NZQCF", 180),))
    assert why(totals) == {one.credential_id: "component" for one in (*parts, certificate)}
    assert total([*parts, certificate], unit="NZQCF").indicative.low == 60
    assert total([*parts, counted(7)], unit="NZQCF").indicative.low == 75


def test_an_award_without_credit_adds_nothing_to_its_parts_and_counts_alone() -> None:
    parts = [counted(number, credit_bearing=False) for number in (1, 2)]
    award = counted(3, credits=(("NZQCF", 30),), credit_bearing=False, components=tuple(part.digest for part in parts))
    totals = total([*parts, award], unit="NZQCF")
    assert (totals.indicative.low, why(totals)) == (30, {award.credential_id: "award"})
    assert total([parts[0], award], unit="NZQCF").indicative.low == 15
    assert total([award], unit="NZQCF").indicative.low == 30


def test_what_states_no_volume_is_left_out_and_its_award_does_not_swallow_it() -> None:
    silent = counted(1, credits=())
    award = counted(2, credits=(), components=((3).to_bytes(32),))
    totals = total([silent, award, counted(3)])
    assert why(totals) == {silent.credential_id: "no_volume", award.credential_id: "no_volume"}
    assert totals.counted == 1


def test_one_credential_that_is_there_twice_counts_once() -> None:
    totals = total([counted(1), counted(1)], unit="NZQCF")
    assert (totals.indicative.low, why(totals)) == (15, {credential_id(1): "twice"})


def test_bearing_and_non_credit_stand_apart() -> None:
    totals = total([counted(1), counted(2, credit_bearing=False), counted(3, credit_bearing=None)], unit="NZQCF")
    assert {label: found.low for label, found in totals.by_bearing} == {
        "credit-bearing": 15,
        "non-credit": 15,
        "not stated": 15,
    }


def test_recognised_credits_stand_apart_by_who_recognised_them() -> None:
    one, two = counted(1), counted(2)
    others = {"recogniser_did": "did:web:other.example", "credits": 3, "framework": "US"}
    totals = total(
        [one, two], [recognition(one), recognition(two, 2), recognition(one, 3, **others), recognition(counted(9), 4)]
    )
    found = [(r.recogniser_did, r.framework, r.credits, r.credentials) for r in totals.recognised]
    assert found == [("did:web:aex.example", "NZQCF", 30, 2), ("did:web:other.example", "US", 3, 1)]
    assert totals.indicative == total([one, two]).indicative


def test_of_two_decisions_on_one_credential_the_later_counts_and_none_that_is_over() -> None:
    one = counted(1)
    later = recognition(one, 2, credits=20, valid_from=date(2026, 6, 1))
    over = recognition(one, 3, credits=40, valid_from=date(2026, 7, 1), valid_until=date(2026, 7, 31))
    totals = total([one], [over, later, recognition(one)], on=date(2026, 9, 1))
    assert [r.credits for r in totals.recognised] == [20]
    assert total([one], [over], on=date(2026, 9, 1)).recognised == ()


def test_a_component_is_not_recognised_besides_its_award() -> None:
    part = counted(1)
    award = counted(2, credits=(("NZQCF", 60),), components=(part.digest,))
    totals = total([part, award], [recognition(part), recognition(award, 2, credits=60)])
    assert [(r.credits, r.credentials) for r in totals.recognised] == [(60, 1)]


def test_a_unit_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="not one of"):
        total([], unit="XYZ")


def test_nothing_adds_up_to_nothing() -> None:
    totals = total([])
    assert (totals.counted, totals.indicative.low, totals.indicative.high, totals.left) == (0, 0, 0, ())


def test_a_credential_is_read_with_what_it_rests_on() -> None:
    part = a_credential(1)
    award = a_credential(
        2,
        achievement=an_achievement("award", credits=(("ECTS", 6), ("MQF", 4)), credit_bearing=True),
        related=[related_resource(str(part["id"]), media_type=CREDENTIAL_MEDIA_TYPE, digest=digest(part))],
    )
    read = read_counted(award)
    assert read is not None
    assert (read.credits, read.credit_bearing) == ((("ECTS", 6.0), ("MQF", 4.0)), True)
    assert (read.hours, read.components) == (Hours(25, 25, "as stated"), (digest(part),))
    assert total([one for one in (read, read_counted(part)) if one]).indicative.low == 6


@pytest.mark.parametrize("document", [{}, {"id": 7}, a_record(), {"id": "urn:uuid:1", "credentialSubject": []}])
def test_what_is_no_credential_of_an_achievement_is_not_counted(document: JsonObject) -> None:
    assert read_counted(document) is None


# --- properties ---


@st.composite
def holdings(draw: st.DrawFn) -> list[Counted]:
    """Credentials, some of which are awards that rest on earlier ones."""
    made: list[Counted] = []
    for number in range(draw(st.integers(0, 8))):
        parts = draw(st.lists(st.sampled_from(made), max_size=3)) if made else []
        framework = draw(st.sampled_from(["ECTS", "NZQCF", "MQF", "CATS", "US", "unknown"]))
        made.append(
            counted(
                number,
                credits=draw(st.sampled_from([(), ((framework, draw(st.floats(0.5, 60))),)])),
                levels=draw(st.sampled_from([(), (("EQF", 6),), (("MQF", 3),), (("NZQCF", 8),)])),
                hours=draw(st.sampled_from([None, Hours(100, 100, "as stated")])),
                credit_bearing=draw(st.sampled_from([True, False, None])),
                components=tuple(part.digest for part in parts),
            )
        )
    return made


@given(st.data(), holdings(), st.sampled_from(UNITS))
def test_the_order_of_the_credentials_changes_nothing(data: st.DataObject, held: list[Counted], unit: str) -> None:
    mixed = data.draw(st.permutations(held))
    assert total(mixed, unit=unit).to_dict() == total(held, unit=unit).to_dict()


@given(holdings(), st.sampled_from(UNITS))
def test_levels_and_bearings_add_up_to_the_total(held: list[Counted], unit: str) -> None:
    totals = total(held, unit=unit)
    assert totals.indicative.low <= totals.indicative.high
    for groups in (totals.by_level, totals.by_bearing):
        assert sum(found.low for _, found in groups) == pytest.approx(totals.indicative.low)
        assert sum(found.high for _, found in groups) == pytest.approx(totals.indicative.high)
    assert totals.counted + len({entry.credential_id for entry in totals.left}) == len(held)
    assert all(label.startswith("EQF") or label == NO_LEVEL for label, _ in totals.by_level)


@given(holdings(), st.sampled_from(UNITS))
def test_one_more_credential_that_stands_alone_adds_what_it_counts_for(held: list[Counted], unit: str) -> None:
    more = counted(99)
    alone, before, after = (total(found, unit=unit).indicative for found in ([more], held, [*held, more]))
    assert after.low == pytest.approx(before.low + alone.low)
    assert after.high == pytest.approx(before.high + alone.high)


@given(holdings())
def test_no_credential_counts_beside_an_award_with_credit_that_rests_on_it(held: list[Counted]) -> None:
    left = {entry.credential_id for entry in total(held).left}
    by_digest = {one.digest: one for one in held}
    for award in held:
        if award.credit_bearing is not False and award.credential_id not in left:
            assert {by_digest[part].credential_id for part in award.components} <= left
