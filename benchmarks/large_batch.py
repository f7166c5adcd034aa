"""How long a large file takes to final credentials: `python -m benchmarks.large_batch [--rows 10000]`.

The real commands, each a process of its own: `cairn import` of the file, then `cairn issue` until every proof is
attached. SQLite, anvil, both suites. Seconds of the clock, CPU seconds, and the most memory that each process held.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass

from benchmarks.campus import Campus, campus, moment


@dataclass(frozen=True)
class Cost:
    """What one command cost. `memory` is in MiB, of the process or of a child of it, whichever held more."""

    name: str
    wall: float
    cpu: float
    memory: float


def measured(made: Campus, *words: str) -> Cost:
    """Runs a command to its end. Raises SystemExit if it fails."""
    began = time.monotonic()
    log = made.data.parent / f"{words[0]}.log"
    process = made.program.start(*words, log=log)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"cairn {words[0]} ended with {process.returncode}: {log.read_text()[-400:]}")
    return Cost(words[0], time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=1, help="between two blocks")
    chosen = parser.parse_args()
    with campus(seconds=chosen.seconds) as made:
        file = made.write_rows(1, chosen.rows)
        before = moment()
        costs = [measured(made, "import", str(file), "--issuer", "usm"), measured(made, "issue", "1")]
        shown = made.do("status").value["batches"][0]
        if not (shown["finished"] and shown["size"] == chosen.rows):
            raise SystemExit(f"the batch is {shown['state']}, {shown['size']} credentials")
    print(f"{chosen.rows:,} rows, {before}")
    print(f"{'command':>8} {'seconds':>8} {'CPU s':>8} {'MiB':>6}")
    for cost in costs:
        print(f"{cost.name:>8} {cost.wall:8.1f} {cost.cpu:8.1f} {cost.memory:6.0f}")
    wall, cpu = sum(cost.wall for cost in costs), sum(cost.cpu for cost in costs)
    print(f"{'both':>8} {wall:8.1f} {cpu:8.1f} {max(cost.memory for cost in costs):6.0f}")


if __name__ == "__main__":
    try:
        main()
    except subprocess.TimeoutExpired as error:
        sys.exit(str(error))
