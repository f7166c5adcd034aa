"""The quads of a document as they are read, the parts of it that came before, and the canonical form of both.

The canonical form is made in bytes: UTF-8 sorts as code points do, and bytes are cut into lines faster than text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ledger.documents.strict_json import JsonValue
from ledger.proofs.canonical_labels import Quad, canonical_labels, first_degree_hashes, n_quads
from ledger.proofs.context_terms import UnknownShape


@dataclass(frozen=True)
class Part:
    """What an object with an id says, once and for all.

    `lines` have no blank node; `quads` do, and number them from 0; `hashes` are those of their first degree. `template`
    is the lines of the quads, to be filled with the labels of the blank nodes in `slots`. `natives` are the quads
    without blank node whose object is a JSON number or boolean, with that value; `described` the ids that `rdfc` allows
    to be described once.
    """

    lines: tuple[bytes, ...]
    quads: tuple[Quad, ...]
    hashes: tuple[str, ...]
    template: bytes
    slots: tuple[int, ...]
    natives: tuple[tuple[Quad, JsonValue], ...]
    described: tuple[str, ...]


@dataclass
class Collected:
    """What has been read of a document so far, in quads. Their blank nodes have the numbers 0 to `count` - 1."""

    quads: dict[Quad, None] = field(default_factory=dict)
    natives: dict[Quad, JsonValue] = field(default_factory=dict)
    described: set[str] = field(default_factory=set)
    parts: list[Part] = field(default_factory=list)
    count: int = 0

    def blank(self) -> int:
        self.count += 1
        return self.count - 1

    def add_native(self, quad: Quad, value: JsonValue) -> None:
        known = self.natives.setdefault(quad, value)
        if type(known) is not type(value) or known != value:
            raise UnknownShape

    def describe(self, identifier: str) -> None:
        if identifier in self.described:
            raise UnknownShape
        self.described.add(identifier)


def _split(graph: Collected) -> tuple[list[str], list[Quad]]:
    """The lines of the quads without blank node that are not native, and the quads with blank nodes. Parts left out."""
    lines: list[str] = []
    quads: list[Quad] = []
    for quad in graph.quads:
        subject, predicate, value, where = quad
        if subject.__class__ is str and value.__class__ is str and where.__class__ is str:  # as in `_is_plain`
            lines.append(f"{subject}{predicate}{value}{where} .")
        else:
            quads.append(quad)
    for quad in graph.natives:
        if quad in graph.quads:
            raise UnknownShape
        if not _is_plain(quad):
            quads.append(quad)
    return lines, quads


def part_of(graph: Collected) -> Part:
    """What has been read, as a part of something larger."""
    lines, quads = _split(graph)
    hashes = first_degree_hashes(graph.count, quads)
    encoded = [line.encode() for line in lines]
    for part in graph.parts:
        encoded += part.lines
        quads += _shifted(part.quads, len(hashes))
        hashes += part.hashes
    return Part(
        lines=tuple(encoded),
        quads=tuple(quads),
        hashes=tuple(hashes),
        template="\n".join(n_quads(map(_with_slots, quads), ())).encode(),
        slots=tuple(each for quad in quads for each in (quad[0], quad[2], quad[3]) if isinstance(each, int)),
        natives=tuple(pair for pair in graph.natives.items() if _is_plain(pair[0])),
        described=tuple(graph.described),
    )


def _is_plain(quad: Quad) -> bool:
    """Whether it has no blank node."""
    return isinstance(quad[0], str) and isinstance(quad[2], str) and isinstance(quad[3], str)


def _with_slots(quad: Quad) -> Quad:
    subject, predicate, value, where = quad
    return (
        "%s" if isinstance(subject, int) else subject.replace("%", "%%"),
        predicate.replace("%", "%%"),
        "%s" if isinstance(value, int) else value.replace("%", "%%"),
        " %s" if isinstance(where, int) else where.replace("%", "%%"),
    )


def canonical_form(graph: Collected) -> bytes:
    """The canonical form of what has been read."""
    lines, quads = _split(graph)
    hashes = first_degree_hashes(graph.count, quads)
    for part in graph.parts:
        hashes += part.hashes
    labels = canonical_labels(hashes, _all_quads(graph, quads))
    if labels is None:
        raise UnknownShape
    plain = {line.encode() for line in lines}
    plain.update(*[part.lines for part in graph.parts])
    native = [line.encode() for line in n_quads(filter(_is_plain, graph.natives), ())]
    if not plain.isdisjoint(native):
        raise UnknownShape
    written = [*plain, *native]
    if quads:
        written += "\n".join(n_quads(quads, labels)).encode().split(b"\n")
    names = [label.encode() for label in labels]
    start = graph.count
    for part in graph.parts:
        if part.slots:
            written += (part.template % tuple([names[start + slot] for slot in part.slots])).split(b"\n")
            start += len(part.hashes)
    written.sort()
    written.append(b"")
    return b"\n".join(written)


def _all_quads(graph: Collected, quads: list[Quad]) -> Iterator[Quad]:
    yield from quads
    start = graph.count
    for part in graph.parts:
        yield from _shifted(part.quads, start)
        start += len(part.hashes)


def _shifted(quads: Iterable[Quad], by: int) -> Iterator[Quad]:
    """The same quads with other numbers for their blank nodes."""
    for subject, predicate, value, where in quads:
        yield (
            subject + by if isinstance(subject, int) else subject,
            predicate,
            value + by if isinstance(value, int) else value,
            where + by if isinstance(where, int) else where,
        )
