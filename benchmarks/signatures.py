"""What signing and verifying a credential costs with each cryptosuite, and canonicalising RDF, here and in the child.

    python benchmarks/signatures.py [credentials]

CPU time on one core for each of 726 credentials of one batch; the child's time is wall time.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import orjson

from ledger.documents.canonical import digest
from ledger.documents.strict_json import JsonObject
from ledger.errors import InvalidProof
from ledger.proofs.data_integrity import EDDSA_JCS, EDDSA_RDFC, sign, verify
from ledger.proofs.rdfc import canonicalize_rdf
from ledger.proofs.rdfc_worker import BoundedCanonicalizer
from tests.builders import a_credential, a_record, a_signer

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


def signed_by(suite: str, document: JsonObject, known: bytes | None = None) -> JsonObject:
    return sign(
        document,
        cryptosuite=suite,
        signer=SIGNER,
        verification_method=METHOD,
        created=CREATED,
        document_digest=known,
    )


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


SIGNER = a_signer()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 726
    documents = [a_credential(number) for number in range(count)]
    digests = [digest(document) for document in documents]
    pairs = list(zip(documents, digests, strict=True))
    key = SIGNER.public_key
    jcs = [(document, signed_by(EDDSA_JCS, document)) for document in documents]

    print(f"Python {platform.python_version()}, PyLD {version('pyld')}, pynacl {version('pynacl')}")
    print(f"{count} credentials of {len(orjson.dumps(documents[0])):,} bytes, microseconds each")
    print(f"  eddsa-jcs-2022   sign             {each(lambda d: signed_by(EDDSA_JCS, d), documents):9.1f}")
    print(f"  eddsa-jcs-2022   sign a digest    {each(lambda p: signed_by(EDDSA_JCS, *p), pairs):9.1f}")
    print(f"  eddsa-jcs-2022   verify           {each(lambda p: verify(p[0], p[1], key), jcs):9.1f}")
    first = each(canonicalize_rdf, documents[:1])
    print(f"  RDFC             first document   {first:9.1f}")
    print(f"  RDFC             each other       {each(canonicalize_rdf, documents):9.1f}")
    start = time.process_time()
    rdfc = [(document, signed_by(EDDSA_RDFC, document)) for document in documents]
    print(f"  eddsa-rdfc-2022  sign             {(time.process_time() - start) / count * 1e6:9.1f}")
    print(f"  eddsa-rdfc-2022  verify           {each(lambda p: verify(p[0], p[1], key), rdfc):9.1f}")

    bounded = BoundedCanonicalizer()
    print(f"  child            start, wall      {each(bounded.canonicalize, documents[:1], time.perf_counter):9.1f}")
    print(f"  child            RDFC, wall       {each(bounded.canonicalize, documents, time.perf_counter):9.1f}")
    record = a_record(*({**document, "proof": proof} for document, proof in jcs[:20]))
    print(f"  RDFC of a record of 20            {each(canonicalize_rdf, [record] * 5):9.1f}")
    for size in (8, 10):
        start = time.perf_counter()
        outcome = refused(bounded, poison(size))
        print(f"  poison graph of {size:2} blank nodes: {outcome} after {time.perf_counter() - start:.2f} s")
    bounded.close()


if __name__ == "__main__":
    main()
