"""Checks 4 and 5: does the ledger hold this document, and did this issuer put it there for good?

The root is computed from the document's own bytes and the path in its proof; the proof never says what the root is.
Whether the chain and the registry count is the policy's word.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ledger.chain.registry import Anchor, CredentialState, StateQuery
from ledger.documents.credential import STATUS_LIST_SIZE
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.proofs.anchor_proof import AnchorProof
from ledger.verifying.readings import Access, Lookups, Refused, RegistryKey, Unknown, View
from ledger.verifying.report import Check, Outcome, in_words, shown_bytes, shown_time

_KINDS_OF_NETWORK = {"testnet": " (a test network)", "embedded": " (a trial ledger on one machine)"}


@dataclass(frozen=True)
class Place:
    """Where a document claims to stand: its proof, the time that this gives, and the question that follows from both
    the proof and the document. The question's root is computed."""

    proof: AnchorProof
    created: str
    registry: RegistryKey
    query: StateQuery


class Standing(Enum):
    """What the registry says of a root."""

    FINAL = "final"
    PENDING = "pending"  # in the newest block, but that block may still be replaced
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Anchoring:
    """The two checks and what later ones build on. `state` is there if the registry was read."""

    inclusion: Check
    anchor: Check
    standing: Standing
    state: CredentialState | None = None

    @property
    def anchored_at(self) -> int | None:
        """Block time of the anchor; None unless the document is in a final batch."""
        return (
            self.state.anchor.anchored_at
            if self.standing is Standing.FINAL and self.state and self.state.anchor
            else None
        )


def status_index_of(document: JsonObject) -> int | None:
    """The status index that a document of Cairn's names: 131,072 × the number of its list + the index in that list."""
    status = document.get("credentialStatus")
    if not isinstance(status, dict) or status.get("type") != "BitstringStatusListEntry":
        return None
    url, index = status.get("statusListCredential"), status.get("statusListIndex")
    if not isinstance(url, str) or not isinstance(index, str):
        return None
    number = url.rpartition("/status/")[2]
    if not _is_plain_number(index) or not _is_plain_number(number) or int(index) >= STATUS_LIST_SIZE:
        return None
    return int(number) * STATUS_LIST_SIZE + int(index)


def check_anchoring(
    document: JsonObject, place: Place, access: Access, lookups: Lookups, *, signature: Outcome
) -> Anchoring:
    """Checks 4 and 5 for a document that carries an anchor proof.

    Codes of `inclusion`: `digest_mismatch` (the signature failed too, so the document was changed),
    `root_not_anchored`, `not_anchored_yet` (as of a date), `status_index_mismatch`, `tree_size_mismatch`,
    `time_mismatch`, `limit_lookups`, those of an unreachable registry, `finality_violation`; of `anchor`:
    `chain_not_trusted`, `registry_not_trusted`, `not_final`.
    """
    if isinstance(access, Refused):
        return _refused(access)
    if isinstance(access, Unknown):
        return _unknown(access)
    if doubt := access.doubt(place.query):
        return _unknown(doubt)
    state = access.states[place.query]
    # A changed document has a root that nobody anchors: no need to ask for it in blocks that are not final.
    pending: bool | Unknown = False
    if access.now_of(place.query).anchor is None and signature is not Outcome.INVALID:
        pending = lookups.anchored_in_head(access, place.query.issuer_id, place.query.root)
    if isinstance(pending, Unknown):
        return _unknown(pending)
    if access.past is not None and (pending or access.anchored_later(place.query)):
        return _not_yet(place, access.anchored_later(place.query))
    if state.anchor is None and not pending:
        return _absent(place, signature)
    if status_index_of(document) != place.proof.status_index:
        message = "The status number in the document is not the one under which it was put on the ledger."
        return _not_included("status_index_mismatch", message, place)
    return _anchored(place, access, state, state.anchor) if state.anchor else _pending(place, state)


def _not_yet(place: Place, later: Anchor | None) -> Anchoring:
    """A document that was put on the ledger after the moment that counts."""
    message = anchored_later(later.anchored_at if later else None)
    inclusion = Check("inclusion", Outcome.INVALID, "not_anchored_yet", message, _place_facts(place))
    return Anchoring(inclusion, _not_run("anchor", "the ledger did not hold the document then"), Standing.ABSENT)


def anchored_later(seconds: int | None) -> str:
    """What is said of a document that was not on a ledger yet, and since when it is, if its block is final."""
    since = f"on {in_words(seconds)}, at {shown_time(seconds)}" if seconds else "only just now"
    return f"The document was put on the ledger {since}: at the moment that counts it was not there yet."


def _absent(place: Place, signature: Outcome) -> Anchoring:
    if signature is Outcome.INVALID:
        message = "The document was changed after it was issued: its content is not what was put on the ledger."
        return _not_included("digest_mismatch", message, place)
    return _not_included("root_not_anchored", "The issuer never put this document on the ledger.", place)


def _anchored(place: Place, view: View, state: CredentialState, anchor: Anchor) -> Anchoring:
    proof = place.proof
    if anchor.tree_size != proof.tree_size:
        message = "The proof speaks of a batch of another size than the ledger does."
        return _not_included("tree_size_mismatch", message, place)
    if shown_time(anchor.anchored_at) != place.created:
        # Nothing rests on what the proof says here, but a date that anyone could have put there has no place in it.
        return _not_included("time_mismatch", "The proof gives another time than the ledger does.", place)
    inclusion = Check(
        "inclusion", Outcome.VALID, "ok", "The ledger holds this document unchanged.", _place_facts(place)
    )
    kind = _KINDS_OF_NETWORK.get(view.trusted.network, "")
    check = Check(
        "anchor",
        Outcome.VALID,
        "ok",
        f"It has been on {view.trusted.name}{kind} since {in_words(anchor.anchored_at)}.",
        {
            "chain_id": proof.chain_id,
            "registry": shown_bytes(proof.registry),
            "network": view.trusted.network,
            "block": anchor.block_number,
            "time": shown_time(anchor.anchored_at),
            "batch_size": anchor.tree_size,
        },
    )
    return Anchoring(inclusion, check, Standing.FINAL, state)


def _pending(place: Place, state: CredentialState) -> Anchoring:
    included = Check(
        "inclusion", Outcome.VALID, "ok", "The newest part of the ledger holds this document.", _place_facts(place)
    )
    message = "The document was put on the ledger only just now; wait until that is final."
    return Anchoring(included, Check("anchor", Outcome.INDETERMINATE, "not_final", message), Standing.PENDING, state)


def _not_included(code: str, message: str, place: Place) -> Anchoring:
    inclusion = Check("inclusion", Outcome.INVALID, code, message, _place_facts(place))
    return Anchoring(inclusion, _not_run("anchor", "the ledger does not hold the document"), Standing.ABSENT)


def _refused(refused: Refused) -> Anchoring:
    inclusion = _not_run("inclusion", "the ledger that the document names is not trusted")
    return Anchoring(inclusion, Check("anchor", Outcome.INVALID, refused.code, refused.message), Standing.ABSENT)


def _unknown(unknown: Unknown) -> Anchoring:
    checks = [Check(check, Outcome.INDETERMINATE, unknown.code, unknown.message) for check in ("inclusion", "anchor")]
    return Anchoring(checks[0], checks[1], Standing.UNKNOWN)


def _not_run(check: str, why: str) -> Check:
    return Check(check, Outcome.SKIPPED, "not_run", f"Not run because {why}.")


def _place_facts(place: Place) -> dict[str, JsonValue]:
    return {
        "root": shown_bytes(place.query.root),
        "issuer_id": shown_bytes(place.proof.issuer_id),
        "leaf_index": place.proof.leaf_index,
        "tree_size": place.proof.tree_size,
        "status_index": place.proof.status_index,
    }


def _is_plain_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 20 and (text == "0" or text[0] != "0")
