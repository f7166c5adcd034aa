"""An overview for people at a terminal: totals, a timeline, pathways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ledger.documents.strict_json import JsonObject

_BAR = 20
_MARKS = {"award": "◆", "achievement": "●"}


def overview_text(overview: JsonObject) -> str:
    """Plain text with a line for each credential, in the order of time."""
    found: Any = overview
    parts = [_totals(found), _timeline(found), _pathways(found), _left_out(found)]
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part)))


def _totals(found: Any) -> Iterator[str]:
    totals = found["totals"]
    issuers = len(found["issuers"])
    plural = "" if issuers == 1 else "s"
    yield f"{found['counted']} of {found['credentials']} credentials count, from {issuers} issuer{plural}"
    stated = "  ".join(f"{number:g} {framework}" for framework, number in totals["by_framework"].items())
    yield f"credits as stated    {stated or 'none'}"
    low, high = totals["indicative"]["low"], totals["indicative"]["high"]
    span = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    yield f"in one unit          {span} {totals['unit']} (indicative, by hours)"
    for level, amount in totals["by_level"].items():
        yield f"  {level:19}{amount['low']:g} to {amount['high']:g}"
    if skills := [str(skill["name"]) for skill in found["skills"]]:
        yield f"skills               {', '.join(skills)}"


def _timeline(found: Any) -> Iterator[str]:
    year = None
    for entry in found["timeline"]:
        day = (entry["from"] or "")[:10] or "no date"
        if day[:4] != year:
            year = day[:4]
            yield year
        mark = _MARKS.get(entry["kind"], "●") if entry["counted"] else "○"
        amount = ", ".join(f"{number:g} {framework}" for framework, number in entry["credits"].items())
        levels = ", ".join(f"{framework} {level}" for framework, level in entry["levels"].items())
        issuer = entry["issuer"]["name"] or entry["issuer"]["claimed_name"] or entry["issuer"]["did"]
        said = " · ".join(part for part in (issuer, amount, levels) if part)
        yield f" {day[5:]} ├ {mark} {entry['name']} · {said}"


def _pathways(found: Any) -> Iterator[str]:
    for pathway in found["pathways"]:
        done = round(pathway["progress"] * _BAR)
        bar = "█" * done + "░" * (_BAR - done)
        yield f"{bar} {pathway['title']}: {pathway['state'].replace('_', ' ')}"
        if pathway["state"] == "in_progress" and pathway["needs"]:
            yield f"{'':{_BAR}} needs {'; '.join(pathway['needs'])}"


def _left_out(found: Any) -> Iterator[str]:
    for entry in found["not_counted"]:
        why = "it names somebody else" if entry["whose"] == "other" else f"{entry['verdict']}: {entry['code']}"
        yield f"○ not counted: {entry['name']} ({why})"
