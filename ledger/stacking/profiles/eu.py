"""The European standard elements to describe a micro-credential: Council Recommendation 2022/C 243/02, Annex I."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.stacking.profiles import presence as has
from ledger.stacking.profiles.finding import Gap, Rule, Severity, Source
from ledger.stacking.profiles.presence import unless
from ledger.stacking.profiles.reading import Reading

_DOCUMENT = "Council Recommendation 2022/C 243/02"
MANDATORY = Source(_DOCUMENT, "Annex I, mandatory elements", 2022)
OPTIONAL = Source(_DOCUMENT, "Annex I, optional elements", 2022)
_ERROR, _WARNING, _NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


def _ects(reading: Reading) -> Iterator[Gap]:
    if has.has_workload(reading) and reading.credits_in("ECTS") is None:
        yield Gap("the workload is not given in ECTS credits, which the Recommendation wants wherever possible")


RULES = (
    Rule(
        "eu.learner",
        _ERROR,
        "The learner is identified.",
        MANDATORY,
        unless(has.has_learner, "nothing says who the learner is, so nobody could tell whose achievement this is"),
        "/credentialSubject/identifier",
        of_credential=True,
    ),
    Rule(
        "eu.title",
        _ERROR,
        "The micro-credential has a title.",
        MANDATORY,
        unless(has.has_title, "the title is missing"),
        "/name",
        "title",
    ),
    Rule(
        "eu.issuer-country",
        _ERROR,
        "The country or region of the issuer is named.",
        MANDATORY,
        unless(has.has_issuer_country, "the issuer's address names no country or region"),
        "/issuer/address",
        of_credential=True,
    ),
    Rule(
        "eu.awarding-body",
        _ERROR,
        "The awarding body is named: the issuer, or the one on whose behalf the issuer seals.",
        MANDATORY,
        unless(has.has_awarding_body, "neither the issuer, nor a source or creator, has a name"),
        "/issuer/name",
        "awarding_body",
        of_credential=True,
    ),
    Rule(
        "eu.date",
        _ERROR,
        "The date of issue is given.",
        MANDATORY,
        unless(lambda reading: reading.dates, "there is no date of issue that can be read"),
        "/validFrom",
        of_credential=True,
    ),
    Rule(
        "eu.outcomes",
        _ERROR,
        "The learning outcomes are listed.",
        MANDATORY,
        unless(lambda reading: reading.outcomes, "no learning outcome is listed where a machine could read it"),
        "/alignment",
        "outcomes",
    ),
    Rule(
        "eu.workload",
        _ERROR,
        "The notional workload is given, in credits or hours.",
        MANDATORY,
        unless(has.has_workload, "the notional workload is given neither in credits nor in hours"),
        "/alignment",
        "workload_hours",
    ),
    Rule(
        "eu.workload-ects",
        _WARNING,
        "The workload is given in ECTS credits, wherever possible.",
        MANDATORY,
        _ects,
        "/creditsAvailable",
        "credits",
    ),
    Rule(
        "eu.level",
        _ERROR,
        "The level (and cycle) is given, in the EQF, the QF-EHEA or a national framework.",
        MANDATORY,
        unless(has.has_level, "no level of a qualifications framework is given"),
        "/alignment",
        "levels",
    ),
    Rule(
        "eu.assessment",
        _ERROR,
        "The type of assessment is named.",
        MANDATORY,
        unless(has.has_kind("assessment"), "the type of assessment is not named"),
        "/alignment",
        "assessment",
    ),
    Rule(
        "eu.participation",
        _ERROR,
        "The form of participation in the learning activity is named.",
        MANDATORY,
        unless(has.has_kind("participation"), "nothing says whether learning was online, onsite or both"),
        "/alignment",
        "participation",
    ),
    Rule(
        "eu.quality-assurance",
        _ERROR,
        "The type of quality assurance is named.",
        MANDATORY,
        unless(has.has_kind("qualityAssurance"), "nothing says how the quality is assured"),
        "/alignment",
        "quality_assurance",
    ),
    Rule(
        "eu.prerequisites",
        _NOTE,
        "The prerequisites for enrolling are named, where relevant.",
        OPTIONAL,
        unless(has.has_kind("prerequisite"), "no prerequisite is named; leave it so if there is none"),
        "/alignment",
        "prerequisites",
    ),
    Rule(
        "eu.supervision",
        _NOTE,
        "Supervision and identity verification during assessment are described, where relevant.",
        OPTIONAL,
        unless(has.has_kind("supervision"), "nothing says whether the assessment was supervised and who verified whom"),
        "/alignment",
        "supervision",
    ),
    Rule(
        "eu.grade",
        _NOTE,
        "The grade achieved is given, where relevant.",
        OPTIONAL,
        unless(has.has_result, "no grade or other result is given"),
        "/credentialSubject/result",
        "result",
        of_credential=True,
    ),
    Rule(
        "eu.stackability",
        _NOTE,
        "Integration or stackability is described: stand-alone, independent, or stackable towards another credential.",
        OPTIONAL,
        unless(has.leads_on, "nothing says into what larger credential this stacks"),
        "/alignment",
        "stacks_into",
    ),
    Rule(
        "eu.further-information",
        _NOTE,
        "Further information is given, where relevant.",
        OPTIONAL,
        unless(
            lambda reading: reading.description or reading.achievement.get("criteria"),
            "there is no further information",
        ),
        "/description",
        "description",
    ),
)
