"""Does what a learner holds satisfy a pathway? Pure: the same question always has the same answer.

Whether a credential is genuine and in force is not asked here, nor whether a recognition decision is. Callers hand in
those that are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ledger.documents.recognition import Recognition
from ledger.stacking.admission import Admission, Refusal
from ledger.stacking.choosing import QUICK, Choice, Option, Search
from ledger.stacking.completion import is_whole, is_within_reach, progress, trimmed
from ledger.stacking.explaining import missing_in, needs_in, refused_by_choice
from ledger.stacking.held import HeldCredential
from ledger.stacking.offering import Offer, offer
from ledger.stacking.pathway import Component, Pathway
from ledger.stacking.places import Layout


@dataclass(frozen=True)
class Met:
    """A component, and the credential that was chosen for it; the recognition decision by which it counts, if any."""

    component: Component
    credential: HeldCredential
    recognition: Recognition | None = None


@dataclass(frozen=True)
class Refused:
    """A credential for an achievement of the pathway that can't count: a stable code, and a sentence that says why."""

    credential: HeldCredential
    code: str
    reason: str


@dataclass(frozen=True)
class Evaluation:
    """The answer. `met` is in the pathway's order.

    `missing` are components that could complete it, and `needs` says in sentences what would: "two more of …".
    `progress` goes from 0 to 1. `decided` is False if the search was given up before it had an answer; then
    `satisfied` is False, but nobody knows.
    """

    pathway_id: str
    satisfied: bool
    met: tuple[Met, ...]
    missing: tuple[Component, ...]
    refused: tuple[Refused, ...]
    needs: tuple[str, ...]
    progress: float
    decided: bool = True

    @property
    def chosen(self) -> tuple[HeldCredential, ...]:
        """The credentials that the award rests on, in the order of the pathway."""
        return tuple(entry.credential for entry in self.met)

    @property
    def recognitions_used(self) -> tuple[Recognition, ...]:
        """The recognition decisions that the choice relies on, in the same order."""
        return tuple(entry.recognition for entry in self.met if entry.recognition is not None)


def evaluate(
    pathway: Pathway,
    held: Sequence[HeldCredential],
    *,
    recognitions: Sequence[Recognition] = (),
    on: date | None = None,
    used: Collection[bytes] = (),
) -> Evaluation:
    """Whether `held` satisfies `pathway`, by which choice, and else what is missing and what can't count.

    Ages and periods are judged on the day `on`; without it, on the last day that anything here is dated. `used` are the
    digests of credentials that other awards rest on, for pathways that count none of these.
    """
    day = on or max(
        (*(one.awarded_on for one in held), *(decided.valid_from for decided in recognitions)), default=date.min
    )
    offered = offer(pathway, Admission(pathway, held, recognitions, day, used))
    layout = offered.layout
    choice, satisfied = _chosen(pathway, offered)
    taken = trimmed(layout, choice) if satisfied else dict(choice.taken)
    refusals = [*offered.refusals, *refused_by_choice(pathway, layout, offered.options, taken)]
    if not satisfied:
        refusals += offered.partly
    return Evaluation(
        pathway_id=pathway.id,
        satisfied=satisfied,
        met=_met(pathway, layout, taken),
        missing=() if satisfied else missing_in(pathway, layout, taken),
        refused=_refused(refusals, taken),
        needs=() if satisfied else needs_in(pathway, layout, taken),
        progress=1.0 if satisfied else min(progress(layout, taken), 0.99),
        decided=satisfied or choice.is_exact,
    )


def _chosen(pathway: Pathway, offered: Offer) -> tuple[Choice, bool]:
    """A choice that meets the pathway if there is one, found by a quick search where that is enough."""
    layout, limit = offered.layout, pathway.outside_limit
    search = Search(layout, offered.options, limit, offered.clashes)
    choice, satisfied = _best(layout, search.run(QUICK))
    if satisfied or choice.is_exact:
        return choice, satisfied
    if not is_within_reach(layout, offered.options, limit):
        return replace(choice, is_exact=True), False
    return _best(layout, search.run())


def _best(layout: Layout, choices: Sequence[Choice]) -> tuple[Choice, bool]:
    """A choice that meets the pathway, of few credentials; else the one that is nearest to it. Says which it is."""
    whole = [choice for choice in choices if choice.fits and is_whole(layout, choice.taken)]
    if whole:
        return min(whole, key=lambda choice: len(choice.taken)), True
    return max(choices, key=lambda choice: (choice.fits, progress(layout, choice.taken))), False


def _met(pathway: Pathway, layout: Layout, taken: Mapping[str, Option]) -> tuple[Met, ...]:
    """What was chosen, in the order of the rule; after that what only comes before other things, and the capstone."""
    components = {component.achievement_id: component for component in pathway.components}
    named = dict.fromkeys(pathway.rule.achievement_ids)
    beside = [name for name in layout.entries if name not in named and name != pathway.capstone]
    met = []
    for name in (*named, *beside, *([pathway.capstone] if pathway.capstone else [])):
        if name in taken:
            credential = taken[name].candidate.credential
            at_large = Component(credential.achievement_id, credential.issuer_did, credential.title or None)
            met.append(Met(components.get(name, at_large), credential, taken[name].candidate.recognition))
    return tuple(met)


def _refused(refusals: Sequence[Refusal], taken: Mapping[str, Option]) -> tuple[Refused, ...]:
    """One reason for each credential that was not chosen."""
    seen = {option.candidate.credential.digest for option in taken.values()}
    refused = []
    for refusal in refusals:
        if refusal.credential.digest not in seen:
            seen.add(refusal.credential.digest)
            refused.append(Refused(refusal.credential, refusal.code, refusal.reason))
    return tuple(refused)
