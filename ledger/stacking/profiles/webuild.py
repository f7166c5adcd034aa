"""The integrity rules of the micro-credential rulebook of WE BUILD, a large-scale pilot of the European wallet.

The rulebook (github.com/webuild-consortium/webuild-attestation-rulebooks-catalog, rulebooks/rb-microcredential,
version 0.2 of 11 September 2026, section 4.5) defines an SD-JWT VC and no W3C form. What is checked is what its rules
mean for a W3C credential: MC-IR-01 to MC-IR-08, as far as the mandatory elements of the Recommendation, which are
checked there, do not say the same. MC-IR-09 (selective disclosure of attributes) can't be met by a document whose
proofs cover all of it: a learner chooses which credentials to show, not which members. Whether an ESCO address answers
(MC-IR-05) is not asked, since nothing is fetched: it must have the form of one.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.documents.code_lists import ESCO_ADDRESS, QUALITY_ASSURANCE
from ledger.documents.strict_json import JsonObject
from ledger.stacking.profiles.finding import Check, Gap, Rule, Severity, Source
from ledger.stacking.profiles.presence import unless
from ledger.stacking.profiles.reading import Reading, day, duration, objects, text

_BOOK = "WE BUILD Attestation Rulebook Micro-credential, version 0.2"
_UNGRADED = frozenset({"attendance"})


def _rule(
    number: str,
    severity: Severity,
    demand: str,
    check: Check,
    path: str,
    member: str | None = None,
    *,
    of_credential: bool = True,
) -> Rule:
    source = Source(_BOOK, f"section 4.5, MC-IR-{number[:2]}", 2026)
    return Rule(f"webuild.ir-{number}", severity, demand, source, check, path, member, of_credential)


def _name_parts(reading: Reading) -> Iterator[Gap]:
    types = {text(identity.get("identityType")) for identity in reading.identifiers}
    apart = {"ext:givenName", "ext:familyName"} <= types
    if not apart and not (reading.subject.get("givenName") and reading.subject.get("familyName")):
        yield Gap("the learner's name stands in one piece; the rulebook's own format has given and family name apart")


def _birth(reading: Reading) -> Iterator[Gap]:
    places = [("/credentialSubject/dateOfBirth", reading.subject.get("dateOfBirth"))]
    places += [
        (f"/credentialSubject/identifier/{place}", identity.get("identityHash"))
        for place, identity in objects(reading.subject.get("identifier"))
        if text(identity.get("identityType")).removeprefix("ext:") == "dateOfBirth" and identity.get("hashed") is False
    ]
    latest = [limit for limit in (*reading.dates, reading.today) if limit is not None]
    for path, value in places:
        if value is None:
            continue
        born = day(value)
        if born is None:
            yield Gap("the date of birth can't be read as a date", path)
        elif any(born > limit for limit in latest):
            yield Gap("the date of birth is later than the credential", path)


def _issued(reading: Reading) -> Iterator[Gap]:
    ended = day(reading.subject.get("activityEndDate"))
    for issued in reading.dates:
        if ended is not None and issued < ended:
            yield Gap(f"the date of issue, {issued}, is before the end of the activity, {ended}")
        if reading.today is not None and issued > reading.today:
            yield Gap(f"the date of issue, {issued}, is in the future")


def _graded(reading: Reading) -> Iterator[Gap]:
    kinds = {entry.code for entry in reading.of_kind("assessment")}
    if any(map(_grade, reading.results)) and kinds and kinds <= _UNGRADED:
        yield Gap("there is a grade, but attendance, the only assessment named, gives none")


def _scheme(reading: Reading) -> Iterator[Gap]:
    described = {text(scheme.get("id")) for _, scheme in objects(reading.achievement.get("resultDescription"))}
    for place, result in objects(reading.subject.get("result")):
        if _grade(result) and text(result.get("resultDescription")) not in described - {""}:
            yield Gap("the grade belongs to no grading scheme of the achievement", f"/credentialSubject/result/{place}")


def _grade(result: JsonObject) -> bool:
    return bool(text(result.get("value")) or text(result.get("achievedLevel")))


def _esco(reading: Reading) -> Iterator[Gap]:
    for entry in reading.entries:
        if (entry.kind.lower().startswith("esco") or entry.framework.upper() == "ESCO") and not ESCO_ADDRESS.fullmatch(
            entry.url
        ):
            yield Gap("the alignment with ESCO does not give the address of an ESCO skill", f"{entry.path}/targetUrl")


def _workload(reading: Reading) -> Iterator[Gap]:
    for entry in reading.of_kind("workload"):
        hours = duration(entry.code)
        if hours is None or hours <= 0:
            yield Gap("the workload is not a positive ISO 8601 duration such as PT25H", f"{entry.path}/targetCode")
    for _, value, path in reading.credits:
        if value <= 0:
            yield Gap("the number of credits is not positive", path)


def _stacking(reading: Reading) -> Iterator[Gap]:
    for entry in reading.of_kind("stacksInto", "creditTowards", "isPartOf"):
        if not entry.name and not entry.url:
            yield Gap("it is said to stack, but not into what", entry.path)


def _accreditation(reading: Reading) -> Iterator[Gap]:
    published = {url: code for code, url in QUALITY_ASSURANCE.urls.items()}
    for entry in reading.of_kind("qualityAssurance"):
        meant = published.get(entry.url)
        if meant is not None and entry.code in QUALITY_ASSURANCE.names and entry.code != meant:
            yield Gap(
                f"the quality assurance is called {entry.code}, and its address says {meant}", f"{entry.path}/targetUrl"
            )


RULES = (
    _rule(
        "01-identifier",
        Severity.ERROR,
        "The credential has an identifier of its own.",
        unless(lambda reading: reading.credential and text(reading.credential.get("id")), "the credential has no id"),
        "/id",
    ),
    _rule(
        "01-names",
        Severity.NOTE,
        "Given name and family name are there, where the learner's name is made so.",
        _name_parts,
        "/credentialSubject/identifier",
    ),
    _rule(
        "02",
        Severity.ERROR,
        "A date of birth, if there is one, is a date and not in the future.",
        _birth,
        "/credentialSubject",
    ),
    _rule(
        "03",
        Severity.ERROR,
        "The date of issue is not in the future, and not before the assessment was completed.",
        _issued,
        "/validFrom",
    ),
    _rule(
        "04-assessment",
        Severity.ERROR,
        "Where there is a grade, the assessment is of a type that can give one.",
        _graded,
        "/credentialSubject/result",
        "assessment",
    ),
    _rule(
        "04-scheme",
        Severity.WARNING,
        "Where there is a grade, its grading scheme is described.",
        _scheme,
        "/credentialSubject/result",
        "result",
    ),
    _rule(
        "05",
        Severity.ERROR,
        "Each reference to ESCO is the address of an ESCO skill or competence.",
        _esco,
        "/alignment",
        "alignments",
        of_credential=False,
    ),
    _rule(
        "06",
        Severity.ERROR,
        "The workload is a positive number of hours or credits.",
        _workload,
        "/alignment",
        "workload_hours",
        of_credential=False,
    ),
    _rule(
        "07",
        Severity.WARNING,
        "What stacks names the larger credential.",
        _stacking,
        "/alignment",
        "stacks_into",
        of_credential=False,
    ),
    _rule(
        "08",
        Severity.ERROR,
        "The type of accreditation agrees with the quality assurance that is named.",
        _accreditation,
        "/alignment",
        "quality_assurance",
        of_credential=False,
    ),
)
