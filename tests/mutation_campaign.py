"""Random mutants of good documents, and what the verifier says of each: the tests draw 2,000 of them.

`python -m scripts.mutate_documents` draws as many as one likes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import orjson

from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import MalformedDocument
from ledger.proofs.data_integrity import EDDSA_JCS, EDDSA_RDFC
from ledger.verifying.report import CHECK_IDS
from ledger.verifying.verifier import Verifier
from tests.builders import a_credential, a_record
from tests.mutants import Mutator, is_harmless
from tests.world import World


@dataclass(frozen=True)
class Issued:
    """Good documents of each kind, and a verifier that finds each of them valid."""

    documents: tuple[JsonObject, ...]
    verifier: Verifier


def issued() -> Issued:
    """Documents issued once: credentials with one and two signatures, an award, a record of all of them."""
    world = World()
    modules = world.modules()
    both = world.issue(a_credential(50), suites=(EDDSA_RDFC, EDDSA_JCS))[0]
    award = world.award(modules)
    record = world.issue(a_record(*modules, award), issuer=world.publisher)[0]
    now = world.now()
    verifier = world.verifier(clock=lambda: now)
    documents = (*modules, both, award, record)
    for document in documents:
        if not verifier.verify(orjson.dumps(document)):
            raise AssertionError("a document that nobody damaged is not valid")
    return Issued(documents, verifier)


def judged(ground: Issued, original: JsonObject, mutant: bytes) -> str:
    """What became of a mutant: same, harmless, unreadable, refused, or accepted, which must not be."""
    try:
        read = parse(mutant)
        report = ground.verifier.verify(mutant)
    except MalformedDocument:
        return "unreadable"
    if [check.id for check in report.checks] != list(CHECK_IDS):
        return "accepted"
    if not report:
        return "refused"
    if read == original or any(read == other for other in ground.documents):
        return "same"
    return "harmless" if is_harmless(original, read) else "accepted"


def campaign(ground: Issued, seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Draws mutants of the documents in turn, and judges each."""
    random = Random(seed)  # noqa: S311 - the same seed has to draw the same mutants
    mutators = [Mutator(document, ground.documents) for document in ground.documents]
    for number in range(count):
        mutator = mutators[number % len(mutators)]
        mutant = mutator.draw(random)
        yield judged(ground, mutator.document, mutant), mutant
