"""Credentials that other people's packages signed (`tests/interop/samples`), each with the verdict that it deserves.

Then every good one is altered, robbed of what it needs, and judged by a policy that wants to know the issuer: none of
that may end in "valid", and what is only unknown may not end in "not valid".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.errors import MalformedDocument
from ledger.proofs.rdfc_worker import BoundedCanonicalizer
from ledger.verifying.policy import Policy
from ledger.verifying.report import Outcome, VerificationReport
from ledger.verifying.verifier import Verifier

SAMPLES = Path(__file__).resolve().parents[2] / "interop" / "samples"
TABLE: dict[str, Any] = json.loads((SAMPLES / "samples.json").read_bytes())
GIVEN = {url: (SAMPLES / file).read_bytes() for url, file in TABLE["documents"].items()}
GOOD = [sample for sample in TABLE["samples"] if sample["verdict"] == "valid"]
WITH_STATUS = {"bitstring-clear", "bitstring-number", "2021-clear"}
RECORDS = {"record"}


@pytest.fixture(scope="module")
def canonicalizer() -> Iterator[BoundedCanonicalizer]:
    bounded = BoundedCanonicalizer()
    yield bounded
    bounded.close()


def judged(
    data: bytes, canonicalizer: BoundedCanonicalizer, *, any_issuer: bool = True, documents: dict[str, bytes] = GIVEN
) -> VerificationReport | MalformedDocument:
    policy = Policy((), (), documents=documents, any_issuer=any_issuer)
    (found,) = Verifier(policy, {}, canonicalizer=canonicalizer).verify_many([data])
    return found


def data_of(sample: dict[str, Any]) -> bytes:
    return (SAMPLES / str(sample["file"])).read_bytes()


def names(samples: list[dict[str, Any]]) -> list[str]:
    return [sample["name"] for sample in samples]


@pytest.mark.parametrize("sample", TABLE["samples"], ids=names(TABLE["samples"]))
def test_each_sample_has_its_verdict(sample: dict[str, Any], canonicalizer: BoundedCanonicalizer) -> None:
    given = {url: data for url, data in GIVEN.items() if url not in sample["without"]}
    report = judged(data_of(sample), canonicalizer, documents=given)
    if isinstance(report, MalformedDocument):
        assert sample["verdict"] == "not valid"
        return
    expected = [Outcome.INVALID, Outcome.INDETERMINATE] if sample["verdict"] == "not valid" else [sample["verdict"]]
    assert report.verdict in expected
    trouble = [check.id for check in report.checks if check.outcome in (Outcome.INVALID, Outcome.INDETERMINATE)]
    assert sample["check"] is None or trouble == [sample["check"]]
    assert report.to_dict()["policy"] == {"any_issuer": True}
    if report:
        assert report.check("issuer").code in ("any_issuer", "not_needed")
        assert "nobody was asked" in report.message


@pytest.mark.parametrize("sample", GOOD, ids=names(GOOD))
def test_who_wants_to_know_the_issuer_can_not_tell(sample: dict[str, Any], canonicalizer: BoundedCanonicalizer) -> None:
    report = judged(data_of(sample), canonicalizer, any_issuer=False)
    assert isinstance(report, VerificationReport)
    assert report.verdict is Outcome.INDETERMINATE
    code = "component_indeterminate" if sample["name"] in RECORDS else "no_anchor_proof"
    assert (report.code, report.any_issuer) == (code, False)


@pytest.mark.parametrize("sample", GOOD, ids=names(GOOD))
def test_without_the_documents_it_is_open_or_stands_by_itself(
    sample: dict[str, Any], canonicalizer: BoundedCanonicalizer
) -> None:
    report = judged(data_of(sample), canonicalizer, documents={})
    assert isinstance(report, VerificationReport)
    alone = (report.issuer.did or "").startswith(("did:key:", "did:jwk:")) and sample["name"] not in WITH_STATUS
    assert report.verdict is (Outcome.VALID if alone else Outcome.INDETERMINATE)


@pytest.mark.parametrize("sample", GOOD, ids=names(GOOD))
def test_no_altered_sample_is_valid(sample: dict[str, Any], canonicalizer: BoundedCanonicalizer) -> None:
    data = data_of(sample)
    altered = altered_token(data) if sample["file"].endswith(".jwt") else altered_json(data)
    for name, changed in altered.items():
        report = judged(changed, canonicalizer)
        assert isinstance(report, MalformedDocument) or report.verdict is Outcome.INVALID, name


def altered_json(data: bytes) -> dict[str, bytes]:
    document = orjson.loads(data)
    subject = document["credentialSubject"]
    changes: dict[str, dict[str, Any]] = {
        "name": {"name": "Another"},
        "id": {"id": "urn:uuid:00000000-0000-4000-8000-000000000000"},
        "subject": {"credentialSubject": subject | {"id": "did:example:somebody-else"}},
        "undefined": {"somethingElse": "x"},
    }
    proofs = document["proof"] if isinstance(document["proof"], list) else [document["proof"]]
    flipped = [proof | {"proofValue": flip(proof["proofValue"])} for proof in proofs]
    changes["proof"] = {"proof": flipped if isinstance(document["proof"], list) else flipped[0]}
    changes["no proof"] = {"proof": []}
    return {name: orjson.dumps(document | change) for name, change in changes.items()}


def altered_token(data: bytes) -> dict[str, bytes]:
    header, payload, signature = data.strip().split(b".")
    claims = orjson.loads(base64.urlsafe_b64decode(payload + b"=="))
    inner = claims.get("vc", claims)
    inner["name"] = "Another"
    changed = base64.urlsafe_b64encode(orjson.dumps(claims)).rstrip(b"=")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=")
    return {
        "payload": b".".join((header, changed, signature)),
        "signature": b".".join((header, payload, flip(signature.decode()).encode())),
        "no signature": b".".join((header, payload, b"")),
        "none": b".".join((none, payload, b"")),
    }


def flip(text: str) -> str:
    """The text with another letter in its middle."""
    place = len(text) // 2
    return text[:place] + ("B" if text[place] != "B" else "C") + text[place + 1 :]


def test_a_list_decides_nothing_else_than_its_own_entry(canonicalizer: BoundedCanonicalizer) -> None:
    revoked = next(sample for sample in TABLE["samples"] if sample["name"] == "bitstring-revoked")
    report = judged(data_of(revoked), canonicalizer)
    assert isinstance(report, VerificationReport)
    evidence: Any = report.check("status").evidence
    assert [entry["code"] for entry in evidence["lists"]] == ["revoked"]
    assert {(one.url, one.how) for one in report.consulted} >= {(evidence["lists"][0]["url"], "given")}
