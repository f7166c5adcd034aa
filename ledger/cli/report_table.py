"""The reports on everything in one file, as a table for a terminal or as a list for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ledger.cli.report_text import SIGNS, WORDS, paint
from ledger.documents.strict_json import JsonObject
from ledger.errors import MalformedDocument
from ledger.verifying.report import VerificationReport
from ledger.wrapping.judging import Item, shown

Result = VerificationReport | MalformedDocument

UNREADABLE = "unreadable"
EXIT_UNREADABLE = 2
_WORST_FIRST = (1, EXIT_UNREADABLE, 3)
_COUNTED = {
    "valid": "valid",
    "invalid": "not valid",
    "indeterminate": "could not be checked",
    UNREADABLE: "not readable",
}


def worst_exit_code(results: Sequence[Result]) -> int:
    """The exit code for all of them: not valid counts most, then not readable, then could not check."""
    codes = {EXIT_UNREADABLE if isinstance(one, MalformedDocument) else one.exit_code for one in results}
    return next((code for code in _WORST_FIRST if code in codes), 0)


def listed(items: Sequence[Item], results: Sequence[Result]) -> list[JsonObject]:
    """Each report with the file's name and form, or the error in its place."""
    return [
        shown(item, result if isinstance(result, MalformedDocument) else result.to_dict())
        for item, result in zip(items, results, strict=True)
    ]


def table(items: Sequence[Item], results: Sequence[Result]) -> str:
    """A line for each file, with its credential and why where it is not good, and a count below."""
    width = min(max(len(item.name) for item in items), 40)
    lines = [row(item.name.ljust(width), result) for item, result in zip(items, results, strict=True)]
    counts = Counter(outcome_of(result) for result in results)
    told = ", ".join(f"{counts[outcome]} {word}" for outcome, word in _COUNTED.items() if counts[outcome])
    return "\n".join([*lines, f"{len(results)} in all: {told}"]) + "\n"


def row(name: str, result: Result) -> str:
    """One line of the table."""
    if isinstance(result, MalformedDocument):
        return f"{paint('✗ NOT READABLE', 'invalid'):<17}  {name}  {result}"
    what = result.summary.name if result.summary and result.summary.name else "a credential"
    by = result.issuer.accredited_name or result.issuer.did or "an unknown issuer"
    said = f"{SIGNS[result.verdict]} {WORDS[result.verdict]}"
    why = "" if result else f": {result.message}"
    why += "".join(f" SINCE THEN: {one.message}" for one in result.since)
    return f"{paint(f'{said:<17}', result.verdict)}  {name}  {what}, {by}{why}"


def outcome_of(result: Result) -> str:
    return UNREADABLE if isinstance(result, MalformedDocument) else result.verdict.value
