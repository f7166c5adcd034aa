"""Check 10: does what a document rests on hold, piece by piece and as a whole?

An award names its pathway and its components by digest, and carries in its anchor proof where each component stands on
the ledger. So a component can be checked without being shown; if all are shown beside the award, the pathway's rule is
evaluated again over what they say, and over the decisions by which some of them count. A record holds its credentials
in full, and is never better than the worst of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ledger.chain.registry import StateQuery
from ledger.documents.canonical import digest
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument
from ledger.proofs.anchor_proof import AnchorProof, AwardEvidence, ComponentEvidence
from ledger.stacking.held import read_held
from ledger.stacking.pathway import Pathway
from ledger.verifying.components import (
    COMPONENT,
    RECOGNITION,
    Award,
    Fault,
    Named,
    Part,
    Standing,
    award_of,
    issuers_asked_for,
    query_of,
    standing,
)
from ledger.verifying.dossier import Dossier
from ledger.verifying.double_counting import anchor_in, readable_award, refuse_counted_twice
from ledger.verifying.history import Versions
from ledger.verifying.issuer import did_hash
from ledger.verifying.readings import Access, Lookups, Unknown, View
from ledger.verifying.recognition import decides, recognition_dict, recognitions_among
from ledger.verifying.report import Check, Outcome, VerificationReport
from ledger.verifying.rule import decisions_of, evaluate_again, held_of, pathway_of

_SHOWN_FAILURES = 20
_RESTS_ON_NOTHING = Check("stack", Outcome.SKIPPED, "not_needed", "The document does not rest on other credentials.")


def component_queries(document: JsonObject, proof: AnchorProof) -> list[StateQuery]:
    """What to ask the registry about what an award rests on, in its order. Nothing for what is no sound award."""
    award = readable_award(document)
    if award is None or proof.evidence is None:
        return []
    return [query_of(named, place) for named, place in zip(award.proved, proof.evidence.components, strict=False)]


def check_award(
    document: JsonObject,
    proof: AnchorProof | None,
    access: Access | None,
    lookups: Lookups,
    shown: Mapping[bytes, JsonObject],
    *,
    any_issuer: bool = False,
) -> Check:
    """Check 10 for one credential. `shown` holds the documents that were handed in together, by digest; with
    `any_issuer` nobody need have recognised the issuers of the components.

    Codes: `stack_malformed`, `evidence_missing`, `evidence_mismatch`, `pathway_mismatch`, `pathway_invalid`,
    `rule_not_met`, `rule_undecided`, `component_duplicate`, `component_counted_twice`, those of COMPONENT and
    RECOGNITION, `recognition_malformed`, `not_final`; valid: `ok` if all that the award rests on
    was shown and the rule was evaluated over it, `components_proved` if some of it was not.
    """
    try:
        award = award_of(document)
    except MalformedDocument:
        return _stack(Outcome.INVALID, "stack_malformed", "What the award rests on is not named as it should be.")
    evidence = proof.evidence if proof else None
    if award is None and evidence is None:
        return _RESTS_ON_NOTHING
    if award is None:
        return _stack(
            Outcome.INVALID, "evidence_mismatch", "The proof speaks of credentials that the award does not name."
        )
    if proof is None or evidence is None:
        message = "The award rests on other credentials, and the proof that would let us check them was left out."
        return _stack(Outcome.INDETERMINATE, "evidence_missing", message)
    if isinstance(access, Unknown):
        return _stack(Outcome.INDETERMINATE, access.code, access.message)
    if not isinstance(access, View):
        message = "Not run because the ledger that the document names is not trusted."
        return _stack(Outcome.SKIPPED, "not_run", message)
    return _Awards(access, lookups, shown, any_issuer).check(document, award, proof, evidence)


class _Awards:
    """Checks an award, and the awards that it rests on where they were shown."""

    def __init__(self, view: View, lookups: Lookups, shown: Mapping[bytes, JsonObject], any_issuer: bool) -> None:
        self._view = view
        self._lookups = lookups
        self._shown = shown
        self._any_issuer = any_issuer
        self._checked: dict[bytes, Check] = {}

    def check(self, document: JsonObject, award: Award, proof: AnchorProof, evidence: AwardEvidence) -> Check:
        facts: dict[str, JsonValue] = {}
        try:
            return self._check(document, award, proof, evidence, facts)
        except Fault as fault:
            return _stack(fault.outcome, fault.code, str(fault), facts)

    def _check(
        self,
        document: JsonObject,
        award: Award,
        proof: AnchorProof,
        evidence: AwardEvidence,
        facts: dict[str, JsonValue],
    ) -> Check:
        """Raises Fault for what does not hold, and leaves in `facts` what was found until then."""
        pathway = pathway_of(document, award, evidence)
        facts["pathway"] = pathway.id
        self._note_standing(pathway, award, evidence, facts)
        held, decided = held_of(award, self._shown), decisions_of(award, self._shown)
        facts["shown"] = len(held)
        self._check_inner(award)
        if any("relatedResource" in other for other in self._shown.values() if other is not document):
            refuse_counted_twice(digest(document), award, pathway, proof, self._shown, self._view)
        count = len(award.components)
        if len(held) + len(decided) < len(award.proved):
            lacking = "not all of them were shown" if held else "what they say was not shown"
            message = (
                f"The award rests on {count} credentials. Each is on the ledger and in force; "
                f"{lacking}, so the rule of the award was not evaluated again.{self._other_versions(award, facts)}"
            )
            return _stack(Outcome.VALID, "components_proved", message, facts)
        itself = read_held(document)
        evaluate_again(pathway, held, decided, itself.awarded_on if itself else None)
        message = f"The award rests on {count} credentials, which hold and meet the rule of “{pathway.title}”."
        return _stack(Outcome.VALID, "ok", message, facts)

    def _note_standing(
        self, pathway: Pathway, award: Award, evidence: AwardEvidence, facts: dict[str, JsonValue]
    ) -> None:
        """How each component and each decision stands on the ledger, and whether it is from whom the rule asks."""
        count = len(award.components)
        places = evidence.components
        components = [
            self._standing(named, place, COMPONENT)
            for named, place in zip(award.components, places[:count], strict=True)
        ]
        issuers = issuers_asked_for(pathway, components, len(award.recognitions))
        facts["components"] = [one.to_dict(did) for one, did in zip(components, issuers, strict=True)]
        authorities = {did_hash(did): did for did in pathway.recognised_by}
        recognitions: list[JsonValue] = []
        for named, place in zip(award.recognitions, places[count:], strict=True):
            one = self._standing(named, place, RECOGNITION)
            if one.issuer not in authorities:
                message = "A recognition decision that the award relies on is not from whom the rule names."
                raise Fault(RECOGNITION.issuer_mismatch, message)
            recognitions.append(one.to_dict(authorities[one.issuer]))
        if recognitions:
            facts["recognitions"] = recognitions

    def _standing(self, named: Named, place: ComponentEvidence, part: Part) -> Standing:
        return standing(named, place, self._view, self._lookups, part=part, any_issuer=self._any_issuer)

    def _other_versions(self, award: Award, facts: dict[str, JsonValue]) -> str:
        """A sentence on what was shown under the name of something that the award rests on, and is not that."""
        lacking = {named.id for named in award.proved if named.digest not in self._shown}
        found = [name for name in lacking if any(other.get("id") == name for other in self._shown.values())]
        if not found:
            return ""
        listed: list[JsonValue] = [name[:200] for name in sorted(found)]
        facts["other_versions"] = listed[:_SHOWN_FAILURES]
        return (
            f" {len(found)} of those that were shown {'is' if len(found) == 1 else 'are'} not in the form or version "
            "that the award names, and left out."
        )

    def _check_inner(self, award: Award) -> None:
        """The awards among the components, where they were shown: one that does not hold takes this one with it."""
        for named in award.components:
            document = self._shown.get(named.digest)
            inner = readable_award(document) if document is not None else None
            proof = anchor_in(document) if document is not None and inner is not None else None
            if document is None or inner is None or proof is None or proof.evidence is None:
                continue
            if any(query not in self._view.states for query in component_queries(document, proof)):
                continue
            if named.digest not in self._checked:
                self._checked[named.digest] = self.check(document, inner, proof, proof.evidence)
            found = self._checked[named.digest]
            if found.outcome is Outcome.INVALID:
                raise Fault(found.code, f"An award that this one rests on does not hold. {found.message}")


def check_record(record: Dossier, reports: Sequence[VerificationReport], versions: Versions) -> Check:
    """Check 10 for a record, from the reports on what it holds, in the same order, and the records handed in with it.

    Codes: `duplicate_credential`, `component_invalid`, `component_indeterminate`, and those of `Versions.fault`.
    """
    ids = [str(part.document.get("id")) for part in record.parts]
    facts: dict[str, JsonValue] = {"credentials": len(reports), **versions.facts(record)}
    if len(set(ids)) < len(ids):
        twice: list[JsonValue] = [name[:200] for name, count in Counter(ids).items() if count > 1]
        facts["twice"] = twice[:_SHOWN_FAILURES]
        return _stack(Outcome.INVALID, "duplicate_credential", "The record holds one credential twice.", facts)
    if fault := versions.fault(record):
        return _stack(Outcome.INVALID, fault.code, fault.message, facts)
    failing: list[JsonValue] = [
        {"position": position, "id": ids[position][:200], "code": report.code}
        for position, report in enumerate(reports)
        if not report
    ]
    facts |= {"valid": len(reports) - len(failing), "failing": failing[:_SHOWN_FAILURES]}
    decided = recognitions_among((part.document for part in record.parts), reports)
    if decided:
        facts["recognitions"] = [recognition_dict(one) for one in decided[:_SHOWN_FAILURES]]
    counted = f"{len(failing)} of the {len(reports)} credentials in the record"
    if any(report.verdict is Outcome.INVALID for report in reports):
        return _stack(Outcome.INVALID, "component_invalid", f"{counted} did not pass; see each of them.", facts)
    if failing:
        return _stack(Outcome.INDETERMINATE, "component_indeterminate", f"{counted} could not be checked.", facts)
    all_of_them = "The one credential" if len(reports) == 1 else f"All {len(reports)} credentials"
    verb = "is" if len(reports) == 1 else "are"
    also = f" Among them: {'; '.join(f'one {decides(one)}' for one in decided[:3])}." if decided else ""
    return _stack(Outcome.VALID, "ok", f"{all_of_them} in the record {verb} valid.{also}", facts)


def _stack(outcome: Outcome, code: str, message: str, evidence: Mapping[str, JsonValue] | None = None) -> Check:
    return Check("stack", outcome, code, message, evidence or {})
