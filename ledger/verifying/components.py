"""What an award rests on, one by one: what it names, and how each of that stands on the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.chain.registry import IssuerId, StateQuery
from ledger.documents.canonical import parse_digest_multibase
from ledger.documents.credential import (
    CREDENTIAL_MEDIA_TYPE,
    PATHWAY_MEDIA_TYPE,
    names_recognition,
    names_superseded,
)
from ledger.documents.strict_json import JsonObject
from ledger.errors import MalformedDocument
from ledger.proofs.anchor_proof import ComponentEvidence
from ledger.stacking.pathway import Pathway
from ledger.verifying.issuer import did_hash
from ledger.verifying.readings import Lookups, Unknown, View
from ledger.verifying.report import Outcome, shown_bytes, shown_time
from ledger.verifying.status import reason_in_words
from ledger.verifying.structure import Kind, kind_of


@dataclass(frozen=True)
class Part:
    """What an award rests on, in words and with the codes of all that may be wrong with it."""

    words: str
    not_anchored: str
    withdrawn: str
    revoked: str
    suspended: str
    issuer_mismatch: str
    issuer_not_accredited: str


COMPONENT = Part(
    "A credential that the award rests on",
    "component_not_anchored",
    "component_withdrawn",
    "component_revoked",
    "component_suspended",
    "component_issuer_mismatch",
    "component_issuer_not_accredited",
)
RECOGNITION = Part(
    "A recognition decision that the award relies on",
    "recognition_not_anchored",
    "recognition_withdrawn",
    "recognition_revoked",
    "recognition_suspended",
    "recognition_issuer_mismatch",
    "recognition_issuer_not_accredited",
)


@dataclass(frozen=True)
class Named:
    """A document that another names: by its id, bound by its digest."""

    id: str
    digest: bytes


@dataclass(frozen=True)
class Award:
    """What an award says that it rests on, and by which recognition decisions."""

    pathways: tuple[Named, ...]
    components: tuple[Named, ...]
    recognitions: tuple[Named, ...]

    @property
    def proved(self) -> tuple[Named, ...]:
        """All that the evidence in its anchor proof covers, in that order."""
        return self.components + self.recognitions


class Fault(Exception):
    """Why the stack does not hold, or why that can't be told."""

    def __init__(self, code: str, message: str, outcome: Outcome = Outcome.INVALID) -> None:
        super().__init__(message)
        self.code = code
        self.outcome = outcome


def award_of(document: JsonObject) -> Award | None:
    """What the document rests on; None if it names no credentials. Raises MalformedDocument for an unusable digest.

    A record names the version before it, and an endorsement what it speaks of: neither rests on that.
    """
    related = document.get("relatedResource")
    if related is None or kind_of(document) is not Kind.CREDENTIAL:
        return None
    entries = [entry for entry in (related if isinstance(related, list) else [related]) if isinstance(entry, dict)]
    entries = [entry for entry in entries if not names_superseded(entry)]
    credentials = [entry for entry in entries if entry.get("mediaType") == CREDENTIAL_MEDIA_TYPE]
    components = _named(entry for entry in credentials if not names_recognition(entry))
    recognitions = _named(entry for entry in credentials if names_recognition(entry))
    pathways = _named(entry for entry in entries if entry.get("mediaType") == PATHWAY_MEDIA_TYPE)
    return Award(pathways, components, recognitions) if components else None


def query_of(named: Named, place: ComponentEvidence) -> StateQuery:
    """What to ask the registry about it."""
    return StateQuery(IssuerId(place.issuer_id), place.root_for(named.digest), place.status_index)


@dataclass(frozen=True)
class Standing:
    """One thing that an award rests on, on the ledger and in force: by whom, and the block time of its anchor."""

    named: Named
    place: ComponentEvidence
    issuer: bytes
    anchored_at: int

    def to_dict(self, issuer_did: str | None) -> JsonObject:
        return {
            "id": self.named.id,
            "issuer": issuer_did,
            "issuer_id": shown_bytes(self.place.issuer_id),
            "status_index": self.place.status_index,
            "anchored_at": shown_time(self.anchored_at),
        }


def standing(
    named: Named, place: ComponentEvidence, view: View, lookups: Lookups, *, part: Part, any_issuer: bool
) -> Standing:
    """How it stands. Raises Fault with a code of the `part`, or `not_final`, if it does not."""
    query, subject = query_of(named, place), part.words
    state = view.states[query]
    if doubt := view.doubt(query):
        raise _not_anchored(doubt, part)
    if state.anchor is None:
        raise _not_anchored(lookups.anchored_in_head(view, query.issuer_id, query.root), part)
    if state.anchor.tree_size != place.tree_size:
        raise _not_anchored(False, part)
    if state.anchor.withdrawn_at:
        reason = reason_in_words(state.anchor.withdrawal_reason)
        raise Fault(part.withdrawn, f"{subject} was withdrawn: {reason}.")
    if state.revoked:
        raise Fault(part.revoked, f"{subject} has been revoked.")
    if state.suspended:
        raise Fault(part.suspended, f"{subject} is suspended.")
    issuer = view.issuer(query.issuer_id)
    if issuer is None:
        raise Fault(part.issuer_mismatch, f"{subject} is not from whom the rule asks.")
    if state.accreditation is None and not any_issuer:
        message = f"Nobody whom this check trusts recognised the issuer: {subject[0].lower()}{subject[1:]} is theirs."
        raise Fault(part.issuer_not_accredited, message)
    return Standing(named, place, issuer.did_hash, state.anchor.anchored_at)


def issuers_asked_for(pathway: Pathway, components: Sequence[Standing], recognised: int) -> list[str | None]:
    """The DID of who gave each component, which the rule has to ask for; None where a decision stands in for that.

    Where the components have a place each, they are in that order. Else each issuer may not have given more than the
    pathway asks of it, but for as many as were recognised. Raises Fault `component_issuer_mismatch`.
    """
    if pathway.is_plain:
        asked = [[pathway.component(name).issuer_did] for name in pathway.rule.achievement_ids]
        matched = [did_hash(dids[0]) == one.issuer for dids, one in zip(asked, components, strict=True)]
        unmatched = matched.count(False)
    else:
        asked = [[one.issuer_did, *(other.issuer_did for other in one.substitutes)] for one in pathway.components]
        unmatched = len(components) - _matches(
            [one.issuer for one in components], [set(map(did_hash, d)) for d in asked]
        )
    if unmatched > recognised:
        raise Fault("component_issuer_mismatch", "A credential that the award rests on is not from whom the rule asks.")
    known = {did_hash(did): did for dids in asked for did in dids}
    return [known.get(one.issuer) for one in components]


def _matches(issuers: Sequence[bytes], places: Sequence[set[bytes]]) -> int:
    """How many of the components can have a place each, by who may fill it (augmenting paths)."""
    taken: dict[int, int] = {}

    def find(component: int, tried: set[int]) -> bool:
        for place, allowed in enumerate(places):
            if place not in tried and issuers[component] in allowed:
                tried.add(place)
                if place not in taken or find(taken[place], tried):
                    taken[place] = component
                    return True
        return False

    return sum(find(component, set()) for component in range(len(issuers)))


def _not_anchored(pending: bool | Unknown, part: Part) -> Fault:
    if isinstance(pending, Unknown):
        return Fault(pending.code, pending.message, Outcome.INDETERMINATE)
    if pending:
        message = f"{part.words} was put on the ledger only just now; wait until that is final."
        return Fault("not_final", message, Outcome.INDETERMINATE)
    return Fault(part.not_anchored, f"{part.words} is not on the ledger.")


def _named(entries: Iterable[JsonObject]) -> tuple[Named, ...]:
    named = []
    for entry in entries:
        identifier, digest = entry.get("id"), entry.get("digestMultibase")
        if not isinstance(identifier, str) or not isinstance(digest, str):
            raise MalformedDocument("digest_format", "a related resource has no id or no digest")
        named.append(Named(identifier, parse_digest_multibase(digest)))
    return tuple(named)
