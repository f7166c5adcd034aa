from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.documents import contexts
from ledger.documents.canonical import canonicalize, digest
from ledger.documents.codecs import decode_multibase, encode_base58, parse_timestamp
from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs.data_integrity import (
    CRYPTOSUITES,
    EDDSA_JCS,
    EDDSA_RDFC,
    jcs_hash_data,
    parse_proof,
    rdfc_hash_data,
    sign,
    verify,
    verify_any,
)
from ledger.proofs.rdfc import RdfCanonicalizer
from tests.builders import a_credential, a_signer

VECTORS = Path(__file__).parents[2] / "vectors"
W3C = VECTORS / "w3c-vc-di-eddsa"
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
CREATED = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
METHOD = "did:web:cairn.example:issuers:usm#key-1"


def with_examples() -> RdfCanonicalizer:
    """W3C's vectors use a context that defines every term; only these tests trust it."""
    examples = json.loads((W3C / "examples-v2.json").read_bytes())
    return RdfCanonicalizer(
        {*contexts.CONTEXTS, EXAMPLES}, lambda url: examples if url == EXAMPLES else contexts.load(url)
    )


class VectorSigner:
    """A key pair of the vectors, in Multikey form."""

    def __init__(self, pair: dict[str, str]) -> None:
        self.public_key = decode_multibase(pair["publicKeyMultibase"], size=34)[2:]
        self._key = Ed25519PrivateKey.from_private_bytes(decode_multibase(pair["privateKeyMultibase"], size=34)[2:])

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def vector(name: str) -> Any:
    return json.loads((W3C / name).read_bytes())


def text(name: str) -> str:
    return (W3C / name).read_text(encoding="utf-8")


def secured(suite: str = EDDSA_JCS, **changes: Any) -> tuple[JsonObject, JsonObject]:
    document = a_credential(**changes)
    return document, sign(document, cryptosuite=suite, signer=a_signer(), verification_method=METHOD, created=CREATED)


def code_of(document: Any, proof: Any, key: bytes | None = None) -> str | None:
    try:
        verify(document, proof, a_signer().public_key if key is None else key)
    except InvalidProof as error:
        return error.code
    return None


def test_every_value_of_the_jcs_vector_comes_out() -> None:
    folder = "eddsa-jcs-2022/"
    document, options, signed = (
        vector("unsigned.json"),
        vector(folder + "proofConfigJCS.json"),
        vector(folder + "signedJCS.json"),
    )
    assert canonicalize(document) == text(folder + "canonDocJCS.txt").encode()
    assert digest(document).hex() == digest(signed).hex() == text(folder + "docHashJCS.txt")
    assert canonicalize(options) == text(folder + "proofCanonJCS.txt").encode()
    assert sha256(canonicalize(options)).hexdigest() == text(folder + "proofHashJCS.txt")
    hash_data = jcs_hash_data(digest(document), options)
    assert hash_data.hex() == text(folder + "combinedHashJCS.txt")
    assert hash_data.hex() == text(folder + "proofHashJCS.txt") + text(folder + "docHashJCS.txt")
    signer = VectorSigner(vector("keyPair.json"))
    assert signer.sign(hash_data).hex() == text(folder + "sigHexJCS.txt")
    assert "z" + encode_base58(signer.sign(hash_data)) == text(folder + "sigBTC58JCS.txt")
    proof = sign(
        document,
        cryptosuite=EDDSA_JCS,
        signer=signer,
        verification_method=options["verificationMethod"],
        created=parse_timestamp(options["created"]),
    )
    assert proof == signed["proof"]
    verify(signed, proof, signer.public_key)


def test_every_value_of_the_rdfc_vector_comes_out() -> None:
    folder = "eddsa-rdfc-2022/"
    document, options = vector("unsigned.json"), vector(folder + "proofConfigDataInt.json")
    signed = vector(folder + "signedDataInt.json")
    to_n_quads = with_examples().canonicalize
    assert to_n_quads(document) == text(folder + "canonDocDataInt.txt").encode()
    assert sha256(to_n_quads(document)).hexdigest() == text(folder + "docHashDataInt.txt")
    assert to_n_quads(options) == text(folder + "proofCanonDataInt.txt").encode()
    assert sha256(to_n_quads(options)).hexdigest() == text(folder + "proofHashDataInt.txt")
    bare_options = {name: value for name, value in options.items() if name != "@context"}
    hash_data = rdfc_hash_data(document, bare_options, to_n_quads)
    assert hash_data == rdfc_hash_data(signed, bare_options, to_n_quads)
    assert hash_data.hex() == text(folder + "combinedHashDataInt.txt")
    assert hash_data.hex() == text(folder + "proofHashDataInt.txt") + text(folder + "docHashDataInt.txt")
    signer = VectorSigner(vector("keyPair.json"))
    assert signer.sign(hash_data).hex() == text(folder + "sigHexDataInt.txt")
    assert "z" + encode_base58(signer.sign(hash_data)) == text(folder + "sigBTC58DataInt.txt")
    assert signed["proof"]["proofValue"] == text(folder + "sigBTC58DataInt.txt")
    proof = sign(
        document,
        cryptosuite=EDDSA_RDFC,
        signer=signer,
        verification_method=options["verificationMethod"],
        created=parse_timestamp(options["created"]),
        canonicalize_rdf=to_n_quads,
    )
    assert proof == signed["proof"]
    verify(signed, signed["proof"], signer.public_key, canonicalize_rdf=to_n_quads)


def test_each_proof_of_the_vector_set_signs_the_bare_document() -> None:
    signed = vector("proof-set/signedProofSet2.json")
    keys = [VectorSigner(pair).public_key for pair in vector("proof-set/multiKeyPairs.json").values()]
    to_n_quads = with_examples().canonicalize
    assert [verify_any(signed, proof, keys, canonicalize_rdf=to_n_quads) for proof in signed["proof"]] == keys[:2]
    assert [verify_any(signed, proof, keys[::-1], canonicalize_rdf=to_n_quads) for proof in signed["proof"]] == keys[:2]


def test_a_chained_proof_of_the_vectors_is_refused() -> None:
    signed = vector("proof-set/signedProofChain2.json")
    chained = [proof for proof in signed["proof"] if "previousProof" in proof]
    assert chained
    for proof in chained:
        with pytest.raises(InvalidProof) as caught:
            verify(signed, proof, a_signer().public_key, canonicalize_rdf=with_examples().canonicalize)
        assert caught.value.code == "proof_malformed"


def wycheproof() -> list[Any]:
    groups = json.loads((VECTORS / "wycheproof" / "ed25519_test.json").read_bytes())["testGroups"]
    return [
        pytest.param(bytes.fromhex(group["publicKey"]["pk"]), case, id=str(case["tcId"]))
        for group in groups
        for case in group["tests"]
    ]


def test_all_wycheproof_cases_are_here() -> None:
    assert len(wycheproof()) == 151


@pytest.mark.parametrize(("public_key", "case"), wycheproof())
def test_signatures_hold_exactly_when_wycheproof_says_so(
    public_key: bytes, case: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message of the case stands where the hash of document and options would: `verify` sees nothing else."""
    from ledger.proofs import data_integrity

    monkeypatch.setattr(data_integrity, "_hash_data", lambda *_arguments: bytes.fromhex(case["msg"]))
    document: JsonObject = {"@context": []}
    proof: JsonObject = {
        "type": "DataIntegrityProof",
        "cryptosuite": EDDSA_JCS,
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
        "@context": [],
        "proofValue": "z" + encode_base58(bytes.fromhex(case["sig"])),
    }
    assert code_of(document, proof, public_key) in (
        (None,) if case["result"] == "valid" else ("signature_invalid", "proof_malformed")
    )


@pytest.mark.parametrize("suite", CRYPTOSUITES)
def test_a_credential_is_signed_and_verified(suite: str) -> None:
    document, proof = secured(suite)
    assert list(proof)[:5] == ["type", "cryptosuite", "created", "verificationMethod", "proofPurpose"]
    assert proof["created"] == "2026-03-02T10:30:00Z"
    assert ("@context" in proof) == (suite == EDDSA_JCS)
    assert code_of(document, proof) is None
    assert code_of({**document, "proof": proof}, proof) is None
    assert code_of({**document, "proof": [proof, proof]}, proof) is None
    assert code_of(parse(json.dumps(document, indent=1).encode()), proof) is None
    assert code_of(document, proof, a_signer(2).public_key) == "signature_invalid"
    assert code_of({**document, "name": "Another"}, proof) == "signature_invalid"


def test_the_digest_of_a_batch_is_enough_to_sign_and_verify() -> None:
    document, proof = secured()
    known = digest(document)
    again = sign(
        {"@context": document["@context"]},
        cryptosuite=EDDSA_JCS,
        signer=a_signer(),
        verification_method=METHOD,
        created=CREATED,
        document_digest=known,
    )
    assert again == proof
    verify(document, proof, a_signer().public_key, document_digest=known)
    with pytest.raises(InvalidProof, match="signature"):
        verify(document, proof, a_signer().public_key, document_digest=bytes(32))


def test_several_keys_are_tried_with_one_canonicalization() -> None:
    document, proof = secured(EDDSA_RDFC)
    calls = []

    def counting(value: Any) -> bytes:
        calls.append(value)
        return RdfCanonicalizer().canonicalize(value)

    keys = [a_signer(number).public_key for number in (4, 3, 2, 1)]
    assert verify_any(document, proof, keys, canonicalize_rdf=counting) == keys[-1]
    assert len([value for value in calls if "credentialSubject" in value]) == 1
    with pytest.raises(InvalidProof, match="signature"):
        verify_any(document, proof, keys[:-1])
    with pytest.raises(InvalidProof, match="signature"):
        verify_any(document, proof, [])


@pytest.mark.parametrize("suite", CRYPTOSUITES)
@pytest.mark.parametrize(
    "changes",
    [
        {"type": "Ed25519Signature2020"},
        {"type": ["DataIntegrityProof"]},
        {"cryptosuite": "eddsa-2022"},
        {"cryptosuite": ["eddsa-jcs-2022"]},
        {"cryptosuite": None},
        {"proofPurpose": "authentication"},
        {"proofPurpose": ["assertionMethod"]},
        {"verificationMethod": {"id": METHOD}},
        {"verificationMethod": [METHOD]},
        {"created": "2026-03-02"},
        {"created": None},
        {"created": 5},
        {"expires": "tomorrow"},
        {"id": 5},
        {"nonce": ["a"]},
        {"previousProof": "urn:uuid:1"},
        {"domain": 5},
        {"domain": ["example.com", 5]},
        {"domain": ["example.com"] * 17},
        {"challenge": ["abc"]},
        {"extra": 1},
        {"proofValue": None},
        {"proofValue": ["z2"]},
        {"proofValue": ""},
        {"proofValue": "z"},
        {"proofValue": "u" + "A" * 86},
        {"proofValue": "z" + "1" * 63},
        {"proofValue": "z" + "1" * 65},
        {"proofValue": "z" + "z" * 88},
        {"proofValue": "z" + "0" * 88},
        {"@context": ["https://www.w3.org/ns/credentials/v2"]},
        {"@context": []},
        {"@context": None},
    ],
)
def test_a_proof_in_another_form_is_malformed(suite: str, changes: dict[str, Any]) -> None:
    document, proof = secured(suite)
    assert code_of(document, {**proof, **changes}) == "proof_malformed"


@pytest.mark.parametrize("suite", CRYPTOSUITES)
@pytest.mark.parametrize(
    "extra", [{"domain": "example.com"}, {"domain": ["a.example", "b.example"], "challenge": "abc"}]
)
def test_what_an_issuer_bound_a_proof_to_is_signed(suite: str, extra: dict[str, Any]) -> None:
    document, proof = secured(suite)
    options = {name: value for name, value in proof.items() if name != "proofValue"} | extra
    jcs = suite == EDDSA_JCS
    message = jcs_hash_data(digest(document), options) if jcs else rdfc_hash_data(document, options)
    bound = {**options, "proofValue": "z" + encode_base58(a_signer().sign(message))}
    assert code_of(document, bound) is None
    assert code_of(document, {**bound, "domain": "other.example"}) == "signature_invalid"
    assert code_of(document, {**proof, **extra}) == "signature_invalid"


@pytest.mark.parametrize("suite", CRYPTOSUITES)
@pytest.mark.parametrize("name", ["type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue"])
def test_a_proof_without_a_member_that_it_needs_is_malformed(suite: str, name: str) -> None:
    document, proof = secured(suite)
    del proof[name]
    assert code_of(document, proof) == "proof_malformed"


def test_a_document_with_one_context_more_than_was_signed_is_refused() -> None:
    document, proof = secured()
    longer: Any = {**document, "@context": [*contexts_of(document), "https://w3id.org/security/data-integrity/v2"]}
    assert code_of(longer, proof) == "proof_malformed"
    del proof["@context"]
    assert code_of(document, proof) == "proof_malformed"


def contexts_of(document: JsonObject) -> list[Any]:
    value = document["@context"]
    assert isinstance(value, list)
    return value


@pytest.mark.parametrize("suite", CRYPTOSUITES)
def test_every_option_is_signed(suite: str) -> None:
    document, proof = secured(suite)
    for name, value in {
        "created": "2026-03-02T10:30:01Z",
        "expires": "2036-03-02T10:30:00Z",
        "verificationMethod": METHOD[:-1] + "2",
        "id": "urn:uuid:00000000-0000-4000-8000-000000000001",
        "nonce": "a",
    }.items():
        assert code_of(document, {**proof, name: value}) == "signature_invalid"
    del proof["created"]
    assert code_of(document, proof) == "signature_invalid"


def test_a_proof_is_read_with_its_times() -> None:
    document, proof = secured()
    parsed = parse_proof(document, {**proof, "expires": "2036-03-02T10:30:00.5+08:00"})
    assert parsed.cryptosuite == EDDSA_JCS
    assert parsed.verification_method == METHOD
    assert parsed.created == CREATED
    assert parsed.expires == datetime(2036, 3, 2, 2, 30, 0, 500_000, tzinfo=UTC)
    assert len(parsed.value) == 64


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (b"\x01" + bytes(31), "key_weak"),
        (b"", "key_malformed"),
        (b"\xff" * 32, "key_malformed"),
    ],
)
def test_keys_that_prove_nothing_are_refused(key: bytes, code: str) -> None:
    document, proof = secured()
    assert code_of(document, proof, key) == code


def test_the_signature_that_fits_any_message_under_a_weak_key_is_refused() -> None:
    """R = the identity, S = 0: under the identity as key, OpenSSL takes it for every message."""
    document, proof = secured()
    identity = b"\x01" + bytes(31)
    proof["proofValue"] = "z" + encode_base58(identity + bytes(32))
    assert code_of(document, proof, identity) == "key_weak"


def test_an_unknown_suite_cannot_be_signed() -> None:
    with pytest.raises(ValueError, match="cryptosuite"):
        sign(a_credential(), cryptosuite="x", signer=a_signer(), verification_method=METHOD, created=CREATED)


def test_a_document_with_terms_of_its_own_cannot_be_signed_as_rdf() -> None:
    document = {**a_credential(), "distinction": "summa cum laude"}
    with pytest.raises(InvalidProof) as caught:
        sign(document, cryptosuite=EDDSA_RDFC, signer=a_signer(), verification_method=METHOD, created=CREATED)
    assert caught.value.code == "undefined_term"


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_no_byte_can_change_without_breaking_the_signature(data: st.DataObject) -> None:
    """One byte of the file is changed: then it is not read, or not verified, or says canonically the same."""
    document, proof = secured()
    file = canonicalize({**document, "proof": proof})
    place = data.draw(st.integers(0, len(file) - 1))
    changed = file[:place] + bytes([data.draw(st.integers(0, 255))]) + file[place + 1 :]
    try:
        read = parse(changed)
    except MalformedDocument:
        return
    got = read.get("proof")
    if not isinstance(got, dict):
        return
    if code_of(read, got) is None:
        assert canonicalize(read) == file
