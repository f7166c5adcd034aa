"""What a certificate, a record on paper and a badge say: the facts of a document in the words of people.

Everything comes from the report on the document, so nothing is shown whose structure was not found to be sound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from ledger.chain.addresses import checksum_address
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.documents.summary import Fact, Summary
from ledger.errors import CairnError, Conflict
from ledger.proofs.anchor_proof import CRYPTOSUITE, from_proof
from ledger.rendering.sayings import Saying, Sayings
from ledger.rendering.standing import Standing, standing_in_record, standing_of
from ledger.rendering.wording import DESCRIBED, ENGLISH, NETWORKS
from ledger.stacking.pathway import parse_pathway
from ledger.verifying.report import VerificationReport, in_words, shown_bytes

PRINTED_KINDS = ("achievement", "record")
_OUTCOME = re.compile(r"^\s*[-*•]\s+(.+)$", re.MULTILINE)
_LEAD = re.compile(r"^[^\n]*:\s*$", re.MULTILINE)
_ON_FRONT = 420
"""Characters of outcomes that still leave the first page calm; more of them go to the next one."""


@dataclass(frozen=True)
class Line:
    """A label of ours and what the document says."""

    label: str
    value: Saying


@dataclass(frozen=True)
class Mark:
    """A warning in large letters, and what it means."""

    title: str
    text: str


@dataclass(frozen=True)
class Entry:
    """One row of a record: a credential in it."""

    date: str
    title: Saying
    issuer: Saying
    credits: Saying
    result: Saying
    standing: str


@dataclass(frozen=True)
class Content:
    """All that is set. `outcomes` stand on the first page if `fits_front`, else overleaf."""

    kind: str
    name: Saying
    title: Saying
    issuer: Saying
    issuer_said: str
    is_confirmed: bool
    facts: tuple[Line, ...]
    outcomes: tuple[Saying, ...]
    fits_front: bool
    description: Saying | None
    criteria: Saying | None
    described: tuple[Line, ...]
    rests_on: str | None
    entries: tuple[Entry, ...]
    status: str
    standing: str
    marks: tuple[Mark, ...]
    proof: tuple[Line, ...]
    network: str
    undrawn: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """For the templates, with the fixed words."""
        return asdict(self) | {"words": dict(ENGLISH)}


def content_of(report: VerificationReport, standing: Standing | None = None) -> Content:
    """What is said of a document; of one that is not signed yet, `standing` says how it stands.

    Raises Conflict `not_printable` for one that is not valid, Conflict `form_unsupported` for one that is neither an
    achievement nor a record.
    """
    standing = standing or standing_of(report)
    summary = report.summary
    if summary is None or report.document is None or summary.kind not in PRINTED_KINDS:
        raise Conflict("only achievements, awards and records can be put on paper or on a badge", "form_unsupported")
    sayings = Sayings()
    accredited = report.issuer.accredited_name
    outcomes = outcomes_of(summary)
    is_record = summary.kind == "record"
    content = Content(
        kind=kind_in_words(summary),
        name=sayings.say(summary.learner_name or "—"),
        title=sayings.say(summary.achievement_name or summary.name or "—"),
        issuer=sayings.say(accredited or report.issuer.claimed_name or report.issuer.did or "—"),
        issuer_said=ENGLISH["assembled_by" if is_record else "confirmed" if accredited else "unconfirmed"],
        is_confirmed=accredited is not None,
        facts=tuple(facts_of(report, summary, sayings)),
        outcomes=tuple(sayings.say(outcome) for outcome in outcomes),
        fits_front=sum(len(outcome) + 20 for outcome in outcomes) <= _ON_FRONT,
        description=sayings.say(summary.description) if summary.description else None,
        criteria=sayings.say(text) if (text := criteria_of(summary)) else None,
        described=tuple(described(summary, sayings)),
        rests_on=rests_on(report.document, summary),
        entries=tuple(entry_of(component, sayings) for component in report.components),
        status=standing.text,
        standing=standing.code,
        marks=tuple(marks_of(report, standing)),
        proof=tuple(proof_of(report, standing, summary, sayings)),
        network=report.chain.network_name if report.chain else "the network that its proof names",
        undrawn=(),
    )
    return replace(content, undrawn=tuple(sayings.missing))


def kind_in_words(summary: Summary) -> str:
    """What sort of thing was earned: its achievement type with spaces, or that it is an award or a record."""
    if summary.kind == "record":
        return ENGLISH["record"]
    if summary.components:
        return ENGLISH["award"]
    kind = (summary.achievement_type or "").removeprefix("ext:")
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).capitalize()
    return ENGLISH.get(f"kind_{kind}", spaced or ENGLISH["certificate"])


def facts_of(report: VerificationReport, summary: Summary, sayings: Sayings) -> Iterator[Line]:
    """What stands in large type below the title: date, credits, level, result."""
    if summary.valid_from is not None:
        yield Line(
            ENGLISH["assembled" if summary.kind == "record" else "awarded"], sayings.say(in_words(summary.valid_from))
        )
    if summary.kind == "record":
        yield Line(ENGLISH["entries"], sayings.say(str(len(report.components))))
    if credits_text := credits_in_words(summary):
        yield Line(ENGLISH["credits"], sayings.say(credits_text))
    if levels := "\n".join(named(fact) for fact in summary.levels):
        yield Line(ENGLISH["level"], sayings.say(levels))
    if summary.result and (result := result_in_words(report.document or {}, summary.result)):
        yield Line(ENGLISH["result"], sayings.say(result))
    if summary.valid_until is not None:
        yield Line(ENGLISH["valid_until"], sayings.say(in_words(summary.valid_until)))


def credits_in_words(summary: Summary) -> str:
    """`1 ECTS credit`; of several systems each on its line; the bare number where no system is named."""
    if summary.credits:
        return "\n".join(named(fact) for fact in summary.credits)
    return "" if summary.credits_earned is None else str(summary.credits_earned)


def result_in_words(document: JsonObject, value: str) -> str:
    """A result with the sign of its type: marks out of a hundred are percentages."""
    subject = document.get("credentialSubject")
    achievement = subject.get("achievement") if isinstance(subject, dict) else None
    rules = achievement.get("resultDescription") if isinstance(achievement, dict) else None
    are_marks = [rule.get("resultType") == "Percent" for rule in _objects(rules)]
    return f"{value} %" if are_marks and all(are_marks) and "%" not in value else value


def outcomes_of(summary: Summary) -> list[str]:
    """The learning outcomes: what is described as such, else the list in the criteria, where others put them."""
    return list(summary.outcomes) or [found.strip() for found in _OUTCOME.findall(summary.criteria or "")]


def criteria_of(summary: Summary) -> str:
    """The criteria without that list and the line that leads to it."""
    text = summary.criteria or ""
    if not _OUTCOME.search(text):
        return text
    return _LEAD.sub("", _OUTCOME.sub("", text)).strip()


def described(summary: Summary, sayings: Sayings) -> Iterator[Line]:
    """Who awarded, the described properties of the achievement by kind, and what this learner has to show."""
    if summary.awarding_body:
        yield Line(ENGLISH["awarding_body"], sayings.say(summary.awarding_body))
    for kind, label in DESCRIBED.items():
        if kind == "translation":  # below, each with its language
            continue
        if names := [fact.name for fact in summary.facts if fact.kind == kind]:
            yield Line(label, sayings.say("\n".join(dict.fromkeys(names))))
    for translation in summary.translations:
        yield Line(f"{ENGLISH['translations']} ({translation.code})", sayings.say(translation.name))
    for shown in summary.evidence:
        if text := "\n".join(filter(None, (shown.name, shown.narrative, shown.url))):
            yield Line(ENGLISH["evidence"], sayings.say(text))
    if summary.narrative:
        yield Line(ENGLISH["narrative"], sayings.say(summary.narrative))


def rests_on(document: JsonObject, summary: Summary) -> str | None:
    """What an award was given for: how many credentials, by which pathway."""
    if not summary.components:
        return None
    counted = f"{len(summary.components)} credentials of the learner"
    for proof in _objects(document.get("proof")):
        if proof.get("cryptosuite") == CRYPTOSUITE:
            try:
                evidence = from_proof(proof).evidence
                pathway = parse_pathway(evidence.pathway) if evidence else None
            except CairnError:  # judged elsewhere: what cannot be read is only not told here
                break
            if pathway is not None:
                return f"{counted}, by the pathway “{pathway.title}”, version {pathway.version}"
    return counted


def entry_of(report: VerificationReport, sayings: Sayings) -> Entry:
    """One credential of a record as a row."""
    summary = report.summary or Summary(kind="other")
    issuer = (
        report.issuer.accredited_name or f"{report.issuer.claimed_name or report.issuer.did or '—'} (not confirmed)"
    )
    return Entry(
        date=short_date(summary.valid_from) if summary.valid_from else "—",
        title=sayings.say(summary.achievement_name or summary.name or "—"),
        issuer=sayings.say(issuer),
        credits=sayings.say("\n".join(filter(None, (credits_in_words(summary), *map(named, summary.levels))))),
        result=sayings.say(result_in_words(report.document or {}, summary.result) if summary.result else ""),
        standing=standing_in_record(report),
    )


def marks_of(report: VerificationReport, standing: Standing) -> Iterator[Mark]:
    """What has to be said in large letters."""
    if not standing.is_known:
        yield Mark("NOT CONFIRMED", standing.text)
    elif standing.code != "valid":
        yield Mark(standing.code.replace("_", " ").upper(), standing.text)
    if report.chain is not None and report.chain.network in NETWORKS:
        yield Mark(*NETWORKS[report.chain.network])


def proof_of(report: VerificationReport, standing: Standing, summary: Summary, sayings: Sayings) -> Iterator[Line]:
    """Where the proof stands, for whoever checks without us."""
    chain = report.chain
    yield Line(ENGLISH["status"], sayings.spell(standing.text))
    if chain is not None:
        if chain.anchored_at is not None:
            when = in_words(chain.anchored_at, clock=True)
            yield Line(ENGLISH["anchored"], sayings.spell(f"{when}, on {chain.network_name} (chain {chain.chain_id})"))
        if registry := shown_bytes(chain.registry):
            yield Line(ENGLISH["registry"], sayings.spell(f"eip155:{chain.chain_id}:{registry}"))
    if report.issuer.accreditor:
        yield Line(ENGLISH["accreditor"], sayings.spell(checksum_address(report.issuer.accreditor)))
    if report.issuer.did:
        yield Line(ENGLISH["issuer_did"], sayings.spell(report.issuer.did))
    if summary.id:
        yield Line(ENGLISH["identifier"], sayings.spell(summary.id))
    if fingerprint := shown_bytes(report.digest):
        yield Line(ENGLISH["fingerprint"], sayings.spell(fingerprint))


def short_date(moment: datetime) -> str:
    """`2 Mar 2026`."""
    return f"{moment.day} {moment:%b %Y}"


def named(fact: Fact) -> str:
    """A level or a number of credits with the framework that it belongs to."""
    return f"{fact.name} ({fact.framework})" if fact.framework and fact.framework not in fact.name else fact.name


def _objects(value: JsonValue) -> list[JsonObject]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]
