"""ECDSA proofs: W3C's vectors, each curve with its hash, and signatures in one form only."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.documents.codecs import encode_base58, encode_base64url
from ledger.documents.keys import KeyKind, PublicKey, parse_jwk, parse_multikey
from ledger.documents.strict_json import JsonObject
from ledger.errors import InvalidProof
from ledger.proofs.ecdsa import CURVES, ECDSA_JCS, ECDSA_RDFC, hash_data, parse_proof, signature_holds, verify_any
from ledger.proofs.rdfc import canonicalize_rdf
from tests.builders import a_credential, a_signer
from tests.unit.proofs.test_data_integrity import METHOD, VECTORS, vector, with_examples

CASES = json.loads((VECTORS / "w3c-vc-di-ecdsa" / "ecdsa-2019.json").read_bytes())["cases"]
KEYS = {
    KeyKind.P256: ec.derive_private_key(0xC0FFEE, ec.SECP256R1()),
    KeyKind.P384: ec.derive_private_key(0xC0FFEE, ec.SECP384R1()),
}
ORDERS = {
    KeyKind.P256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    KeyKind.P384: int(
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16
    ),
}


def public_key(kind: KeyKind) -> PublicKey:
    return PublicKey(kind, KEYS[kind].public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint))


def signed(kind: KeyKind, message: bytes) -> bytes:
    der = KEYS[kind].sign(message, ec.ECDSA(SHA256() if kind is KeyKind.P256 else SHA384()))
    size = 32 if kind is KeyKind.P256 else 48
    return b"".join(number.to_bytes(size) for number in decode_dss_signature(der))


def secured(suite: str, kind: KeyKind, **changes: Any) -> tuple[JsonObject, JsonObject]:
    document = a_credential(**changes)
    options: JsonObject = {
        "type": "DataIntegrityProof",
        "cryptosuite": suite,
        "created": "2026-03-02T10:30:00Z",
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
    }
    if suite == ECDSA_JCS:
        options["@context"] = document["@context"]
    message = hash_data(document, options, kind, canonicalize_rdf)
    return document, {**options, "proofValue": "z" + encode_base58(signed(kind, message))}


def code_of(document: Any, proof: Any, *keys: PublicKey) -> str | None:
    try:
        verify_any(document, proof, keys, canonicalize_rdf=canonicalize_rdf)
    except InvalidProof as error:
        return error.code
    return None


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case['proof']['cryptosuite']}-{len(case['signature']) // 2}"
)
def test_every_value_of_the_vectors_comes_out(case: Any) -> None:
    document, proof, key = vector("unsigned.json"), case["proof"], parse_multikey(case["publicKeyMultibase"])
    to_n_quads = with_examples().canonicalize
    message = hash_data(document, proof, key.kind, to_n_quads)
    assert message.hex() == case["combinedHash"]
    parsed = parse_proof(document, proof)
    assert parsed.value.hex() == case["signature"]
    assert CURVES[len(parsed.value)] is key.kind
    secured_document = {**document, "proof": proof}
    assert verify_any(secured_document, proof, [key], canonicalize_rdf=to_n_quads) == key
    with pytest.raises(InvalidProof) as caught:
        verify_any({**document, "name": "Another"}, proof, [key], canonicalize_rdf=to_n_quads)
    assert caught.value.code == "signature_invalid"


def test_all_four_vectors_are_here() -> None:
    assert len(CASES) == 4


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.P384])
@pytest.mark.parametrize("suite", [ECDSA_RDFC, ECDSA_JCS])
def test_a_credential_is_verified_by_its_own_key_only(suite: str, kind: KeyKind) -> None:
    document, proof = secured(suite, kind)
    own = public_key(kind)
    other = public_key(KeyKind.P384 if kind is KeyKind.P256 else KeyKind.P256)
    stranger = parse_multikey("zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169")
    edwards = PublicKey(KeyKind.ED25519, a_signer().public_key)
    assert code_of(document, proof, own) is None
    assert verify_any(document, proof, [edwards, other, stranger, own], canonicalize_rdf=canonicalize_rdf) == own
    assert code_of(document, proof, edwards, other, stranger) == "signature_invalid"
    assert code_of(document, proof) == "signature_invalid"
    assert code_of({**document, "name": "Another"}, proof, own) == "signature_invalid"
    assert code_of(document, {**proof, "created": "2026-03-02T10:30:01Z"}, own) == "signature_invalid"
    assert code_of(document, {**proof, "verificationMethod": METHOD + "1"}, own) == "signature_invalid"


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.P384])
def test_a_signature_in_der_is_malformed_and_a_high_s_is_taken(kind: KeyKind) -> None:
    document, proof = secured(ECDSA_JCS, kind)
    raw = parse_proof(document, proof).value
    half = len(raw) // 2
    s = ORDERS[kind] - int.from_bytes(raw[half:])
    other = {**proof, "proofValue": "z" + encode_base58(raw[:half] + s.to_bytes(half))}
    assert code_of(document, other, public_key(kind)) is None
    der = KEYS[kind].sign(b"x", ec.ECDSA(SHA256()))
    assert code_of(document, {**proof, "proofValue": "z" + encode_base58(der)}, public_key(kind)) == "proof_malformed"


@pytest.mark.parametrize(
    "signature",
    [bytes(64), bytes(96), b"\xff" * 64, b"\xff" * 96, bytes(32) + b"\x01" * 32, b"\x01" * 32 + bytes(32)],
)
def test_signatures_of_zeros_and_out_of_range_hold_for_nothing(signature: bytes) -> None:
    document, proof = secured(ECDSA_JCS, KeyKind.P256)
    changed = {**proof, "proofValue": "z" + encode_base58(signature)}
    assert code_of(document, changed, public_key(KeyKind.P256), public_key(KeyKind.P384)) == "signature_invalid"


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "Ed25519Signature2020"},
        {"cryptosuite": "ecdsa-2019"},
        {"cryptosuite": "ecdsa-sd-2023"},
        {"cryptosuite": "eddsa-jcs-2022"},
        {"cryptosuite": [ECDSA_JCS]},
        {"proofPurpose": "authentication"},
        {"previousProof": "urn:uuid:1"},
        {"created": "now"},
        {"@context": []},
        {"proofValue": "u" + "A" * 86},
        {"proofValue": "z" + "1" * 63},
        {"proofValue": "z" + "1" * 65},
        {"proofValue": "z" + "1" * 95},
        {"proofValue": "z" + "1" * 97},
        {"proofValue": None},
    ],
)
def test_a_proof_in_another_form_is_malformed(changes: dict[str, Any]) -> None:
    document, proof = secured(ECDSA_JCS, KeyKind.P256)
    assert code_of(document, {**proof, **changes}, public_key(KeyKind.P256)) == "proof_malformed"


def test_a_key_that_is_no_point_is_named() -> None:
    document, proof = secured(ECDSA_JCS, KeyKind.P256)
    assert code_of(document, proof, PublicKey(KeyKind.P256, b"\x02" + b"\xff" * 32)) == "key_malformed"


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_no_bit_of_signature_or_key_can_change(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([KeyKind.P256, KeyKind.P384]))
    message = b"the message"
    signature, key = signed(kind, message), public_key(kind)
    assert signature_holds(key, signature, message)
    which = data.draw(st.sampled_from(["signature", "message", "key"]))
    value = {"signature": signature, "message": message, "key": key.data}[which]
    bit = data.draw(st.integers(0, len(value) * 8 - 1))
    changed = (int.from_bytes(value) ^ 1 << bit).to_bytes(len(value))
    key = PublicKey(kind, changed) if which == "key" else key
    signature = changed if which == "signature" else signature
    message = changed if which == "message" else message
    try:
        held = signature_holds(key, signature, message)
    except InvalidProof as error:
        held = (which, error.code) != ("key", "key_malformed")
    assert not held


def wycheproof() -> list[Any]:
    file = VECTORS / "wycheproof" / "ecdsa_secp256r1_sha256_p1363_test.json"
    return list(json.loads(file.read_bytes())["testGroups"])


def test_signatures_hold_exactly_when_wycheproof_says_so() -> None:
    count = 0
    for group in wycheproof():
        point = bytes.fromhex(group["publicKey"]["uncompressed"])
        x, y = encode_base64url(point[1:33]), encode_base64url(point[33:])
        key = parse_jwk({"kty": "EC", "crv": "P-256", "x": x, "y": y})
        for case in group["tests"]:
            held = signature_holds(key, bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
            assert held == (case["result"] == "valid"), case
            count += 1
    assert count == 262
