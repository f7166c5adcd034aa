"""Check 4: the ledger holds exactly these bytes, under exactly this status index, in a batch of this size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from ledger.documents.strict_json import JsonObject
from ledger.verifying.readings import MAX_HEAD_LOOKUPS
from ledger.verifying.report import Outcome, VerificationReport
from tests.builders import ISSUER, a_credential, a_signer
from tests.world import World, anchor_of, proofs_of


def with_anchor(document: JsonObject, **changes: Any) -> JsonObject:
    """The document with its anchor proof changed as a value, and encoded anew."""
    *others, anchor = proofs_of(document)
    changed = replace(anchor_of(document), **changes).to_proof(datetime(2026, 1, 1, tzinfo=UTC), "did:x#1")
    return {**document, "proof": [*others, {**anchor, "proofValue": changed["proofValue"]}]}


def verdict(world: World, document: Mapping[str, Any]) -> VerificationReport:
    report = world.verifier().verify(orjson.dumps(document))
    assert not report
    return report


def test_a_changed_document_is_named_as_changed(world: World) -> None:
    (issued,) = world.issue(a_credential())
    report = verdict(world, issued | {"name": "Instructional Strategx"})
    assert (report.verdict, report.code) == (Outcome.INVALID, "digest_mismatch")
    assert report.check("signature").code == "signature_invalid"
    assert report.check("inclusion").code == "digest_mismatch"
    assert {report.check(check).outcome for check in ("anchor", "issuer", "key", "status")} == {Outcome.SKIPPED}


def test_a_signed_document_that_was_never_anchored_is_invalid(world: World) -> None:
    issued, other = world.issue(a_credential(1), a_credential(2))
    never = {**world.sign(a_credential(3)), "proof": [*proofs_of(world.sign(a_credential(3))), proofs_of(issued)[-1]]}
    report = verdict(world, never)
    assert (report.verdict, report.code) == (Outcome.INVALID, "root_not_anchored")
    assert report.check("signature").outcome is Outcome.VALID
    assert world.verifier().verify(orjson.dumps(other))


def test_each_bit_of_the_path_counts(world: World) -> None:
    issued = world.issue(*(a_credential(number) for number in range(1, 6)))[2]
    path = anchor_of(issued).path
    for node in range(len(path)):
        for bit in (0, 7, 128, 255):
            flipped = bytearray(path[node])
            flipped[bit // 8] ^= 1 << (bit % 8)
            changed = (*path[:node], bytes(flipped), *path[node + 1 :])
            assert verdict(world, with_anchor(issued, path=changed)).code == "root_not_anchored"


def test_every_other_place_in_the_batch_is_wrong(world: World) -> None:
    issued = world.issue(*(a_credential(number) for number in range(1, 9)))
    for leaf_index in range(1, 8):
        assert verdict(world, with_anchor(issued[0], leaf_index=leaf_index)).code == "root_not_anchored"


def test_another_batch_size_is_named(world: World) -> None:
    issued = world.issue(*(a_credential(number) for number in range(1, 7)))
    report = verdict(world, with_anchor(issued[0], tree_size=5))
    assert (report.verdict, report.code) == (Outcome.INVALID, "tree_size_mismatch")


def test_another_status_index_is_named_or_leads_nowhere(world: World) -> None:
    (issued,) = world.issue(a_credential(1))
    assert verdict(world, with_anchor(issued, status_index=2)).code == "root_not_anchored"


@pytest.mark.parametrize(
    "status",
    [
        {"statusListIndex": "8"},
        {"statusListIndex": "07"},
        {"statusListIndex": "131079"},
        {"statusListCredential": f"{ISSUER.base_url}/status/1"},
        {"statusListCredential": f"{ISSUER.base_url}/other/0"},
        {"type": "1EdTechRevocationList"},
    ],
)
def test_a_document_that_was_anchored_under_another_status_index_than_it_names_is_invalid(
    world: World, status: dict[str, Any]
) -> None:
    document: dict[str, Any] = a_credential(7)
    signed = world.sign(document | {"credentialStatus": document["credentialStatus"] | status})
    (anchored,) = world.anchor(signed, indexes=[7])
    report = verdict(world, anchored)
    assert (report.verdict, report.code) == (Outcome.INVALID, "status_index_mismatch")


def test_the_lists_number_is_part_of_the_status_index(world: World) -> None:
    (issued,) = world.issue(a_credential(3 * 131_072 + 5))
    assert world.verifier().verify(orjson.dumps(issued))


def test_a_root_that_somebody_else_anchored_does_not_help(world: World) -> None:
    other = world.register(replace(ISSUER, did="did:web:other.example"), a_signer(7))
    signed = world.sign(a_credential())
    (by_other,) = world.anchor(signed, issuer=other, method=world.issuer.method)
    assert verdict(world, by_other).code == "did_mismatch"
    as_if_ours = with_anchor(by_other, issuer_id=world.issuer.id)
    assert verdict(world, as_if_ours).code == "root_not_anchored"


def test_the_proof_of_another_document_does_not_fit(world: World) -> None:
    one, two = world.issue(a_credential(1), a_credential(2))
    swapped = {**one, "proof": [proofs_of(one)[0], proofs_of(two)[-1]]}
    assert verdict(world, swapped).code == "root_not_anchored"


MALFORMED: dict[str, dict[str, Any]] = {
    "not multibase": {"proofValue": "AAAA"},
    "padded": {"proofValue": "uAAA="},
    "not CBOR": {"proofValue": "u____"},
    "empty": {"proofValue": "u"},
    "a member more": {"extra": 1},
    "purpose": {"proofPurpose": "authentication"},
    "created": {"created": "2026-11-22T00:00:00+00:00"},
    "key of another issuer": {"verificationMethod": "did:web:evil.example#key-1"},
    "key that did not sign": {"verificationMethod": f"{ISSUER.did}#key-9"},
}


@pytest.mark.parametrize("change", MALFORMED.values(), ids=MALFORMED.keys())
def test_an_anchor_proof_that_is_not_built_as_it_should_be_is_invalid(world: World, change: dict[str, Any]) -> None:
    (issued,) = world.issue(a_credential())
    *others, anchor = proofs_of(issued)
    report = verdict(world, {**issued, "proof": [*others, {**anchor, **change}]})
    assert (report.verdict, report.code) == (Outcome.INVALID, "proof_malformed")
    assert report.check("signature").outcome is not Outcome.VALID  # its keys come from the registry, not asked now


def test_another_time_than_the_ledgers_is_invalid(world: World) -> None:
    (issued,) = world.issue(a_credential())
    *others, anchor = proofs_of(issued)
    report = verdict(world, {**issued, "proof": [*others, {**anchor, "created": "2020-01-01T00:00:00Z"}]})
    assert (report.verdict, report.code) == (Outcome.INVALID, "time_mismatch")


def test_two_anchor_proofs_are_ambiguous(world: World) -> None:
    (issued,) = world.issue(a_credential())
    anchor = proofs_of(issued)[-1]
    report = verdict(world, {**issued, "proof": [*proofs_of(issued), anchor]})
    assert (report.verdict, report.code) == (Outcome.INVALID, "proof_ambiguous")


def test_a_block_that_is_not_final_leaves_it_open(world: World) -> None:
    world.memory.finality_lag = 1
    (issued,) = world.issue(a_credential())
    report = verdict(world, issued)
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "not_final")
    assert report.check("inclusion").outcome is Outcome.VALID
    assert report.check("signature").outcome is Outcome.VALID
    world.memory.mine()
    assert world.verifier().verify(orjson.dumps(issued))


def test_an_issuer_that_is_not_final_either_leaves_it_open(world: World) -> None:
    world.memory.finality_lag = 20
    new = world.register(replace(ISSUER, did="did:web:new.example"), a_signer(7))
    document = a_credential(issuer=new.profile)
    (issued,) = world.issue(document, issuer=new)
    report = verdict(world, issued)
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "not_final")


def test_a_changed_document_is_invalid_even_while_its_batch_is_pending(world: World) -> None:
    world.memory.finality_lag = 1
    (issued,) = world.issue(a_credential())
    assert verdict(world, issued | {"name": "x"}).code == "digest_mismatch"


def test_the_newest_block_is_asked_a_bounded_number_of_times(world: World) -> None:
    documents = [world.sign(a_credential(number)) for number in range(1, 30)]
    (issued,) = world.issue(a_credential(100))
    anchor = proofs_of(issued)[-1]
    unanchored = [orjson.dumps({**document, "proof": [*proofs_of(document), anchor]}) for document in documents]
    asked = []

    class Counting:
        chain_id, registry = world.registry.chain_id, world.registry.registry
        read, status_events, status_words = (
            world.registry.read,
            world.registry.status_events,
            world.registry.status_words,
        )

        def is_anchored_in_head(self, issuer_id: Any, root: bytes) -> bool:
            asked.append(root)
            return False

    readers = {(world.registry.chain_id, world.registry.registry): Counting()}
    reports = world.verifier(readers=readers).verify_many(unanchored)
    assert len(asked) == MAX_HEAD_LOOKUPS
    found = [(report.verdict, report.code) for report in reports if isinstance(report, VerificationReport)]
    assert found[:MAX_HEAD_LOOKUPS] == [(Outcome.INVALID, "root_not_anchored")] * MAX_HEAD_LOOKUPS
    assert set(found[MAX_HEAD_LOOKUPS:]) == {(Outcome.INDETERMINATE, "limit_lookups")}
