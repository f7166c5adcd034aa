"""A report in words for people: what a page shows of it, and nothing that the report does not say.

The institution's name comes from its accreditor; a name that only the document claims is labelled so. A network that is
not a production network is named in a banner on every page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ledger.chain.networks import NetworkKind
from ledger.documents.summary import Fact as Described
from ledger.verifying.report import Check, Outcome, VerificationReport, shown_bytes

WORDS = {
    Outcome.VALID: "Valid",
    Outcome.INVALID: "Not valid",
    Outcome.INDETERMINATE: "Could not check",
    Outcome.SKIPPED: "Not checked",
}
CHECK_WORDS = {
    Outcome.VALID: "passed",
    Outcome.INVALID: "failed",
    Outcome.INDETERMINATE: "could not be checked",
    Outcome.SKIPPED: "did not run",
}
COUNTED = {
    Outcome.VALID: "valid",
    Outcome.INVALID: "not valid",
    Outcome.INDETERMINATE: "could not be checked",
}
TITLES = {
    "structure": "Readable document",
    "schema": "Published standard",
    "signature": "Signature",
    "inclusion": "Place in its batch",
    "anchor": "Anchor in the registry",
    "issuer": "Issuer",
    "key": "Signing key",
    "status": "Revocation",
    "period": "Period",
    "stack": "What it rests on",
    "holder": "Holder",
}
KINDS = {"achievement": "Credential", "award": "Award", "record": "Record", "endorsement": "Endorsement"}
UNKNOWN = "A file whose contents could not be established"


@dataclass(frozen=True)
class Banner:
    """A warning about the network, the same on every page that shows something from it."""

    title: str
    text: str


BANNERS: dict[NetworkKind, Banner] = {
    "embedded": Banner(
        "EMBEDDED CHAIN",
        "This site runs its own small chain on one machine. It shows how everything works; "
        "whoever runs the machine could rewrite it, so it is no proof to others.",
    ),
    "testnet": Banner(
        "TESTNET",
        "The registry stands on a test network. The checks are real, but such a network can be ended or reset.",
    ),
}


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
    learner: str | None
    awarded: str | None
    accredited_name: str | None
    claimed_name: str | None
    is_record: bool
    facts: tuple[Fact, ...]
    checks: tuple[CheckView, ...]
    parts: tuple[VerdictView, ...]
    ledger: tuple[Fact, ...]
    banner: Banner | None
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

    @property
    def parts_sentence(self) -> str:
        counts = {word: sum(part.outcome == outcome for part in self.parts) for outcome, word in COUNTED.items()}
        said = [f"{count} {word}" for word, count in counts.items() if count]
        return f"{len(self.parts)} in all: {', '.join(said)}."


def view_of(report: VerificationReport, *, rpc: str | None = None) -> VerdictView:
    """The page's view of a report. `rpc` is a node's address to show in the command, if there is one to name."""
    summary = report.summary
    kind = "award" if summary and summary.components else summary.kind if summary else "document"
    return VerdictView(
        outcome=report.verdict.value,
        word=WORDS[report.verdict],
        sentence=sentence(report.message),
        kind=KINDS.get(kind, "Document"),
        title=(summary.name if summary else None) or UNKNOWN,
        learner=summary.learner_name if summary else None,
        awarded=shown_day(summary.valid_from) if summary else None,
        accredited_name=report.issuer.accredited_name,
        claimed_name=report.issuer.claimed_name,
        is_record=kind == "record",
        facts=tuple(facts_of(report)),
        checks=tuple(check_view(check) for check in report.checks),
        parts=tuple(view_of(part, rpc=rpc) for part in report.components),
        ledger=tuple(ledger_of(report)),
        banner=BANNERS.get(report.chain.network) if report.chain else None,
        command=command_of(report, rpc),
    )


def check_view(check: Check) -> CheckView:
    title = TITLES.get(check.id, check.id)
    return CheckView(check.outcome.value, title, CHECK_WORDS[check.outcome], sentence(check.message), check.code)


def facts_of(report: VerificationReport) -> list[Fact]:
    """What the document says, as far as its structure can be trusted."""
    summary = report.summary
    if summary is None:
        return []
    pairs = [
        ("Achievement", summary.achievement_name if summary.achievement_name != summary.name else None),
        ("Result", summary.result),
        ("Level", "; ".join(described(fact) for fact in summary.levels)),
        ("Credits", "; ".join(described(fact) for fact in summary.credits)),
        ("Awarded on" if summary.kind != "record" else "Put together on", shown_day(summary.valid_from)),
        ("Valid until", shown_day(summary.valid_until)),
        ("Identifier (DID)", report.issuer.did),
        ("About", summary.description),
    ]
    return [Fact(label, str(value)) for label, value in pairs if value]


def ledger_of(report: VerificationReport) -> list[Fact]:
    """Where the proof stands, and as of which block the answer holds."""
    chain = report.chain
    if chain is None:
        return []
    facts = [
        Fact("Network", f"{chain.network_name} (chain {chain.chain_id})"),
        Fact("Registry", shown_bytes(chain.registry) or ""),
    ]
    if chain.anchored_at is not None:
        facts.append(Fact("Anchored", shown_seconds(chain.anchored_at)))
    if chain.block is not None:
        facts.append(Fact("Read at", f"block {chain.block.number:,}, {shown_seconds(chain.block.time)}"))
        facts.append(Fact("Block hash", shown_bytes(chain.block.hash) or ""))
    if chain.sources:
        facts.append(Fact("Answered by", ", ".join(chain.sources)))
    facts.append(Fact("Fingerprint of the document", shown_bytes(report.digest) or ""))
    return facts


def command_of(report: VerificationReport, rpc: str | None) -> str:
    """The command that repeats the check with nothing of ours but the program."""
    words = ["cairn verify FILE", f"--rpc {rpc or 'https://YOUR-NODE'}"]
    if report.chain is not None:
        words.append(f"--registry eip155:{report.chain.chain_id}:{shown_bytes(report.chain.registry)}")
    else:
        words.append("--registry eip155:CHAIN:ADDRESS")
    named = dict.fromkeys(shown_bytes(part.issuer.accreditor) for part in (report, *report.components))
    words += [f"--accreditor {address}" for address in named if address] or ["--accreditor ADDRESS"]
    return " \\\n  ".join(words)


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
