"""What a batch shares when it is signed, and what it comes down to."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.chain.registry import Address, IssuerId
from ledger.documents.canonical import canonicalize, digest
from ledger.issuing.sealing import BatchSigner, Seal, anchor_proofs, build_tree, configuration_hash
from ledger.proofs.anchor_proof import from_proof
from ledger.proofs.data_integrity import EDDSA_JCS, EDDSA_RDFC, sign, verify
from tests.builders import a_credential, a_record, a_signer
from tests.reference import tree_hash

SEALED_AT = 1_795_305_600
METHOD = "did:web:cairn.example:issuers:usm#key-1"
SEAL = Seal((EDDSA_RDFC, EDDSA_JCS), METHOD, SEALED_AT)
REGISTRY, ISSUER_ID = Address(b"\x11" * 20), IssuerId(b"\x22" * 32)


def test_a_batch_signature_is_the_one_that_a_single_document_would_get() -> None:
    signer = BatchSigner(SEAL, a_signer())

    for document in (a_credential(1), a_record(), a_credential(2)):
        proofs = orjson.loads(signer.sign(canonicalize(document)))
        assert proofs == [
            sign(
                document,
                cryptosuite=suite,
                signer=a_signer(),
                verification_method=METHOD,
                created=datetime.fromtimestamp(SEALED_AT, UTC),
            )
            for suite in SEAL.suites
        ]
        for proof in proofs:
            verify(document, proof, a_signer().public_key)


def test_a_seal_takes_only_suites_that_we_know() -> None:
    for suites in ((), ("ecdsa-jcs-2019",)):
        with pytest.raises(ValueError, match="cryptosuite"):
            Seal(suites, METHOD, SEALED_AT)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 70))
def test_every_anchor_proof_leads_from_its_document_to_the_root(size: int) -> None:
    leaves = [(hashlib.sha256(bytes([number])).digest(), 1000 + number) for number in range(size)]
    tree = build_tree(leaves)
    entries = [document + index.to_bytes(8, "big") for document, index in leaves]

    proofs = list(
        anchor_proofs(
            tree,
            [index for _, index in leaves],
            chain_id=1,
            registry=REGISTRY,
            issuer_id=ISSUER_ID,
            anchored_at=SEALED_AT,
            verification_method=METHOD,
            evidence={},
        )
    )

    assert tree.root == tree_hash(entries)
    for position, ((document, index), proof) in enumerate(zip(leaves, proofs, strict=True)):
        read = from_proof(orjson.loads(proof))
        assert read.root_for(document) == tree.root
        assert (read.leaf_index, read.status_index, read.tree_size) == (position, index, size)


def test_the_configuration_hash_depends_on_everything_that_a_batch_depends_on() -> None:
    base: dict[str, object] = {
        "seal": SEAL,
        "chain_id": 1,
        "registry": REGISTRY,
        "issuer_id": ISSUER_ID,
        "size": 3,
        "signatures": bytes(32),
    }
    changes: list[dict[str, object]] = [
        {"seal": Seal((EDDSA_JCS,), METHOD, SEALED_AT)},
        {"seal": Seal(SEAL.suites, METHOD + "0", SEALED_AT)},
        {"seal": Seal(SEAL.suites, METHOD, SEALED_AT + 1)},
        {"chain_id": 2},
        {"registry": Address(b"\x12" * 20)},
        {"issuer_id": IssuerId(b"\x23" * 32)},
        {"size": 4},
        {"signatures": b"\x01" * 32},
    ]

    hashes = {_hash(base | change) for change in [{}, *changes]}

    assert len(hashes) == len(changes) + 1


def test_the_stored_body_hashes_to_the_digest_of_the_document() -> None:
    document = a_credential()
    assert hashlib.sha256(canonicalize(document)).digest() == digest(document)


def _hash(arguments: dict[str, object]) -> bytes:
    return configuration_hash(**arguments)  # type: ignore[arg-type]
