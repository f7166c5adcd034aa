"""An overview for people at a terminal: totals, a timeline, pathways; and what pages say of it in the same words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.documents.strict_json import JsonObject

_BAR = 20
_MARKS = {"award": "◆", "achievement": "●"}


def overview_text(overview: JsonObject) -> str:
    """Plain text with a line for each credential, in the order of time."""
    found: Any = overview
    parts = [_totals(found), _timeline(found), _pathways(found), _left_out(found)]
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part)))


def amounts(stated: Mapping[str, float], between: str = ", ") -> str:
    """Credits by system, as 15 NZQCF."""
    return between.join(f"{number:g} {framework}" for framework, number in stated.items())


def levels(stated: Mapping[str, int]) -> str:
    """Levels by framework, as NZQCF 8."""
    return ", ".join(f"{framework} {level}" for framework, level in stated.items())


def span(amount: Mapping[str, float]) -> str:
    """A range as 5 to 6, or one number where both ends are the same."""
    low, high = amount["low"], amount["high"]
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def issuer_of(issuer: Mapping[str, Any]) -> str:
    """Who issued: by its accredited name, or else by what it calls itself, which is said."""
    claimed = f"“{issuer['claimed_name']}” (not recognised)" if issuer["claimed_name"] else issuer["did"]
    return str(issuer["name"] or claimed or "")


def _totals(found: Any) -> Iterator[str]:
    totals = found["totals"]
    issuers = len(found["issuers"])
    plural = "" if issuers == 1 else "s"
    yield f"{found['counted']} of {found['credentials']} credentials count, from {issuers} issuer{plural}"
    yield f"credits as stated    {amounts(totals['by_framework'], '  ') or 'none'}"
    yield f"in one unit          {span(totals['indicative'])} {totals['unit']} (indicative, by hours)"
    for level, amount in totals["by_level"].items():
        yield f"  {level:19}{span(amount)}"
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
        parts = (issuer_of(entry["issuer"]), amounts(entry["credits"]), levels(entry["levels"]))
        said = " · ".join(part for part in parts if part)
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
