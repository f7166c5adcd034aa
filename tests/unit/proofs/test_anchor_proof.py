"""The anchor proof: one encoding for each value, nothing accepted that says less or more, and its size."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import InvalidProof
from ledger.proofs.anchor_proof import (
    MAX_COMPONENTS,
    MAX_PATHWAY_SIZE,
    AnchorProof,
    AwardEvidence,
    ComponentEvidence,
    decode,
    from_proof,
)
from ledger.proofs.merkle import MerkleTree, entry, leaf_hash, path_length

CREATED = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
METHOD = "did:web:cairn.example:issuers:usm#key-1"
DIGEST = sha256(b"a document").digest()
REGISTRY = sha256(b"registry").digest()[:20]
ISSUER_ID = sha256(b"issuer").digest()
EMBEDDED_CHAIN_ID = 0x436169726E

hashes = st.binary(min_size=32, max_size=32)
identifiers = hashes.filter(any)


def siblings(count: int, salt: str = "") -> tuple[bytes, ...]:
    return tuple(sha256(f"{salt}{number}".encode()).digest() for number in range(count))


def plain_proof(tree_size: int = 1000, leaf_index: int = 421, status_index: int = 70_421) -> AnchorProof:
    path = siblings(path_length(leaf_index, tree_size))
    return AnchorProof(EMBEDDED_CHAIN_ID, REGISTRY, ISSUER_ID, tree_size, leaf_index, status_index, path)


def component(number: int, tree_size: int = 80) -> ComponentEvidence:
    path = siblings(path_length(number % tree_size, tree_size), f"component {number} ")
    return ComponentEvidence(sha256(bytes([number])).digest(), tree_size, number % tree_size, 1000 + number, path)


def award_proof(components: int = 9) -> AnchorProof:
    evidence = AwardEvidence(b'{"name":"Instructional Design"}', tuple(map(component, range(components))))
    return dataclasses.replace(plain_proof(), evidence=evidence)


def items_of(proof: AnchorProof) -> list[object]:
    items: list[object] = cbor2.loads(proof.encode())
    return items


def code_of(data: bytes) -> str:
    with pytest.raises(InvalidProof) as caught:
        decode(data)
    return caught.value.code


# --- round trips -----------------------------------------------------------------------------------------------------


@st.composite
def components(draw: st.DrawFn) -> ComponentEvidence:
    tree_size = draw(st.integers(1, 2**32 - 1))
    leaf_index = draw(st.integers(0, tree_size - 1))
    length = path_length(leaf_index, tree_size)
    path = tuple(draw(st.lists(hashes, min_size=length, max_size=length)))
    return ComponentEvidence(draw(identifiers), tree_size, leaf_index, draw(st.integers(0, 2**64 - 1)), path)


@st.composite
def proofs(draw: st.DrawFn) -> AnchorProof:
    place = draw(components())
    evidence = draw(
        st.none()
        | st.builds(AwardEvidence, st.binary(min_size=1), st.lists(components(), min_size=1, max_size=3).map(tuple))
    )
    registry = draw(st.binary(min_size=20, max_size=20).filter(any))
    fields = (place.issuer_id, place.tree_size, place.leaf_index, place.status_index, place.path)
    return AnchorProof(draw(st.integers(1, 2**64 - 1)), registry, *fields, evidence)


@settings(deadline=None, max_examples=150)
@given(proofs())
def test_every_proof_survives_encoding(proof: AnchorProof) -> None:
    assert decode(proof.encode()) == proof
    assert from_proof(proof.to_proof(CREATED, METHOD)) == proof


@pytest.mark.parametrize("proof", [plain_proof(), award_proof()], ids=["plain", "award"])
def test_the_encoding_is_what_another_library_calls_canonical(proof: AnchorProof) -> None:
    assert cbor2.dumps(items_of(proof), canonical=True) == proof.encode()


def test_the_proof_uses_standard_members_only() -> None:
    written = plain_proof().to_proof(CREATED, METHOD)
    value = written.pop("proofValue")
    assert written == {
        "type": "DataIntegrityProof",
        "cryptosuite": "cairn-anchor-2026",
        "created": "2026-11-22T10:30:00Z",
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
    }
    assert isinstance(value, str)
    assert value[0] == "u"
    assert "=" not in value


def test_the_root_is_that_of_the_tree_that_the_document_stands_in() -> None:
    entries = [entry(sha256(bytes([number])).digest(), 500 + number) for number in range(13)]
    tree = MerkleTree(map(leaf_hash, entries))
    for number in range(13):
        path = tree.inclusion_path(number)
        proof = AnchorProof(1, REGISTRY, ISSUER_ID, 13, number, 500 + number, path)
        part = ComponentEvidence(ISSUER_ID, 13, number, 500 + number, path)
        digest = sha256(bytes([number])).digest()
        assert proof.root_for(digest) == part.root_for(digest) == tree.root
        assert dataclasses.replace(proof, status_index=501 + number).root_for(digest) != tree.root
        assert proof.root_for(DIGEST) != tree.root


# --- size ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tree_size", "blockcerts", "openattestation"), [(1_000, 1_525, 866), (10_000, 1_907, 1_134)])
def test_the_proof_in_json_is_small(tree_size: int, blockcerts: int, openattestation: int) -> None:
    # Sizes of MerkleProof2019 (Blockcerts) and of OpenAttestation's proof at the same number of documents.
    for leaf_index in (0, tree_size // 2, tree_size - 1):
        proof = plain_proof(tree_size, leaf_index, status_index=2**31)
        size = len(json.dumps(proof.to_proof(CREATED, METHOD), separators=(",", ":")))
        assert size <= 0.5 * blockcerts
        assert size <= 0.9 * openattestation


# --- damage ----------------------------------------------------------------------------------------------------------


def bound_facts(proof: AnchorProof) -> tuple[object, ...]:
    """What the policy, the registry and the signed part of the document are held against."""
    evidence = proof.evidence
    parts = (
        [(part.issuer_id, part.tree_size, part.root_for(DIGEST)) for part in evidence.components] if evidence else []
    )
    head = (proof.chain_id, proof.registry, proof.issuer_id, proof.tree_size, proof.root_for(DIGEST))
    return (*head, evidence and evidence.pathway, parts)


@pytest.mark.parametrize(
    "proof", [plain_proof(), plain_proof(1, 0, 0), award_proof(3)], ids=["plain", "single", "award"]
)
def test_any_flipped_bit_is_refused_or_changes_what_is_bound(proof: AnchorProof) -> None:
    data, facts = proof.encode(), bound_facts(proof)
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            read = decode(bytes(damaged))
        except InvalidProof:
            continue
        assert bound_facts(read) != facts


def test_any_cut_or_lengthened_encoding_is_refused() -> None:
    data = award_proof(2).encode()
    for length in range(len(data)):
        code_of(data[:length])
    for tail in (b"\0", data, b"\xf6"):
        assert code_of(data + tail) == "proof_malformed"


@settings(deadline=None, max_examples=500)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_by_code(data: bytes) -> None:
    assert code_of(data) in {"proof_malformed", "proof_version"}


@settings(deadline=None, max_examples=1_000)
@given(
    st.sampled_from([plain_proof().encode(), award_proof(4).encode()]),
    st.lists(st.tuples(st.integers(0), st.integers(0, 3), st.binary(max_size=3)), min_size=1, max_size=4),
)
def test_random_damage_is_refused_by_code_or_read_as_another_proof(
    original: bytes, edits: list[tuple[int, int, bytes]]
) -> None:
    damaged = bytearray(original)
    for position, cut, put in edits:
        at = position % len(damaged)
        damaged[at : at + cut] = put
    try:
        read = decode(bytes(damaged))
    except InvalidProof as error:
        code = error.code
        assert code.startswith(("proof_", "limit_"))
    else:
        assert read.encode() == damaged


# --- strict decoding -------------------------------------------------------------------------------------------------

DEEP = 100_000
HOSTILE = {
    "empty": "",
    "number": "01",
    "map": "a0",
    "huge-array-announced": "9bffffffffffffffff",
    "huge-string-announced": "5bffffffffffffffff",
    "deep": "81" * DEEP,
    "tag-bignum": "8801c249010000000000000000",
    "tag-regular-expression": "8801d82378" + "3f" + "28" * 63,
    "tag-bigfloat": "8801c5821a3b9aca0001",
    "tag-cycle": "d81c81d81d00",
    "tags-nested": "d9d9f7" * 50_000 + "80",
    "indefinite-array": "9f01ff",
    "indefinite-string": "88015f40ff",
    "not-a-number": "f97e00",
    "version-true": "88f5",
    "reserved": "1c",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_cbor_is_refused_quickly(data: str) -> None:
    assert code_of(bytes.fromhex(data)) in {"proof_malformed", "proof_version"}


def changed(at: int, value: object) -> bytes:
    items = items_of(plain_proof())
    items[at] = value
    return cbor2.dumps(items)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (changed(0, 2), "proof_version"),
        (changed(0, 1.0), "proof_version"),
        (changed(1, 0), "proof_malformed"),
        (changed(1, -1), "proof_malformed"),
        (changed(1, 2**64), "proof_malformed"),
        (changed(1, 1.0), "proof_malformed"),
        (changed(1, True), "proof_malformed"),
        (changed(2, REGISTRY[:19]), "proof_malformed"),
        (changed(2, REGISTRY + b"\0"), "proof_malformed"),
        (changed(2, bytes(20)), "proof_malformed"),
        (changed(2, REGISTRY.hex()), "proof_malformed"),
        (changed(3, ISSUER_ID[:31]), "proof_malformed"),
        (changed(3, bytes(32)), "proof_malformed"),
        (changed(4, 0), "proof_index"),
        (changed(4, 421), "proof_index"),
        (changed(4, 2**32), "proof_malformed"),
        (changed(4, 2**63), "proof_malformed"),
        (changed(4, 2_000), "proof_length"),
        (changed(5, -1), "proof_index"),
        (changed(5, 1000), "proof_index"),
        (changed(5, 2**63), "proof_index"),
        (changed(6, -1), "proof_malformed"),
        (changed(6, 2**64), "proof_malformed"),
        (changed(6, "70421"), "proof_malformed"),
        (changed(7, b""), "proof_length"),
        (changed(7, b"".join(siblings(9))), "proof_length"),
        (changed(7, b"".join(siblings(11))), "proof_length"),
        (changed(7, b"".join(siblings(10))[:-1]), "proof_malformed"),
        (changed(7, b"".join(siblings(10)) + b"\0"), "proof_length"),
        (changed(7, b"".join(siblings(41))), "limit_proof"),
        (changed(7, list(siblings(10))), "proof_malformed"),
        (cbor2.dumps(items_of(plain_proof())[:7]), "proof_malformed"),
        (cbor2.dumps([*items_of(plain_proof()), None]), "proof_malformed"),
        (cbor2.dumps([*items_of(award_proof()), 0]), "proof_malformed"),
        (changed(7, bytes(100_000 * 32)), "limit_proof"),
    ],
)
def test_a_field_out_of_place_is_named(data: bytes, code: str) -> None:
    assert code_of(data) == code


@pytest.mark.parametrize(
    ("evidence", "code"),
    [
        ([], "proof_malformed"),
        ([b"{}"], "proof_malformed"),
        ([b"{}", []], "proof_malformed"),
        ([b"", [items_of(award_proof())[3:8]]], "proof_malformed"),
        (["{}", [items_of(award_proof())[3:8]]], "proof_malformed"),
        ([b"{}", [items_of(award_proof())[3:7]]], "proof_malformed"),
        ([b"{}", [items_of(award_proof())[2:8]]], "proof_malformed"),
        ([b"{}", {}], "proof_malformed"),
        ([b"{}", [items_of(award_proof())[3:8]], 0], "proof_malformed"),
        ([bytes(MAX_PATHWAY_SIZE + 1), [items_of(award_proof())[3:8]]], "limit_proof"),
        ([b"{}", [items_of(plain_proof(1, 0))[3:8]] * (MAX_COMPONENTS + 1)], "limit_proof"),
    ],
)
def test_evidence_out_of_shape_is_named(evidence: object, code: str) -> None:
    assert code_of(cbor2.dumps([*items_of(plain_proof()), evidence])) == code


def test_the_largest_evidence_fits_into_a_document() -> None:
    parts = tuple(component(number, tree_size=2**32 - 1) for number in range(MAX_COMPONENTS))
    proof = dataclasses.replace(plain_proof(), evidence=AwardEvidence(b"x" * MAX_PATHWAY_SIZE, parts))
    written = proof.to_proof(CREATED, METHOD)
    assert from_proof(written) == proof
    assert isinstance(written["proofValue"], str)
    assert len(written["proofValue"]) < 256 * 1024


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda data: data.replace(b"\x19\x03\xe8", b"\x1a\x00\x00\x03\xe8", 1),  # 1000 in four bytes instead of two
        lambda data: b"\x98\x08" + data[1:],  # the array's length in a byte of its own
        lambda data: b"\x9f" + data[1:] + b"\xff",  # an array without a length
        lambda data: b"\xd9\xd9\xf7" + data,  # "this is CBOR"
        lambda data: data.replace(b"\x54" + REGISTRY, b"\x58\x14" + REGISTRY),
    ],
)
def test_a_second_encoding_of_the_same_value_is_refused(rewrite: Callable[[bytes], bytes]) -> None:
    data = plain_proof().encode()
    assert rewrite(data) != data
    assert code_of(rewrite(data)) == "proof_malformed"


# --- the proof in a document -----------------------------------------------------------------------------------------


def rewritten(**members: JsonValue) -> JsonObject:
    return {**plain_proof().to_proof(CREATED, METHOD), **members}


def padded(text: str) -> str:
    return text + "=" * (-(len(text) - 1) % 4)


VALUE = str(plain_proof().to_proof(CREATED, METHOD)["proofValue"])
TWO_SPARE_BITS = VALUE[:-1] + {"A": "B", "g": "h", "Q": "R", "w": "x"}.get(VALUE[-1], VALUE[-1] + "A")


@pytest.mark.parametrize(
    "proof",
    [
        rewritten(type="MerkleProof2019"),
        rewritten(type=["DataIntegrityProof"]),
        rewritten(cryptosuite="cairn-anchor-2027"),
        rewritten(proofPurpose="authentication"),
        rewritten(created="2026-11-22"),
        rewritten(created="2026-11-22T10:30:00+00:00"),
        rewritten(created=None),
        rewritten(verificationMethod={"id": METHOD}),
        rewritten(policy="accept"),
        rewritten(previousProof="urn:x"),
        rewritten(**{"@context": []}),
        {name: value for name, value in rewritten().items() if name != "created"},
        rewritten(proofValue=None),
        rewritten(proofValue=""),
        rewritten(proofValue="z" + VALUE[1:]),
        rewritten(proofValue=VALUE[1:]),
        rewritten(proofValue=VALUE + "="),
        rewritten(proofValue=padded(VALUE) + "===="),
        rewritten(proofValue=TWO_SPARE_BITS),
        rewritten(proofValue=VALUE + "\n"),
        rewritten(proofValue=VALUE[:9] + " " + VALUE[9:]),
        rewritten(proofValue="u" + base64.b64encode(plain_proof(3, 2).encode() + b"\xfb\xff").decode()),
        rewritten(proofValue=VALUE + "é"),
        rewritten(proofValue="u"),
    ],
)
def test_a_proof_written_in_any_other_way_is_malformed(proof: JsonObject) -> None:
    with pytest.raises(InvalidProof) as caught:
        from_proof(proof)
    assert caught.value.code == "proof_malformed"


# --- values that cannot be built -------------------------------------------------------------------------------------


def test_a_proof_that_contradicts_itself_is_never_built() -> None:
    good = plain_proof()
    for change in (
        {"path": good.path[1:]},
        {"path": (*good.path, good.path[0])},
        {"path": (good.path[0][:31], *good.path[1:])},
        {"leaf_index": 1000},
        {"tree_size": 0},
        {"issuer_id": bytes(32)},
        {"registry": bytes(20)},
        {"chain_id": 0},
        {"status_index": -1},
    ):
        with pytest.raises(InvalidProof):
            dataclasses.replace(good, **change)
    with pytest.raises(InvalidProof):
        AwardEvidence(b"{}", ())
