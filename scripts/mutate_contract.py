"""Changes the registry contract in hundreds of small wrong ways and asks whether its tests notice each.

    python -m scripts.mutate_contract [--sample N] [--jobs J] [--file F] [--fresh]     needs Node, and forge from npm

A mutant is first compiled without optimiser and given the unit tests with four cases for each fuzz test. What survives
is compiled as it would be deployed: if the code is that of the contract itself, byte for byte, nothing was changed;
otherwise it meets all unit tests with more cases and then the stateful campaign. Results are kept by mutant, so that a
run that was stopped goes on where it was; survivors are always tried again.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from ledger.cli.output import progress
from ledger.configuration import write_atomically
from scripts.build_artifacts import CONTRACTS, SOURCES, CompilationFailed
from scripts.mutation.mutators import Mutant, mutants_of
from scripts.mutation.trials import QUICK, THOROUGH, Round, TrialFailed, Workshop, nearest

RESULTS = CONTRACTS / "cache" / "mutation.json"
EQUIVALENT = Path(__file__).parent / "mutation" / "equivalent.toml"


@dataclass(frozen=True)
class Result:
    """What became of a mutant: killed, survived, stillborn, equivalent or so far suspect; and by which test, or why."""

    status: str
    by: str = ""


def all_mutants() -> list[Mutant]:
    """Those of every source, by place; a file without code has none."""
    return [mutant for path in SOURCES for mutant in mutants_of(path, source_of(path))]


def source_of(path: str) -> str:
    return (CONTRACTS / path).read_text(encoding="utf-8")


def known_equivalents() -> dict[str, str]:
    """The reasons why a mutant behaves like the contract, by mutant."""
    entries = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("mutant", [])
    return {entry["id"]: entry["reason"] for entry in entries}


def try_quickly(workshop: Workshop, mutant: Mutant, original: str) -> Result:
    """Whether a few cases kill it; a suspect if not. Raises TrialFailed."""
    source = source_of(mutant.path)
    code = workshop.compile(mutant.path, mutant.apply(source), optimized=False)
    if code is None:
        return Result("stillborn")
    for trial in () if code == original else (nearest(mutant.function(source)), QUICK):
        if killer := workshop.killer(code, trial):
            return Result("killed", killer)
    return Result("suspect")


def try_thoroughly(workshop: Workshop, mutant: Mutant, original: str) -> Result:
    """What becomes of a suspect. Raises TrialFailed."""
    code = workshop.compile(mutant.path, mutant.apply(source_of(mutant.path)), optimized=True)
    if code is None:
        return Result("stillborn")
    if code == original:
        return Result("equivalent", "compiles to the code of the contract itself")
    for trial in THOROUGH:
        if killer := workshop.killer(code, trial):
            return Result("killed", killer)
    return Result("survived")


def original_of(workshop: Workshop, rounds: tuple[Round, ...], *, optimized: bool) -> str:
    """The contract's own code, after the tests passed on it. Raises TrialFailed."""
    code = workshop.compile(SOURCES[0], source_of(SOURCES[0]), optimized=optimized)
    if code is None:
        raise TrialFailed("the contract itself does not compile")
    for trial in rounds:
        if killer := workshop.killer(code, trial):
            raise TrialFailed(f"the tests fail on the contract itself: {killer}")
    return code


def run(mutants: list[Mutant], results: dict[str, Result], jobs: int) -> None:
    """Tries each mutant that is not decided, all quickly and then the suspects thoroughly; keeps what came of each."""
    due = [one for one in mutants if status_of(one, results) in ("", "survived")]
    suspects = [one for one in mutants if status_of(one, results) == "suspect"]
    if not due and not suspects:
        return
    workshop = Workshop()
    workshop.prepare()
    with progress("mutants") as bar, ThreadPoolExecutor(jobs) as pool:
        if due:
            original = original_of(workshop, (QUICK,), optimized=False)
            work = {pool.submit(try_quickly, workshop, mutant, original): mutant for mutant in due}
            collect(pool, work, results, lambda done: bar("few", done, len(due)))
        if suspects := [one for one in mutants if status_of(one, results) == "suspect"]:
            original = original_of(workshop, THOROUGH, optimized=True)
            work = {pool.submit(try_thoroughly, workshop, mutant, original): mutant for mutant in suspects}
            collect(pool, work, results, lambda done: bar("many", done, len(suspects)))


def collect(
    pool: ThreadPoolExecutor,
    work: dict[Future[Result], Mutant],
    results: dict[str, Result],
    tell: Callable[[int], None],
) -> None:
    """Writes each result as it comes; drops what has not begun when anything goes wrong."""
    try:
        for done, future in enumerate(as_completed(work), 1):
            results[id_of(work[future])] = future.result()
            write_results(results)
            tell(done)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def status_of(mutant: Mutant, results: dict[str, Result]) -> str:
    """Empty for a mutant that was never tried."""
    key = id_of(mutant)
    return results[key].status if key in results else ""


def id_of(mutant: Mutant) -> str:
    return mutant.id(source_of(mutant.path))


def read_results() -> dict[str, Result]:
    if not RESULTS.exists():
        return {}
    return {key: Result(**value) for key, value in json.loads(RESULTS.read_text(encoding="utf-8")).items()}


def write_results(results: dict[str, Result]) -> None:
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    content = json.dumps({key: vars(value) for key, value in sorted(results.items())}, indent=1)
    write_atomically(RESULTS, content.encode(), mode=0o644)


def score(counts: Counter[str]) -> float:
    """Killed of those that are neither stillborn nor equivalent, in percent."""
    decided = counts["killed"] + counts["survived"]
    return 100 * counts["killed"] / decided if decided else 100.0


def report(mutants: list[Mutant], results: dict[str, Result]) -> Iterator[str]:
    """The survivors with what was changed, a table by file, and one last line."""
    equivalents = known_equivalents()
    total, by_file = Counter[str](), {path: Counter[str]() for path in SOURCES}
    for mutant in mutants:
        key = id_of(mutant)
        status = results[key].status
        if status == "survived" and key in equivalents:
            status = "equivalent"
        if status == "survived":
            source = source_of(mutant.path)
            place = f"contracts/{mutant.path}:{mutant.line(source)}"
            yield f"survived {key} {place} {mutant.operator}: {mutant.change(source)}"
        total[status] += 1
        by_file[mutant.path][status] += 1
    yield "\n| File | Mutants | Killed | Survived | Equivalent | Stillborn | Score |\n|---|---|---|---|---|---|---|"
    for path, counts in by_file.items():
        if counts:
            cells = (counts.total(), *(counts[name] for name in ("killed", "survived", "equivalent", "stillborn")))
            yield f"| `{path}` | {' | '.join(map(str, cells))} | {score(counts):.1f} % |"
    yield (
        f"\nmutants={total.total()} killed={total['killed']} survived={total['survived']} "
        f"equivalent={total['equivalent']} stillborn={total['stillborn']} score={score(total):.1f}%"
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="mutate_contract", description="Mutation testing of the registry contract.")
    parser.add_argument("--sample", type=int, metavar="N", help="only N of the mutants, always the same ones")
    parser.add_argument("--jobs", type=int, default=2, metavar="J", help="how many at a time (2)")
    parser.add_argument("--file", metavar="F", help="only the source whose name has F in it")
    parser.add_argument("--fresh", action="store_true", help="forget the results of earlier runs")
    options = parser.parse_args(arguments)
    mutants = [one for one in all_mutants() if (options.file or "") in one.path]
    if options.sample is not None and options.sample < len(mutants):
        mutants = random.Random(0).sample(mutants, options.sample)  # noqa: S311 - a sample, no secret
    results = {} if options.fresh else read_results()
    try:
        run(mutants, results, options.jobs)
    except (TrialFailed, CompilationFailed, subprocess.SubprocessError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on", file=sys.stderr)
        return 130
    for line in report(mutants, results):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
