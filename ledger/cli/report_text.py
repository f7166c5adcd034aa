"""A verification report as text for a terminal."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from ledger.chain.providers import Providers
from ledger.documents.did import document_url
from ledger.documents.text import visible
from ledger.errors import MalformedDocument
from ledger.verifying.report import VerificationReport
from ledger.verifying.verdict import reduced

SIGNS = {"valid": "✓", "invalid": "✗", "indeterminate": "?", "skipped": "·"}
WORDS = {"valid": "VALID", "invalid": "NOT VALID", "indeterminate": "COULD NOT CHECK"}
COLOURS = {"valid": "32", "invalid": "31", "indeterminate": "33", "skipped": "2"}


def render(report: VerificationReport) -> str:
    """The report as text: the verdict first, then who and by whom, then each check as a sentence."""
    lines = [f"{sign(report.verdict, strong=True)}  {report.message}", *since(report), *facts(report)]
    lines += [f"  {paint(SIGNS[c.outcome], c.outcome)} {c.id:<10} {c.message}" for c in report.checks]
    lines += [member(component) for component in report.components]
    return "\n".join(lines) + "\n"


def since(report: VerificationReport) -> list[str]:
    """What a verdict for a moment of the past does not tell: in which ways it would be another one now."""
    return [paint(f"  SINCE THEN: {one.message}", "invalid", strong=True) for one in report.since]


def member(report: VerificationReport) -> str:
    """One credential of a record: what it is and by whom, and why where it is not valid."""
    name = report.summary.name if report.summary and report.summary.name else "a credential"
    by = report.issuer.accredited_name or report.issuer.did or "an unknown issuer"
    why = "" if report else f": {report.message}"
    why += "".join(f" SINCE THEN: {one.message}" for one in report.since)
    return f"    {paint(SIGNS[report.verdict], report.verdict)} {name}, {by}{why}"


def facts(report: VerificationReport) -> list[str]:
    """What is said, of whom, by whom, and on which network; a claimed name is called a claim."""
    summary, issuer, chain = report.summary, report.issuer, report.chain
    lines, did = [], visible(issuer.did or "", limit=300)
    if summary is not None:
        date = summary.valid_from.date().isoformat() if summary.valid_from else None
        lines.append("  " + " · ".join(part for part in (summary.name, summary.learner_name, date) if part))
        if summary.supersedes is not None:
            why = f": {summary.correction}" if summary.correction else ""
            lines.append(f"  supersedes {summary.supersedes}{why}")
        lines += said_by_it(report)
        lines += [f"  withheld by its holder: {', '.join(report.withheld)}"] if report.withheld else []
    if issuer.accredited_name:
        lines.append(f"  issued by {issuer.accredited_name}, as its accreditor calls it ({did})")
    elif issuer.did:
        lines.append(f"  issuer {did}" + (f", calls itself {issuer.claimed_name!r}" if issuer.claimed_name else ""))
    lines += foreign(report)
    if chain is not None and chain.network != "production":
        lines.append(f"  {chain.network.upper()} CHAIN: {chain.network_name} proves nothing to a stranger.")
    if chain is not None and chain.providers is not None and not report:
        lines += nodes(chain.providers)
    return [line for line in lines if line.strip()]


def said_by_it(report: VerificationReport) -> list[str]:
    """Whether an achievement bears credit and meets the CMF, what an endorsement says."""
    comment = report.summary.comment if report.summary else None
    lines = [f"  {sentence}" for sentence in report.bearing.sentences()] if report.bearing else []
    return [*lines, *(f"  says: {line}" for line in (comment or "").split("\n") if line)]


def foreign(report: VerificationReport) -> list[str]:
    """How a document was signed that no ledger speaks of, what was read for it, and whether any issuer would do."""
    lines = []
    if report.any_issuer:
        lines.append("  UNSAFE POLICY any-issuer: nobody was asked who the issuer is.")
    signed = report.check("signature").evidence
    suites = signed.get("suites")
    method = visible(str(signed.get("method") or "its key"), limit=200)
    if report.chain is None and isinstance(suites, list):
        lines.append(f"  signed with {', '.join(str(suite) for suite in suites)} by {method}")
    lines += [f"  {document.how}: {visible(document.url, limit=200)}" for document in report.consulted]
    lines += [f"  not given: {url} (--document URL=FILE gives it, --fetch asks for it)" for url in not_given(report)]
    return lines


def not_given(report: VerificationReport) -> list[str]:
    """The addresses of what the signature or the status could not be checked without."""
    found: list[object] = []
    did = report.issuer.did or ""
    if report.check("signature").code == "key_unknown" and did.startswith("did:web:"):
        with suppress(MalformedDocument):
            found.append(document_url(did))
    if report.check("status").code == "status_unknown" and report.document is not None:
        entry = report.document.get("credentialStatus")
        found.append(entry.get("statusListCredential") if isinstance(entry, dict) else None)
    return [visible(url, limit=200) for url in found if isinstance(url, str)]


def nodes(providers: Providers) -> list[str]:
    """Where the verdict is not good: with which nodes there was trouble, and whether fewer than usual had to agree."""
    lines = [f"  {one.node}: {one.message}" for one in providers.troubles]
    return [f"  {reduced(providers)}", *lines] if providers.is_reduced else lines


def sign(outcome: str, *, strong: bool) -> str:
    return paint(f"{SIGNS[outcome]} {WORDS[outcome]}", outcome, strong=strong)


def paint(text: str, outcome: str, *, strong: bool = False) -> str:
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{'1;' if strong else ''}{COLOURS[outcome]}m{text}\x1b[0m"
