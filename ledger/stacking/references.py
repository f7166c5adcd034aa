"""Names in a pathway of what is awarded, decided or published elsewhere: are they names at all, and is it there?

What an issuer that nobody here knows awards is taken to be there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeAlias

from ledger.errors import Problem
from ledger.stacking.pathway import Component, Pathway

AchievementsOf: TypeAlias = Callable[[str], Collection[str] | None]
"""The ids of all that an issuer awards, by its DID; None for an issuer that is not known here."""

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+", re.ASCII)


def foreign_to_all(did: str) -> None:
    """Knows no issuer."""


def unknown_names(pathway: Pathway, others: Sequence[Pathway], achievements_of: AchievementsOf) -> Iterator[Problem]:
    """Names that lead nowhere: `pathway_reference`. `others` are the pathways that are known here."""
    if not _ADDRESS.fullmatch(pathway.issuer_did):
        yield Problem("pathway_reference", f"“{pathway.issuer_did}” is not a DID", column="issuer")
    for index, component in enumerate(pathway.components):
        place = f"components[{index}]"
        yield from _award(component.achievement_id, component.issuer_did, place, achievements_of)
        for number, one in enumerate(component.substitutes):
            yield from _award(one.achievement_id, one.issuer_did, f"{place}.substitutes[{number}]", achievements_of)
        if component.pathway_id is not None:
            yield from _leads_to(component, component.pathway_id, f"{place}.pathway", others, achievements_of)
    for index, did in enumerate(pathway.recognised_by):
        if not _ADDRESS.fullmatch(did):
            yield Problem("pathway_reference", f"“{did}” is not a DID", column=f"recognisedBy[{index}]")


def _award(achievement_id: str, issuer_did: str, place: str, achievements_of: AchievementsOf) -> Iterator[Problem]:
    if not _ADDRESS.fullmatch(achievement_id):
        message = f"“{achievement_id}” is not an address, such as https://… or urn:…"
        yield Problem("pathway_reference", message, column=f"{place}.achievement")
    if not _ADDRESS.fullmatch(issuer_did):
        yield Problem("pathway_reference", f"“{issuer_did}” is not a DID", column=f"{place}.issuer")
    known = achievements_of(issuer_did)
    if known is not None and achievement_id not in known:
        message = f"“{achievement_id}” is not an achievement of {issuer_did}"
        yield Problem("pathway_reference", message, column=place)


def _leads_to(
    component: Component, pathway_id: str, place: str, others: Sequence[Pathway], achievements_of: AchievementsOf
) -> Iterator[Problem]:
    """The pathway that an award has to rest on: it has to lead to that award."""
    found = next((other for other in others if other.id == pathway_id), None)
    if found is not None and found.award_id != component.achievement_id:
        yield Problem("pathway_reference", f"leads to “{found.award_id}”, and not to this component", column=place)
    elif found is None and achievements_of(component.issuer_did) is not None:
        message = f"“{pathway_id}” is not a pathway of {component.issuer_did}"
        yield Problem("pathway_reference", message, column=place)
    elif not _ADDRESS.fullmatch(pathway_id):
        yield Problem("pathway_reference", f"“{pathway_id}” is not the address of a pathway", column=place)
