"""The corpus through the library: the right verdict, the right code, quickly, and no other exception."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator

import pytest

from ledger.errors import MalformedDocument
from ledger.proofs.rdfc_worker import BoundedCanonicalizer
from tests.corpus.cases import Case, cases
from tests.world import World

SLOW = ("C37",)


@pytest.fixture(scope="module")
def canonicalizer() -> Iterator[BoundedCanonicalizer]:
    bounded = BoundedCanonicalizer()
    yield bounded
    bounded.close()


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def corpus(world: World) -> list[Case]:
    return list(cases(world))


def test_each_case_has_its_verdict_and_code(
    world: World, corpus: list[Case], canonicalizer: BoundedCanonicalizer, subtests: pytest.Subtests
) -> None:
    verifier = world.verifier(canonicalizer=canonicalizer)
    for case in corpus:
        with subtests.test(case.name):
            begun = time.thread_time()
            try:
                report = verifier.verify(case.data)
                found = (report.exit_code, report.code)
            except MalformedDocument as error:
                found = (2, error.code)
            assert found == (case.exit_code, case.code)
            # What the child process spends is bounded: it ends with another code than all but the slow ones have.
            assert time.thread_time() - begun < 30  # as a hang would be


def test_the_corpus_is_as_large_as_it_should_be(corpus: list[Case]) -> None:
    names = [case.name for case in corpus]
    assert len(set(names)) == len(names) >= 95
    assert {case.exit_code for case in corpus} == {0, 1, 2, 3}


def test_memory_does_not_grow_with_what_is_thrown_at_it(
    world: World, corpus: list[Case], canonicalizer: BoundedCanonicalizer
) -> None:
    verifier = world.verifier(canonicalizer=canonicalizer)
    quick = [case.data for case in corpus if not case.name.startswith(SLOW)]
    verifier.verify_many(quick)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(3):
        verifier.verify_many(quick)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024
