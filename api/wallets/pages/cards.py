"""What pages show of held credentials: how each stands now, what is new, and what changed since it was last seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.site import Site
from api.wallets.overview import Glance
from api.wallets.pages.plain_words import amount_of, day_of
from api.wallets.sights import SUPERSEDED, standing_of
from api.web.translating import gettext, noted
from api.web.visits import visit
from api.web.words import WORDS
from ledger.verifying.report import Outcome, VerificationReport

CHANGES = {
    "revoked": noted("The institution has revoked it."),
    "suspended": noted("The institution has suspended it: it does not count for now."),
    "batch_withdrawn": noted("The institution has withdrawn it, with everything that it issued together with it."),
    "expired": noted("It has expired."),
    "valid": noted("It is valid again."),
    SUPERSEDED: noted("The institution has corrected it: a new version takes its place."),
}
CHANGED = noted("It is not valid any more. Open it to read why.")
NEVER = noted("It is not valid. Open it to read why.")
STATES = {
    "revoked": noted("Revoked"),
    "suspended": noted("Suspended"),
    "batch_withdrawn": noted("Withdrawn"),
    "expired": noted("Expired"),
    "not_yet_valid": noted("Not valid yet"),
}


@dataclass(frozen=True)
class Card:
    """One held credential. `outcome` is valid, invalid or indeterminate, `word` says it; `change` is what is news.

    `issuer` is empty for one that gives itself no name, and that nobody recognises.

    `standing` is what is noted once it was seen; None where it could not be found out how it stands.
    """

    key: str
    title: str
    language: str | None
    issuer: str
    is_accredited: bool
    kind: str
    day: datetime | None
    outcome: str
    word: str
    credits: str
    level: str
    is_new: bool
    change: str
    standing: str | None
    successor: str | None
    is_others: bool
    rests_on: tuple[str, ...]


def cards_of(site: Site, wallet_id: str, glance: Glance) -> list[Card]:
    """The credentials of a wallet, the newest award first."""
    seen = site.sights.of(wallet_id)
    successor_of = site.successors([report for report in glance.reports if report is not None])
    summed: Any = glance.summed
    lines = {entry["key"]: entry for entry in summed["timeline"]}
    below: dict[str, list[str]] = {}
    for pair in summed["associations"]:
        below.setdefault(pair["award"], []).append(pair["component"])
    held_by_id = {holding.held.credential_id: holding.held.id for holding in glance.holdings}
    cards = []
    for holding, report in zip(glance.holdings, glance.reports, strict=True):
        held = holding.held
        successor = successor_of(report) if report is not None else None
        standing = standing_of(report, successor)
        before = seen.get(held.id)
        line = lines.get(held.id, {})
        titled = report.summary.in_language((visit().language,)) if report is not None and report.summary else None
        accredited = report.issuer.accredited_name if report is not None else held.issuer_name
        claimed = report.issuer.claimed_name if report is not None else None
        cards.append(
            Card(
                key=held.id,
                title=(titled.title if titled else None) or held.name,
                language=titled.language if titled else None,
                issuer=accredited or claimed or "",
                is_accredited=accredited is not None,
                kind=held.kind,
                day=day_of(held.valid_from),
                outcome=(Outcome.INDETERMINATE if report is None else report.verdict).value,
                word=word_of(report, successor),
                credits=", ".join(amount_of(*one) for one in line.get("credits", {}).items()),
                level=", ".join(f"{framework} {level}" for framework, level in line.get("levels", {}).items()),
                is_new=before is None,
                change=change_of(before, standing),
                standing=standing,
                successor=held_by_id.get(successor or ""),
                is_others=holding.whose == "other",
                rests_on=tuple(below.get(held.id, ())),
            )
        )
    return cards


def word_of(report: VerificationReport | None, successor: str | None = None) -> str:
    """How a credential stands, in a word or two."""
    if successor is not None:
        return gettext("Corrected")
    if report is None:
        return gettext("Cannot be read")
    known = STATES.get(report.code) if report.verdict is Outcome.INVALID else None
    return gettext(known or WORDS[report.verdict])


def change_of(before: str | None, standing: str | None) -> str:
    """What has changed since the learner last saw it; nothing for what is new, or could not be checked."""
    if standing is None or standing == before or (before is None and standing == "valid"):
        return ""
    return gettext(CHANGES.get(standing, CHANGED if before else NEVER))


def changed(cards: Sequence[Card]) -> Iterator[Card]:
    """Those that a learner should hear of."""
    return (card for card in cards if card.change)
