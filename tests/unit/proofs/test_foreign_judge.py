"""openbadgeslib, which shares no code with us but PyLD, judges what we sign, and we judge what it signs."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from openbadgeslib.ob3.ldp import OB3LdpVerifier, add_data_integrity_proof, verify_data_integrity_proof
from openbadgeslib.ob3.verifier import OB3VerificationError

from ledger.documents import contexts
from ledger.documents.credential import superseded_resource
from ledger.proofs.data_integrity import CRYPTOSUITES, sign, verify
from tests.builders import a_credential, a_record, a_signer

METHOD = "did:web:cairn.example:issuers:usm#key-1"
CREATED = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
PRIVATE_PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def secured(document: Any) -> Any:
    """`document` with our proof set, and a proof of a suite that the judge doesn't know."""
    proofs = [
        sign(document, cryptosuite=suite, signer=a_signer(), verification_method=METHOD, created=CREATED)
        for suite in CRYPTOSUITES
    ]
    anchor = {**proofs[0], "cryptosuite": "cairn-anchor-2026", "proofValue": "uAA"}
    return {**document, "proof": [*proofs, anchor]}


def test_our_credential_is_valid_to_the_judge() -> None:
    credential = OB3LdpVerifier(PUBLIC_PEM).verify(secured(a_credential()))
    assert credential.id == a_credential()["id"]


def test_our_correction_is_valid_to_the_judge() -> None:
    superseded = superseded_resource(str(a_credential(2)["id"]), digest=bytes(32), note="The name was misspelt.")
    correction = a_credential(related=[superseded])
    assert OB3LdpVerifier(PUBLIC_PEM).verify(secured(correction)).id == correction["id"]


def test_our_record_is_valid_to_the_judge() -> None:
    record = secured(a_record(secured(a_credential(1)), secured(a_credential(2))))
    verify_data_integrity_proof(record, PUBLIC_PEM, extra_contexts={contexts.CLR: contexts.load(contexts.CLR)})


def test_a_changed_credential_is_not() -> None:
    document = copy.deepcopy(secured(a_credential()))
    document["credentialSubject"]["result"][0]["value"] = "97.5"
    with pytest.raises(OB3VerificationError):
        verify_data_integrity_proof(document, PUBLIC_PEM)


def test_what_the_judge_signs_is_valid_to_us() -> None:
    document = add_data_integrity_proof(a_credential(), PRIVATE_PEM, METHOD, created=CREATED)
    verify(document, document["proof"], a_signer().public_key)
    ours = sign(
        a_credential(), cryptosuite=CRYPTOSUITES[0], signer=a_signer(), verification_method=METHOD, created=CREATED
    )
    assert document["proof"]["proofValue"] == ours["proofValue"]
