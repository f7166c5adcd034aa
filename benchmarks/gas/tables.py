"""The results as tables of Markdown, for the terminal and for `docs/operations.md`."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.gas.acts import ACTS, QUESTIONS, Answer, Cell, Figure, Missing, Results, System

HEADING = "## What it costs"

_INTRODUCTION = """\
Gas of whole transactions, their 21,000 and their calldata included. What one unit costs changes by the minute and by
the chain; what an act needs does not. All figures come from one run of `python -m benchmarks.gas` on one {node} with
the {hardfork} rules (at most 16,777,216 gas a transaction). A second run gives the same ones; they are committed in
`benchmarks/gas/results.json`. The contracts are those that each project publishes, their byte-code as it is:"""

_ABOUT = """\
The number of credentials in a batch changes no figure but by a few bytes of calldata; Cairn alone writes it down.
Neighbours are credentials whose status indexes follow one another, as those of one batch do: 256 of them share a word
in Cairn, and have nothing in common elsewhere. TrustVC checks the proof of what it revokes, here from a batch of
10,240. EAS either keeps a list of revoked hashes beside a batch's attestation (`revokeOffchain`), or needs an
attestation for each credential first (`revoke`). Asking `check` is a view and free for a verifier; the figure is that
of a transaction that does nothing else."""

_TOLD = """\
What the chain can tell afterwards, each answer read back in the same run. Bare calldata is the cheapest of all, because
it says nothing that a contract or a plain read of the state could find:"""


def section(results: Results) -> str:
    """The section of `docs/operations.md`, heading and last newline included."""
    introduction = _INTRODUCTION.format(node=results.node, hardfork=results.hardfork)
    sources = "\n".join(f"- {source_of(system)}" for system in results.systems)
    parts = (HEADING, introduction, sources, acts_table(results), _ABOUT, _TOLD, answers_table(results))
    return "\n\n".join(parts) + "\n"


def source_of(system: System) -> str:
    """Where a system's contracts come from."""
    return f"{system.name}: {system.package} {system.version} ({system.licence}), {system.code}"


def acts_table(results: Results) -> str:
    """A row for each act, a column for each system."""
    return _table(
        "act, in gas",
        results,
        ((title, (_cell(system.acts[act]) for system in results.systems)) for act, title in ACTS.items()),
    )


def answers_table(results: Results) -> str:
    """A row for each question, a column for each system."""
    return _table(
        "question",
        results,
        ((title, (_answer(system.answers[key]) for system in results.systems)) for key, title in QUESTIONS.items()),
    )


def _table(corner: str, results: Results, rows: Iterable[tuple[str, Iterable[str]]]) -> str:
    names = [system.name for system in results.systems]
    lines = [_row([corner, *names]), "|" + "---|" * (len(names) + 1), *(_row([title, *cells]) for title, cells in rows)]
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    if isinstance(cell, Missing):
        return f"none: {cell.reason}"
    return "; ".join(map(_figure, cell))


def _figure(figure: Figure) -> str:
    text = f"`{figure.call}` {figure.gas:,}"
    if figure.transactions > 1:
        text += f" in {figure.transactions} transactions"
    if figure.things > 1:
        text += f" ({figure.gas / figure.things:,.0f} each)"
    return f"{text} {figure.remark}".rstrip()


def _answer(answer: Answer) -> str:
    return f"none: {answer.missing}" if answer.missing else answer.reading
