"""Mutants of good documents by the hundred thousand: `python -m scripts.mutate_documents [--count N] [--seed N]`.

The tests draw 2,000; this is what runs at night. The last line is `mutants=N unreadable=N refused=N … accepted=N`, and
accepted must be 0. The first mutant of a chunk that was accepted is printed with the seed that draws it again.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.mutation_campaign import Issued, campaign, issued

CHUNK = 500


def run_chunk(seed: int) -> tuple[Counter[str], bytes | None]:
    """The tally of one chunk, and the first mutant in it that was accepted."""
    tally: Counter[str] = Counter()
    accepted = None
    for verdict, mutant in campaign(_ground(), seed, CHUNK):
        tally[verdict] += 1
        if verdict == "accepted" and accepted is None:
            accepted = mutant
    return tally, accepted


_grounds: list[Issued] = []


def _ground() -> Issued:
    if not _grounds:
        _grounds.append(issued())
    return _grounds[0]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.mutate_documents", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="how many mutants (default: 100,000)")
    parser.add_argument("--seed", type=int, default=1, help="of the first chunk; each later one has the next")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    tally: Counter[str] = Counter()
    seeds = range(options.seed, options.seed + -(-options.count // CHUNK))
    with ProcessPoolExecutor(options.jobs) as pool:
        for seed, (found, accepted) in zip(seeds, pool.map(run_chunk, seeds), strict=True):
            tally += found
            if accepted is not None:
                print(f"\naccepted, seed {seed}: {accepted.decode(errors='replace')}")
            if sys.stderr.isatty():
                print(f"\r{tally.total():,} of {len(seeds) * CHUNK:,}", end="", file=sys.stderr)
    shown = " ".join(f"{name}={tally[name]}" for name in ("unreadable", "refused", "same", "harmless", "accepted"))
    print(f"\nmutants={tally.total()} {shown}")
    return 1 if tally["accepted"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
