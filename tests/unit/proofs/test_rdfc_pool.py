"""Canonicalising side by side: the same bytes, in the same order, whatever becomes of a child."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from ledger.documents.canonical import canonicalize
from ledger.errors import InvalidProof
from ledger.issuing.sealing import DEFAULT_SUITES, BatchSigner, Seal
from ledger.proofs.rdfc import canonicalize_rdf
from ledger.proofs.rdfc_pool import CanonicalizerPool
from ledger.proofs.rdfc_worker import BoundedCanonicalizer
from tests.builders import a_credential, a_signer

SEAL = Seal(DEFAULT_SUITES, "did:web:cairn.example:issuers:usm#key-1", 1_795_305_600)


def test_a_batch_that_many_hands_sign_has_the_bytes_of_one_signed_alone() -> None:
    bodies = [canonicalize(a_credential(number)) for number in range(12)]
    alone = BatchSigner(SEAL, a_signer())
    with CanonicalizerPool(3) as pool:
        together = BatchSigner(SEAL, a_signer(), canonicalize_rdf=pool.canonicalize)
        assert list(pool.map(together.sign, bodies)) == [alone.sign(body) for body in bodies]


@pytest.mark.parametrize("code", ["canonicalization_budget", "canonicalization_unavailable"])
def test_what_a_child_cannot_finish_is_done_here(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    def fail(_self: object, _document: object) -> Any:
        raise InvalidProof(code, "no")

    monkeypatch.setattr(BoundedCanonicalizer, "canonicalize", fail)
    document = a_credential(1)
    with CanonicalizerPool(1) as pool:
        assert pool.canonicalize(document) == canonicalize_rdf(document)


def test_a_document_that_cannot_be_signed_is_refused_and_the_next_one_is_not() -> None:
    good = a_credential(1)
    bad = orjson.loads(orjson.dumps(good)) | {"undefined": "member"}
    with CanonicalizerPool(1) as pool:
        with pytest.raises(InvalidProof, match="do not define") as caught:
            pool.canonicalize(bad)
        assert caught.value.code == "undefined_term"
        assert pool.canonicalize(good) == canonicalize_rdf(good)
