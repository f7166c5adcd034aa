"""How fast documents are verified, with what the registry says in hand.

    python benchmarks/verify.py [documents]

Credentials under eddsa-jcs-2022 one by one, against what can't be left out (strict parsing, canonical form, the Ed25519
check, the anchor proof, the schema), measured in turns in the same run; under both suites; and a record of 500, under
one and under both. CPU time of this process, medians of five rounds.
"""

from __future__ import annotations

import gc
import hashlib
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import orjson
from nacl.bindings import crypto_sign_open

from ledger.chain.registry import Address, IssuerId, RegistryReading, StateQuery
from ledger.documents.canonical import canonicalize
from ledger.documents.codecs import decode_base58
from ledger.documents.schemas import schema_problems
from ledger.documents.strict_json import JsonObject, parse
from ledger.proofs.data_integrity import EDDSA_JCS, EDDSA_RDFC
from ledger.proofs.rdfc_worker import BoundedCanonicalizer
from ledger.verifying.verifier import Verifier
from tests.builders import a_credential, a_record
from tests.world import World, anchor_of, proofs_of

ROUNDS = 5
SHORT = 3  # alignments of a short credential; the full one has fourteen


class StateInHand:
    """What a registry said, kept: answers any question that is covered by one reading."""

    def __init__(self, world: World, documents: Sequence[JsonObject]) -> None:
        self.chain_id, self.registry = world.registry.chain_id, world.registry.registry
        places = [(anchor_of(document), hashlib.sha256(bare(document)).digest()) for document in documents]
        queries = [
            StateQuery(IssuerId(proof.issuer_id), proof.root_for(digest), proof.status_index)
            for proof, digest in places
        ]
        issuers = list(dict.fromkeys(query.issuer_id for query in queries))
        self._reading = world.registry.read(issuers, queries, (Address(world.accreditor.address),))
        self._states = dict(zip(queries, self._reading.credentials, strict=True))
        self.reads = 0

    def read(self, _issuers: Any, queries: Sequence[StateQuery], _accreditors: Any) -> RegistryReading:
        self.reads += 1
        known = self._reading
        states = tuple(self._states[query] for query in queries)
        return RegistryReading(known.chain_id, known.registry, known.block, known.issuers, states, known.sources)

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"good documents need no {name}")


def bare(document: JsonObject) -> bytes:
    return canonicalize({name: value for name, value in document.items() if name != "proof"})


def seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def in_turns(*works: Callable[[], object]) -> list[float]:
    """The median CPU seconds of each, measured A B A B."""
    rounds = [[seconds(work) for work in works] for _ in range(ROUNDS)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def kernels(data: Sequence[bytes], documents: Sequence[JsonObject], key: bytes) -> dict[str, Callable[[], object]]:
    """What a verification can't do without: each part over all documents, then all parts document by document."""

    def message(document: JsonObject) -> bytes:
        options = {name: value for name, value in proofs_of(document)[0].items() if name != "proofValue"}
        return hashlib.sha256(canonicalize(options)).digest() + hashlib.sha256(bare(document)).digest()

    def check_signature(document: JsonObject, signed: bytes) -> bytes:
        crypto_sign_open(decode_base58(str(proofs_of(document)[0]["proofValue"])[1:], size=64) + signed, key)
        return signed[32:]

    def all_parts(item: bytes) -> list[str]:
        document = parse(item)
        anchor_of(document).root_for(check_signature(document, message(document)))
        return schema_problems(document)

    messages = [message(document) for document in documents]
    pairs = list(zip(documents, messages, strict=True))
    return {
        "strict parsing": lambda: [parse(item) for item in data],
        "canonical form, digests": lambda: [message(document) for document in documents],
        "Ed25519": lambda: [check_signature(document, signed) for document, signed in pairs],
        "anchor proof, root": lambda: [anchor_of(document).root_for(signed[32:]) for document, signed in pairs],
        "schema": lambda: [schema_problems(document) for document in documents],
        "all of these": lambda: [all_parts(item) for item in data],
    }


def credentials(count: int, alignments: int) -> list[JsonObject]:
    made: list[Any] = [a_credential(number) for number in range(1, count + 1)]
    for document in made:
        achievement = document["credentialSubject"]["achievement"]
        achievement["alignment"] = achievement["alignment"][:alignments]
    return made


def credentials_under_jcs(count: int, title: str, alignments: int) -> None:
    world = World()
    documents = world.issue(*credentials(count, alignments))
    data = [orjson.dumps(document) for document in documents]
    now = world.now()
    reader = StateInHand(world, documents)
    verifier = world.verifier(readers={(reader.chain_id, reader.registry): reader}, clock=lambda: now)
    parts = kernels(data, documents, world.issuer.signers[0].public_key)

    def whole() -> None:
        for item in data:
            assert verifier.verify(item)

    def together() -> None:
        assert all(verifier.verify_many(data))

    whole()
    gc.collect()
    gc.freeze()  # what the benchmark holds is no part of a verifier's work
    *times, one_by_one, at_once = in_turns(*parts.values(), whole, together)
    print(f"{title}: {statistics.mean(map(len, data)):,.0f} bytes, {count:,} documents in one batch")
    for name, spent in zip(parts, times, strict=True):
        print(f"  {name:32}{spent / count * 1e6:9.1f} µs {count / spent:10,.0f} a second")
    for name, spent in (("verified one by one", one_by_one), ("verified in one call", at_once)):
        ratio = f"{spent / times[-1]:7.2f} × all of these"
        print(f"  {name:32}{spent / count * 1e6:9.1f} µs {count / spent:10,.0f} a second {ratio}")


def credentials_under_both_suites(count: int) -> None:
    world = World()
    documents = world.issue(*(a_credential(number) for number in range(1, count + 1)), suites=(EDDSA_RDFC, EDDSA_JCS))
    data = [orjson.dumps(document) for document in documents]
    now, reader = world.now(), StateInHand(world, documents)
    canonicalizer = BoundedCanonicalizer()
    readers = {(reader.chain_id, reader.registry): reader}
    verifier = Verifier(world.policy(), readers, clock=lambda: now, canonicalizer=canonicalizer)
    assert verifier.verify(data[0])

    def whole() -> None:
        for item in data:
            assert verifier.verify(item)

    (spent,) = in_turns(whole)
    canonicalizer.close()
    print(f"both suites, {len(data[0]):,} bytes: {spent / count * 1e6:.0f} µs, {count / spent:,.0f} a second")


def a_record_of_500(*suites: str) -> None:
    world = World()
    documents = world.issue(*credentials(500, SHORT), suites=suites)
    (record,) = world.issue(a_record(*documents), issuer=world.publisher, suites=suites)
    data = orjson.dumps(record)
    now, reader = world.now(), StateInHand(world, [*documents, record])
    verifier = world.verifier(readers={(reader.chain_id, reader.registry): reader}, clock=lambda: now)

    def whole() -> None:
        assert verifier.verify(data)

    whole()
    (spent,) = in_turns(whole)
    reads = reader.reads // (ROUNDS + 1)
    print(f"a record of 500, {' + '.join(suites)}, {len(data):,} bytes: {spent * 1e3:.0f} ms, {reads} read")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    print(f"Python {platform.python_version()}, pynacl {version('pynacl')}, orjson {version('orjson')},")
    print(f"jsonschema-rs {version('jsonschema_rs')}, {platform.machine()}\n")
    credentials_under_jcs(count, "short credentials", SHORT)
    credentials_under_jcs(count, "full credentials", 99)
    a_record_of_500(EDDSA_JCS)
    a_record_of_500(EDDSA_RDFC, EDDSA_JCS)
    credentials_under_both_suites(100)


if __name__ == "__main__":
    main()
