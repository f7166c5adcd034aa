"""Judges one document after another, once everything has been read. The numbers are those of `verifier.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ledger.chain.registry import IssuerState
from ledger.documents.did import DidDocument
from ledger.documents.strict_json import JsonObject
from ledger.errors import InvalidProof, MalformedDocument
from ledger.verifying.anchoring import Anchoring, Place, Standing, check_anchoring
from ledger.verifying.dossier import Dossier, lay_out
from ledger.verifying.given import GivenDocuments
from ledger.verifying.holder import check_holder
from ledger.verifying.issuer import Recognition, check_issuer, check_key, registered
from ledger.verifying.period import check_period
from ledger.verifying.policy import Policy
from ledger.verifying.readings import Access, Lookups, Refused, RegistryKey, Unknown, View
from ledger.verifying.report import CHECK_IDS, ChainFacts, Check, IssuerFacts, Outcome, VerificationReport
from ledger.verifying.signature import Canonicalizer, KeySource, Signatures, check_signatures, did_key_source
from ledger.verifying.stack import check_award, check_record
from ledger.verifying.status import check_listed_status, check_status, status_list_url
from ledger.verifying.structure import Kind
from ledger.verifying.verdict import conclude

_KEY_UNKNOWN = Unknown("key_unknown", "The issuer's key is not known here, so its signature can't be checked.")
_NO_ANCHOR = (
    "The signature was checked, but nothing on a ledger that this check trusts says when and by whom it was given."
)


@dataclass(frozen=True)
class Findings:
    """Checks 3 to 8 of one document, and the facts that come with them."""

    checks: tuple[Check, ...]
    recognition: Recognition | None = None
    chain: ChainFacts | None = None
    anchored_at: int | None = None


@dataclass(frozen=True)
class Judgement:
    """All that one verification judges by. `shown` holds every document that was handed in, by digest."""

    policy: Policy
    access: Mapping[RegistryKey, Access]
    lookups: Lookups
    given: GivenDocuments
    canonicalizer: Canonicalizer
    now: datetime
    shown: Mapping[bytes, JsonObject]

    def report(self, dossier: Dossier) -> VerificationReport:
        """The report on a document and on all that it holds."""
        if dossier.schema is None:
            not_run = (_not_run(check, "the structure of the document can't be relied on") for check in CHECK_IDS[1:])
            return conclude(dossier, (dossier.structure, *not_run), _issuer_facts(dossier), None)
        findings = self._findings(dossier)
        components = tuple(self.report(part) for part in dossier.parts)
        checks = (
            dossier.structure,  # 1
            dossier.schema,  # 2
            *findings.checks,  # 3 to 8
            check_period(dossier.document, self.now, findings.anchored_at),  # 9
            self._stack(dossier, components),  # 10
            check_holder(dossier),  # 11
        )
        issuer = _issuer_facts(dossier, findings.recognition)
        return conclude(dossier, checks, issuer, findings.chain, components)

    def _findings(self, dossier: Dossier) -> Findings:
        place = dossier.anchor
        if not isinstance(place, Place):
            return self._off_ledger(dossier, place)
        access = self.access[place.registry]
        if isinstance(access, View):
            return self._on_ledger(dossier, place, access)
        return self._unread(dossier, place, access)

    def _on_ledger(self, dossier: Dossier, place: Place, view: View) -> Findings:
        """A document with an anchor proof, and a registry that answered."""
        entry = registered(dossier.issuer_did or "", place, view)
        state = view.states[place.query]
        anchored_at = state.anchor.anchored_at if state.anchor else None
        if isinstance(entry, IssuerState):
            signatures = self._signatures(
                dossier, _registry_keys(dossier, entry, anchored_at or view.reading.block.time)
            )  # 3
        else:
            signatures = Signatures(_not_run("signature", "the keys of the issuer are not known"))
        anchoring = check_anchoring(  # 4, 5
            dossier.document, place, view, self.lookups, signature=signatures.check.outcome
        )
        issuer, recognition, key = self._issuer_and_key(dossier, place, entry, signatures, anchoring)  # 6, 7
        status = _dependent("status", anchoring) or check_status(place, anchoring, view, self.lookups)  # 8
        return Findings(
            (signatures.check, anchoring.inclusion, anchoring.anchor, issuer, key, status),
            recognition,
            _chain_facts(view, anchoring),
            anchoring.anchored_at,
        )

    def _issuer_and_key(
        self,
        dossier: Dossier,
        place: Place,
        entry: IssuerState | Check,
        signatures: Signatures,
        anchoring: Anchoring,
    ) -> tuple[Check, Recognition | None, Check]:
        """Checks 6 and 7."""
        if isinstance(entry, Check):
            if entry.code == "issuer_unknown" and anchoring.standing in (Standing.PENDING, Standing.UNKNOWN):
                # Registered and anchored only just now, perhaps: the final blocks don't know the issuer yet.
                entry = Check("issuer", Outcome.INDETERMINATE, anchoring.anchor.code, anchoring.anchor.message)
            return entry, None, _not_run("key", "the issuer is not one that the registry knows")
        if check := _dependent("issuer", anchoring):
            return check, None, _dependent("key", anchoring) or check
        did = dossier.issuer_did or ""
        issuer, recognition = check_issuer(
            did,
            place,
            anchoring,
            self.policy,
            self.given.did_document(did),
            signatures,
            needs_accreditation=dossier.kind is not Kind.RECORD,
        )
        if not signatures.verified:
            return issuer, recognition, _not_run("key", "no signature was found to be good")
        return issuer, recognition, check_key(signatures.keys, entry, anchoring)

    def _unread(self, dossier: Dossier, place: Place, access: Unknown | Refused) -> Findings:
        """A document with an anchor proof, and a registry that gave no answer or does not count."""
        why = access if isinstance(access, Unknown) else _KEY_UNKNOWN
        signatures = self._signatures(dossier, self._keys_off_ledger(dossier, why))  # 3
        anchoring = check_anchoring(  # 4, 5
            dossier.document, place, access, self.lookups, signature=signatures.check.outcome
        )
        rest = tuple(
            _dependent(check, anchoring) or anchoring.anchor for check in ("issuer", "key", "status")
        )  # 6 to 8
        trusted = self.policy.trusted(*place.registry)
        chain = ChainFacts(trusted.chain_id, trusted.registry, trusted.network, trusted.name) if trusted else None
        if chain is not None and isinstance(access, Unknown):
            chain = replace(chain, providers=access.providers)
        return Findings((signatures.check, anchoring.inclusion, anchoring.anchor, *rest), None, chain)

    def _off_ledger(self, dossier: Dossier, problem: InvalidProof | None) -> Findings:
        """A document without an anchor proof, or with one that can't be read."""
        signatures = self._signatures(dossier, self._keys_off_ledger(dossier, _KEY_UNKNOWN))  # 3
        if problem is not None:
            message = "The proof of where the document stands on the ledger is not built as it should be."
            inclusion = Check("inclusion", Outcome.INVALID, problem.code, message, {"problem": str(problem)})
            rest = (
                _not_run(check, "the anchor proof can't be read") for check in ("anchor", "issuer", "key", "status")
            )
            return Findings((signatures.check, inclusion, *rest))
        status = self._listed_status(dossier)  # 8
        if dossier.kind is Kind.RECORD:
            message = "Not needed: a record need not be on a ledger itself, trust comes from what it holds."
            rest = (
                Check(check, Outcome.SKIPPED, "not_needed", message)
                for check in ("inclusion", "anchor", "issuer", "key")
            )
            return Findings((signatures.check, *rest, status))
        anchor = Check("anchor", Outcome.INDETERMINATE, "no_anchor_proof", _NO_ANCHOR)
        inclusion, issuer, key = (
            _not_run(check, "the document carries no anchor proof") for check in ("inclusion", "issuer", "key")
        )
        return Findings((signatures.check, inclusion, anchor, issuer, key, status))

    def _signatures(self, dossier: Dossier, source: KeySource | Unknown | InvalidProof) -> Signatures:
        return check_signatures(dossier, source, self.canonicalizer, self.now)

    def _keys_off_ledger(self, dossier: Dossier, otherwise: Unknown) -> KeySource | Unknown | InvalidProof:
        """The issuer's keys without a registry: from its did:key, or from its DID document if that was given."""
        did = dossier.issuer_did or ""
        if did.startswith("did:key:"):
            return did_key_source(did)
        document = self.given.did_document(did)
        if isinstance(document, DidDocument) and document.id == did:
            return KeySource("did_document", by_method=document.keys)
        return otherwise

    def _listed_status(self, dossier: Dossier) -> Check:
        url = status_list_url(dossier.document)
        given = self.given.json(url) if url else None
        return check_listed_status(dossier.document, given if isinstance(given, dict) else None, self._is_sound_list)

    def _is_sound_list(self, document: JsonObject) -> bool:
        """Whether a status list is signed by its issuer, and in force."""
        try:
            dossier = lay_out(document)
        except MalformedDocument:
            return False
        if not dossier.is_readable or check_period(document, self.now, None).outcome is not Outcome.VALID:
            return False
        return bool(self._signatures(dossier, self._keys_off_ledger(dossier, _KEY_UNKNOWN)).verified)

    def _stack(self, dossier: Dossier, components: tuple[VerificationReport, ...]) -> Check:
        """Check 10."""
        if dossier.kind is Kind.RECORD:
            return check_record([part.document for part in dossier.parts], components)
        place = dossier.anchor if isinstance(dossier.anchor, Place) else None
        access = self.access[place.registry] if place else None
        return check_award(dossier.document, place.proof if place else None, access, self.lookups, self.shown)


def _registry_keys(dossier: Dossier, entry: IssuerState, when: int) -> KeySource | InvalidProof:
    """The keys that the registry lists, those first that were open at that time, the newest first among them."""
    did = dossier.issuer_did or ""
    if did.startswith("did:key:"):
        return did_key_source(did)
    periods = sorted(entry.keys, key=lambda period: (period.covers(when), period.valid_from), reverse=True)
    return KeySource("registry", tuple(period.key for period in periods))


def _dependent(check: str, anchoring: Anchoring) -> Check | None:
    """Check 6, 7 or 8 where 4 and 5 leave nothing to build on; None where they do."""
    if anchoring.standing is Standing.UNKNOWN:
        return Check(check, Outcome.INDETERMINATE, anchoring.anchor.code, anchoring.anchor.message)
    if anchoring.standing is Standing.ABSENT:
        return _not_run(check, "the document was not found on a ledger that counts")
    return None


def _issuer_facts(dossier: Dossier, recognition: Recognition | None = None) -> IssuerFacts:
    place = dossier.anchor if isinstance(dossier.anchor, Place) else None
    period = recognition.period if recognition else None
    return IssuerFacts(
        did=dossier.issuer_did,
        claimed_name=dossier.issuer_name,
        issuer_id=place.query.issuer_id if place else None,
        accredited_name=recognition.name if recognition else None,
        accreditor=period.accreditor if period else None,
        accredited_from=period.valid_from if period else None,
        accredited_until=period.valid_until if period else None,
    )


def _chain_facts(view: View, anchoring: Anchoring) -> ChainFacts:
    return ChainFacts(
        chain_id=view.trusted.chain_id,
        registry=view.trusted.registry,
        network=view.trusted.network,
        network_name=view.trusted.name,
        block=view.reading.block,
        anchored_at=anchoring.anchored_at,
        sources=view.reading.sources,
        providers=view.reading.providers,
    )


def _not_run(check: str, why: str) -> Check:
    return Check(check, Outcome.SKIPPED, "not_run", f"Not run because {why}.")
