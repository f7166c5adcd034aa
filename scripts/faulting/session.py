"""Runs the fault matrix; `scripts/faults.py` hands over to it once the environment stands.

Progress and the table go to stderr, the sum is the last line of stdout. Everything happens on this machine's loopback,
in a temporary folder, and every process that it starts it also ends.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from pathlib import Path

from scripts.faulting import anvil
from scripts.faulting.matrix import FEWER_SEEDS, SEEDS, all_rows, chosen
from scripts.faulting.result import Tally, last_line, summary, table
from scripts.faulting.rows import Row
from scripts.faulting.stage import Skipped
from scripts.faulting.template import Unprepared, make_template
from scripts.faulting.trial import Outcome, Templates, Trial, end_with, run_trial
from scripts.test_session import install_node_tools


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    if options.list:
        for row in all_rows().values():
            print(f"{row.id:<22} {row.what} | {row.injected} | {row.expected}")
        return 0
    try:
        rows = chosen(options.row, is_full=options.full)
    except KeyError as name:
        say(f"there is no row {name}; --list shows them")
        return 2
    if not anvil.PROGRAM.exists() and not install_node_tools():
        return 2
    folder = Path(tempfile.mkdtemp(prefix="cairn-faults-"))
    folder.chmod(0o711)  # the database server runs as a user of its own
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        tally = run(rows, options, folder)
    except Unprepared as reason:
        say(f"the harness cannot begin: {reason}")
        return 2
    except KeyboardInterrupt:
        say("stopped")
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(130)  # the workers end what they started as soon as their parent is gone
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    if options.out:
        options.out.write_text(json.dumps(summary(tally), indent=1) + "\n", encoding="utf-8")
    say(table(tally))
    print(last_line(tally), flush=True)
    return 0 if tally.is_clean else 1


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="faults.py", description="Breaks everything that Cairn leans on, and looks.")
    scale = parser.add_mutually_exclusive_group()
    scale.add_argument(
        "--smoke", action="store_true", help="every K, R, H and D row once (what happens without options)"
    )
    scale.add_argument(
        "--full", action="store_true", help=f"every row; K and R rows with {SEEDS} seeds, others with {FEWER_SEEDS}"
    )
    parser.add_argument("--row", action="append", default=[], metavar="K9", help="this row only; may be repeated")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--seeds", type=int, metavar="N", help="this many seeds for each row")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="how many runs at a time")
    parser.add_argument("--shard", type=shard, default=(1, 1), metavar="I/N", help="the I-th of N equal parts")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the result as JSON")
    parser.add_argument("--postgres", action="store_true", help="every row on PostgreSQL, and not D1 and D2 alone")
    parser.add_argument("--keep", action="store_true", help="keep the folders of failed runs")
    parser.add_argument("--list", action="store_true", help="list the rows")
    return parser.parse_args(arguments)


def shard(text: str) -> tuple[int, int]:
    part, _, whole = text.partition("/")
    if not (part.isdigit() and whole.isdigit() and 1 <= int(part) <= int(whole)):
        raise argparse.ArgumentTypeError("a part is written as 2/4")
    return int(part), int(whole)


def trials(rows: Sequence[Row], options: argparse.Namespace) -> list[Trial]:
    """What is to be run, in an order in which the first seed of every row comes first."""
    usual = {row.id: SEEDS if row.seeded else FEWER_SEEDS for row in rows} if options.full else {}
    counts = {row.id: options.seeds or usual.get(row.id, 1) for row in rows}
    most = max(counts.values())
    planned = [
        Trial(row.id, options.seed + number) for number in range(most) for row in rows if number < counts[row.id]
    ]
    part, whole = options.shard
    return planned[part - 1 :: whole]


def run(rows: Sequence[Row], options: argparse.Namespace, folder: Path) -> Tally:
    planned = trials(rows, options)
    started = time.monotonic()
    say(f"{len(planned)} runs of {len(rows)} rows, {options.jobs} at a time, in {folder}")
    templates = make_templates(rows, options, folder)
    say(f"the templates stand after {time.monotonic() - started:.0f} s")
    tally = Tally()
    for outcome in outcomes(planned, templates, folder, options.jobs):
        tally.add(outcome)
        say(progress(outcome, len(tally.outcomes), len(planned)))
    tally.seconds = time.monotonic() - started
    return tally


def make_templates(rows: Sequence[Row], options: argparse.Namespace, folder: Path) -> Templates:
    """The ledgers that the rows begin from: on SQLite, and on PostgreSQL where that is needed and can be had."""
    with ThreadPoolExecutor(2) as pool:
        making = None if options.postgres else pool.submit(make_template, folder / "template")
        on_postgres, missing = None, ""
        if options.postgres or any(row.postgres for row in rows):
            try:
                on_postgres = make_template(folder / "template-postgres", on_postgres=True)
            except Skipped as reason:
                missing = str(reason)
        return Templates(making.result() if making else None, on_postgres, missing)


def outcomes(planned: Sequence[Trial], templates: Templates, folder: Path, jobs: int) -> Iterator[Outcome]:
    """The outcomes as they come, from as many processes as there are jobs."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max(1, jobs), context, end_with, (os.getpid(),)) as pool:
        futures = [pool.submit(run_trial, trial, templates, folder) for trial in planned]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def progress(outcome: Outcome, done: int, whole: int) -> str:
    verdict = "skipped" if outcome.skipped else "ok" if outcome.passed else "FAILED"
    line = f"[{done}/{whole}] {outcome.row} seed {outcome.seed}: {verdict}, {outcome.seconds:.1f} s"
    said = [text for text in (outcome.skipped, outcome.failure, *outcome.findings.sentences) if text]
    return "\n".join([line, *(f"    {text}" for text in said)])


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
