"""How the achievements in a record belong together: as far as the awards among them say."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.documents.record import Association, award_associations
from ledger.documents.strict_json import JsonObject
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs.anchor_proof import CRYPTOSUITE, from_proof
from ledger.stacking.held import HeldCredential, read_held
from ledger.stacking.pathway import Pathway, parse_pathway
from ledger.stacking.rules import AllOf


def associations_of(documents: Sequence[JsonObject]) -> list[Association]:
    """The achievements of components are children of those of their awards, which may be components in turn; and where
    the pathway has them in an order, each comes before the next.
    """
    if not any("relatedResource" in document for document in documents):
        return []  # no award among them: nothing rests on anything, and no digest is needed
    read = [(document, held) for document in documents if (held := read_held(document)) is not None]
    by_digest = {held.digest: held for _, held in read}
    found: dict[tuple[str, str, str], Association] = {}
    for document, award in read:
        components = [by_digest[digest].achievement_id for digest in award.rests_on if digest in by_digest]
        if components:
            is_in_order = len(components) == len(award.rests_on) and _is_in_order(document, award)
            for association in award_associations(award.achievement_id, components, in_order=is_in_order):
                found[association.kind, association.source_id, association.target_id] = association
    return list(found.values())


def _is_in_order(document: JsonObject, award: HeldCredential) -> bool:
    """Whether the rule that the award's anchor proof carries asks for the components in their order."""
    pathway = _pathway(document)
    if pathway is None or pathway.id != award.pathway_id:
        return False
    return isinstance(pathway.rule, AllOf) and pathway.rule.in_order


def _pathway(document: JsonObject) -> Pathway | None:
    proofs = document.get("proof")
    for proof in proofs if isinstance(proofs, list) else [proofs]:
        if isinstance(proof, dict) and proof.get("cryptosuite") == CRYPTOSUITE:
            try:
                evidence = from_proof(proof).evidence
                return parse_pathway(evidence.pathway) if evidence else None
            except (InvalidProof, MalformedDocument):
                return None
    return None
