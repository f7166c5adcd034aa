"""Canonical N-Quads (RDFC-1.0) straight from documents of the shapes that Cairn makes, without JSON-LD expansion.

It answers only where `rdfc` gives the same bytes; for all else it declines, and `rdfc` judges.

An object is taken member by member, with the terms that its contexts and types give it (`context_terms`). Objects with
an id that come again and again, as the achievement and the issuer do in a batch or a record, are remembered with their
lines and hashes: nothing outside of them can change these, as their blank nodes touch nothing but what they hold.

The work is linear in the size of the document, so that a stranger's may be done in this process.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

import orjson

from ledger.documents.contexts import CREDENTIALS_V2
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.proofs.canonical_labels import Position, Quad, canonical_labels, first_degree_hashes, n_quads
from ledger.proofs.context_terms import Scope, Shape, Term, UnknownShape, scope_of_nothing, term_names
from ledger.proofs.rdf_rules import MAX_CONTEXTS, POLICY_MEMBERS, RELATIVE_SCHEME, TYPES_WITH_CONTEXT

_MAX_REMEMBERED = 512
_MAX_REMEMBERED_BYTES = 32 * 1024
_MAX_SEEN = 8192
_MAX_ID = 512
_MAX_EXACT = 2**53

_IRI = re.compile(r'([A-Za-z][A-Za-z0-9+.\-]*):[^\s\x00-\x20<>"{}|^`\\\x7f]+')
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TYPE, _FIRST, _REST, _NIL = f" <{_RDF}type> ", f" <{_RDF}first> ", f" <{_RDF}rest> ", f"<{_RDF}nil>"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_BOOLEAN, _INTEGER, _DOUBLE = f"^^<{_XSD}boolean>", f"^^<{_XSD}integer>", f"^^<{_XSD}double>"
_DOUBLE_FORM = re.compile(r"(\d)0*E\+?(-)?0*(\d)")
_ESCAPES = (("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"), ('"', '\\"'))
_NO_MEMBERS = frozenset({"@context", "id", "type"})


@dataclass(frozen=True)
class _Part:
    """What an object with an id says, once and for all.

    `lines` have no blank node; `quads` do, and number them from 0; `hashes` are those of their first degree. `template`
    is the lines of the quads, to be filled with the labels of the blank nodes in `slots`. `natives` are the quads
    without blank node whose object is a JSON number or boolean, with that value; `described` the ids that `rdfc` allows
    to be described once.
    """

    lines: tuple[str, ...]
    quads: tuple[Quad, ...]
    hashes: tuple[str, ...]
    template: str
    slots: tuple[int, ...]
    natives: tuple[tuple[Quad, JsonValue], ...]
    described: tuple[str, ...]


@dataclass
class _Graph:
    """What has been read of a document so far, in quads. Their blank nodes have the numbers 0 to `count` - 1."""

    quads: dict[Quad, None] = field(default_factory=dict)
    natives: dict[Quad, JsonValue] = field(default_factory=dict)
    described: set[str] = field(default_factory=set)
    parts: list[_Part] = field(default_factory=list)
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


class KnownShapes:
    """Canonical N-Quads of documents of known shapes, with a memory of their parts. Threads may share it."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._parts: dict[tuple[Scope, bytes], _Part] = {}

    def canonicalize(self, document: Mapping[str, JsonValue]) -> bytes | None:
        """RDFC-1.0 of `document`, the bytes that `rdfc.canonicalize_rdf` gives; None if only `rdfc` can tell."""
        try:
            if _contexts(document["@context"])[0] != CREDENTIALS_V2:
                return None
            graph = _Graph()
            self._read(dict(document), scope_of_nothing(), graph, "", is_root=True)
            return _finish(graph)
        except (UnknownShape, RecursionError, UnicodeError, KeyError, TypeError, ValueError):
            return None

    def _read(
        self, value: JsonObject, scope: Scope, graph: _Graph, where: Position, *, is_root: bool = False
    ) -> Position:
        """Add the quads of an object, and give its name."""
        types = _types(value["type"]) if "type" in value else ()
        if "@context" in value:
            if not is_root and TYPES_WITH_CONTEXT.isdisjoint(types):
                raise UnknownShape
            scope = scope.within(_contexts(value["@context"]))
        shape = scope.shape(types)
        if "id" in value:
            identifier = value["id"]
            subject: Position = _iri(identifier)
            if not POLICY_MEMBERS.isdisjoint(value):
                graph.describe(identifier)  # type: ignore[arg-type]
        else:
            subject = graph.blank()
        if is_root and value.keys() <= {"@context", "id"}:
            raise UnknownShape
        for iri in shape.types:
            graph.quads[subject, _TYPE, iri, where] = None
        self._read_members(value, subject, shape, scope, graph, where)
        return subject

    def _read_members(
        self, value: JsonObject, subject: Position, shape: Shape, scope: Scope, graph: _Graph, where: Position
    ) -> None:
        quads, terms = graph.quads, shape.terms
        for name, member in value.items():
            if name in _NO_MEMBERS:
                continue
            term = terms.get(name)
            if term is None:
                raise UnknownShape
            predicate = term.predicate
            if term.container:
                self._read_container(member, term, subject, scope, graph, where)
            elif member.__class__ is str:
                quads[subject, predicate, _text(member, term), where] = None
            elif member.__class__ is dict:
                quads[subject, predicate, self._object(member, scope, graph, where), where] = None
            elif member.__class__ is list:
                if not member:
                    raise UnknownShape
                for each in member:
                    if each.__class__ is str:
                        quads[subject, predicate, _text(each, term), where] = None
                    elif each.__class__ is dict:
                        quads[subject, predicate, self._object(each, scope, graph, where), where] = None
                    else:
                        raise UnknownShape
            else:
                graph.add_native((subject, predicate, _native(member, term), where), member)

    def _read_container(
        self, member: JsonValue, term: Term, subject: Position, scope: Scope, graph: _Graph, where: Position
    ) -> None:
        """A list of texts (RDF 1.1 Semantics, appendix D.3), or objects of which each is a graph of its own."""
        values = member if isinstance(member, list) else [member]
        if not values:
            raise UnknownShape
        if term.container == "@graph":
            for each in values:
                if not isinstance(each, dict) or each.keys() <= {"id"} or where != "":
                    raise UnknownShape
                name = graph.blank()
                graph.quads[subject, term.predicate, name, where] = None
                self._read(each, scope, graph, name)
            return
        cell = graph.blank()
        graph.quads[subject, term.predicate, cell, where] = None
        for place, each in enumerate(values, start=1):
            if each.__class__ is not str:
                raise UnknownShape
            rest: Position = _NIL if place == len(values) else graph.blank()
            graph.quads[cell, _FIRST, _text(each, term), where] = None
            graph.quads[cell, _REST, rest, where] = None
            cell = rest  # type: ignore[assignment]

    def _object(self, value: JsonObject, scope: Scope, graph: _Graph, where: Position) -> Position:
        """As `_read`, with the part remembered if it has come before."""
        if not value:
            raise UnknownShape
        identifier = value.get("id")
        if where != "" or identifier.__class__ is not str or len(value) < 3 or "@context" in value:
            return self._read(value, scope, graph, where)
        if identifier not in self._seen:
            if len(self._seen) >= _MAX_SEEN:
                self._seen.clear()
            if len(identifier) <= _MAX_ID:
                self._seen.add(identifier)
            return self._read(value, scope, graph, where)
        key = (scope, orjson.dumps(value))
        part = self._parts.get(key)
        if part is None:
            apart = _Graph()
            self._read(value, scope, apart, where)
            part = _close(apart)
            if len(key[1]) <= _MAX_REMEMBERED_BYTES:
                if len(self._parts) >= _MAX_REMEMBERED:
                    self._parts.clear()
                self._parts[key] = part
        graph.parts.append(part)
        for each in part.described:
            graph.describe(each)
        for quad, native in part.natives:
            graph.add_native(quad, native)
        return f"<{identifier}>"


@cache
def known_shapes() -> KnownShapes:
    """The one that this process shares."""
    return KnownShapes()


def canonicalize_known(document: Mapping[str, JsonValue]) -> bytes | None:
    """As `KnownShapes.canonicalize`, with a memory that all of this process shares."""
    return known_shapes().canonicalize(document)


def _split(graph: _Graph) -> tuple[list[str], list[Quad]]:
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


def _close(graph: _Graph) -> _Part:
    """What has been read, as a part of something larger."""
    lines, quads = _split(graph)
    hashes = first_degree_hashes(graph.count, quads)
    for part in graph.parts:
        lines += part.lines
        quads += _shifted(part.quads, len(hashes))
        hashes += part.hashes
    return _Part(
        lines=tuple(lines),
        quads=tuple(quads),
        hashes=tuple(hashes),
        template="\n".join(n_quads(map(_with_slots, quads), ())),
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


def _finish(graph: _Graph) -> bytes:
    """The canonical form of what has been read."""
    lines, quads = _split(graph)
    hashes = first_degree_hashes(graph.count, quads)
    for part in graph.parts:
        hashes += part.hashes
    labels = canonical_labels(hashes, _all_quads(graph, quads))
    if labels is None:
        raise UnknownShape
    lines += n_quads(quads, labels)
    start = graph.count
    for part in graph.parts:
        lines += part.lines
        if part.slots:
            lines += (part.template % tuple([labels[start + slot] for slot in part.slots])).split("\n")
            start += len(part.hashes)
    unique = set(lines)
    for line in n_quads(filter(_is_plain, graph.natives), ()):
        if line in unique:
            raise UnknownShape
        lines.append(line)
    if len(unique) < len(lines):
        lines = list(unique.union(lines))
    lines.sort()
    lines.append("")
    return "\n".join(lines).encode()


def _all_quads(graph: _Graph, quads: list[Quad]) -> Iterator[Quad]:
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


def _types(value: JsonValue) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not value:
        raise UnknownShape
    return tuple(value)  # type: ignore[arg-type]  # what is not a string is no type that a scope knows


def _contexts(value: JsonValue) -> tuple[str, ...]:
    urls = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else ()
    if not 0 < len(urls) <= MAX_CONTEXTS or len(set(urls)) < len(urls):
        raise UnknownShape
    return urls  # type: ignore[return-value]  # what is not a string is no context that is known


def _text(value: str, term: Term) -> str:
    """The object that a string becomes."""
    if term.coercion == "":
        if "\\" in value:
            value = value.replace("\\", "\\\\")
        for character, escaped in _ESCAPES:
            if character in value:
                value = value.replace(character, escaped)
        return f'"{value}"{term.datatype}'
    if term.coercion == "@id":
        return _iri(value)
    choice = term.choices.get(value)
    if choice is None:
        raise UnknownShape
    return choice


def _native(value: JsonValue, term: Term) -> str:
    """The object that a number or boolean becomes (JSON-LD API 1.1, section 8.2.2)."""
    if term.coercion:
        raise UnknownShape
    if value is True or value is False:
        return f'"{str(value).lower()}"{term.datatype or _BOOLEAN}'
    if type(value) is int and abs(value) <= _MAX_EXACT:
        return f'"{value}"{term.datatype or _INTEGER}'
    if type(value) is float and abs(value) <= _MAX_EXACT:
        if value.is_integer():
            return f'"{int(value)}"{term.datatype or _INTEGER}'
        digits = _DOUBLE_FORM.sub(r"\1E\2\3", f"{value:1.15E}")
        return f'"{digits}"{term.datatype or _DOUBLE}'
    raise UnknownShape


def _iri(value: JsonValue) -> str:
    """An absolute IRI, whose scheme cannot be taken for a prefix."""
    found = _IRI.fullmatch(value)  # type: ignore[arg-type]
    if found is None or found[1] in term_names() or found[1].lower() == RELATIVE_SCHEME:
        raise UnknownShape
    return f"<{value}>"
