"""A report in words for people: what a page shows of it, and nothing that the report does not say.

The institution's name comes from its accreditor; a name that only the document claims is labelled so. A network that is
not a production network is named in a banner on every page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from api.web.words import (
    ANY_ISSUER,
    AS_OF,
    BANNERS,
    CHECK_WORDS,
    COUNTED,
    KINDS,
    SINCE_THEN,
    TITLES,
    UNKNOWN,
    WORDS,
    Banner,
)
from ledger.documents.fields import LANGUAGE
from ledger.documents.summary import Fact as Described
from ledger.documents.summary import Shown, Summary
from ledger.documents.text import visible
from ledger.rendering.wording import DESCRIBED
from ledger.verifying.report import Check, Outcome, VerificationReport, shown_bytes, shown_time, to_the_second

SHOWN_ADDRESS = 200
CONSULTED = {"given": "Given for this check", "fetched": "Fetched for this check"}
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9._~:/%-]{1,300}")
"""What can stand in a command as it is."""


@dataclass(frozen=True)
class Fact:
    label: str
    value: str


@dataclass(frozen=True)
class CheckView:
    """One check as a sentence. `word` says in words what the symbol shows."""

    outcome: str
    title: str
    word: str
    sentence: str
    code: str


@dataclass(frozen=True)
class VerdictView:
    """Everything that a page shows of one report. `parts` are the credentials inside."""

    outcome: str
    word: str
    sentence: str
    kind: str
    title: str
    language: str | None
    learner: str | None
    awarded: str | None
    accredited_name: str | None
    claimed_name: str | None
    is_record: bool
    facts: tuple[Fact, ...]
    more: tuple[Fact, ...]
    checks: tuple[CheckView, ...]
    parts: tuple[VerdictView, ...]
    tally: str
    ledger: tuple[Fact, ...]
    banners: tuple[Banner, ...]
    command: str

    @property
    def issuer_name(self) -> str | None:
        return self.accredited_name or (f"“{self.claimed_name}” (not recognised)" if self.claimed_name else None)

    @property
    def learner_label(self) -> str:
        return "Belongs to" if self.is_record else "Awarded to"

    @property
    def issuer_label(self) -> str:
        return "Put together by" if self.is_record else "Institution"

    @property
    def claim_note(self) -> str:
        if self.is_record:
            return "It need not be recognised: each credential inside stands on its own."
        return "No accreditor that this site trusts has vouched for it."

    @property
    def parts_title(self) -> str:
        return "Credentials in this record" if self.is_record else "What this award rests on"


Successor = Callable[[VerificationReport], str | None]
"""The id of the credential that supersedes the one of a report, as far as this site knows."""


def view_of(
    report: VerificationReport,
    *,
    rpc: str | None = None,
    successor: Successor = lambda _: None,
    languages: Sequence[str] = (),
) -> VerdictView:
    """The page's view of a report. `rpc` is a node's address to show in the command, if there is one to name.

    Title and description are in the first of the `languages` that the document has.
    """
    summary = report.summary
    titled = summary.in_language(languages) if summary else None
    kind = "award" if summary and summary.components else summary.kind if summary else "document"
    return VerdictView(
        outcome=report.verdict.value,
        word=word_of(report.verdict, report.as_of),
        sentence=sentence(report.message),
        kind=KINDS.get(kind, "Document"),
        title=(titled.title if titled else None) or UNKNOWN,
        language=titled.language if titled and LANGUAGE.fullmatch(titled.language or "") else None,
        learner=summary.learner_name if summary else None,
        awarded=shown_day(summary.valid_from) if summary else None,
        accredited_name=report.issuer.accredited_name,
        claimed_name=report.issuer.claimed_name,
        is_record=kind == "record",
        facts=tuple(facts_of(report, successor(report), titled.description if titled else None)),
        more=tuple(more_of(summary)) if summary else (),
        checks=tuple(check_view(check) for check in report.checks),
        parts=stacked(report.components, rpc, successor, languages),
        tally=tally(report.components),
        ledger=tuple(ledger_of(report)),
        banners=tuple(banners_of(report)),
        command=command_of(report, rpc),
    )


def word_of(verdict: Outcome, as_of: datetime | None) -> str:
    """The verdict in words, with the moment that it is for, where that is not now."""
    return f"{WORDS[verdict]}, as of {to_the_second(as_of)}" if as_of else WORDS[verdict]


def banners_of(report: VerificationReport) -> Iterator[Banner]:
    """The warnings that belong above a report: that any issuer was accepted, and which kind of network it stands on."""
    for change in report.since:
        yield Banner(SINCE_THEN, change.message)
    if report.as_of is not None:
        held = f"This is what held on {to_the_second(report.as_of)}. Leave out the date to see what holds now."
        yield Banner(AS_OF, held)
    if report.any_issuer:
        yield ANY_ISSUER
    if report.chain is not None and report.chain.network in BANNERS:
        yield BANNERS[report.chain.network]


def stacked(
    reports: Sequence[VerificationReport], rpc: str | None, successor: Successor, languages: Sequence[str]
) -> tuple[VerdictView, ...]:
    """The credentials of a record, each award standing over those of the record that it rests on."""
    places = {report.summary.id: place for place, report in enumerate(reports) if report.summary}
    below: dict[int, list[int]] = {}
    taken: set[int] = set()
    for place, report in enumerate(reports):
        found = [places[name] for name in components_of(report) if name in places]
        below[place] = [
            part for part in found if part != place and part not in taken and not components_of(reports[part])
        ]
        taken.update(below[place])
    views = [view_of(report, rpc=rpc, successor=successor, languages=languages) for report in reports]
    return tuple(
        replace(
            view, parts=tuple(views[part] for part in below[place]), tally=tally([reports[p] for p in below[place]])
        )
        for place, view in enumerate(views)
        if place not in taken
    )


def components_of(report: VerificationReport) -> tuple[str, ...]:
    """The ids of the credentials that an award names; none for anything else."""
    return report.summary.components if report.summary else ()


def tally(reports: Sequence[VerificationReport]) -> str:
    """How many credentials there are, by verdict."""
    counts = {word: sum(report.verdict is outcome for report in reports) for outcome, word in COUNTED.items()}
    said = [f"{count} {word}" for word, count in counts.items() if count]
    return f"{len(reports)} in all: {', '.join(said)}."


def check_view(check: Check) -> CheckView:
    title = TITLES.get(check.id, check.id)
    return CheckView(check.outcome.value, title, CHECK_WORDS[check.outcome], sentence(check.message), check.code)


def facts_of(report: VerificationReport, superseded_by: str | None, about: str | None) -> list[Fact]:
    """What the document says, as far as its structure can be trusted, and what supersedes it."""
    summary = report.summary
    if summary is None:
        return []
    pairs = [
        ("Achievement", summary.achievement_name if summary.achievement_name != summary.name else None),
        ("Awarded by", summary.awarding_body),
        ("Result", summary.result),
        ("Withheld by the holder", ", ".join(report.withheld)),
        ("Level", "; ".join(described(fact) for fact in summary.levels)),
        ("Credits", "; ".join(described(fact) for fact in summary.credits)),
        ("Awarded on" if summary.kind != "record" else "Put together on", shown_day(summary.valid_from)),
        ("Valid until", shown_day(summary.valid_until)),
        ("Identifier (DID)", report.issuer.did),
        ("Credit", report.bearing.sentences()[0] if report.bearing else None),
        ("Common Microcredential Framework", report.bearing.sentences()[1] if report.bearing else None),
        ("Says", summary.comment),
        ("About", about),
        ("Supersedes", summary.supersedes),
        ("Reason of the correction", summary.correction),
        ("Superseded by", superseded_by),
    ]
    return [Fact(label, str(value)) for label, value in pairs if value]


def more_of(summary: Summary) -> list[Fact]:
    """What else the document says about the achievement: how it was earned, and what it leads to."""
    grouped: dict[str, list[str]] = {}
    for fact in summary.facts:
        if fact.kind in DESCRIBED and fact.kind != "creditBearing":  # which the facts above say in full
            grouped.setdefault(DESCRIBED[fact.kind], []).append(fact.name)
    facts = [Fact(label, "; ".join(grouped[label])) for label in DESCRIBED.values() if label in grouped]
    if summary.criteria:
        facts.insert(0, Fact("Outcomes and criteria", summary.criteria))
    facts += [Fact("Evidence", shown_evidence(entry)) for entry in summary.evidence]
    return facts


def shown_evidence(entry: Shown) -> str:
    """A piece of evidence in one line: what it is called, its kind, where it is, what it shows."""
    named = f"{entry.name} ({entry.genre})" if entry.name and entry.genre else entry.name or entry.genre
    return " · ".join(part for part in (named, entry.url, entry.narrative) if part)


def ledger_of(report: VerificationReport) -> list[Fact]:
    """Where the proof stands, and as of which block the answer holds."""
    chain = report.chain
    if chain is None:
        return signed_by(report)
    facts = [Fact("Network", f"{chain.network_name} (chain {chain.chain_id})")]
    facts += inscribed_by(report) if chain.registry is None else [Fact("Registry", shown_bytes(chain.registry) or "")]
    if chain.anchored_at is not None:
        facts.append(Fact("Anchored", shown_seconds(chain.anchored_at)))
    if chain.block is not None:
        facts.append(Fact("Read at", f"block {chain.block.number:,}, {shown_seconds(chain.block.time)}"))
        facts.append(Fact("Block hash", shown_bytes(chain.block.hash) or ""))
    if chain.sources:
        facts.append(Fact("Answered by", ", ".join(chain.sources)))
    facts.append(Fact("Fingerprint", shown_bytes(report.digest) or ""))
    return facts


def inscribed_by(report: VerificationReport) -> list[Fact]:
    """The transaction that holds a document without a registry, and what was read to tell whose it is."""
    evidence = report.check("anchor").evidence
    facts = [Fact("Transaction", str(evidence.get("transaction"))), Fact("Sent by", str(evidence.get("sender")))]
    return facts + [Fact(CONSULTED[one.how], visible(one.url, limit=SHOWN_ADDRESS)) for one in report.consulted]


def signed_by(report: VerificationReport) -> list[Fact]:
    """How a document off the ledger was signed, and what was read to check that."""
    evidence = report.check("signature").evidence
    suites = evidence.get("suites")
    if not isinstance(suites, list):
        return []
    facts = [Fact("Signed with", ", ".join(str(suite) for suite in suites))]
    if method := evidence.get("method"):
        facts.append(Fact("Signed by", visible(str(method), limit=SHOWN_ADDRESS)))
    facts += [Fact(CONSULTED[one.how], visible(one.url, limit=SHOWN_ADDRESS)) for one in report.consulted]
    return [*facts, Fact("Fingerprint", shown_bytes(report.digest) or "")]


def command_of(report: VerificationReport, rpc: str | None) -> str:
    """The command that repeats the check with nothing of ours but the program."""
    words = ["cairn verify FILE"]
    if report.chain is not None and report.chain.registry is None:
        words.append(f"--anchor-rpc eip155:{report.chain.chain_id}=https://YOUR-NODE")
    else:
        words += [f"--rpc {rpc or 'https://YOUR-NODE'}", f"--registry {place_of(report)}"]
        named = dict.fromkeys(shown_bytes(part.issuer.accreditor) for part in (report, *report.components))
        words += [f"--accreditor {address}" for address in named if address] or ["--accreditor ADDRESS"]
    words += [f"--on {shown_time(int(report.as_of.timestamp() // 1))}"] if report.as_of else []
    words += ["--policy any-issuer"] if report.any_issuer else []
    words += [f"--document '{one.url}'=FILE" for one in report.consulted if PLAIN_ADDRESS.fullmatch(one.url)]
    return " \\\n  ".join(words)


def place_of(report: VerificationReport) -> str:
    """The registry's CAIP-10 name, or a word for it."""
    chain = report.chain
    return f"eip155:{chain.chain_id}:{shown_bytes(chain.registry)}" if chain else "eip155:CHAIN:ADDRESS"


def sentence(text: str) -> str:
    """A message as a sentence: capital letter, full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".") if text else ""


def described(fact: Described) -> str:
    """A level or a number of credits with the framework that it belongs to."""
    return f"{fact.name} ({fact.framework})" if fact.framework and fact.framework not in fact.name else fact.name


def shown_day(moment: datetime | None) -> str | None:
    """A moment as 14 March 2026."""
    return f"{moment.day} {moment:%B %Y}" if moment else None


def shown_seconds(seconds: int) -> str:
    """Unix seconds as 14 March 2026, 09:30 UTC."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return str(seconds)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"
