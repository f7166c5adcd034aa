"""The one door to all suites, and `Ed25519Signature2020` behind it."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.documents import contexts
from ledger.documents.canonical import canonicalize, digest
from ledger.documents.codecs import encode_base58
from ledger.documents.did import resolve_did_key
from ledger.documents.keys import KeyKind, PublicKey, ed25519_key
from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs import ed25519_2020
from ledger.proofs.data_integrity import EDDSA_JCS, EDDSA_RDFC
from ledger.proofs.ecdsa import ECDSA_JCS, ECDSA_RDFC
from ledger.proofs.ed25519_2020 import ED25519_2020, SUITE_CONTEXT
from ledger.proofs.rdfc import canonicalize_rdf
from ledger.proofs.suites import CRYPTOSUITES, parse_proof, suite_of, verify_proof
from tests.builders import a_credential, a_signer
from tests.unit.proofs import test_data_integrity, test_ecdsa
from tests.unit.proofs.test_data_integrity import METHOD, VectorSigner, text, vector, with_examples

OWN = ed25519_key(a_signer().public_key)
V1: Any = {
    "@context": [contexts.CREDENTIALS_V1, contexts.OPEN_BADGES, SUITE_CONTEXT],
    "id": "urn:uuid:5f5d5e2e-3f0c-4c3a-9c0e-0d5c6a7b8c9d",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "issuer": {"id": "did:web:uni.example", "type": ["Profile"], "name": "U"},
    "issuanceDate": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:a", "type": ["AchievementSubject"]},
}


def secured_2020(document: JsonObject, **changes: Any) -> JsonObject:
    options: JsonObject = {
        "type": ED25519_2020,
        "created": "2023-01-01T00:00:00Z",
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
        **changes,
    }
    signature = a_signer().sign(ed25519_2020.hash_data(document, options))
    return {**options, "proofValue": "z" + encode_base58(signature)}


@cache
def secured(suite: str) -> tuple[JsonObject, JsonObject, PublicKey]:
    if suite == ED25519_2020:
        return V1, secured_2020(V1), OWN
    if suite in (EDDSA_JCS, EDDSA_RDFC):
        return *test_data_integrity.secured(suite), OWN
    return *test_ecdsa.secured(suite, KeyKind.P256), test_ecdsa.public_key(KeyKind.P256)


def code_of(document: Any, proof: Any, *keys: PublicKey) -> str | None:
    try:
        verify_proof(document, proof, keys, canonicalize_rdf=canonicalize_rdf)
    except InvalidProof as error:
        return error.code
    return None


ALL = (*CRYPTOSUITES, ED25519_2020)


def test_every_value_of_the_2020_vector_comes_out() -> None:
    folder = "Ed25519Signature2020/"
    signed, options = vector(folder + "signedEdSig.json"), vector(folder + "proofConfigEdSig.json")
    bare = {name: value for name, value in signed.items() if name != "proof"}
    to_n_quads = with_examples().canonicalize
    assert to_n_quads(bare) == text(folder + "canonDocEdSig.txt").encode()
    assert sha256(to_n_quads(bare)).hexdigest() == text(folder + "docHashEdSig.txt")
    assert to_n_quads(options) == text(folder + "proofCanonEdSig.txt").encode()
    assert sha256(to_n_quads(options)).hexdigest() == text(folder + "proofHashEdSig.txt")
    hash_data = ed25519_2020.hash_data(signed, signed["proof"], to_n_quads)
    assert hash_data.hex() == text(folder + "combinedHashEdSig.txt")
    signer = VectorSigner(vector("keyPair.json"))
    assert signer.sign(hash_data).hex() == text(folder + "sigHexEdSig.txt")
    assert signed["proof"]["proofValue"] == text(folder + "sigBTC58EdSig.txt")
    key = ed25519_key(signer.public_key)
    assert verify_proof(signed, signed["proof"], [key], canonicalize_rdf=to_n_quads) == key


@pytest.mark.parametrize("suite", ALL)
def test_each_suite_is_known_and_verified_with_its_own_key_among_others(suite: str) -> None:
    document, proof, own = secured(suite)
    others = [ed25519_key(a_signer(2).public_key), *map(test_ecdsa.public_key, (KeyKind.P256, KeyKind.P384))]
    others = [key for key in others if key != own]
    assert suite_of(proof) == suite
    assert parse_proof(document, proof).cryptosuite == suite
    assert verify_proof(document, proof, [*others, own], canonicalize_rdf=canonicalize_rdf) == own
    assert code_of(document, proof, *others) == "signature_invalid"
    assert code_of(document, proof) == "signature_invalid"
    assert code_of({**document, "id": "urn:uuid:7"}, proof, own) == "signature_invalid"


def test_the_digest_of_a_document_is_enough_for_the_suite_that_uses_it() -> None:
    document, proof, own = secured(EDDSA_JCS)
    known = digest(document)
    found = verify_proof(document, proof, [own], canonicalize_rdf=canonicalize_rdf, document_digest=known)
    assert found == own


@pytest.mark.parametrize(
    "changes",
    [
        {"cryptosuite": None},
        {"cryptosuite": "eddsa-2022"},
        {"cryptosuite": "bbs-2023"},
        {"cryptosuite": ["eddsa-jcs-2022"]},
        {"type": None},
        {"type": ["DataIntegrityProof"]},
        {"type": "Ed25519Signature2018"},
        {"type": "RsaSignature2018"},
    ],
)
def test_other_suites_are_not_known_and_never_verified(changes: dict[str, Any]) -> None:
    document, proof, own = secured(EDDSA_JCS)
    assert suite_of({**proof, **changes}) is None
    assert code_of(document, {**proof, **changes}, own) == "proof_malformed"
    with pytest.raises(InvalidProof):
        parse_proof(document, {**proof, **changes})


def test_the_name_of_a_suite_decides_how_a_proof_is_read() -> None:
    """The same signature under the name of another suite is that of something else."""
    for suite in ALL:
        document, proof, own = secured(suite)
        for other in ALL:
            if other == suite:
                continue
            if other == ED25519_2020:
                changed = {**proof, "type": ED25519_2020}
                changed.pop("cryptosuite", None)
            else:
                changed = {**proof, "type": "DataIntegrityProof", "cryptosuite": other}
            assert code_of(document, changed, own) is not None, (suite, other)


def test_weak_keys_are_named() -> None:
    document, proof, _ = secured(EDDSA_JCS)
    assert code_of(document, proof, PublicKey(KeyKind.ED25519, b"\x01" + bytes(31))) == "key_weak"
    assert code_of(V1, secured_2020(V1), PublicKey(KeyKind.ED25519, b"\x01" + bytes(31))) == "key_weak"


@pytest.mark.parametrize("own_context", [None, SUITE_CONTEXT, [SUITE_CONTEXT], "the document's"])
def test_the_context_of_the_2020_suite_may_stand_in_document_or_proof(own_context: Any) -> None:
    """All are the same statement, so the same signature fits each."""
    proof = secured_2020(V1)
    if own_context is not None:
        proof["@context"] = V1["@context"] if own_context == "the document's" else own_context
    assert code_of(V1, proof, OWN) is None
    if own_context != "the document's":
        lacking = {**V1, "@context": V1["@context"][:-1]}
        assert code_of(lacking, proof, OWN) is None
        assert code_of({**lacking, "@context": contexts.CREDENTIALS_V1}, proof, OWN) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"cryptosuite": "eddsa-rdfc-2022"},
        {"cryptosuite": None},
        {"@context": contexts.CREDENTIALS_V2},
        {"@context": [contexts.CREDENTIALS_V1]},
        {"proofPurpose": "authentication"},
        {"proofPurpose": ["assertionMethod"]},
        {"verificationMethod": {"id": METHOD}},
        {"jws": "eyJ..sig"},
        {"challenge": ["a"]},
        {"previousProof": "urn:uuid:1"},
        {"created": "yesterday"},
        {"proofValue": "z" + "1" * 63},
        {"proofValue": "z" + "1" * 96},
        {"proofValue": None},
    ],
)
def test_a_2020_proof_in_another_form_is_malformed(changes: dict[str, Any]) -> None:
    assert code_of(V1, {**secured_2020(V1), **changes}, OWN) == "proof_malformed"


def test_every_option_of_a_2020_proof_is_signed() -> None:
    proof = secured_2020(V1)
    for name, value in {"created": "2023-01-01T00:00:01Z", "verificationMethod": METHOD + "1"}.items():
        assert code_of(V1, {**proof, name: value}, OWN) == "signature_invalid"
    del proof["created"]
    assert code_of(V1, proof, OWN) == "signature_invalid"


def test_what_no_context_defines_is_not_signed_and_so_refused() -> None:
    document = {**V1, "distinction": "summa cum laude"}
    assert code_of(document, secured_2020(V1), OWN) == "undefined_term"


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_no_bit_of_a_signature_can_change_in_any_suite(data: st.DataObject) -> None:
    suite = data.draw(st.sampled_from(ALL))
    document, proof, own = secured(suite)
    value = parse_proof(document, proof).value
    changed = (int.from_bytes(value) ^ 1 << data.draw(st.integers(0, len(value) * 8 - 1))).to_bytes(len(value))
    assert code_of(document, {**proof, "proofValue": "z" + encode_base58(changed)}, own) == "signature_invalid"


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_no_byte_of_a_file_can_change_without_breaking_the_signature(data: st.DataObject) -> None:
    """Then it is not read, or not verified, or says the same in another spelling."""
    suite = data.draw(st.sampled_from([ECDSA_JCS, ECDSA_RDFC, ED25519_2020]))
    document, proof, own = secured(suite)
    file = canonicalize({**document, "proof": proof})
    place = data.draw(st.integers(0, len(file) - 1))
    try:
        changed = parse(file[:place] + bytes([data.draw(st.integers(0, 255))]) + file[place + 1 :])
    except MalformedDocument:
        return
    found = changed.pop("proof", None)
    if isinstance(found, dict) and code_of(changed, found, own) is None:
        assert canonicalize_rdf(changed) == canonicalize_rdf(document)
        assert suite != ECDSA_JCS or canonicalize({**changed, "proof": found}) == file


def test_a_document_of_the_builders_is_what_it_is_signed_as() -> None:
    document, proof, own = secured(ECDSA_RDFC)
    assert document == a_credential()
    assert code_of(document, proof, own) is None
    assert code_of(document, {**proof, "cryptosuite": ECDSA_JCS}, own) == "proof_malformed"


@pytest.mark.parametrize("name", ["ecdsa-rdfc-2019-p256", "ecdsa-rdfc-2019-p384", "ed25519-signature-2020"])
def test_documents_that_other_software_signed_are_verified(name: str) -> None:
    """They have many nodes without an id, so the hash of RDF canonicalisation matters too."""
    document = parse((test_data_integrity.VECTORS / "digitalbazaar-proofs" / f"{name}.json").read_bytes())
    proof = document["proof"]
    assert isinstance(proof, dict)
    assert isinstance(proof["verificationMethod"], str)
    did, _, multikey = proof["verificationMethod"].partition("#")
    [key] = resolve_did_key(did).methods.values()
    assert did == f"did:key:{multikey}"
    assert verify_proof(document, proof, [key], canonicalize_rdf=canonicalize_rdf) == key
    assert code_of({**document, "name": "Another"}, proof, key) == "signature_invalid"
    if name.endswith("p384"):
        with pytest.raises(InvalidProof):
            verify_proof(document, proof, [key], canonicalize_rdf=lambda value, _hash="": canonicalize_rdf(value))
