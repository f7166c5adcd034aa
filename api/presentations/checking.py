"""Checking a presentation that somebody brought: what it has to answer, and that its challenge counts but once."""

from __future__ import annotations

from api.site import Site
from api.verification.waiting import waits_for_the_ledger
from ledger.documents.presentation import Presentation
from ledger.documents.strict_json import JsonObject
from ledger.verifying.presented import Asked, PresentationReport, refused_after_all
from ledger.verifying.report import Check, Outcome


def check_presentation(
    site: Site,
    presentation: Presentation,
    *,
    challenge: str | None = None,
    audience: str | None = None,
    any_issuer: bool = False,
) -> PresentationReport:
    """The report on a presentation. A challenge of this site is spent with the first answer that holds.

    It is not spent where the ledger could not be read: then nothing was told, and the same answer may come again.
    Raises MalformedDocument for something presented that cannot be read.
    """
    named = challenge if challenge is not None else answered(presentation.document)
    ours = named is not None and site.challenges.is_ours(named)
    asked = asked_here(site, named, audience) if ours and named else Asked(challenge, audience)
    report = site.verify_presentation(presentation, asked, any_issuer=any_issuer)
    if ours and named and report.is_answered and not any(map(waits_for_the_ledger, report.credentials)):
        problem = site.challenges.spend(named)
        return report if problem is None else refused_after_all(report, problem)
    return report


def asked_here(site: Site, challenge: str, audience: str | None) -> Asked:
    """What this site asked with a challenge. Whoever checks may name the audience too, and must name the same."""
    asked = site.challenges.asked(challenge)
    if asked.refused is None and audience is not None and audience != asked.audience:
        message = "The challenge was asked for another audience than the one that checks."
        return Asked(challenge, asked.audience, Check("holder", Outcome.INVALID, "audience_mismatch", message))
    return asked


def answered(document: JsonObject) -> str | None:
    """The challenge that the first proof of a presentation names, whatever it is worth."""
    proof = document.get("proof")
    first = proof[0] if isinstance(proof, list) and proof else proof
    challenge = first.get("challenge") if isinstance(first, dict) else None
    return challenge if isinstance(challenge, str) else None
