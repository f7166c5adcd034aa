"""Check 3: at least one good signature of the issuer's, no bad one, and no key but the issuer's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest

from ledger.documents.did import did_key
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import InvalidProof
from ledger.proofs.data_integrity import EDDSA_JCS, EDDSA_RDFC
from ledger.verifying.report import Outcome
from tests.builders import ISSUER, a_credential, a_signer
from tests.world import World, proofs_of

BOTH = (EDDSA_RDFC, EDDSA_JCS)


class TooCostly:
    """A canonicalizer that always runs out of its budget."""

    def canonicalize(
        self, document: Mapping[str, JsonValue], hash_name: str = "sha256", /, *, own_terms: bool = False
    ) -> bytes:
        raise InvalidProof("canonicalization_budget", "the document takes too long to canonicalize")


def with_changed_proof(document: JsonObject, position: int, change: Callable[[dict[str, Any]], object]) -> JsonObject:
    proofs: list[Any] = [dict(proof) for proof in proofs_of(document)]
    change(proofs[position])
    return {**document, "proof": proofs}


def test_either_suite_alone_and_both_together_are_good(world: World) -> None:
    for number, suites in enumerate(((EDDSA_JCS,), (EDDSA_RDFC,), BOTH), 1):
        (issued,) = world.issue(a_credential(number), suites=suites)
        report = world.verifier().verify(orjson.dumps(issued))
        assert report, report.message
        assert set(report.check("signature").evidence["suites"]) == set(suites)  # type: ignore[arg-type]


@pytest.mark.parametrize("position", [0, 1])
def test_one_bad_signature_of_a_known_suite_is_enough_to_be_invalid(world: World, position: int) -> None:
    (issued,) = world.issue(a_credential(), suites=BOTH)
    foreign = proofs_of(world.sign(a_credential(), suites=BOTH, signer=a_signer(9)))[position]
    altered = with_changed_proof(issued, position, lambda proof: proof.update(foreign))
    report = world.verifier().verify(orjson.dumps(altered))
    assert (report.verdict, report.code) == (Outcome.INVALID, "signature_invalid")


FAULTS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "value shortened": (lambda proof: proof.update(proofValue=proof["proofValue"][:-2]), "proof_malformed"),
    "value in base64url": (lambda proof: proof.update(proofValue="uAAAA"), "proof_malformed"),
    "value missing": (lambda proof: proof.pop("proofValue"), "proof_malformed"),
    "a member too many": (lambda proof: proof.update(note="x"), "proof_malformed"),
    "purpose changed": (lambda proof: proof.update(proofPurpose="authentication"), "proof_malformed"),
    "another context": (lambda proof: proof.update({"@context": proof["@context"][:1]}), "proof_malformed"),
    "created changed": (lambda proof: proof.update(created="2026-11-21T00:00:00Z"), "signature_invalid"),
    "created removed": (lambda proof: proof.pop("created"), "signature_invalid"),
    "created is no time": (lambda proof: proof.update(created="yesterday"), "proof_malformed"),
    "method of another issuer": (
        lambda proof: proof.update(verificationMethod="did:web:evil.example#key-1"),
        "method_mismatch",
    ),
    "method that only begins alike": (
        lambda proof: proof.update(verificationMethod=f"{ISSUER.did}.evil.example#key-1"),
        "method_mismatch",
    ),
    "no method": (lambda proof: proof.pop("verificationMethod"), "method_mismatch"),
    "method is a list": (lambda proof: proof.update(verificationMethod=[]), "method_mismatch"),
    "expired": (lambda proof: proof.update(expires="2020-01-01T00:00:00Z"), "proof_expired"),
    "expires added": (lambda proof: proof.update(expires="2040-01-01T00:00:00Z"), "signature_invalid"),
}


@pytest.mark.parametrize(("change", "code"), FAULTS.values(), ids=FAULTS.keys())
def test_a_proof_that_was_tampered_with_is_invalid(
    world: World, change: Callable[[dict[str, Any]], object], code: str
) -> None:
    (issued,) = world.issue(a_credential())
    report = world.verifier().verify(orjson.dumps(with_changed_proof(issued, 0, change)))
    assert report.verdict is Outcome.INVALID
    assert report.check("signature").code == code


def test_a_document_without_signature_is_invalid_though_it_is_anchored(world: World) -> None:
    (issued,) = world.issue(a_credential())
    report = world.verifier().verify(orjson.dumps(issued | {"proof": proofs_of(issued)[-1]}))
    assert (report.verdict, report.code) == (Outcome.INVALID, "signature_missing")


def test_other_suites_and_types_are_passed_over_but_named(world: World) -> None:
    others: list[JsonValue] = [
        {"type": "RsaSignature2018", "proofValue": "z1"},
        {"type": "DataIntegrityProof", "cryptosuite": "ecdsa-sd-2023", "proofValue": "u1"},
        {"type": "DataIntegrityProof", "cryptosuite": "bbs-2023", "proofValue": "u1"},
    ]
    (issued,) = world.issue(a_credential())
    report = world.verifier().verify(orjson.dumps(issued | {"proof": [*others, *proofs_of(issued)]}))
    assert report
    assert report.check("signature").evidence["ignored_proofs"] == ["RsaSignature2018", "ecdsa-sd-2023", "bbs-2023"]
    alone = world.verifier().verify(orjson.dumps(issued | {"proof": [*others, proofs_of(issued)[-1]]}))
    assert (alone.verdict, alone.check("signature").code) == (Outcome.INDETERMINATE, "cryptosuite_unknown")


def test_a_good_cheap_signature_carries_a_costly_one_and_says_so(world: World) -> None:
    (issued,) = world.issue(a_credential(), suites=BOTH)
    report = world.verifier(canonicalizer=TooCostly()).verify(orjson.dumps(issued))
    assert report
    assert report.check("signature").evidence["not_checked"] == EDDSA_RDFC


def test_a_costly_signature_alone_leaves_it_open(world: World) -> None:
    (issued,) = world.issue(a_credential(), suites=(EDDSA_RDFC,))
    report = world.verifier(canonicalizer=TooCostly()).verify(orjson.dumps(issued))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "canonicalization_budget")


def test_a_changed_document_is_never_canonicalized_as_rdf(world: World) -> None:
    class Counting(TooCostly):
        calls = 0

        def canonicalize(
            self, document: Mapping[str, JsonValue], hash_name: str = "sha256", /, *, own_terms: bool = False
        ) -> bytes:
            Counting.calls += 1
            return super().canonicalize(document, hash_name)

    (issued,) = world.issue(a_credential(), suites=BOTH)
    report = world.verifier(canonicalizer=Counting()).verify(orjson.dumps(issued | {"name": "Other"}))
    assert (report.code, Counting.calls) == ("digest_mismatch", 0)


def test_a_member_that_rdf_would_drop_makes_the_rdf_signature_bad(world: World) -> None:
    (issued,) = world.issue(a_credential(), suites=(EDDSA_RDFC,))
    report = world.verifier().verify(orjson.dumps(issued | {"distinction": "summa cum laude"}))
    assert report.verdict is Outcome.INVALID
    assert report.check("signature").code == "undefined_term"


def test_the_key_may_be_any_of_the_issuers(world: World) -> None:
    for number in range(10, 14):
        world.add_key(world.issuer, a_signer(number))
    (issued,) = world.issue(a_credential(), signer=a_signer(1))
    assert world.verifier().verify(orjson.dumps(issued))


def test_weak_keys_in_the_registry_fit_no_signature(world: World) -> None:
    class Weak:
        public_key = (1).to_bytes(32, "little")

        def sign(self, message: bytes) -> bytes:
            return (1).to_bytes(32, "little") + bytes(32)

    world.add_key(world.issuer, Weak())
    (issued,) = world.issue(a_credential())
    report = world.verifier().verify(orjson.dumps(issued))
    assert (report.verdict, report.check("signature").code) == (Outcome.INVALID, "signature_invalid")


def test_a_weak_key_in_the_did_itself_is_named(world: World) -> None:
    good = did_key(a_signer(5).public_key)
    weak = "did:key:z6MkeTG3bFFSLYVU7VqhgZxqr6YzpaGrQtFMh1uvqGy1vDnP"  # 32 bytes of zero
    for did, expected in ((good, "valid"), (weak, "invalid")):
        document: dict[str, Any] = a_credential() | {"issuer": {"id": did, "type": ["Profile"], "name": "X"}}
        proof = {
            "type": "DataIntegrityProof",
            "cryptosuite": EDDSA_JCS,
            "verificationMethod": f"{did}#{did.removeprefix('did:key:')}",
            "proofPurpose": "assertionMethod",
            "@context": document["@context"],
            "proofValue": "z" + "1" * 64,
        }
        report = world.verifier().verify(orjson.dumps(document | {"proof": proof}))
        assert report.verdict is Outcome.INVALID
        code = report.check("signature").code
        assert code == ("signature_invalid" if expected == "valid" else "key_weak")
