"""Finds, among documents that are shown together, an award that counts what another award had counted already."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.chain.registry import Address, IssuerId, StateQuery
from ledger.documents.strict_json import JsonObject
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs.anchor_proof import AnchorProof, from_proof
from ledger.stacking.pathway import Pathway, parse_pathway
from ledger.verifying.components import Award, Fault, award_of
from ledger.verifying.readings import View
from ledger.verifying.structure import is_anchor, proofs_of


def refuse_counted_twice(
    own: bytes, award: Award, pathway: Pathway, proof: AnchorProof, shown: Mapping[bytes, JsonObject], view: View
) -> None:
    """Raises Fault `component_counted_twice` if an award that was anchored before this one (digest `own`) rests on one
    of the same credentials, and the pathway of either lets them count once only.

    The other award has to stand on the same ledger: what anybody could have written down counts for nothing.
    """
    components = {named.digest for named in award.components}
    for digest, document in shown.items():
        if digest == own or "relatedResource" not in document:
            continue
        other, place = readable_award(document), anchor_in(document)
        if other is None or place is None or not components & {named.digest for named in other.components}:
            continue
        if not (pathway.no_double_counting or _is_exclusive(place)):
            continue
        earlier, mine = _anchored_at(digest, place, view), _anchored_at(own, proof, view)
        if earlier is not None and mine is not None and (earlier, digest) < (mine, own):
            message = (
                f"A credential that the award rests on counts towards “{str(document.get('name'))[:200]}” already, "
                "and may count once only."
            )
            raise Fault("component_counted_twice", message)


def readable_award(document: JsonObject) -> Award | None:
    """What a document rests on, or None also where that can't be read."""
    try:
        return award_of(document)
    except MalformedDocument:
        return None


def anchor_in(document: JsonObject) -> AnchorProof | None:
    """The anchor proof of a document, if it has one that can be read."""
    anchors = [proof for proof in proofs_of(document) if is_anchor(proof)]
    try:
        return from_proof(anchors[0]) if len(anchors) == 1 else None
    except InvalidProof:
        return None


def _is_exclusive(proof: AnchorProof) -> bool:
    try:
        return proof.evidence is not None and parse_pathway(proof.evidence.pathway).no_double_counting
    except MalformedDocument:
        return False


def _anchored_at(digest: bytes, proof: AnchorProof, view: View) -> int | None:
    """When a document was anchored in the registry that is looked at; None if it is not there, or has no force."""
    if (proof.chain_id, Address(proof.registry)) != view.key:
        return None
    state = view.states.get(StateQuery(IssuerId(proof.issuer_id), proof.root_for(digest), proof.status_index))
    if (
        state is None
        or state.anchor is None
        or state.anchor.withdrawn_at
        or state.revoked
        or state.accreditation is None
    ):
        return None
    return state.anchor.anchored_at
