from __future__ import annotations

import gc
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.bounded_process import Budget
from ledger.documents import contexts
from ledger.documents.strict_json import JsonObject
from ledger.errors import InvalidProof
from ledger.proofs.rdfc import canonicalize_rdf
from ledger.proofs.rdfc_worker import BoundedCanonicalizer
from tests.builders import a_credential


@pytest.fixture
def canonicalizer() -> Iterator[BoundedCanonicalizer]:
    bounded = BoundedCanonicalizer()
    yield bounded
    bounded.close()


def clique(size: int) -> JsonObject:
    """`size` blank nodes, each related to each other: after W3C's rdf-canon test074, "poison – Clique Graph"."""
    names = [f"_:n{number}" for number in range(size)]
    related = {name: [{"id": other, "type": ["Related"]} for other in names if other != name] for name in names}
    achievements: Any = [{"id": name, "type": ["Achievement"], "related": related[name]} for name in names]
    return {
        "@context": [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES],
        "type": ["VerifiableCredential", "AchievementCredential"],
        "credentialSubject": {"type": ["AchievementSubject"], "achievement": achievements},
    }


def a_strange_one(number: int = 1) -> JsonObject:
    """A credential with a member that only PyLD can judge."""
    return {**a_credential(number), "relatedResource": {"id": "_:resource", "mediaType": "text/plain"}}


def pid_of(canonicalizer: BoundedCanonicalizer) -> int:
    assert canonicalizer._process.pid is not None
    return canonicalizer._process.pid


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_child_gives_what_this_process_would(canonicalizer: BoundedCanonicalizer) -> None:
    for document in (
        a_strange_one(1),
        a_strange_one(2),
        clique(3),
        a_credential(),
        {**a_credential(), "name": '学習 🎓\n"\\'},
    ):
        for hash_name in ("sha256", "sha384"):
            assert canonicalizer.canonicalize(document, hash_name) == canonicalize_rdf(document, hash_name)


def test_a_credential_of_ours_needs_no_child(canonicalizer: BoundedCanonicalizer) -> None:
    assert canonicalizer.canonicalize(a_credential()) == canonicalize_rdf(a_credential())
    assert canonicalizer._process.pid is None


def test_a_refusal_keeps_its_code_and_words(canonicalizer: BoundedCanonicalizer) -> None:
    document = {**a_credential(), "distinction": "summa cum laude"}
    with pytest.raises(InvalidProof) as here:
        canonicalize_rdf(document)
    with pytest.raises(InvalidProof) as there:
        canonicalizer.canonicalize(document)
    assert (
        (there.value.code, str(there.value))
        == (here.value.code, str(here.value))
        == ("undefined_term", str(here.value))
    )


@pytest.mark.parametrize("size", [8, 10])
def test_a_poison_graph_costs_little_of_the_processor(size: int) -> None:
    budget = Budget(cpu_seconds=1)
    canonicalizer = BoundedCanonicalizer(budget)
    canonicalizer.canonicalize(a_strange_one())
    child = pid_of(canonicalizer)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    with pytest.raises(InvalidProof) as caught:
        canonicalizer.canonicalize(clique(size))
    spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before  # of its whole life, its start included
    assert spent < budget.cpu_seconds + 30
    assert caught.value.code == "canonicalization_budget"
    assert not is_running(child)  # gone, and no zombie either
    assert canonicalizer.canonicalize(a_strange_one()) == canonicalize_rdf(a_strange_one())
    canonicalizer.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to both limits")
def test_processor_time_and_memory_are_limited_too() -> None:
    for budget in (Budget(cpu_seconds=1, wall_seconds=90), Budget(cpu_seconds=90, wall_seconds=90, memory_bytes=2**20)):
        bounded = BoundedCanonicalizer(budget)
        begin = time.monotonic()
        with pytest.raises(InvalidProof) as caught:
            bounded.canonicalize(clique(9))
        assert caught.value.code == "canonicalization_budget"
        assert time.monotonic() - begin < 89  # else it was the wall clock that ended it
        bounded.close()


def test_a_large_document_has_more_time() -> None:
    bounded = BoundedCanonicalizer(Budget(wall_seconds=0.05))
    evidence: Any = [{"type": ["Evidence"], "name": f"Page {number}", "narrative": "x" * 2**20} for number in range(5)]
    document = {**a_strange_one(), "evidence": evidence}
    assert bounded.canonicalize(document) == canonicalize_rdf(document)
    bounded.close()


def test_processor_time_is_counted_for_each_document() -> None:
    bounded = BoundedCanonicalizer(Budget(cpu_seconds=1))
    bounded.canonicalize(a_strange_one())
    child = pid_of(bounded)
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        bounded.canonicalize(clique(5))
    assert pid_of(bounded) == child
    bounded.close()


def test_the_child_is_started_when_first_needed_and_ended_on_request(canonicalizer: BoundedCanonicalizer) -> None:
    assert canonicalizer._process.pid is None
    canonicalizer.canonicalize(a_strange_one())
    first = pid_of(canonicalizer)
    canonicalizer.close()
    canonicalizer.close()
    assert not is_running(first)
    canonicalizer.canonicalize(a_strange_one())
    assert pid_of(canonicalizer) != first


def test_a_child_that_died_is_replaced(canonicalizer: BoundedCanonicalizer) -> None:
    canonicalizer.canonicalize(a_strange_one())
    first = pid_of(canonicalizer)
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while canonicalizer._process.pid is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert canonicalizer.canonicalize(a_strange_one()) == canonicalize_rdf(a_strange_one())
    assert pid_of(canonicalizer) != first


def test_an_object_that_is_forgotten_ends_its_child() -> None:
    bounded = BoundedCanonicalizer()
    bounded.canonicalize(a_strange_one())
    child = pid_of(bounded)
    del bounded
    gc.collect()
    assert not is_running(child)


def test_threads_take_turns(canonicalizer: BoundedCanonicalizer) -> None:
    documents = [a_strange_one(number) for number in range(8)]
    expected = [canonicalize_rdf(document) for document in documents]
    results: dict[int, list[bytes]] = {}

    def work(number: int) -> None:
        results[number] = [canonicalizer.canonicalize(documents[number]) for _ in range(5)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: [expected[number]] * 5 for number in range(8)}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows the environment of a process as a file")
def test_the_child_does_not_see_the_environment(
    canonicalizer: BoundedCanonicalizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_PASSPHRASE", "hunter2")
    canonicalizer.canonicalize(a_strange_one())
    environment = Path(f"/proc/{pid_of(canonicalizer)}/environ").read_bytes()
    assert b"PYTHONPATH" in environment
    assert b"hunter2" not in environment


def test_a_child_that_cannot_start_says_nothing_about_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with pytest.raises(InvalidProof) as caught:
        BoundedCanonicalizer().canonicalize(a_strange_one())
    assert caught.value.code == "canonicalization_unavailable"


def test_nothing_is_left_when_the_interpreter_ends() -> None:
    program = (
        "from ledger.proofs.rdfc_worker import BoundedCanonicalizer as B\n"
        "from tests.unit.proofs.test_rdfc_worker import a_strange_one\n"
        "b = B(); b.canonicalize(a_strange_one()); print(b._process.pid)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert not is_running(int(done.stdout))


def test_a_child_that_was_started_ahead_serves_the_first_document() -> None:
    canonicalizer = BoundedCanonicalizer()
    canonicalizer.warm_up()
    assert canonicalizer.canonicalize(a_strange_one()) == canonicalize_rdf(a_strange_one())
    canonicalizer.close()
