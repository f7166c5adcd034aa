"""The entry of a batch for an award: its document, which names what it rests on, and the evidence for that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ledger.documents.achievement import Achievement
from ledger.documents.canonical import digest
from ledger.documents.credential import (
    CREDENTIAL_MEDIA_TYPE,
    PATHWAY_MEDIA_TYPE,
    Learner,
    build_credential,
    new_salt,
    recognition_resource,
    related_resource,
)
from ledger.documents.result import COMPLETED
from ledger.documents.strict_json import JsonObject
from ledger.issuing.drafting import Entry
from ledger.issuing.evidence import component_evidence
from ledger.issuing.values import CredentialKind, Issuer
from ledger.proofs.anchor_proof import AwardEvidence
from ledger.stacking.pathway import Pathway


def award_entry(
    who: Issuer,
    achievement: Achievement,
    pathway: Pathway,
    learner: Learner,
    components: Sequence[JsonObject],
    recognitions: Sequence[JsonObject],
    awarded_on: date,
) -> Entry:
    """The award that rests on these documents, in the order of the rule, some of them by these recognition decisions.

    Raises InvalidProof for a document that is not anchored, `limit_proof` for more than an award can prove.
    """
    related = [
        related_resource(pathway.id, media_type=PATHWAY_MEDIA_TYPE, digest=pathway.digest()),
        *(
            related_resource(str(document["id"]), media_type=CREDENTIAL_MEDIA_TYPE, digest=digest(document))
            for document in components
        ),
        *(recognition_resource(str(document["id"]), digest=digest(document)) for document in recognitions),
    ]
    is_status = achievement.result is not None and achievement.result.result_type == "Status"

    def build(credential_id: str, status_index: int) -> JsonObject:
        return build_credential(
            issuer=who.profile,
            achievement=achievement,
            learner=learner,
            result=COMPLETED if is_status else None,
            awarded_on=awarded_on,
            status_index=status_index,
            credential_id=credential_id,
            salt=new_salt(),
            related=related,
        )

    proved = (*components, *recognitions)
    evidence = AwardEvidence(pathway.canonical(), tuple(component_evidence(document) for document in proved))
    return Entry(CredentialKind.AWARD, achievement.code, achievement.title, learner, build, evidence=evidence)
