"""Judges what no registry speaks of: documents without an anchor proof, and the status lists that they name.

Without a registry there is a signature, by a key that the issuer publishes; what nobody says is who the issuer is. Such
a document is indeterminate, unless the policy accepts any issuer. The numbers are those of `verifier.py`.
"""

from __future__ import annotations

from datetime import datetime

from ledger.errors import InvalidProof, MalformedDocument
from ledger.verifying.dossier import Dossier, read
from ledger.verifying.findings import Findings, not_needed, not_run
from ledger.verifying.issuer import nobody_asked
from ledger.verifying.issuer_keys import KeySource, published_keys
from ledger.verifying.listed_status import PublishedList, check_listed_status
from ledger.verifying.period import check_period
from ledger.verifying.readings import Unknown
from ledger.verifying.report import Check, Consulted, Outcome, shown_bytes
from ledger.verifying.resources import Resource, Resources
from ledger.verifying.signature import Canonicalizer, Signatures, check_signatures, named_methods
from ledger.verifying.structure import Kind

_NO_ANCHOR = (
    "Nobody whom this check trusts says who the issuer is: the document carries no proof that it stands on a ledger."
)
_KEY_WAS_IN = {
    "did": "The key that signed is the one in the issuer's identifier.",
    "did_document": "The key that signed is listed in the issuer's identity document.",
    "issuer_address": "The key that signed is published at the issuer's address.",
}


class OffLedger:
    """Judges documents off the ledger in one verification. `any_issuer` is the policy's word."""

    def __init__(self, resources: Resources, canonicalizer: Canonicalizer, now: datetime, *, any_issuer: bool) -> None:
        self._resources = resources
        self._canonicalizer = canonicalizer
        self._now = now
        self._any_issuer = any_issuer
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
            return (
                not_needed("inclusion", why),
                not_needed("anchor", why),
                not_needed("issuer", why),
                not_needed("key", why),
            )
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
        return inclusion, anchor, issuer, _key(signatures)

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
        return PublishedList(dossier.document, resource.consulted, self._fault(dossier, issuer))

    def _fault(self, dossier: Dossier, issuer: str | None) -> str | None:
        """Why a list can't be relied on, in a word."""
        if not dossier.is_readable:
            return dossier.structure.code
        if dossier.issuer_did != issuer:
            return "other_issuer"
        period = check_period(dossier.document, self._now, None, may_lack_beginning=True)
        if period.outcome is not Outcome.VALID:
            return period.code
        signatures = check_signatures(dossier, self.keys(dossier), self._canonicalizer, self._now)
        return None if signatures.verified else signatures.check.code


def _key(signatures: Signatures) -> Check:
    """Check 7, where the keys are those that the issuer publishes now."""
    evidence = signatures.check.evidence
    (_, key), *_ = signatures.verified
    message = _KEY_WAS_IN[str(evidence["keys_from"])]
    facts = {"key": shown_bytes(key.data), "keys_from": evidence["keys_from"]}
    return Check("key", Outcome.VALID, "ok", message, facts)
