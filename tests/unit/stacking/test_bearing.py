"""Whether a credential bears credit and meets the Common Microcredential Framework, from what it says itself."""

from __future__ import annotations

import pytest

from ledger.documents.achievement import Recognition
from ledger.documents.strict_json import JsonObject
from ledger.stacking.bearing import bearing_of
from tests.builders import a_credential, a_record, an_achievement

TOWARDS = (Recognition("Master of Education", "https://www.usm.example/med", 0.5),)


def test_a_credential_says_that_it_bears_credit_and_towards_what() -> None:
    document = a_credential(achievement=an_achievement(credit_bearing=True, credit_towards=TOWARDS))
    found = bearing_of(document)
    assert found is not None
    assert (found.credit_bearing, found.leads_to) == (True, ("Master of Education",))
    assert found.sentences()[0] == "Credit-bearing, towards Master of Education."


def test_a_credential_says_that_it_does_not() -> None:
    found = bearing_of(a_credential())
    assert found is not None
    assert found.credit_bearing is False
    assert found.sentences()[0].startswith("Non-credit: ")


def test_a_credential_of_others_that_leads_on_bears_credit_and_one_that_is_silent_does_not_say() -> None:
    silent: JsonObject = {"id": "urn:uuid:1", "credentialSubject": {"achievement": {"id": "urn:uuid:2", "name": "x"}}}
    leads: JsonObject = {"targetType": "ext:creditTowards", "targetName": "A degree", "targetUrl": "https://u.example/"}
    leading: JsonObject = {
        "id": "urn:uuid:1",
        "credentialSubject": {"achievement": {"id": "urn:uuid:2", "name": "x", "alignment": [leads]}},
    }
    said = [found.credit_bearing for document in (silent, leading) if (found := bearing_of(document))]
    assert said == [None, True]


def test_the_framework_is_met_by_what_has_all_of_it() -> None:
    achievement = an_achievement(workload_hours=120, credits=(("ECTS", 4.5),))
    found = bearing_of(a_credential(achievement=achievement))
    assert found is not None
    assert (found.meets_cmf, found.missing) == (True, ())
    assert found.sentences()[1] == "It meets the Common Microcredential Framework."
    assert found.to_dict() == {"credit_bearing": False, "leads_to": [], "meets_cmf": True, "cmf_missing": []}


def test_each_missing_element_has_its_reason() -> None:
    achievement = an_achievement(levels=(("EQF", 5),), supervision="unsupervised", assessment=("peer-review",))
    found = bearing_of(a_credential(achievement=achievement))
    assert found is not None
    assert not found.meets_cmf
    said = found.sentences()[1]
    for reason in ("25 hours", "EQF 5", "identity", "summative"):
        assert reason in said


@pytest.mark.parametrize("document", [{}, a_record(), {"credentialSubject": {"achievement": "https://u.example/a"}}])
def test_what_describes_no_achievement_has_no_answer(document: JsonObject) -> None:
    assert bearing_of(document) is None
