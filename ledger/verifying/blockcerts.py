"""Checks 4 to 8 for documents with Merkle proofs on other chains, as Blockcerts 3 have them.

Such a document needs no signature: whoever put the root of its batch on a chain has issued it. So the transaction must
hold the root and nothing else, and its sender must be an account that the issuer publishes as its own. Nobody vouches
for who the issuer is: only a policy that accepts any issuer can find such a document valid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ledger.documents.did import document_url
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs.merkle_proof_2019 import MerkleProof, Place, check_inclusion
from ledger.verifying.dossier import Dossier
from ledger.verifying.findings import Findings, not_needed, not_run
from ledger.verifying.inscriptions import Inscriptions, network_named
from ledger.verifying.issuer import nobody_asked
from ledger.verifying.issuer_accounts import PublishedAccount, published_accounts
from ledger.verifying.readings import Unknown
from ledger.verifying.report import ChainFacts, Check, Consulted, Outcome, in_words, shown_bytes, shown_time
from ledger.verifying.resources import Resources
from ledger.verifying.signature import Canonicalizer
from ledger.verifying.structure import Kind, proofs_of

if TYPE_CHECKING:
    from ledger.chain.foreign_anchors import Inscription

MAX_PROOFS = 4

_COULD_NOT = frozenset(
    {"canonicalization_budget", "canonicalization_unavailable", "context_untrusted", "chain_unknown"}
)
_OF_OWN_TERMS = frozenset({"canonicalization_failed", "ambiguous_form"})
"""A document that defines terms itself can't be judged by how it does that: others may read what we do not."""
_WRONG = {
    "digest_mismatch": "The document was changed after it was issued: its content is not what was put on a ledger.",
    "root_mismatch": "The path in the proof does not lead from the document to what was put on a ledger.",
    "undefined_term": "The document says things that its proof would not cover.",
}


@dataclass(frozen=True)
class _Anchored:
    """A proof whose root a final transaction holds."""

    proof: MerkleProof
    chain: str
    inscription: Inscription
    anchored_at: int


class Blockcerts:
    """Judges documents with Merkle proofs in one verification. `any_issuer` is the policy's word."""

    def __init__(
        self, inscriptions: Inscriptions, resources: Resources, canonicalizer: Canonicalizer, *, any_issuer: bool
    ) -> None:
        self._inscriptions = inscriptions
        self._resources = resources
        self._canonicalizer = canonicalizer
        self._any_issuer = any_issuer

    def findings(self, dossier: Dossier, others: Findings) -> Findings:
        """Checks 3 to 8. `others` is what came of the document's signatures and status, if it has any."""
        signature, _, _, issuer, key, status = others.checks
        is_signed = bool(dossier.signatures) or dossier.token is not None
        consulted = list(others.consulted)
        inclusion, proofs = self._inclusion(dossier)  # 4
        anchor, anchored = self._anchor(inclusion, proofs)  # 5
        if not is_signed:
            signature = not_needed("signature", "whoever put the document on the ledger speaks for it")  # 3
            # No list is fetched for a document that was not found on a chain.
            document = self._issuer_document(dossier.issuer_did or "", consulted, may_fetch=bool(anchored))
            key = _check_sender(dossier, anchor, anchored, document)  # 7
            if dossier.document.get("credentialStatus") is None:
                status = self._status(dossier, document, consulted, may_fetch=bool(anchored))  # 8
        if dossier.kind is not Kind.RECORD:
            issuer = self._issuer(dossier, key)  # 6
        return replace(
            others,
            checks=(signature, inclusion, anchor, issuer, key, status),
            chain=_chain_facts(anchored[0]) if anchored else None,
            anchored_at=min((one.anchored_at for one in anchored), default=None),
            consulted=tuple(consulted),
        )

    def place(self, dossier: Dossier) -> tuple[Check, Check]:
        """Checks 4 and 5 of a document that defines terms of its own: they say what was put on a ledger, and not what
        the members of the document are called."""
        inclusion, proofs = self._inclusion(dossier)
        return inclusion, self._anchor(inclusion, proofs)[0]

    def _inclusion(self, dossier: Dossier) -> tuple[Check, tuple[MerkleProof, ...]]:
        """Check 4: every Merkle proof leads from the document to its root.

        Codes, invalid: `digest_mismatch`, `root_mismatch`, `proof_malformed`, `proof_ambiguous`, and those of
        canonicalisation; indeterminate: `context_untrusted`, `chain_unknown`, and those of canonicalisation.
        """
        if len(dossier.merkle_proofs) > MAX_PROOFS:
            message = f"The document carries more than {MAX_PROOFS} Merkle proofs."
            return Check("inclusion", Outcome.INVALID, "proof_ambiguous", message), ()
        proofs, found = proofs_of(dossier.document), []
        canonicalize, could_not = self._canonicalizer.canonicalize, _COULD_NOT
        if not dossier.is_readable:
            canonicalize = partial(self._canonicalizer.canonicalize, own_terms=True)
            could_not |= _OF_OWN_TERMS
        for position in dossier.merkle_proofs:
            try:
                found.append(check_inclusion(dossier.document, proofs[position], proofs[:position], canonicalize))
            except InvalidProof as problem:
                outcome = Outcome.INDETERMINATE if problem.code in could_not else Outcome.INVALID
                message = _WRONG.get(problem.code, "The Merkle proof of the document can't be relied on.")
                if outcome is Outcome.INDETERMINATE:
                    message = "Whether the Merkle proof belongs to the document could not be checked."
                return Check("inclusion", outcome, problem.code, message, {"problem": str(problem)}), ()
        roots: list[JsonValue] = [shown_bytes(proof.root) for proof in found]
        message = "The document is unchanged since the root in its proof was computed."
        if not dossier.is_readable:
            message = "What the document says by terms of its own is what the root in its proof was computed from."
        return Check("inclusion", Outcome.VALID, "ok", message, {"roots": roots}), tuple(found)

    def _anchor(self, inclusion: Check, proofs: tuple[MerkleProof, ...]) -> tuple[Check, tuple[_Anchored, ...]]:
        """Check 5: the root of every proof is in a final transaction, alone.

        Codes, invalid: `anchor_mismatch`, `anchor_reverted`; indeterminate: `not_final`, `anchor_on_trial`, and those
        of `Inscriptions.at`.
        """
        if inclusion.outcome is not Outcome.VALID:
            return not_run("anchor", "the proof was not found to belong to the document"), ()
        checks, anchored = [], []
        for proof in proofs:
            if not proof.places:
                message = "The proof was made for a trial: it says itself that no ledger holds the document."
                checks.append(Check("anchor", Outcome.INDETERMINATE, "anchor_on_trial", message))
            for place in proof.places:
                check, inscription = self._place(proof, place)
                checks.append(check)
                if check.outcome is Outcome.VALID and inscription is not None and inscription.block is not None:
                    anchored.append(_Anchored(proof, place.chain, inscription, inscription.block.time))
        for outcome in (Outcome.INVALID, Outcome.INDETERMINATE):
            if worst := next((check for check in checks if check.outcome is outcome), None):
                return worst, ()
        return checks[0], tuple(anchored)

    def _place(self, proof: MerkleProof, place: Place) -> tuple[Check, Inscription | None]:
        kind, name = network_named(place.chain)
        found = self._inscriptions.at(place)
        evidence: dict[str, JsonValue] = {"chain": place.chain, "transaction": shown_bytes(place.transaction)}
        if isinstance(found, Unknown):
            return Check("anchor", Outcome.INDETERMINATE, found.code, found.message, evidence), None
        evidence["sender"] = found.sender
        if found.content != proof.root:
            message = f"The transaction on {name} that the proof names holds something else than this document."
            return Check("anchor", Outcome.INVALID, "anchor_mismatch", message, evidence), None
        if found.block is None or not found.is_final:
            message = "The document was put on the ledger only just now; wait until that is final."
            return Check("anchor", Outcome.INDETERMINATE, "not_final", message, evidence), None
        evidence |= {"network": kind, "block": found.block.number, "time": shown_time(found.block.time)}
        if not found.succeeded:
            message = f"The transaction on {name} that the proof names was undone."
            return Check("anchor", Outcome.INVALID, "anchor_reverted", message, evidence), None
        test = " (a test network)" if kind != "production" else ""
        message = f"It has been on {name}{test} since {in_words(found.block.time)}."
        return Check("anchor", Outcome.VALID, "ok", message, evidence), found

    def _issuer(self, dossier: Dossier, key: Check) -> Check:
        """Check 6. Codes: `any_issuer`; indeterminate `no_accreditor`."""
        if not self._any_issuer:
            message = "Nobody whom this check trusts says who the issuer is."
            return Check("issuer", Outcome.INDETERMINATE, "no_accreditor", message, {"did": dossier.issuer_did})
        if key.outcome is not Outcome.VALID:
            return not_run("issuer", "nothing shows that the issuer made the document")
        did = dossier.issuer_did
        return Check("issuer", Outcome.VALID, "any_issuer", nobody_asked(did), {"did": did})

    # --- what the issuer publishes ---

    def _issuer_document(
        self, issuer: str, consulted: list[Consulted], *, may_fetch: bool
    ) -> JsonObject | Unknown | None:
        """The issuer's DID document or profile, under its own name or where its DID says that it is."""
        found = self._published(issuer, consulted, may_fetch=may_fetch)
        if found is None and issuer.startswith("did:web:"):
            try:
                return self._published(document_url(issuer), consulted, may_fetch=may_fetch)
            except MalformedDocument:
                return None
        return found

    def _published(self, address: str, consulted: list[Consulted], *, may_fetch: bool) -> JsonObject | Unknown | None:
        if self._resources.at(address, may_fetch=may_fetch) is None:
            return None
        found = self._resources.json_at(address)
        if not isinstance(found, tuple):
            return found
        consulted.append(found[1].consulted)
        return found[0]

    def _status(
        self, dossier: Dossier, profile: JsonObject | Unknown | None, consulted: list[Consulted], *, may_fetch: bool
    ) -> Check:
        """Check 8 where the document names no status: the list of revoked documents that its issuer's profile names.

        Codes: invalid `revoked`; indeterminate `status_unknown`, `status_unusable`.
        """
        address = profile.get("revocationList") if isinstance(profile, dict) else None
        if address is None:
            return not_needed("status", "neither the document nor its issuer names a place where it could be revoked")
        found = self._published(address, consulted, may_fetch=may_fetch) if isinstance(address, str) else None
        if not isinstance(found, dict):
            message = "Whether the document was revoked is not known: the list that its issuer names was not given."
            return Check("status", Outcome.INDETERMINATE, "status_unknown", message)
        revoked = _revoked_ids(found, str(address), dossier.issuer_did)
        if revoked is None or not isinstance(dossier.document.get("id"), str):
            message = "Whether the document was revoked is not known: the list of its issuer can't be relied on."
            return Check("status", Outcome.INDETERMINATE, "status_unusable", message)
        if dossier.document["id"] in revoked:
            message = "The issuer has revoked this document, as its list says."
            return Check("status", Outcome.INVALID, "revoked", message)
        return Check("status", Outcome.VALID, "ok", "The list of its issuer does not name the document as revoked.")


def _check_sender(
    dossier: Dossier, anchor: Check, anchored: tuple[_Anchored, ...], document: JsonObject | Unknown | None
) -> Check:
    """Check 7: each transaction came from an account that was the issuer's then.

    Codes, invalid: `sender_mismatch`, `key_not_registered`, `key_not_valid_at_anchor`; indeterminate: `key_unknown`,
    `document_unreadable`, the codes of fetching, and that of an anchor that could not be checked.
    """
    if anchor.outcome is Outcome.INDETERMINATE:
        return Check("key", Outcome.INDETERMINATE, anchor.code, anchor.message)
    if not anchored:
        return not_run("key", "the document was not found on a ledger")
    if isinstance(document, Unknown):
        return Check("key", Outcome.INDETERMINATE, document.code, document.message)
    if document is None:
        message = "Whose account put the document on the ledger is not known: the issuer's own document was not given."
        return Check("key", Outcome.INDETERMINATE, "key_unknown", message)
    issuer = dossier.issuer_did or ""
    for one in anchored:
        evidence: dict[str, JsonValue] = {
            "sender": one.inscription.sender,
            "method": one.proof.verification_method,
            "anchored_at": shown_time(one.anchored_at),
        }
        try:
            problem = _against(one, issuer, published_accounts(document, issuer, one.chain))
        except MalformedDocument as error:
            message = "The document that was given for the issuer's accounts can't be relied on."
            return Check("key", Outcome.INDETERMINATE, "document_unreadable", message, {"problem": str(error)})
        if problem is not None:
            return Check("key", *problem, evidence)
    message = "The account that put the document on the ledger is one that the issuer publishes as its own."
    return Check("key", Outcome.VALID, "ok", message, evidence)


def _against(one: _Anchored, issuer: str, accounts: tuple[PublishedAccount, ...]) -> tuple[Outcome, str, str] | None:
    """What speaks against a sender. The method that the proof names must be its account's, if the issuer lists it; and
    where the issuer's profile has a list of accounts with their times, the account must be in it."""
    method = one.proof.verification_method
    named = [account for account in accounts if account.name == (issuer + method if method[:1] == "#" else method)]
    listed = [account for account in accounts if account.name is None]
    if not named and not listed:
        message = "The issuer's document names no account for the key that the proof names on this chain."
        return Outcome.INDETERMINATE, "key_unknown", message
    for group, code, of_another in (
        (named, "sender_mismatch", "Somebody else than the issuer put the document on the ledger."),
        (listed, "key_not_registered", "The account that put the document on the ledger is not the issuer's."),
    ):
        own = [account for account in group if account.address == one.inscription.sender]
        if group and not own:
            return Outcome.INVALID, code, of_another
        if own and not any(account.covers(one.anchored_at) for account in own):
            message = "The account was not the issuer's at the time at which it put the document on the ledger."
            return Outcome.INVALID, "key_not_valid_at_anchor", message
    return None


def _revoked_ids(document: JsonObject, address: str, issuer: str | None) -> set[str] | None:
    """The ids in a list of revoked documents; None if it is another list, another issuer's, or badly built."""
    entries = document.get("revokedAssertions", [])
    if document.get("id") != address or document.get("issuer", issuer) != issuer or not isinstance(entries, list):
        return None
    ids = [entry.get("id") if isinstance(entry, dict) else None for entry in entries]
    named = {each for each in ids if isinstance(each, str)}
    return None if None in ids else named


def _chain_facts(one: _Anchored) -> ChainFacts | None:
    if not one.chain.startswith("eip155:"):
        return None
    kind, name = network_named(one.chain)
    return ChainFacts(int(one.chain.removeprefix("eip155:")), None, kind, name, anchored_at=one.anchored_at)
