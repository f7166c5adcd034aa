"""The six principles of the Malaysian Qualifications Agency for micro-credentials (2019).

That learning was personalised is nothing that a document shows, so there is no rule for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.documents.text import visible
from ledger.stacking.profiles import presence as has
from ledger.stacking.profiles.finding import Check, Gap, Rule, Severity, Source
from ledger.stacking.profiles.presence import unless
from ledger.stacking.profiles.reading import Reading, texts
from ledger.stacking.profiles.titles import clashing_title

QUALIFICATIONS = frozenset(
    {
        *("AssociateDegree", "BachelorDegree", "Degree", "Diploma", "DoctoralDegree", "MasterDegree"),
        *("ProfessionalDoctorate", "ResearchDoctorate", "SecondarySchoolDiploma"),
    }
)
"""Achievement types of Open Badges 3.0 that are qualifications themselves, and no micro-credentials."""
_UNMEASURABLE = frozenset({"know", "understand", "appreciate", "realise", "realize", "learn", "memahami", "mengetahui"})
_MOST_TITLES = 100
_SHOWN = 80
_SKILLS = ("CFItem", "ceasn:Competency", "CTDL", "ESCOSkill", "ESCOOccupation", "ESCOQualification")


def _rule(
    name: str,
    principle: str,
    severity: Severity,
    demand: str,
    check: Check,
    member: str,
    path: str = "/alignment",
    *,
    of_credential: bool = False,
) -> Rule:
    source = Source("Malaysian Qualifications Agency, principles for micro-credentials", principle, 2019)
    return Rule(f"mqa.{name}", severity, demand, source, check, path, member, of_credential)


def _measurable(reading: Reading) -> Iterator[Gap]:
    for outcome, path in reading.outcomes:
        first = outcome.split()[0].strip(",.:;").lower()
        if first in _UNMEASURABLE:
            yield Gap(f"“{first}” can't be measured; begin the outcome with what the learner does", path)


def _title(reading: Reading) -> Iterator[Gap]:
    for title, path in reading.titles[:_MOST_TITLES]:
        if (found := clashing_title(title)) is not None:
            shown = visible(title, limit=_SHOWN)
            yield Gap(f"the title “{shown}” bears that of a qualification of the framework ({found})", path)


def _named(reading: Reading) -> Iterator[Gap]:
    for name in texts(reading.credential.get("name")) if reading.credential is not None else ():
        if (found := clashing_title(name)) is not None:
            yield Gap(f"the credential is called by the title of a qualification of the framework ({found})")


def _type(reading: Reading) -> Iterator[Gap]:
    for name in reading.types:
        if name in QUALIFICATIONS:
            yield Gap(f"it calls itself a {name}, which is a qualification and no micro-credential", "/achievementType")


_OUTCOME_BASED = "principle 1, outcome-based"
_TRANSPARENT = "principle 5, transparent"
_SIXTH = "principle 6, naming"
_TITLE = _rule(
    "title",
    _SIXTH,
    Severity.ERROR,
    "The title does not conflict with those of the qualifications framework (Certificate, Diploma, Advanced Diploma, "
    "Graduate Certificate, Graduate Diploma, Bachelor, Postgraduate Certificate, Postgraduate Diploma, Master, "
    "Doctorate), in English, Malay, Chinese, Tamil or Arabic.",
    _title,
    "title",
    "/name",
)
_NAME = _rule(
    "name",
    _SIXTH,
    Severity.ERROR,
    "The name of the credential does not conflict with those titles either.",
    _named,
    "title",
    "/name",
    of_credential=True,
)
NAMING = (_TITLE, _NAME)
"""What is asked of every micro-credential in Malaysia, whether a programme claims this profile or not."""
RULES = (
    _rule(
        "outcomes",
        _OUTCOME_BASED,
        Severity.ERROR,
        "The learning outcomes are stated.",
        unless(lambda reading: reading.outcomes, "no learning outcome is stated"),
        "outcomes",
    ),
    _rule(
        "measurable",
        _OUTCOME_BASED,
        Severity.WARNING,
        "The learning outcomes can be measured.",
        _measurable,
        "outcomes",
    ),
    _rule(
        "assessment",
        _OUTCOME_BASED,
        Severity.ERROR,
        "An assessment shows the outcomes.",
        unless(has.has_kind("assessment"), "no assessment is named that would show the outcomes"),
        "assessment",
    ),
    _rule(
        "industry",
        "principle 3, on demand and driven by industry",
        Severity.NOTE,
        "The skills are related to what industry or society asks for.",
        unless(has.has_kind(*_SKILLS), "no skill is aligned to a published framework such as ESCO"),
        "alignments",
    ),
    _rule(
        "secure",
        "principle 4, secure and shareable",
        Severity.NOTE,
        "The credential says where its status can be checked.",
        unless(
            lambda reading: reading.credential and reading.credential.get("credentialStatus"),
            "nothing says where to see whether it is still in force",
        ),
        "",
        "/credentialStatus",
        of_credential=True,
    ),
    _rule(
        "objectives",
        _TRANSPARENT,
        Severity.ERROR,
        "Objectives and content are published.",
        unless(lambda reading: reading.description, "there is no description of objectives and content"),
        "description",
        "/description",
    ),
    _rule(
        "delivery",
        _TRANSPARENT,
        Severity.ERROR,
        "The mode of delivery is published.",
        unless(has.has_kind("participation"), "nothing says whether it is delivered online, onsite or both"),
        "participation",
    ),
    _rule(
        "hours",
        _TRANSPARENT,
        Severity.ERROR,
        "The learning hours are published.",
        unless(lambda reading: reading.hours, "no learning hours are given"),
        "workload_hours",
    ),
    _rule(
        "credits",
        _TRANSPARENT,
        Severity.WARNING,
        "The credits are published.",
        unless(lambda reading: reading.credits, "no credits are given"),
        "credits",
    ),
    *NAMING,
    _rule(
        "type",
        _SIXTH,
        Severity.WARNING,
        "The achievement's type is not that of a qualification.",
        _type,
        "achievement_type",
        "/achievementType",
    ),
)
