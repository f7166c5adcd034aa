"""Open Badges of others: what can be told is told, and what can't is never called false."""

from __future__ import annotations

from resource import RUSAGE_CHILDREN, getrusage
from typing import Any

import orjson
import pytest

from ledger.bounded_process import Budget
from ledger.documents.did import did_document, did_key
from ledger.documents.strict_json import JsonObject
from ledger.errors import InvalidProof
from ledger.proofs.data_integrity import EDDSA_JCS, EDDSA_RDFC, sign
from ledger.proofs.rdfc_worker import BoundedCanonicalizer
from ledger.verifying.report import Outcome, VerificationReport
from ledger.verifying.signature import SpendingCanonicalizer
from tests.builders import ISSUER, a_credential, a_signer
from tests.corpus.cases import poison_graph
from tests.world import SIGNED_AT, World


def a_badge(did: str, method: str, suite: str = EDDSA_RDFC, **changes: Any) -> JsonObject:
    """An Open Badge without status and without anchor, signed by key 5."""
    document: dict[str, Any] = {key: value for key, value in a_credential().items() if key != "credentialStatus"}
    document |= {"issuer": {**document["issuer"], "id": did}} | changes
    proof = sign(document, cryptosuite=suite, signer=a_signer(5), verification_method=method, created=SIGNED_AT)
    return {**document, "proof": proof}


def verify(world: World, document: object, **policy: object) -> VerificationReport:
    return world.verifier(world.policy(**policy)).verify(orjson.dumps(document))


@pytest.mark.parametrize("suite", [EDDSA_RDFC, EDDSA_JCS])
def test_a_genuine_badge_without_an_anchor_is_neither_valid_nor_false(world: World, suite: str) -> None:
    did = did_key(a_signer(5).public_key)
    badge = a_badge(did, f"{did}#{did.removeprefix('did:key:')}", suite)
    report = verify(world, badge)
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "no_anchor_proof")
    assert report.check("signature").outcome is Outcome.VALID
    altered = verify(world, badge | {"name": "x"})
    assert (altered.verdict, altered.code) == (Outcome.INVALID, "signature_invalid")


@pytest.mark.parametrize("suite", [EDDSA_RDFC, EDDSA_JCS])
def test_three_is_three_however_it_is_spelled(world: World, suite: str) -> None:
    did = did_key(a_signer(5).public_key)
    subject: Any = a_credential()["credentialSubject"]
    achievement = {**subject["achievement"], "creditsAvailable": 3}
    subject = {**subject, "achievement": achievement}
    badge = a_badge(did, f"{did}#{did.removeprefix('did:key:')}", suite, credentialSubject=subject)
    spelled = orjson.dumps(badge).replace(b'"creditsAvailable":3', b'"creditsAvailable":3.00')
    assert spelled != orjson.dumps(badge)
    report = world.verifier(world.policy()).verify(spelled)
    assert report.check("signature").outcome is Outcome.VALID
    other = orjson.dumps(badge).replace(b'"creditsAvailable":3', b'"creditsAvailable":3.01')
    assert world.verifier(world.policy()).verify(other).code == "signature_invalid"


def test_a_did_web_issuer_is_known_by_its_document(world: World) -> None:
    badge = a_badge("did:web:badges.example", "did:web:badges.example#key-1")
    assert verify(world, badge).check("signature").code == "key_unknown"
    document = did_document("did:web:badges.example", {1: a_signer(5).public_key}, f"eip155:1:0x{'11' * 20}", bytes(32))
    document.pop("service")
    given = {"https://badges.example/.well-known/did.json": orjson.dumps(document)}
    report = verify(world, badge, documents=given)
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "no_anchor_proof")
    wrong = a_badge("did:web:badges.example", "did:web:badges.example#key-2")
    assert verify(world, wrong, documents=given).code == "method_mismatch"


def test_the_key_is_never_taken_from_the_proof(world: World) -> None:
    own = did_key(a_signer(5).public_key).removeprefix("did:key:")
    badge = a_badge(ISSUER.did, f"{ISSUER.did}#{own}")
    report = verify(world, badge)
    assert not report
    assert report.check("signature").outcome is Outcome.INDETERMINATE


def test_a_poison_graph_ends_in_time_and_without_a_verdict(world: World) -> None:
    canonicalizer = BoundedCanonicalizer()
    before = getrusage(RUSAGE_CHILDREN).ru_utime
    report = world.verifier(canonicalizer=canonicalizer).verify(poison_graph().data)
    assert getrusage(RUSAGE_CHILDREN).ru_utime - before < Budget().cpu_seconds + 30
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "canonicalization_budget")
    canonicalizer.close()


def test_many_poison_graphs_share_one_purse(world: World) -> None:
    class Slow:
        calls = 0

        def canonicalize(self, document: Any, hash_name: str = "sha256", /, *, own_terms: bool = False) -> bytes:
            Slow.calls += 1
            raise InvalidProof("canonicalization_budget", "too slow")

    purse = SpendingCanonicalizer(Slow(), seconds=0.0)
    with pytest.raises(InvalidProof, match="together"):
        purse.canonicalize({})
    assert Slow.calls == 0
