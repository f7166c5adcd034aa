"""Reads what the contract's sources say: their NatSpec, and which errors and events each function can reach.

No compiler is needed: the sources keep to one way of writing, and what is found is compared with the ABI by the caller.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

_WHO = ("Only ", "Anyone may call it")
_DECLARATION = re.compile(r"(function|event|error|struct|enum)\s+(\w+)")
_STRING = re.compile(r'"[^"\n]*"')
_COMMENT = re.compile(r"//[^\n]*")
_TAG = re.compile(r"@(notice|dev|param|return|title)\s")


class ReferenceIncomplete(Exception):
    """The sources do not say what the reference has to; the message names the function and what is missing."""


@dataclass(frozen=True)
class Declaration:
    """What the interface says of one name. `notes` are the other tags: what they are about, and their text."""

    kind: str
    name: str
    notice: str
    notes: tuple[str, ...]
    body: str
    """The lines between the braces of a struct or an enum, comments included."""


@dataclass(frozen=True)
class Rights:
    """A function's notice, taken apart."""

    does: str
    who: str
    never: str


def declarations(interface: str) -> dict[tuple[str, str], Declaration]:
    """Everything that the interface declares, by kind and name. Documentation is what stands right before it."""
    found: dict[tuple[str, str], Declaration] = {}
    documentation: list[str] = []
    lines = interface.splitlines()
    for number, line in enumerate(lines):
        text = line.strip()
        if text.startswith("///"):
            documentation.append(text.removeprefix("///").strip())
            continue
        if match := _DECLARATION.match(text):
            kind, name = match.groups()
            body = "\n".join(_lines_until(lines[number + 1 :], "}")) if kind in ("struct", "enum") else ""
            found[kind, name] = Declaration(kind, name, *_tags(documentation), body)
        documentation = []
    return found


def _lines_until(lines: Iterable[str], end: str) -> Iterator[str]:
    for line in lines:
        if line.strip() == end:
            return
        yield line.strip()


def _tags(documentation: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The notice, and the other tags in order."""
    text = ""
    for line in documentation:
        # A space must not get into code that goes on in the next line.
        text += line if text.count("`") % 2 else f" {line}"
    starts = [*(match.start() for match in _TAG.finditer(text)), len(text)]
    notices, notes = [], []
    for start, end in itertools.pairwise(starts):
        tag, _, said = text[start:end].strip().partition(" ")
        if tag == "@notice":
            notices.append(said)
        elif tag in ("@param", "@return"):
            name, _, meaning = said.partition(" ")
            notes.append(f"`{name}`: {meaning}")
        else:
            notes.append(said)
    return " ".join(notices), tuple(notes)


def rights(declaration: Declaration) -> Rights:
    """Raises ReferenceIncomplete unless the notice says who may call, once, and what it does and never does."""
    sentences = re.split(r"(?<=\.)\s+(?=[A-Z`])", declaration.notice)
    who = [sentence for sentence in sentences if sentence.startswith(_WHO)]
    never = [sentence for sentence in sentences if re.search(r"\bnever\b", sentence)]
    does = [sentence for sentence in sentences if sentence not in who and sentence not in never]
    if len(who) != 1:
        raise ReferenceIncomplete(f"{declaration.name}: one sentence must start with {' or '.join(map(repr, _WHO))}")
    if not never:
        raise ReferenceIncomplete(f"{declaration.name}: a sentence must say what it never does")
    if not does:
        raise ReferenceIncomplete(f"{declaration.name}: a sentence must say what it does")
    return Rights(" ".join(does), who[0].removesuffix("."), " ".join(never))


def reached(implementation: Sequence[str], keyword: str) -> Callable[[str], list[str]]:
    """Gives for a function the names that follow `keyword` (`revert`, `emit`) in it or in what it calls, in order."""
    bodies = dict(body for source in implementation for body in _bodies(_COMMENT.sub("", _STRING.sub('""', source))))
    step = re.compile(rf"\b{keyword}\s+(\w+)\(|(?<![.\w])(_\w+)\(")

    def walk(name: str, above: tuple[str, ...]) -> Iterator[str]:
        for match in step.finditer(bodies[name]):
            if match[1]:
                yield match[1]
            elif match[2] in bodies and match[2] not in above:
                yield from walk(match[2], (*above, match[2]))

    return lambda name: list(dict.fromkeys(walk(name, (name,))))


def _bodies(source: str) -> Iterator[tuple[str, str]]:
    """Names and bodies of the functions that have one, modifiers of the head included."""
    for match in re.finditer(r"\bfunction\s+(\w+)\s*\([^{;]*\{", source):
        depth, end = 1, match.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(source[end], 0)
            end += 1
        yield match[1], source[match.end() : end]
