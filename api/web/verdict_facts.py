"""The facts of a report, as pages list them: what the document says, where its proof stands, and how to ask again.

Every value is text, or markup that was made here of text. A label and a value stand in the reader's language; what a
document says stays in its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from api.web.dates import day, moment
from api.web.ledger_words import property_name
from api.web.translating import gettext, noted
from ledger.documents.codecs import parse_date_time_stamp
from ledger.documents.summary import Fact as Described
from ledger.documents.summary import Shown
from ledger.documents.text import visible
from ledger.rendering.wording import DESCRIBED
from ledger.verifying.report import VerificationReport, shown_bytes, shown_time

SHOWN_ADDRESS = 200
CONSULTED = {"given": noted("Given for this check"), "fetched": noted("Fetched for this check")}
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9._~:/%-]{1,300}")
"""What can stand in a command as it is."""
LABELS = {
    "workload": noted("Workload"),
    "participation": noted("Participation"),
    "assessment": noted("Assessment"),
    "supervision": noted("Supervision and identity"),
    "complexity": noted("Main task"),
    "taskLevel": noted("Level of the main task"),
    "qualityAssurance": noted("Quality assurance"),
    "entryTo": noted("Gives entry to"),
    "creditTowards": noted("Counts towards"),
    "prerequisite": noted("Builds on"),
    "stacksInto": noted("Stacks into"),
    "ESCOSkill": noted("Skills (ESCO)"),
    "ESCOOccupation": noted("Occupations (ESCO)"),
    "ESCOQualification": noted("Qualifications (ESCO)"),
    "ceasn:Competency": noted("Competencies (CTDL)"),
    "ceterms:Credential": noted("Credentials (CTDL)"),
    "CTDL": noted("Described in CTDL as"),
    "CFItem": noted("Competencies (CASE)"),
    "translation": noted("In other languages"),
}
"""What pages call the described properties of an achievement, by their kind."""
WITHHELD = {
    "results": noted("results"),
    "evidence": noted("evidence"),
    "narrative": noted("narrative"),
    "identifiers": noted("identifiers"),
}
"""What a holder can keep back, by its word in a report."""


@dataclass(frozen=True)
class Fact:
    """One fact. `is_technical` is one that only whoever checks by themselves asks for."""

    label: str
    value: str
    is_technical: bool = False


def facts_of(report: VerificationReport, superseded_by: str | None) -> list[Fact]:
    """What the document says first of all, as far as its structure can be trusted, and what supersedes it."""
    summary = report.summary
    if summary is None:
        return []
    pairs: list[tuple[str, str | None]] = [
        (gettext("Achievement"), summary.achievement_name if summary.achievement_name != summary.name else None),
        (gettext("Awarded by"), summary.awarding_body),
        (gettext("Result"), summary.result),
        (gettext("Level"), listed(described(fact) for fact in summary.levels)),
        (gettext("Credits"), listed(described(fact) for fact in summary.credits)),
        (
            gettext("Put together on") if summary.kind == "record" else gettext("Awarded on"),
            day(summary.valid_from),
        ),
        (gettext("Valid until"), day(summary.valid_until)),
        (gettext("Says"), summary.comment),
        (gettext("Supersedes"), summary.supersedes),
        (gettext("Reason of the correction"), summary.correction),
        (gettext("Superseded by"), superseded_by),
    ]
    return [Fact(label, value) for label, value in pairs if value]


def withheld_of(report: VerificationReport) -> str:
    """What the holder keeps back, in one sentence; empty where nothing is."""
    words = [gettext(WITHHELD[word]) if word in WITHHELD else word for word in report.withheld]
    if not words:
        return ""
    said = gettext("The holder withholds a part of it: %(parts)s. What is shown is as the issuer signed it.")
    return said % {"parts": ", ".join(words)}


def more_of(report: VerificationReport, about: str | None) -> list[Fact]:
    """What else the document says: how it was earned, what it leads to, and by which identifiers it is known."""
    summary = report.summary
    if summary is None:
        return []
    grouped: dict[str, list[str]] = {}
    for fact in summary.facts:
        if fact.kind in DESCRIBED and fact.kind != "creditBearing":  # which `bearing` says in full
            grouped.setdefault(gettext(LABELS.get(fact.kind, DESCRIBED[fact.kind])), []).append(fact.name)
    pairs: list[tuple[str, str | None]] = [
        (gettext("About"), about),
        (gettext("Outcomes and criteria"), summary.criteria),
        *((label, "; ".join(names)) for label, names in grouped.items()),
        (gettext("Credit"), report.bearing.sentences()[0] if report.bearing else None),
        (gettext("Common Microcredential Framework"), report.bearing.sentences()[1] if report.bearing else None),
        *((gettext("Evidence"), shown_evidence(entry)) for entry in summary.evidence),
        (gettext("Recognised since"), day(report.issuer.accredited_from)),
        (gettext("Identifier (DID)"), report.issuer.did),
    ]
    return [Fact(label, value) for label, value in pairs if value]


def shown_evidence(entry: Shown) -> str:
    """A piece of evidence in one line: what it is called, its kind, where it is, what it shows."""
    named = f"{entry.name} ({entry.genre})" if entry.name and entry.genre else entry.name or entry.genre
    parts = [part for part in (named, link_out(entry.url), entry.narrative) if part]
    return Markup(" · ").join(parts)


def link_out(address: str | None) -> Markup:
    """A link to somebody else's site, shown as that site's name. Nothing for what is no web address."""
    if address is None or not address.startswith(("https://", "http://")):
        return Markup("")
    host = urlsplit(address).hostname or ""
    return (
        Markup('<a href="{}" rel="noreferrer noopener nofollow">{}</a>').format(address, host) if host else Markup("")
    )


def ledger_of(report: VerificationReport) -> list[Fact]:
    """Where the proof stands, and as of which block the answer holds."""
    chain = report.chain
    if chain is None:
        return signed_by(report)
    network = gettext("%(name)s (chain %(number)s)") % {"name": gettext(chain.network_name), "number": chain.chain_id}
    facts = [Fact(gettext("Network"), network)]
    if chain.registry is None:
        facts += inscribed_by(report)
    else:
        facts.append(Fact(gettext("Registry"), shown_bytes(chain.registry) or "", is_technical=True))
    if chain.anchored_at is not None:
        facts.append(Fact(gettext("Anchored"), moment(chain.anchored_at)))
    if chain.block is not None:
        read = escape(gettext("block %(number)s, %(moment)s")) % {
            "number": f"{chain.block.number:,}",
            "moment": moment(chain.block.time),
        }
        facts.append(Fact(gettext("Read at"), read))
        facts.append(Fact(gettext("Block hash"), shown_bytes(chain.block.hash) or "", is_technical=True))
    if chain.sources:
        facts.append(Fact(gettext("Answered by"), ", ".join(chain.sources), is_technical=True))
    facts.append(Fact(gettext("Fingerprint"), shown_bytes(report.digest) or "", is_technical=True))
    return facts


def changed_at(report: VerificationReport) -> Markup:
    """When a credential lost its force, in a sentence; nothing where that is not known."""
    status = next((check for check in report.checks if check.id == "status"), None)
    text = status.evidence.get("changed_at") if status else None
    found = parse_date_time_stamp(text) if isinstance(text, str) else None
    if found is None:
        return Markup("")
    return escape(gettext("That happened on %(moment)s.")) % {"moment": moment(found)}


def inscribed_by(report: VerificationReport) -> list[Fact]:
    """The transaction that holds a document without a registry, and what was read to tell whose it is."""
    evidence = report.check("anchor").evidence
    facts = [
        Fact(gettext("Transaction"), str(evidence.get("transaction")), is_technical=True),
        Fact(gettext("Sent by"), str(evidence.get("sender")), is_technical=True),
    ]
    return facts + list(_consulted(report))


def signed_by(report: VerificationReport) -> list[Fact]:
    """How a document off the ledger was signed, and what was read to check that."""
    evidence = report.check("signature").evidence
    suites = evidence.get("suites")
    if not isinstance(suites, list):
        return []
    facts = [Fact(gettext("Signed with"), ", ".join(str(suite) for suite in suites), is_technical=True)]
    if method := evidence.get("method"):
        facts.append(Fact(gettext("Signed by"), visible(str(method), limit=SHOWN_ADDRESS), is_technical=True))
    facts += _consulted(report)
    return [*facts, Fact(gettext("Fingerprint"), shown_bytes(report.digest) or "", is_technical=True)]


def _consulted(report: VerificationReport) -> Iterator[Fact]:
    for one in report.consulted:
        yield Fact(gettext(CONSULTED[one.how]), visible(one.url, limit=SHOWN_ADDRESS), is_technical=True)


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


def listed(words: Iterator[str] | Sequence[str]) -> str:
    return "; ".join(words)


def described(fact: Described) -> str:
    """A level or a number of credits with the framework that it belongs to."""
    name = property_name(fact)
    return f"{name} ({fact.framework})" if fact.framework and fact.framework not in name else name
