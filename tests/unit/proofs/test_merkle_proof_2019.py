"""Merkle proofs of Blockcerts: documents that others anchored, and every way in which a proof can be wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.documents.codecs import encode_base58
from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import InvalidProof
from ledger.proofs.merkle_proof_2019 import (
    MAX_PATH,
    MerkleProof,
    Place,
    Side,
    check_inclusion,
    decode,
    is_merkle_proof,
    parse_proof,
)
from ledger.proofs.rdfc import canonicalize_rdf

VECTORS = Path(__file__).parents[2] / "vectors" / "blockcerts"
SEPOLIA = "sepolia-3.0.json"
TRIAL = "trial-3.1-data-integrity.json"
TWO = "trial-3.1-two-proofs.json"
EXPIRED = "trial-3.0-expired.json"

Pairs = list[list[Any]]


def vector(name: str) -> JsonObject:
    return parse((VECTORS / name).read_bytes())


def proofs(document: JsonObject) -> list[Any]:
    proof = document["proof"]
    return proof if isinstance(proof, list) else [proof]


def check(document: JsonObject, position: int = 0) -> MerkleProof:
    found = proofs(document)
    return check_inclusion(document, found[position], found[:position], canonicalize_rdf)


def code_of(document: JsonObject, position: int = 0) -> str:
    with pytest.raises(InvalidProof) as caught:
        check(document, position)
    return caught.value.code


def value_of(pairs: object) -> str:
    return "z" + encode_base58(cbor2.dumps(pairs))


def twice(value: bytes) -> bytes:
    return cbor2.dumps(value)


def made(target: bytes, path: list[tuple[Side, bytes]], anchors: Any = None) -> Pairs:
    """What an encoder writes for a document with this hash: the pairs of the four parts."""
    root = target
    for side, sibling in path:
        root = sha256(sibling + root if side is Side.LEFT else root + sibling).digest()
    return [
        [3, [[int(side), twice(sibling)] for side, sibling in path]],
        [0, twice(root)],
        [1, twice(target)],
        [2, [[[0, 1], [1, 11155111], [2, twice(b"\x11" * 32)]]] if anchors is None else anchors],
    ]


# --- documents of others ---


@pytest.mark.parametrize("name", [SEPOLIA, TRIAL, TWO, EXPIRED])
def test_genuine_documents_of_others_lead_to_their_roots(name: str) -> None:
    document = vector(name)
    for position in range(len(proofs(document))):
        check(document, position)


def test_a_proof_says_where_its_root_stands() -> None:
    proof = check(vector(SEPOLIA))
    transaction = bytes.fromhex("1f615470024000c3ab532ed74c5a60b8f6c2feb6489a67be20f103831996f9ab")
    assert proof.places == (Place("eip155:11155111", transaction),)
    assert proof.root.hex() == "b2c64ed78cccda992431c265a1d0bb657e8cefd14b1ef15ceadcc697c566994f"
    assert proof.verification_method == "https://www.blockcerts.org/samples/3.0/issuer-blockcerts.json#key-1"


def test_a_proof_made_on_trial_names_no_chain() -> None:
    assert check(vector(TRIAL)).places == ()
    assert len(check(vector(EXPIRED)).path) == 1


def test_a_proof_covers_those_before_it_and_nothing_after() -> None:
    document = vector(TWO)
    first, second = proofs(document)
    check(document | {"proof": [first]})
    check(document | {"proof": first})
    assert code_of(document | {"proof": [second]}) == "digest_mismatch"
    assert code_of(document | {"proof": [second, first]}, 1) == "digest_mismatch"
    assert code_of(document | {"proof": [{**first, "created": "2024-02-15T15:22:36Z"}, second]}, 1) == "digest_mismatch"


@pytest.mark.parametrize(
    "change",
    [
        {"id": "urn:uuid:bbba8553-8ec1-445f-82c9-a57251dd731d"},
        {"issuer": "https://attacker.example/profile.json"},
        {"issuanceDate": "2021-08-18T14:04:24Z"},
        {"metadata": "{}"},
        {"expirationDate": "2030-01-01T00:00:00Z"},
        {"credentialSubject": {"id": "did:example:ebfeb1f712ebc6f1c276e12ec21", "name": "Another Person"}},
        {"display": {"contentMediaType": "text/html", "content": "<b>First class honours</b>"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_document_is_not_the_one_that_was_proved(change: JsonObject) -> None:
    assert code_of(vector(SEPOLIA) | change) == "digest_mismatch"


@pytest.mark.parametrize("change", [{"honours": "first class"}, {"type": ["VerifiableCredential", "Honours"]}])
def test_what_the_contexts_do_not_define_is_refused(change: JsonObject) -> None:
    assert code_of(vector(SEPOLIA) | change) == "undefined_term"


def test_a_document_with_a_vocabulary_of_its_own_is_not_read() -> None:
    """Two of its members may have one meaning, so that they could be exchanged without a trace in the proof."""
    assert code_of(vector("bitcoin-testnet-3.0-inline-context.json")) == "context_untrusted"


# --- both encodings ---

HASHES = st.binary(min_size=32, max_size=32)
PATHS = st.lists(st.tuples(st.sampled_from(Side), HASHES), max_size=MAX_PATH)


@given(HASHES, PATHS, HASHES)
def test_what_the_encoders_write_is_read(target: bytes, path: list[tuple[Side, bytes]], transaction: bytes) -> None:
    def as_text(value: bytes) -> bytes:
        return cbor2.dumps(value.hex())

    newer = made(target, path, [[[0, 0], [1, 1], [2, twice(transaction)]]])
    older: Pairs = [
        [3, [[int(side), as_text(sibling)] for side, sibling in path]],
        [0, as_text(cbor2.loads(newer[1][1]))],
        [1, as_text(target)],
        [2, [[[0, 0], [1, 1], [2, cbor2.dumps("0x" + transaction.hex())]]]],
    ]
    proof = decode(value_of(newer), "m")
    assert proof == decode(value_of(older), "m")
    assert (proof.target, proof.path) == (target, tuple(path))
    assert proof.places == (Place("bip122:000000000019d6689c085ae165831e93", transaction),)


@given(PATHS, st.data())
def test_no_other_path_leads_to_the_root(path: list[tuple[Side, bytes]], data: st.DataObject) -> None:
    document = vector(SEPOLIA)
    pairs = made(check(document).target, path)
    genuine = {**proofs(document)[0], "proofValue": value_of(pairs)}
    assert check(document | {"proof": genuine}).path == tuple(path)
    steps = pairs[0][1]
    if not steps:
        return
    at = data.draw(st.integers(0, len(steps) - 1))
    side, sibling = path[at]
    damage: list[Callable[[], object]] = [
        lambda: steps.pop(at),
        lambda: steps.insert(at, steps[at]),
        lambda: steps.__setitem__(at, [1 - side, twice(sibling)]),
        lambda: steps.__setitem__(at, [int(side), twice(bytes([sibling[0] ^ 1]) + sibling[1:])]),
    ]
    data.draw(st.sampled_from(damage))()
    damaged = {**genuine, "proofValue": value_of(pairs)}
    assert code_of(document | {"proof": damaged}) in ("root_mismatch", "proof_malformed")


def test_another_root_or_target_does_not_fit() -> None:
    document = vector(SEPOLIA)
    pairs = made(check(document).target, [(Side.LEFT, b"\x07" * 32)])
    other_root = [[key, twice(b"\x01" * 32)] if key == 0 else [key, value] for key, value in pairs]
    other_target = made(b"\x01" * 32, [(Side.LEFT, b"\x07" * 32)])
    for changed, code in ((other_root, "root_mismatch"), (other_target, "digest_mismatch")):
        assert code_of(document | {"proof": {**proofs(document)[0], "proofValue": value_of(changed)}}) == code


# --- badly formed ---


def anchored(*anchors: object) -> Pairs:
    return made(b"\x01" * 32, [], list(anchors))


def with_part(key: int, value: object) -> Pairs:
    return [[each, value if each == key else part] for each, part in made(b"\x01" * 32, [])]


SHORT, LONG = twice(b"\x01" * 31), twice(b"\x01" * 33)
GOOD = [[0, 1], [1, 1], [2, twice(b"\x01" * 32)]]


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        {0: b""},
        "text",
        7,
        made(b"\x01" * 32, [])[:3],
        [*made(b"\x01" * 32, []), [4, 1]],
        [*made(b"\x01" * 32, []), made(b"\x01" * 32, [])[0]],
        [[True, value] if key == 1 else [key, value] for key, value in made(b"\x01" * 32, [])],
        with_part(0, SHORT),
        with_part(0, LONG),
        with_part(0, b"\x01" * 32),
        with_part(0, twice(b"\x01" * 32) + b"\x00"),
        with_part(0, cbor2.dumps("01" * 31)),
        with_part(0, cbor2.dumps("zz" * 32)),
        with_part(0, "01" * 32),
        with_part(1, [SHORT]),
        with_part(1, None),
        with_part(3, "path"),
        with_part(3, [[0]]),
        with_part(3, [[2, twice(b"\x01" * 32)]]),
        with_part(3, [[True, twice(b"\x01" * 32)]]),
        with_part(3, [[0, SHORT]]),
        with_part(3, [[0, twice(b"\x01" * 32)]] * (MAX_PATH + 1)),
        anchored(),
        anchored(*[GOOD] * 5),
        anchored("blink:eth:mainnet:0x00"),
        anchored(GOOD[:2]),
        anchored([*GOOD, [3, 1]]),
        anchored([[0, "eth"], *GOOD[1:]]),
        anchored([*GOOD[:2], [2, SHORT]]),
        anchored([[0, -1], [1, cbor2.dumps("for trials")]], GOOD),
        anchored([[0, -1], [1, [[[]]]]]),
        anchored([[0, -1], [1, 1], [2, twice(b"")], [3, 1]]),
        [[[[[[[[]]]]]]]],
        cbor2.CBORTag(24, b"\x01"),
    ],
)
def test_a_badly_built_value_is_refused(pairs: object) -> None:
    with pytest.raises(InvalidProof) as caught:
        decode(value_of(pairs), "m")
    assert caught.value.code == "proof_malformed"


@pytest.mark.parametrize("chain", [[0, 2], [1, 2], [3, 1], [1, 10**30]])
def test_a_chain_that_nobody_knows_is_told_apart(chain: list[int]) -> None:
    with pytest.raises(InvalidProof) as caught:
        decode(value_of(anchored([[0, chain[0]], [1, chain[1]], GOOD[2]])), "m")
    assert caught.value.code == "chain_unknown"


@pytest.mark.parametrize(
    "value",
    ["", "z", "z0", "u" + "A" * 40, "z1" + value_of(made(b"\x01" * 32, []))[1:], "z" + "z" * 6000, "z" + "z" * 100_000],
    ids=lambda value: value[:20],
)
def test_a_value_that_is_no_base58_of_cbor_is_refused(value: str) -> None:
    with pytest.raises(InvalidProof) as caught:
        decode(value, "m")
    assert caught.value.code == "proof_malformed"


@given(st.binary(max_size=200))
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    with pytest.raises(InvalidProof):
        decode("z" + encode_base58(data), "m")


def test_cbor_that_is_not_in_its_shortest_form_is_refused() -> None:
    data = cbor2.dumps(made(b"\x01" * 32, []))
    for other in (b"\x98\x04" + data[1:], b"\x9f" + data[1:] + b"\xff", data + b"\x00"):
        with pytest.raises(InvalidProof):
            decode("z" + encode_base58(other), "m")
    decode("z" + encode_base58(data), "m")


@pytest.mark.parametrize(
    "change",
    [
        {"created": "yesterday"},
        {"created": None},
        {"created": 3},
        {"proofPurpose": "authentication"},
        {"verificationMethod": ["a"]},
        {"proofValue": None},
        {"previousProof": "urn:uuid:1"},
        {"cryptosuite": "merkle-proof-2019"},
        {"id": 7},
        {"type": "MerkleProof2017"},
    ],
    ids=json.dumps,
)
def test_a_proof_with_other_members_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidProof) as caught:
        parse_proof(proofs(vector(SEPOLIA))[0] | change)
    assert caught.value.code == "proof_malformed"


@pytest.mark.parametrize("left_out", ["created", "proofPurpose", "proofValue", "verificationMethod"])
def test_a_proof_without_one_of_its_members_is_refused(left_out: str) -> None:
    proof = {name: value for name, value in proofs(vector(SEPOLIA))[0].items() if name != left_out}
    with pytest.raises(InvalidProof):
        parse_proof(proof)


def test_proofs_of_other_kinds_are_told_apart() -> None:
    assert is_merkle_proof({"type": "MerkleProof2019"})
    assert is_merkle_proof({"type": "DataIntegrityProof", "cryptosuite": "merkle-proof-2019"})
    assert not is_merkle_proof({"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022"})
    assert not is_merkle_proof({"type": "ChainedProof2021", "chainedProofType": "MerkleProof2019"})
