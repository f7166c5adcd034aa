"""Judges what no registry speaks of: documents without an anchor proof, and the status lists that they name.

Without a registry there is a signature, by a key that the issuer publishes; what nobody says is who the issuer is. Such
a document is indeterminate, unless the policy accepts any issuer. The numbers are those of `verifier.py`.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from ledger.documents.codecs import parse_date_time_stamp
from ledger.documents.strict_json import JsonValue
from ledger.errors import InvalidProof, MalformedDocument
from ledger.verifying.as_of import AsOf
from ledger.verifying.data_model import ENDS
from ledger.verifying.dossier import Dossier, read
from ledger.verifying.findings import Findings, not_needed, not_run
from ledger.verifying.issuer import nobody_asked
from ledger.verifying.issuer_keys import KeySource, published_keys
from ledger.verifying.listed_status import PublishedList, check_listed_status
from ledger.verifying.period import check_period
from ledger.verifying.readings import Unknown
from ledger.verifying.report import Check, Consulted, Outcome, in_words, shown_bytes
from ledger.verifying.resources import Resource, Resources
from ledger.verifying.signature import Canonicalizer, Signatures, check_signatures, named_methods
from ledger.verifying.structure import Kind
from ledger.verifying.subjects import SELF_PUBLISHED, is_self_published

_NO_ANCHOR = (
    "Nobody whom this check trusts says who the issuer is: the document carries no proof that it stands on a ledger."
)
_KEY_WAS_IN = {
    "did": "The key that signed is the one in the issuer's identifier.",
    "did_document": "The key that signed is listed in the issuer's identity document.",
    "issuer_address": "The key that signed is published at the issuer's address.",
}


_KEYS_OF_TODAY = (
    "The keys of the issuer are known as it publishes them today; which it had on that date, nobody keeps. A document "
    "that stands on no ledger can have been signed at any time."
)


class OffLedger:
    """Judges documents off the ledger in one verification. `any_issuer` is the policy's word, `as_of` the moment that
    counts, where that is not now.

    Nobody keeps the history of what issuers publish. For a moment of the past a document can be valid only by a key
    that never changes, and by a status list that speaks of that moment: by its own dates, or by showing today that
    something was never revoked.
    """

    def __init__(
        self,
        resources: Resources,
        canonicalizer: Canonicalizer,
        now: datetime,
        *,
        any_issuer: bool,
        as_of: AsOf | None = None,
    ) -> None:
        self._resources = resources
        self._canonicalizer = canonicalizer
        self._now = now
        self._any_issuer = any_issuer
        self._as_of = as_of if as_of is not None and as_of.is_past else None
        self._lists: dict[tuple[str, str | None], PublishedList] = {}

    def keys(self, dossier: Dossier) -> KeySource | Unknown | InvalidProof:
        """The issuer's keys, as it publishes them."""
        return published_keys(dossier.issuer_did or "", named_methods(dossier), self._resources)

    def findings(self, dossier: Dossier, problem: InvalidProof | None) -> Findings:
        """Checks 3 to 8 of a document without an anchor proof or, with a `problem`, one that can't be read."""
        source = self.keys(dossier)
        signatures = check_signatures(dossier, source, self._canonicalizer, self._now)  # 3
        consulted = list(source.consulted) if isinstance(source, KeySource) else []
        if problem is not None:
            message = "The proof of where the document stands on the ledger is not built as it should be."
            inclusion = Check("inclusion", Outcome.INVALID, problem.code, message, {"problem": str(problem)})
            rest = (not_run(check, "the anchor proof can't be read") for check in ("anchor", "issuer", "key", "status"))
            return Findings((signatures.check, inclusion, *rest), consulted=tuple(consulted))
        status = self._status(dossier, signatures, consulted)  # 8
        standing = self._standing(dossier, signatures)  # 4 to 7
        return Findings((signatures.check, *standing, status), consulted=tuple(consulted))

    def _standing(self, dossier: Dossier, signatures: Signatures) -> tuple[Check, Check, Check, Check]:
        """Checks 4 to 7."""
        if dossier.kind is Kind.RECORD:
            why = "a record need not be on a ledger itself, trust comes from what it holds"
            issuer = not_needed("issuer", why)
            if is_self_published(dossier):
                evidence: dict[str, JsonValue] = {"did": dossier.issuer_did}
                issuer = Check("issuer", Outcome.SKIPPED, "self_published", SELF_PUBLISHED, evidence)
            return not_needed("inclusion", why), not_needed("anchor", why), issuer, not_needed("key", why)
        if not self._any_issuer:
            anchor = Check("anchor", Outcome.INDETERMINATE, "no_anchor_proof", _NO_ANCHOR)
            why = "the document carries no anchor proof"
            return not_run("inclusion", why), anchor, not_run("issuer", why), not_run("key", why)
        why = "the check accepts any issuer, on a ledger or not"
        inclusion, anchor = not_needed("inclusion", why), not_needed("anchor", why)
        if not signatures.verified:
            why = "no signature was found to be good"
            return inclusion, anchor, not_run("issuer", why), not_run("key", why)
        message = nobody_asked(dossier.issuer_did)
        issuer = Check("issuer", Outcome.VALID, "any_issuer", message, {"did": dossier.issuer_did})
        key = _key(signatures)
        if self._as_of is not None and key.evidence["keys_from"] != "did":
            key = Check("key", Outcome.INDETERMINATE, "no_history", _KEYS_OF_TODAY, key.evidence)
        elif self._as_of is not None and (signed := _signed_at(dossier)) and signed > self._as_of.on:
            message = f"By its own date the document was signed on {in_words(signed, clock=True)}: later than that."
            key = Check("key", Outcome.INVALID, "not_signed_yet", message, key.evidence)
        return inclusion, anchor, issuer, key

    def _status(self, dossier: Dossier, signatures: Signatures, consulted: list[Consulted]) -> Check:
        """Check 8. Nothing is fetched for a document whose signature is not good."""

        def at(url: str) -> PublishedList | Unknown | None:
            found = self._list(url, dossier.issuer_did, may_fetch=bool(signatures.verified))
            if isinstance(found, PublishedList):
                consulted.append(found.consulted)
            return found

        return check_listed_status(dossier.document, at)

    def _list(self, url: str, issuer: str | None, *, may_fetch: bool) -> PublishedList | Unknown | None:
        """The list at an address, judged as one that this issuer has to have signed."""
        if (url, issuer) not in self._lists:
            resource = self._resources.at(url, may_fetch=may_fetch)
            if not isinstance(resource, Resource):
                return resource
            self._lists[url, issuer] = self._judged(resource, issuer)
        return self._lists[url, issuer]

    def _judged(self, resource: Resource, issuer: str | None) -> PublishedList:
        try:
            dossier = read(resource.content)
        except MalformedDocument:
            return PublishedList({}, resource.consulted, "unreadable")
        fault = self._fault(dossier, issuer, self._now)
        if self._as_of is None:
            return PublishedList(dossier.document, resource.consulted, fault)
        ends = any(name in dossier.document for name in ENDS)
        if fault is None:
            return PublishedList(dossier.document, resource.consulted, speaks_of="then" if ends else "then and now")
        return PublishedList(
            dossier.document, resource.consulted, self._fault(dossier, issuer, self._as_of.now), speaks_of="now"
        )

    def _fault(self, dossier: Dossier, issuer: str | None, when: datetime) -> str | None:
        """Why a list can't be relied on at that time, in a word."""
        if not dossier.is_readable:
            return dossier.structure.code
        if dossier.issuer_did != issuer:
            return "other_issuer"
        period = check_period(dossier.document, when, None, may_lack_beginning=True)
        if period.outcome is not Outcome.VALID:
            return period.code
        signatures = check_signatures(dossier, self.keys(dossier), self._canonicalizer, when)
        return None if signatures.verified else signatures.check.code


def _signed_at(dossier: Dossier) -> datetime | None:
    """When a document says that it was first signed."""
    moments = []
    for proof in dossier.signatures:
        with suppress(MalformedDocument):
            moments.append(parse_date_time_stamp(str(proof.get("created"))))
    return min(moments, default=None)


def _key(signatures: Signatures) -> Check:
    """Check 7, where the keys are those that the issuer publishes now."""
    evidence = signatures.check.evidence
    (_, key), *_ = signatures.verified
    message = _KEY_WAS_IN[str(evidence["keys_from"])]
    facts = {"key": shown_bytes(key.data), "keys_from": evidence["keys_from"]}
    return Check("key", Outcome.VALID, "ok", message, facts)
