"""What the same acts cost on Cairn's registry and on the published contracts of others, in one run on one anvil.

    python -m benchmarks.gas [--markdown]        needs Node, npm, and `npm ci --ignore-scripts --prefix contracts`

Prints the table, or with `--markdown` the section of docs/operations.md, and writes benchmarks/gas/results.json.
"""

from __future__ import annotations

import argparse
import json
import sys

from benchmarks.gas import attestation_service, cairn, calldata_anchor, document_stores
from benchmarks.gas.acts import Results, as_json
from benchmarks.gas.chain import running_chain
from benchmarks.gas.packages import HERE, BenchmarkFailed, install
from benchmarks.gas.tables import acts_table, answers_table, section, source_of

RESULTS = HERE / "results.json"
_MEASURES = (
    cairn.measure,
    document_stores.measure_openattestation,
    document_stores.measure_trustvc,
    attestation_service.measure,
    calldata_anchor.measure,
)


def run() -> Results:
    """Installs what is missing and measures everything. Raises `BenchmarkFailed`."""
    install()
    with running_chain() as chain:
        node, hardfork = chain.describe()
        return Results(node, hardfork, tuple(measure(chain) for measure in _MEASURES))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gas", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--markdown", action="store_true", help="print the section of docs/operations.md")
    arguments = parser.parse_args()
    try:
        results = run()
    except BenchmarkFailed as error:
        print(error, file=sys.stderr)
        return 1
    RESULTS.write_text(json.dumps(as_json(results), indent=2) + "\n", encoding="utf-8", newline="\n")
    if arguments.markdown:
        print(section(results), end="")
        return 0
    print(f"{results.node}, {results.hardfork} rules")
    for system in results.systems:
        print(source_of(system))
    print(f"\n{acts_table(results)}\n\n{answers_table(results)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
