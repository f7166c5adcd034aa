"""The closed lists that describe a micro-credential, and how one value of a list is written in Open Badges 3.0.

Open Badges has members for a title or a language, but none for most of what the Council Recommendation 2022/C 243/02
(Annex I) and the critical information summary (Oliver 2019) ask for. Each such value becomes an `Alignment`:
`targetType` says which list (`ext:…`), `targetCode` the code, `targetName` the words, `targetUrl` the published
European value where there is one, else the page of whoever keeps the list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.documents.strict_json import JsonObject

_RECOMMENDATION = "EU Recommendation 2022/C 243/02"
_RECOMMENDATION_URL = "https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:32022H0627(02)"
_SUMMARY = "Oliver 2019"
_SUMMARY_URL = "https://dteach.deakin.edu.au/"
_EUROPASS = "http://data.europa.eu/snb"

ACHIEVEMENT_TYPES = frozenset({
    "Achievement", "ApprenticeshipCertificate", "Assessment", "Assignment", "AssociateDegree", "Award", "Badge",
    "BachelorDegree", "Certificate", "CertificateOfCompletion", "Certification", "CommunityService", "Competency",
    "Course", "CoCurricular", "Degree", "Diploma", "DoctoralDegree", "Fieldwork", "GeneralEducationDevelopment",
    "JourneymanCertificate", "LearningProgram", "License", "Membership", "ProfessionalDoctorate",
    "QualityAssuranceCredential", "MasterCertificate", "MasterDegree", "MicroCredential", "ResearchDoctorate",
    "SecondarySchoolDiploma",
})  # fmt: skip
"""`AchievementType` of Open Badges 3.0 (extensions are not used)."""


def alignment(
    target_type: str, *, framework: str, name: str, url: str, code: str | None = None, description: str | None = None
) -> JsonObject:
    """One Open Badges 3.0 `Alignment` of a type of ours; `target_type` goes without its `ext:`."""
    return target_alignment(
        f"ext:{target_type}", framework=framework, name=name, url=url, code=code, description=description
    )


def target_alignment(
    target_type: str, *, framework: str, name: str, url: str, code: str | None = None, description: str | None = None
) -> JsonObject:
    """One Open Badges 3.0 `Alignment` whose `target_type` is one of the standard's, or begins with `ext:`."""
    entry: JsonObject = {
        "type": ["Alignment"],
        "targetType": target_type,
        "targetFramework": framework,
        "targetName": name,
        "targetUrl": url,
    }
    if code is not None:
        entry["targetCode"] = code
    if description is not None:
        entry["targetDescription"] = description
    return entry


@dataclass(frozen=True)
class CodeList:
    """One closed list. `names` maps a code to its words, `urls` to its published address; `url` is the list's own."""

    target_type: str
    framework: str
    url: str
    names: Mapping[str, str]
    urls: Mapping[str, str] = field(default_factory=dict)

    def alignment(self, code: str, *, description: str | None = None) -> JsonObject:
        return alignment(
            self.target_type,
            framework=self.framework,
            code=code,
            name=self.names[code],
            url=self.urls.get(code, self.url),
            description=description,
        )


PARTICIPATION = CodeList(
    "participation",
    "Europass",
    f"{_EUROPASS}/learning-assessment/25831c2",
    {"online": "Online only", "onsite": "Onsite only", "both": "Online and onsite"},
    {
        "online": f"{_EUROPASS}/learning-assessment/920fbb3cbe",
        "onsite": f"{_EUROPASS}/learning-assessment/9191af2ed9",
        "both": f"{_EUROPASS}/learning-assessment/e92d221e4d",
    },
)

_ASSESSMENTS = {
    "peer-assessment": ("Peer assessment", "19a2e5e671"),
    "marked-assignment": ("Marked assignment", "2939dae15f"),
    "continuous-evaluation": ("Continuous evaluation", "3484bd7e51"),
    "portfolio": ("Portfolio", "4f03b91c0e"),
    "group-performance": ("Group performance", "56539a6507"),
    "practical-assessment": ("Practical assessment", "6a4db9f11d"),
    "written-examination": ("Written examination", "6e6cb2cc78"),
    "attendance": ("Level of attendance", "7331eb4762"),
    "project-work": ("Project work", "795dac4096"),
    "peer-review": ("Peer review", "812e3b0ae1"),
    "quiz": ("Quiz", "b1b68f6735"),
    "problem-based-learning": ("Problem-based learning", "c4256a2726"),
    "oral-examination": ("Oral examination", "d30284d7df"),
    "artefact-assessment": ("Artefact assessment", "de4d165a6c"),
    "presentation": ("Presentation", "c_04b30a72"),
    "self-assessment": ("Self-assessment", "c_2b3bd410"),
    "guided-self-assessment": ("Guided self-assessment", "c_4f874951"),
}
ASSESSMENT = CodeList(
    "assessment",
    "Europass",
    f"{_EUROPASS}/assessment/25831c2",
    {code: name for code, (name, _) in _ASSESSMENTS.items()},
    {code: f"{_EUROPASS}/assessment/{concept}" for code, (_, concept) in _ASSESSMENTS.items()},
)

SUPERVISION = CodeList(
    "supervision",
    _SUMMARY,
    f"{_EUROPASS}/supervision-verification/25831c2",
    {
        "unsupervised": "Unsupervised, identity not verified",
        "supervised": "Supervised online or onsite, identity not verified",
        "online-one-factor": "Supervised online, identity verified by one factor",
        "online-two-factors": "Supervised online, identity verified by two factors",
        "onsite-one-factor": "Supervised onsite, identity verified by one factor",
        "onsite-two-factors": "Supervised onsite, identity verified by two factors",
    },
)

COMPLEXITY = CodeList(
    "complexity",
    _SUMMARY,
    _SUMMARY_URL,
    {
        "not-rated": "No rating",
        "recall": "Recall of facts",
        "skill-routine": "A skill on a routine problem",
        "skill-complex": "A skill on a complex problem",
        "skills-routine": "Several skills on routine problems",
        "skills-complex": "Several skills on complex problems",
        "reflective-evidence": "Reflective evidence for portfolio and qualification validation",
    },
)

TASK_LEVEL = CodeList(
    "taskLevel",
    _SUMMARY,
    _SUMMARY_URL,
    {
        "not-degree": "Not at degree level",
        "pre-bachelor": "Pre-bachelor",
        "bachelor": "Bachelor",
        "pre-master": "Pre-master",
        "master": "Master",
        "doctorate": "Doctorate",
    },
)

CREDIT_BEARING = CodeList(
    "creditBearing",
    _SUMMARY,
    _SUMMARY_URL,
    {"credit-bearing": "Credit-bearing", "non-credit": "Not credit-bearing"},
)

QUALITY_ASSURANCE = CodeList(
    "qualityAssurance",
    _RECOMMENDATION,
    _RECOMMENDATION_URL,
    {
        "internal": "Internal quality assurance",
        "institution": "External quality assurance of the institution",
        "programme": "External quality assurance of the programme",
    },
    {
        "institution": f"{_EUROPASS}/accreditation/bb4618238e",
        "programme": f"{_EUROPASS}/accreditation/820101cba6",
    },
)


@dataclass(frozen=True)
class LevelFramework:
    """A framework of levels. `url` may hold `{level}` where each level has an address of its own."""

    url: str
    highest: int
    unit: str = "level"


LEVEL_FRAMEWORKS: Mapping[str, LevelFramework] = {
    "EQF": LevelFramework(f"{_EUROPASS}/eqf/{{level}}", 8),  # European Qualifications Framework
    "QF-EHEA": LevelFramework("https://ehea.info/", 3, "cycle"),  # of the European Higher Education Area
    "MQF": LevelFramework("https://www.mqa.gov.my/", 8),  # Malaysia
    "NZQCF": LevelFramework("https://www.nzqa.govt.nz/", 10),  # Aotearoa New Zealand
    "FHEQ": LevelFramework("https://www.qaa.ac.uk/", 8),  # United Kingdom
    "AQF": LevelFramework("https://www.aqf.edu.au/", 10),  # Australia
}


def level_alignment(framework: str, level: int) -> JsonObject:
    """A level of a qualifications framework, such as ("EQF", 6)."""
    known = LEVEL_FRAMEWORKS[framework]
    name = f"{framework} {known.unit} {level}"
    return alignment("level", framework=framework, code=str(level), name=name, url=known.url.format(level=level))


@dataclass(frozen=True)
class CreditFramework:
    """A system of credits: its page, and one credit in words."""

    url: str
    unit: str


CREDIT_FRAMEWORKS: Mapping[str, CreditFramework] = {
    "ECTS": CreditFramework(f"{_EUROPASS}/education-credit/6fcec5c5af", "ECTS credit"),
    "MQF": CreditFramework("https://www.mqa.gov.my/", "MQF credit"),
    "NZQCF": CreditFramework("https://www.nzqa.govt.nz/", "NZQCF credit"),
    "CATS": CreditFramework("https://www.qaa.ac.uk/", "CATS credit"),
    "US": CreditFramework("https://www.ed.gov/", "semester credit hour"),
}


def credit_alignment(framework: str, credits_available: int | float) -> JsonObject:
    """A number of credits in one system, such as ("ECTS", 2.5)."""
    known = CREDIT_FRAMEWORKS[framework]
    name = f"{credits_available} {known.unit}{'' if credits_available == 1 else 's'}"
    return alignment("credits", framework=framework, code=str(credits_available), name=name, url=known.url)


def workload_alignment(hours: int) -> JsonObject:
    """The notional workload, assessment included, as an ISO 8601 duration."""
    name = f"{hours} hour{'' if hours == 1 else 's'}, assessment included"
    return alignment("workload", framework=_RECOMMENDATION, code=f"PT{hours}H", name=name, url=_RECOMMENDATION_URL)


def outcome_alignment(achievement_id: str, number: int, outcome: str) -> JsonObject:
    """A learning outcome, the `number`-th of its achievement, where the achievement itself is what defines it."""
    url = f"{achievement_id}#outcome-{number}"
    return alignment("learningOutcome", framework=_RECOMMENDATION, code=str(number), name=outcome, url=url)


@dataclass(frozen=True)
class SkillFramework:
    """A published framework of skills or credentials, and what of it an achievement may be aligned to.

    `targets` maps a word of the programme file to the `targetType` of Open Badges 3.0; the first is meant where none is
    given. `address` is a pattern of its addresses, where it has one place of its own.
    """

    targets: Mapping[str, str]
    address: re.Pattern[str] | None = None


ESCO_ADDRESS = re.compile(r"https?://data\.europa\.eu/esco/(skill|occupation|qualification)/[A-Za-z0-9][A-Za-z0-9._-]*")
"""Addresses of the European classification of Skills, Competences, Qualifications and Occupations."""

SKILL_FRAMEWORKS: Mapping[str, SkillFramework] = {
    "ESCO": SkillFramework(
        {"skill": "ext:ESCOSkill", "occupation": "ext:ESCOOccupation", "qualification": "ext:ESCOQualification"},
        ESCO_ADDRESS,
    ),
    "CTDL": SkillFramework({"resource": "CTDL", "credential": "ceterms:Credential", "competency": "ceasn:Competency"}),
    "CASE": SkillFramework(
        {
            "item": "CFItem",
            "rubric": "CFRubric",
            "criterion": "CFRubricCriterion",
            "criterion-level": "CFRubricCriterionLevel",
        }
    ),
}
"""ESCO; the Credential Transparency Description Language; 1EdTech Competencies and Academic Standards Exchange."""

PROFILES = ("cmf", "eu", "microbol", "microhe", "mqa", "nzqa")
"""The profiles that a programme may claim to fit; `ledger.stacking.profiles` knows their rules."""
