"""What is wrong with a pathway, given what its issuer knows of the achievements and of other pathways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.documents.achievement import Achievement
from ledger.errors import Problem
from ledger.stacking.pathway import Pathway
from ledger.stacking.structure import structural_problems


def problems_of(pathway: Pathway, known: Mapping[str, Achievement], others: Sequence[Pathway]) -> list[Problem]:
    """Every problem. `known` holds the issuer's own achievements by id, `others` the pathways of its other awards."""
    return structural_problems(pathway)
