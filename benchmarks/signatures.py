"""What signing and verifying a credential costs, and its canonical RDF: straight, and by PyLD in the same run.

    python -m benchmarks.signatures [credentials]

CPU time on one core for each of 726 credentials of one batch, as their bodies lie in the database; building them is not
counted. PyLD has a tenth of them. Records hold credentials with both proofs, whose achievement repeats.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import orjson

from ledger.documents.canonical import canonicalize
from ledger.documents.strict_json import JsonObject
from ledger.errors import InvalidProof
from ledger.issuing.sealing import DEFAULT_SUITES, BatchSigner, Seal
from ledger.issuing.signer import Ed25519Signer
from ledger.proofs.data_integrity import EDDSA_JCS, EDDSA_RDFC, CanonicalizeRdf, sign, verify
from ledger.proofs.known_shapes import KnownShapes
from ledger.proofs.rdfc import canonicalize_rdf
from ledger.proofs.rdfc_worker import BoundedCanonicalizer
from tests.builders import a_credential, a_record

CREATED = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
METHOD = "did:web:cairn.example:issuers:usm#key-1"


def each(work: Callable[[Any], object], items: Iterable[Any], clock: Callable[[], float] = time.process_time) -> float:
    """Microseconds for each item."""
    count = 0
    start = clock()
    for item in items:
        work(item)
        count += 1
    return (clock() - start) / count * 1e6


def refused(bounded: BoundedCanonicalizer, document: JsonObject) -> str:
    try:
        bounded.canonicalize(document)
    except InvalidProof as error:
        return error.code
    return "canonicalised"


def poison(size: int) -> JsonObject:
    names = [f"_:n{number}" for number in range(size)]
    return {
        "@context": a_credential()["@context"],
        "type": ["VerifiableCredential", "AchievementCredential"],
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "achievement": [
                {
                    "id": name,
                    "type": ["Achievement"],
                    "related": [{"id": other, "type": ["Related"]} for other in names],
                }
                for name in names
            ],
        },
    }


SIGNER = Ed25519Signer.from_seed(bytes(range(32)))
SEAL = Seal(DEFAULT_SUITES, METHOD, int(CREATED.timestamp()))


def row(what: str, micros: float) -> None:
    print(f"  {what:<46} {micros:10,.1f} {1e6 / micros:10,.0f}")


def signing(bodies: Sequence[bytes], by_pyld: Sequence[bytes]) -> None:
    """What the sealing of a batch does for each document, with one suite and with both."""
    for suites in ((EDDSA_JCS,), (EDDSA_RDFC,), DEFAULT_SUITES):
        batch = BatchSigner(Seal(suites, METHOD, SEAL.created), SIGNER)
        batch.sign(bodies[0])
        row(f"sign, {' + '.join(suites)}", each(batch.sign, bodies))

    def sign_by_pyld(body: bytes) -> None:
        document = orjson.loads(body)
        for suite in DEFAULT_SUITES:
            sign(
                document,
                cryptosuite=suite,
                signer=SIGNER,
                verification_method=METHOD,
                created=CREATED,
                document_digest=hashlib.sha256(body).digest(),
                canonicalize_rdf=canonicalize_rdf,
            )

    row("sign, both, RDF by PyLD", each(sign_by_pyld, by_pyld))


def verifying(signed: Sequence[JsonObject], by_pyld: Sequence[JsonObject]) -> None:
    """One proof of each suite, with the key in hand."""

    def checked(place: int, canonicalize: CanonicalizeRdf | None = None) -> Callable[[JsonObject], object]:
        def check(document: JsonObject) -> None:
            proofs: Any = document["proof"]
            verify(document, proofs[place], SIGNER.public_key, canonicalize_rdf=canonicalize)

        return check

    row("verify, eddsa-jcs-2022", each(checked(1), signed))
    row("verify, eddsa-rdfc-2022", each(checked(0), signed))
    row("verify, eddsa-rdfc-2022, RDF by PyLD", each(checked(0, canonicalize_rdf), by_pyld))


def records(signed: Sequence[JsonObject]) -> None:
    print(f"\n  {'record of':<12} {'bytes':>10} {'straight, ms':>14} {'PyLD, ms':>12}")
    for size in (1, 2, 50, 500):
        if size <= len(signed):
            record = a_record(*signed[:size])
            straight = each(KnownShapes().canonicalize, [record]) / 1000
            judged = f"{each(canonicalize_rdf, [record]) / 1000:12,.1f}" if size <= 50 else f"{'-':>12}"
            print(f"  {size:<12} {len(orjson.dumps(record)):10,} {straight:14,.1f} {judged}")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 726
    documents = [a_credential(number) for number in range(count)]
    bodies = [canonicalize(document) for document in documents]
    few = max(10, count // 10)
    print(
        f"Python {platform.python_version()}, PyLD {version('pyld')}, pynacl {version('pynacl')}, "
        f"orjson {version('orjson')}; load {os.getloadavg()[0]:.1f}"
    )
    print(f"{count} credentials of {len(bodies[0]):,} bytes, {canonicalize_rdf(documents[0]).count(10)} quads\n")
    print(f"  {'CPU time':<46} {'µs each':>10} {'a second':>10}")
    straight = KnownShapes()
    if any(straight.canonicalize(document) != canonicalize_rdf(document) for document in documents[:few]):
        raise SystemExit("the two ways differ")
    row("canonical RDF, straight", each(straight.canonicalize, documents))
    row("canonical RDF, PyLD", each(canonicalize_rdf, documents[:few]))
    signing(bodies, bodies[:few])
    batch = BatchSigner(SEAL, SIGNER)
    signed = [
        {**document, "proof": orjson.loads(batch.sign(body))} for document, body in zip(documents, bodies, strict=True)
    ]
    verifying(signed, signed[:few])
    records(signed)

    bounded = BoundedCanonicalizer()
    print()
    for size in (8, 10):
        start = time.perf_counter()
        outcome = refused(bounded, poison(size))
        print(f"  poison graph of {size:2} blank nodes: {outcome} after {time.perf_counter() - start:.2f} s")
    bounded.close()


if __name__ == "__main__":
    main()
