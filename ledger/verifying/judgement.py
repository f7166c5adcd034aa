"""Judges one document after another, once everything has been read. The numbers are those of `verifier.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from ledger.chain.registry import IssuerState
from ledger.documents.keys import PublicKey, ed25519_key
from ledger.documents.strict_json import JsonObject
from ledger.errors import InvalidProof, MalformedDocument
from ledger.verifying.anchoring import Anchoring, Place, Standing, check_anchoring
from ledger.verifying.as_of import (
    AsOf,
    components_since,
    inscribed_by,
    is_later,
    key_of_now,
    period_since,
    record_since,
    with_changes_since,
)
from ledger.verifying.dossier import Dossier
from ledger.verifying.findings import Findings, not_run
from ledger.verifying.history import Versions
from ledger.verifying.holder import check_holder
from ledger.verifying.inscriptions import Inscriptions
from ledger.verifying.issuer import Recognition, check_issuer, registered
from ledger.verifying.issuer_keys import KEY_UNKNOWN, KeySource, did_key_source, holds_its_key
from ledger.verifying.off_ledger import OffLedger
from ledger.verifying.period import check_period
from ledger.verifying.policy import Policy
from ledger.verifying.readings import Access, Lookups, Refused, RegistryKey, Unknown, View
from ledger.verifying.recognition import check_endorsement
from ledger.verifying.report import CHECK_IDS, ChainFacts, Check, IssuerFacts, Outcome, VerificationReport, shown_bytes
from ledger.verifying.resources import Resources
from ledger.verifying.selective import of_the_whole
from ledger.verifying.signature import Canonicalizer, Signatures, check_signatures
from ledger.verifying.stack import check_award, check_record, component_queries
from ledger.verifying.status import check_status
from ledger.verifying.structure import Kind
from ledger.verifying.subjects import Voucher
from ledger.verifying.token_keys import check_signing_keys
from ledger.verifying.verdict import conclude

if TYPE_CHECKING:
    from ledger.verifying.blockcerts import Blockcerts


@dataclass(frozen=True)
class Judgement:
    """All that one verification judges by. `shown` holds every document that was handed in, by digest; `versions` the
    records among those. `as_of` is there if all is judged as of a moment of the past, which is then `now` too.
    """

    policy: Policy
    access: Mapping[RegistryKey, Access]
    lookups: Lookups
    resources: Resources
    canonicalizer: Canonicalizer
    now: datetime
    shown: Mapping[bytes, JsonObject]
    inscriptions: Inscriptions
    versions: Versions
    as_of: AsOf | None = None

    def report(self, dossier: Dossier) -> VerificationReport:
        """The report on a document and on all that it holds."""
        any_issuer = self.policy.any_issuer
        if dossier.schema is None:
            checks = (dossier.structure, *self._despite_structure(dossier))
            on = self.as_of.on if self.as_of else None
            return conclude(dossier, checks, _issuer_facts(dossier), None, any_issuer=any_issuer, as_of=on)
        of_itself = self._of_today() if self._is_later(dossier) else self
        findings = of_itself.findings_of(dossier)
        components = tuple(self.report(part) for part in dossier.parts)
        checks = (
            dossier.structure,  # 1
            self._schema(dossier.schema),  # 2
            *findings.checks,  # 3 to 8
            of_itself.period_of(dossier, findings),  # 9
            self._stack(dossier, components),  # 10
            check_holder(dossier, _voucher(dossier, findings)),  # 11
        )
        issuer = _issuer_facts(dossier, findings.recognition)
        return conclude(
            dossier,
            checks,
            issuer,
            findings.chain,
            components,
            any_issuer=any_issuer,
            consulted=findings.consulted,
            as_of=self.as_of.on if self.as_of else None,
            later=of_itself is not self,
        )

    def _is_later(self, dossier: Dossier) -> bool:
        """Whether this is a record that was put together after the moment that counts."""
        access = self.access.get(dossier.anchor.registry) if isinstance(dossier.anchor, Place) else None
        return self.as_of is not None and is_later(dossier, access, self.as_of)

    def _of_today(self) -> Judgement:
        """The same judgement, as of now."""
        if self.as_of is None:
            return self
        access = {key: one.today() if isinstance(one, View) else one for key, one in self.access.items()}
        return replace(self, access=access, now=self.as_of.now, as_of=None)

    def period_of(self, dossier: Dossier, findings: Findings) -> Check:
        """Check 9."""
        may_lack_beginning = dossier.kind is Kind.OTHER
        check = check_period(dossier.document, self.now, findings.anchored_at, may_lack_beginning=may_lack_beginning)
        return period_since(check, dossier.document, self.as_of) if self.as_of else check

    def _despite_structure(self, dossier: Dossier) -> list[Check]:
        """The other checks where check 1 did not pass: whether a Merkle proof belongs to a document can still be told,
        and whether a ledger holds its root."""
        made = {check.id: check for check in self._blockcerts.place(dossier)} if dossier.merkle_proofs else {}
        why = "the structure of the document can't be relied on"
        return [made.get(check) or not_run(check, why) for check in CHECK_IDS[1:]]

    def _schema(self, check: Check) -> Check:
        """Check 2. Who accepts any issuer also accepts kinds of credentials that nobody has published a schema for."""
        if check.code != "schema_unknown" or not self.policy.any_issuer:
            return check
        message = "Not needed: Cairn has no schema for this kind of credential. What it says was not looked at."
        return Check("schema", Outcome.SKIPPED, "not_needed", message, check.evidence)

    @cached_property
    def _off_ledger(self) -> OffLedger:
        return OffLedger(
            self.resources, self.canonicalizer, self.now, any_issuer=self.policy.any_issuer, as_of=self.as_of
        )

    @cached_property
    def _blockcerts(self) -> Blockcerts:
        from ledger.verifying.blockcerts import Blockcerts

        return Blockcerts(self.inscriptions, self.resources, self.canonicalizer, any_issuer=self.policy.any_issuer)

    def findings_of(self, dossier: Dossier) -> Findings:
        """Checks 3 to 8."""
        place = dossier.anchor
        if not isinstance(place, Place):
            findings = self._off_ledger.findings(dossier, place)
            if not dossier.merkle_proofs:
                return findings
            findings = self._blockcerts.findings(dossier, findings)
            return inscribed_by(findings, dossier.document, self.as_of) if self.as_of else findings
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
            source = _registry_keys(dossier, entry, anchored_at or view.reading.block.time)
            signatures = check_signatures(dossier, source, self.canonicalizer, self.now)  # 3
        else:
            signatures = Signatures(not_run("signature", "the keys of the issuer are not known"))
        anchoring = check_anchoring(  # 4, 5
            dossier.document, place, view, self.lookups, signature=signatures.check.outcome
        )
        if dossier.selective is not None:
            anchoring = of_the_whole(anchoring)
        issuer, recognition, key = self._issuer_and_key(dossier, place, entry, signatures, anchoring, view)  # 6, 7
        status = _dependent("status", anchoring) or check_status(place, anchoring, view, self.lookups)  # 8
        if self.as_of is not None and anchoring.state is not None:
            key, status = key_of_now(key), with_changes_since(status, place.query, view)
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
        view: View,
    ) -> tuple[Check, Recognition | None, Check]:
        """Checks 6 and 7."""
        if isinstance(entry, Check):
            if entry.code == "issuer_unknown" and anchoring.standing in (Standing.PENDING, Standing.UNKNOWN):
                # Registered and anchored only just now, perhaps: the final blocks don't know the issuer yet.
                entry = Check("issuer", Outcome.INDETERMINATE, anchoring.anchor.code, anchoring.anchor.message)
            return entry, None, not_run("key", "the issuer is not one that the registry knows")
        if check := _dependent("issuer", anchoring):
            return check, None, _dependent("key", anchoring) or check
        did = dossier.issuer_did or ""
        issuer, recognition = check_issuer(
            did,
            place,
            anchoring,
            self.policy,
            self.resources.did_document(did, may_fetch=False),
            signatures,
            needs_accreditation=dossier.kind is not Kind.RECORD,
        )
        if not signatures.verified:
            return issuer, recognition, not_run("key", "no signature was found to be good")
        now = view.today().reading.block.time
        return issuer, recognition, check_signing_keys(dossier, signatures.keys, entry, anchoring, now)

    def _unread(self, dossier: Dossier, place: Place, access: Unknown | Refused) -> Findings:
        """A document with an anchor proof, and a registry that gave no answer or does not count."""
        why = access if isinstance(access, Unknown) else KEY_UNKNOWN
        source = self._source_off_ledger(dossier, why)
        signatures = check_signatures(dossier, source, self.canonicalizer, self.now)  # 3
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

    def _source_off_ledger(self, dossier: Dossier, why: Unknown) -> KeySource | Unknown | InvalidProof:
        """The keys that the issuer publishes, where the registry gave no answer, or why there are none."""
        source = self._off_ledger.keys(dossier)
        return why if isinstance(source, Unknown) else source

    def _stack(self, dossier: Dossier, components: tuple[VerificationReport, ...]) -> Check:
        """Check 10."""
        if dossier.kind is Kind.RECORD:
            check = check_record(dossier, components, self.versions)
            return check if self.as_of is None else record_since(check, components)
        place = dossier.anchor if isinstance(dossier.anchor, Place) else None
        if dossier.kind is Kind.ENDORSEMENT and (place is None or place.proof.evidence is None):
            return check_endorsement(dossier.document, self.shown)
        access = self.access[place.registry] if place else None
        check = check_award(
            dossier.document,
            place.proof if place else None,
            access,
            self.lookups,
            self.shown,
            any_issuer=self.policy.any_issuer,
        )
        if place is None or not isinstance(access, View) or self.as_of is None:
            return check
        return components_since(check, component_queries(dossier.document, place.proof), access)


def _voucher(dossier: Dossier, findings: Findings) -> Voucher | None:
    """The publisher of a record, if its word counts: it is recognised, and the record is shown to be its own."""
    recognition = findings.recognition
    if recognition is None or any(check.outcome is not Outcome.VALID for check in findings.checks):
        return None
    name = recognition.name or dossier.issuer_did or ""
    return Voucher(name, shown_bytes(recognition.period.accreditor))


def _registry_keys(dossier: Dossier, entry: IssuerState, when: int) -> KeySource | Unknown | InvalidProof:
    """The keys that the registry lists, those first that were open at that time, the newest first among them."""
    did = dossier.issuer_did or ""
    if holds_its_key(did):
        return did_key_source(did)
    periods = sorted(entry.keys, key=lambda period: (period.covers(when), period.valid_from), reverse=True)
    return KeySource("registry", tuple(key for period in periods if (key := _sound_key(period.key))))


@lru_cache(maxsize=1024)
def _sound_key(data: bytes) -> PublicKey | None:
    """The key, unless it is one that can't be relied on: under some, one signature fits every message."""
    try:
        return ed25519_key(data)
    except MalformedDocument:
        return None


def _dependent(check: str, anchoring: Anchoring) -> Check | None:
    """Check 6, 7 or 8 where 4 and 5 leave nothing to build on; None where they do."""
    if anchoring.standing is Standing.UNKNOWN:
        return Check(check, Outcome.INDETERMINATE, anchoring.anchor.code, anchoring.anchor.message)
    if anchoring.standing is Standing.ABSENT:
        return not_run(check, "the document was not found on a ledger that counts")
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
        block=view.block,
        anchored_at=anchoring.anchored_at,
        sources=view.reading.sources,
        providers=view.reading.providers,
    )
