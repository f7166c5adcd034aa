"""Each rule of each profile: a document that meets it, and one that does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from ledger.stacking.profiles.finding import Finding, Severity
from ledger.stacking.profiles.linting import PROFILES, lint
from tests.unit.stacking.profiles.described import a_complete_credential, achievement_of, entries, without

Spoil = Callable[[Any], object]


def drop(*kinds: str) -> Spoil:
    return lambda document: without(document, *(f"ext:{kind}" for kind in kinds))


def hours(number: int) -> Spoil:
    def spoil(document: Any) -> None:
        entries(document, "ext:workload")[0]["targetCode"] = f"PT{number}H"

    return spoil


def set_level(framework: str, level: int) -> Spoil:
    def spoil(document: Any) -> None:
        without(document, "ext:level")
        achievement_of(document)["alignment"].append(
            {"targetType": "ext:level", "targetFramework": framework, "targetCode": str(level), "targetName": "level"}
        )

    return spoil


def set_credits(framework: str, number: float) -> Spoil:
    def spoil(document: Any) -> None:
        for entry in entries(document, "ext:credits"):
            if entry["targetFramework"] == framework:
                entry["targetCode"] = str(number)

    return spoil


def set_code(kind: str, code: str) -> Spoil:
    def spoil(document: Any) -> None:
        for entry in entries(document, f"ext:{kind}"):
            entry["targetCode"] = code

    return spoil


def set_member(path: str, value: Any) -> Spoil:
    """Sets, or with `...` takes away, a member of the document."""

    def spoil(document: Any) -> None:
        *parents, last = path.split("/")
        for name in parents:
            document = document[int(name) if name.isdigit() else name]
        if value is ...:
            del document[last]
        else:
            document[last] = value

    return spoil


def both(*spoils: Spoil) -> Spoil:
    return lambda document: [spoil(document) for spoil in spoils]


ACHIEVEMENT = "credentialSubject/achievement"
NO_OUTCOMES = both(
    drop("learningOutcome", "ESCOSkill"),
    set_member(f"{ACHIEVEMENT}/criteria", {"narrative": "Pass."}),
    lambda document: without(document, "CFItem", "ceasn:Competency"),
)
NO_STACK = drop("stacksInto", "creditTowards", "entryTo")
NO_SIZE = both(drop("credits", "workload"), set_member(f"{ACHIEVEMENT}/creditsAvailable", ...))
NO_CREDITS = both(drop("credits"), set_member(f"{ACHIEVEMENT}/creditsAvailable", ...))
NO_SKILLS = both(drop("ESCOSkill"), lambda document: without(document, "CFItem", "ceasn:Competency"))

SPOILT: dict[str, list[Spoil]] = {
    "eu.learner": [set_member("credentialSubject/identifier", [])],
    "eu.title": [set_member(f"{ACHIEVEMENT}/name", " ")],
    "eu.issuer-country": [set_member("issuer/address", ...), set_member("issuer", "did:web:x.example")],
    "eu.awarding-body": [set_member("issuer/name", ...)],
    "eu.date": [set_member("validFrom", "soon"), set_member("validFrom", ...)],
    "eu.outcomes": [NO_OUTCOMES],
    "eu.workload": [NO_SIZE],
    "eu.workload-ects": [NO_CREDITS],
    "eu.level": [drop("level")],
    "eu.assessment": [drop("assessment")],
    "eu.participation": [drop("participation")],
    "eu.quality-assurance": [drop("qualityAssurance")],
    "eu.prerequisites": [drop("prerequisite")],
    "eu.supervision": [drop("supervision")],
    "eu.grade": [set_member("credentialSubject/result", ...)],
    "eu.stackability": [NO_STACK],
    "eu.further-information": [
        both(set_member(f"{ACHIEVEMENT}/description", ...), set_member(f"{ACHIEVEMENT}/criteria", ...))
    ],
    "webuild.ir-01-identifier": [set_member("id", ...)],
    "webuild.ir-01-names": [set_member("credentialSubject/givenName", ...)],
    "webuild.ir-02": [
        set_member("credentialSubject/dateOfBirth", "2026-03-03"),
        set_member("credentialSubject/dateOfBirth", "long ago"),
        set_member(
            "credentialSubject/identifier",
            [{"identityType": "ext:dateOfBirth", "hashed": False, "identityHash": "2999-01-01"}],
        ),
    ],
    "webuild.ir-03": [
        set_member("credentialSubject/activityEndDate", "2026-03-03T00:00:00Z"),
        set_member("validFrom", "2027-01-01T00:00:00Z"),
    ],
    "webuild.ir-04-assessment": [set_code("assessment", "attendance")],
    "webuild.ir-04-scheme": [set_member(f"{ACHIEVEMENT}/resultDescription", ...)],
    "webuild.ir-05": [
        lambda document: entries(document, "ext:ESCOSkill")[0].update(targetUrl="https://esco.example/skill/1")
    ],
    "webuild.ir-06": [hours(0), set_code("workload", "25 hours"), set_credits("ECTS", -1)],
    "webuild.ir-07": [lambda document: entries(document, "ext:stacksInto")[0].update(targetName="", targetUrl="")],
    "webuild.ir-08": [
        lambda document: entries(document, "ext:qualityAssurance")[0].update(
            targetUrl="http://data.europa.eu/snb/accreditation/bb4618238e"
        )
    ],
    "cmf.study-time": [hours(99), hours(151), NO_SIZE, both(drop("workload"), set_credits("ECTS", 7))],
    "cmf.study-time-stated": [both(drop("workload"), set_credits("ECTS", 6))],
    "cmf.level": [set_level("EQF", 5), set_level("MQF", 8), set_level("NZQCF", 6), drop("level")],
    "cmf.assessment": [drop("assessment"), set_code("assessment", "attendance")],
    "cmf.identity": [drop("supervision"), set_code("supervision", "supervised")],
    "cmf.transcript-outcomes": [NO_OUTCOMES],
    "cmf.transcript-hours": [drop("workload")],
    "cmf.transcript-eqf": [set_level("MQF", 7)],
    "cmf.transcript-credits": [NO_CREDITS],
    "mqa.outcomes": [NO_OUTCOMES],
    "mqa.measurable": [
        lambda document: entries(document, "ext:learningOutcome")[0].update(targetName="Understand needs.")
    ],
    "mqa.assessment": [drop("assessment")],
    "mqa.industry": [NO_SKILLS],
    "mqa.secure": [set_member("credentialStatus", ...)],
    "mqa.objectives": [set_member(f"{ACHIEVEMENT}/description", ...)],
    "mqa.delivery": [drop("participation")],
    "mqa.hours": [NO_SIZE],
    "mqa.credits": [NO_CREDITS],
    "mqa.title": [set_member(f"{ACHIEVEMENT}/name", "Diploma in Instructional Design")],
    "mqa.name": [set_member("name", "Sijil Reka Bentuk")],
    "mqa.type": [set_member(f"{ACHIEVEMENT}/achievementType", "Diploma")],
    "nzqa.credits": [set_credits("NZQCF", 4), set_credits("NZQCF", 41), NO_SIZE, both(NO_CREDITS, hours(49))],
    "nzqa.credits-stated": [NO_CREDITS],
    "nzqa.hours": [hours(121)],
    "nzqa.level": [drop("level"), set_level("NZQCF", 11), set_level("EQF", 7)],
    "microhe.sub-unit": [NO_STACK],
    "microhe.size": [set_credits("ECTS", 4.5), both(NO_CREDITS, hours(124)), NO_SIZE],
    "microbol.recognition": [NO_STACK],
    "microbol.needs": [both(set_member(f"{ACHIEVEMENT}/description", ...), set_member(f"{ACHIEVEMENT}/tag", ...))],
    "microbol.outcomes": [NO_OUTCOMES, drop("level")],
    "microbol.workload": [NO_CREDITS, set_code("credits", "0")],
    "microbol.assessment": [drop("assessment")],
    "microbol.conditions": [drop("supervision")],
    "microbol.quality-assurance": [drop("qualityAssurance")],
}
RULES = {rule.id: (profile, rule) for profile, rules in PROFILES.items() for rule in rules}
CASES = [(rule, spoil) for rule, spoils in SPOILT.items() for spoil in spoils]
TODAY = date(2026, 11, 22)


def found_in(document: Any, rule: str) -> list[Finding]:
    profile, _ = RULES[rule]
    return [finding for finding in lint(document, profile, today=TODAY) if finding.rule == rule]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_complete_credential_meets_every_profile(profile: str) -> None:
    assert lint(a_complete_credential(), profile, today=TODAY) == ()


@pytest.mark.parametrize(("rule", "spoil"), CASES, ids=[f"{rule}-{at}" for at, (rule, _) in enumerate(CASES)])
def test_each_rule_finds_what_it_asks_for_missing(rule: str, spoil: Spoil) -> None:
    document = a_complete_credential()
    spoil(document)

    found = found_in(document, rule)
    assert found
    for finding in found:
        assert finding.severity is RULES[rule][1].severity
        assert finding.source == RULES[rule][1].source
        assert finding.message[0] not in " /"
        assert not finding.message.endswith(".")


def test_every_rule_is_tested_and_has_a_name_of_its_own() -> None:
    assert set(SPOILT) == set(RULES)
    for rules in PROFILES.values():
        assert len({rule.id for rule in rules}) == len(rules)


def test_national_levels_and_hours_of_credits_count() -> None:
    document = a_complete_credential()
    both(drop("workload"), set_level("NZQCF", 8))(document)

    assert not [f for f in lint(document, "cmf") if f.severity is Severity.ERROR and f.rule != "cmf.transcript-hours"]
    both(NO_CREDITS, set_level("MQF", 6))(again := a_complete_credential())
    assert "microhe.size" in {finding.rule for finding in lint(again, "microhe")}
    hours(125)(again)
    assert "microhe.size" not in {finding.rule for finding in lint(again, "microhe")}


def test_a_date_is_only_in_the_future_for_those_who_know_the_day() -> None:
    document = a_complete_credential()
    set_member("validFrom", "2027-01-01T00:00:00Z")(document)

    assert lint(document, "eu") == ()
    assert [finding.rule for finding in lint(document, "eu", today=TODAY)] == ["webuild.ir-03"]
