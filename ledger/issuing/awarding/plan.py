"""Who would be awarded, and who is nearly there: each learner beside a pathway, before anything is drafted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256

from ledger.documents.credential import Learner
from ledger.documents.recognition import Recognition
from ledger.issuing.values import StoredPathway
from ledger.stacking.evaluation import Evaluation, evaluate
from ledger.stacking.held import HeldCredential
from ledger.stacking.pathway import Pathway

COUNTED_ELSEWHERE = "counted_elsewhere"


@dataclass(frozen=True)
class Refusal:
    """A credential that does not count, and why: a stable code and a sentence."""

    credential_id: str
    title: str
    code: str
    reason: str


@dataclass(frozen=True)
class Holder:
    """A learner, the credentials in force that a pathway may count, and those that it can't."""

    learner: Learner
    held: tuple[HeldCredential, ...]
    refused: tuple[Refusal, ...] = ()
    recognitions: tuple[Recognition, ...] = ()

    @property
    def basis(self) -> bytes:
        """32 bytes that stand for all that can count: other ones once anything of it changes."""
        digests = sorted([*(one.digest for one in self.held), *(one.endorsement_digest for one in self.recognitions)])
        return sha256(b"".join(digests)).digest()


class Standing(StrEnum):
    ENTITLED = "entitled"
    AWARDED = "awarded"  # holds the award already
    INCOMPLETE = "incomplete"


@dataclass(frozen=True)
class Prospect:
    """A learner and what the pathway says of them. `award` is the id of the award that they hold already."""

    holder: Holder
    evaluation: Evaluation
    refused: tuple[Refusal, ...]
    award: str | None

    @property
    def learner(self) -> Learner:
        return self.holder.learner

    @property
    def standing(self) -> Standing:
        if self.award is not None:
            return Standing.AWARDED
        return Standing.ENTITLED if self.evaluation.satisfied else Standing.INCOMPLETE


@dataclass(frozen=True)
class AwardPlan:
    """Every learner who holds something that the pathway asks for, those who are nearest to the award first."""

    pathway: StoredPathway
    prospects: tuple[Prospect, ...]

    def of(self, standing: Standing) -> tuple[Prospect, ...]:
        return tuple(prospect for prospect in self.prospects if prospect.standing is standing)


def assess(
    pathway: Pathway, holder: Holder, *, on: date, award: str | None = None, used: Mapping[bytes, str] | None = None
) -> Prospect:
    """What the pathway says of one learner on this day. `used` says of digests why they count elsewhere already."""
    elsewhere = used or {}
    # A pathway reserves what its awards rest on, also against pathways that reserve nothing themselves.
    reserved = [] if pathway.no_double_counting else [one for one in holder.held if one.digest in elsewhere]
    evaluation = evaluate(
        pathway,
        [one for one in holder.held if one not in reserved],
        recognitions=holder.recognitions,
        on=on,
        used=elsewhere.keys(),
    )
    refused = [(one.credential, one.code, one.reason) for one in evaluation.refused]
    refused += [(one, COUNTED_ELSEWHERE, "") for one in reserved]
    told = tuple(
        Refusal(
            one.credential_id, one.title, code, elsewhere.get(one.digest, why) if code == COUNTED_ELSEWHERE else why
        )
        for one, code, why in refused
    )
    return Prospect(holder, evaluation, (*holder.refused, *told), award)


def in_order(prospects: Sequence[Prospect]) -> tuple[Prospect, ...]:
    """Those who are entitled, then the others by how far they have come, then those who hold the award."""
    rank = {Standing.ENTITLED: 0, Standing.INCOMPLETE: 1, Standing.AWARDED: 2}
    return tuple(
        sorted(
            prospects,
            key=lambda one: (rank[one.standing], -one.evaluation.progress, one.learner.learner_id),
        )
    )
