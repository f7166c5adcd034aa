"""How fast credentials are issued: `python -m benchmarks.issuing [--sizes 1000,10000,100000] [--dual]`.

Everything between the drafts and the stored, proved documents is timed in CPU seconds of one process, stage by stage,
and compared with the sum of its kernels: the same canonicalising, hashing, signing, proving and inserting with nothing
around them, measured in the same run. The chain's part does not grow with the batch and is shown apart.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path

import orjson

from ledger.documents.achievement import Achievement, QualityAssurance
from ledger.documents.canonical import canonicalize
from ledger.documents.codecs import encode_base58
from ledger.documents.credential import Learner
from ledger.documents.result import ResultDescription
from ledger.documents.schemas import schema_problems
from ledger.issuing.drafting import entry_from_draft
from ledger.issuing.drafts import Draft
from ledger.issuing.sealing import DEFAULT_SUITES, build_tree
from ledger.issuing.signer import Ed25519Signer
from ledger.proofs.anchor_proof import AnchorProof
from ledger.proofs.data_integrity import EDDSA_JCS
from ledger.workspace import Workspace

KERNEL_SAMPLE = 1000
STAGES = ("draft", "seal", "plan", "attach")

ACHIEVEMENT = Achievement(
    code="needs-assessment",
    title="Needs Assessment",
    description="How to find out whether training is the answer, and to what question.",
    outcomes=("Tell a gap in performance from a gap in knowledge.", "Plan and carry out a needs assessment."),
    criteria="A needs assessment of a real course, marked by a rubric of five criteria.",
    achievement_type="MicroCredential",
    language="en",
    participation="online",
    workload_hours=25,
    levels=(("EQF", 6),),
    credits=(),
    credit_bearing=False,
    task_level="bachelor",
    complexity="skill-complex",
    supervision="online-one-factor",
    assessment=("project-work",),
    quality_assurance=(QualityAssurance("internal", "Senate", "https://www.usm.example/senate"),),
    result=ResultDescription("Percent", required="50"),
)


@dataclass
class Run:
    """CPU seconds of one batch by stage, and the size of what came out."""

    size: int
    seconds: dict[str, float] = field(default_factory=dict)
    wall: float = 0.0
    body: int = 0
    document: int = 0
    anchoring: float = 0.0
    database: int = 0

    @property
    def micros(self) -> float:
        """CPU microseconds a credential, drafting included."""
        return sum(self.seconds.values()) / self.size * 1e6

    @property
    def from_open_batch(self) -> float:
        """The same without drafting: building, checking, canonicalising and storing the bare document."""
        return sum(self.seconds[stage] for stage in ("seal", "plan", "attach")) / self.size * 1e6


def drafts(size: int, first: int) -> list[Draft]:
    return [
        Draft(
            row,
            ACHIEVEMENT,
            Learner(f"Learner Number {number}", f"learner{number}@students.example", f"{number:08}"),
            "87.5",
            date(2026, 3, 2),
        )
        for row, number in enumerate(range(first, first + size), start=2)
    ]


def issue(workspace: Workspace, size: int, first: int, suites: Sequence[str]) -> Run:
    """Issues one batch, and times each stage."""
    run = Run(size)
    rows = drafts(size, first)
    began = time.perf_counter()

    def timed(stage: str, work: Callable[[], object]) -> None:
        before = time.process_time()
        work()
        run.seconds[stage] = time.process_time() - before

    timed("draft", lambda: workspace.imports.draft_batch("usm", rows, label=f"{size} from {first}"))
    batch = workspace.catalog.batches("usm")[-1]
    timed("seal", lambda: workspace.pipeline.seal(batch.id, suites=suites))
    timed("plan", lambda: workspace.pipeline.plan(batch.id))
    before = time.process_time()
    workspace.pipeline.send(batch.id)
    workspace.pipeline.confirm(batch.id)
    run.anchoring = time.process_time() - before
    timed("attach", lambda: workspace.pipeline.attach(batch.id))
    run.wall = time.perf_counter() - began
    run.body = batch.byte_count // size
    name = workspace.catalog.credentials(batch=batch.id, limit=1)[0].credential_id
    run.document = len(workspace.catalog.document(name))
    return run


def kernels(workspace: Workspace, run: Run) -> dict[str, float]:
    """CPU microseconds a credential of each kernel alone, on documents like those of the run, and its tree's size."""
    profile = workspace.catalog.issuer("usm").profile
    entries = [entry_from_draft(profile, draft) for draft in drafts(KERNEL_SAMPLE, 10**7)]
    built = [entry.build(f"urn:uuid:{number}", number) for number, entry in enumerate(entries)]
    bodies = [canonicalize(document) for document in built]
    digests = [hashlib.sha256(body).digest() for body in bodies]
    signer = Ed25519Signer.from_seed(bytes(range(32)))
    tree = build_tree((digests[number % KERNEL_SAMPLE], number) for number in range(run.size))
    moment = datetime.fromtimestamp(0, UTC)

    def prove() -> None:
        for number in range(KERNEL_SAMPLE):
            path = tree.inclusion_path(number)
            proof = AnchorProof(1, b"\1" * 20, b"\2" * 32, tree.size, number, number, path)
            orjson.dumps(proof.to_proof(moment, "did:web:cairn.example:issuers:usm#key-1"))

    work: dict[str, Callable[[], object]] = {
        "build": lambda: [entry.build("urn:uuid:0", 0) for entry in entries],
        "schema": lambda: [schema_problems(document) for document in built],
        "canonicalize": lambda: [canonicalize(document) for document in built],
        "hash": lambda: [hashlib.sha256(body).digest() for body in bodies],
        "sign": lambda: [encode_base58(signer.sign(digest + digest)) for digest in digests],
        "tree": lambda: build_tree((digest, number) for number, digest in enumerate(digests)),
        "prove": prove,
        "insert": lambda: insert_raw(bodies),
    }
    return {name: min(cpu(action) for _ in range(5)) / KERNEL_SAMPLE * 1e6 for name, action in work.items()}


def insert_raw(bodies: Sequence[bytes]) -> None:
    """The same three rows a credential by the driver's own `executemany`, into tables without any index."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(f"{folder}/raw.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        for table in ("documents", "signatures", "anchor_proofs"):
            connection.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, part BLOB)")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO documents (part) VALUES (?)", [(body,) for body in bodies])
        connection.executemany("INSERT INTO signatures (part) VALUES (?)", [(body[:400],) for body in bodies])
        connection.executemany("INSERT INTO anchor_proofs (part) VALUES (?)", [(body[:900],) for body in bodies])
        connection.execute("COMMIT")
        connection.close()


def cpu(action: Callable[[], object]) -> float:
    before = time.process_time()
    action()
    return time.process_time() - before


def report(runs: Sequence[Run], kernel: dict[str, float], suites: Sequence[str]) -> None:
    last = runs[-1]
    print(
        f"{' + '.join(suites)}; Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"pynacl {version('pynacl')}, orjson {version('orjson')}"
    )
    print(f"body {last.body:,} B, whole document {last.document:,} B")
    print(
        f"\n{'credentials':>12} " + " ".join(f"{stage:>8}" for stage in STAGES) + f" {'µs each':>9} {'a second':>9} "
        f"{'from open':>11} {'anchor s':>9} {'wall s':>7}"
    )
    for run in runs:
        stages = " ".join(f"{run.seconds[stage] / run.size * 1e6:8.1f}" for stage in STAGES)
        print(
            f"{run.size:12,} {stages} {run.micros:9.1f} {1e6 / run.micros:9,.0f} {1e6 / run.from_open_batch:11,.0f} "
            f"{run.anchoring:9.2f} {run.wall:7.1f}"
        )
    total = sum(kernel.values())
    print("\nkernels, µs each: " + ", ".join(f"{name} {value:.1f}" for name, value in kernel.items()))
    print(
        f"sum {total:.1f} µs; issuing is {last.micros / total:.2f} × that; "
        f"{last.size:,} cost {last.micros / runs[0].micros:.2f} × as much each as {runs[0].size:,}"
    )
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--dual", action="store_true", help="sign with eddsa-rdfc-2022 too")
    parser.add_argument("--repeat", type=int, default=3, help="runs of a size of 10,000 or less; the median counts")
    chosen = parser.parse_args()
    suites = DEFAULT_SUITES if chosen.dual else (EDDSA_JCS,)
    first = 1
    with tempfile.TemporaryDirectory() as folder, Workspace.init(Path(folder) / "data", demo=True) as workspace:
        workspace.issuers.register(
            "usm", name="Universiti Sains Malaysia", url="https://www.usm.example/", country="MY"
        )
        issue(workspace, 100, first, suites)
        first += 100
        runs = []
        for size in (int(text) for text in chosen.sizes.split(",")):
            tried = []
            for _ in range(chosen.repeat if size <= 10_000 else 1):
                tried.append(issue(workspace, size, first, suites))
                first += size
            middle = statistics.median_low([run.micros for run in tried])
            runs.append(next(run for run in tried if run.micros == middle))
            sys.stderr.write(f"{size:,} done\n")
        report(runs, kernels(workspace, runs[-1]), suites)


if __name__ == "__main__":
    main()
