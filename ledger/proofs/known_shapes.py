"""Canonical N-Quads (RDFC-1.0) straight from documents of the shapes that Cairn makes, without JSON-LD expansion.

It answers only where `rdfc` gives the same bytes; for all else it declines, and `rdfc` judges.

An object is taken member by member, with the terms that its contexts and types give it (`context_terms`). Objects with
an id that come again and again, as the achievement and the issuer do in a batch or a record, are remembered with their
lines and hashes: nothing outside of them can change these, as their blank nodes touch nothing but what they hold.

The work is linear in the size of the document, so that a stranger's may be done in this process.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import orjson

from ledger.documents.contexts import CREDENTIALS_V2
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.proofs.canonical_labels import Position
from ledger.proofs.collected_quads import Collected, Part, canonical_form, part_of
from ledger.proofs.context_terms import Scope, Shape, Term, UnknownShape, scope_of_nothing, term_names
from ledger.proofs.rdf_rules import MAX_CONTEXTS, POLICY_MEMBERS, RELATIVE_SCHEME, TYPES_WITH_CONTEXT

_MAX_REMEMBERED = 512
_MAX_REMEMBERED_BYTES = 32 * 1024
_MAX_SEEN = 8192
_MAX_ID = 512
_MAX_EXACT = 2**53
_NOTHING_BUT_JSON = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS

_IRI = re.compile(r'([A-Za-z][A-Za-z0-9+.\-]*):[^\s\x00-\x20<>"{}|^`\\\x7f]+')
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TYPE, _FIRST, _REST, _NIL = f" <{_RDF}type> ", f" <{_RDF}first> ", f" <{_RDF}rest> ", f"<{_RDF}nil>"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_BOOLEAN, _INTEGER, _DOUBLE = f"^^<{_XSD}boolean>", f"^^<{_XSD}integer>", f"^^<{_XSD}double>"
_DOUBLE_FORM = re.compile(r"(\d)0*E\+?(-)?0*(\d)")
_ESCAPES = (("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"), ('"', '\\"'))
_NO_MEMBERS = frozenset({"@context", "id", "type"})


class KnownShapes:
    """Canonical N-Quads of documents of known shapes, with a memory of their parts. Threads may share it."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._parts: dict[tuple[Scope, bytes], Part] = {}

    def canonicalize(self, document: Mapping[str, JsonValue]) -> bytes | None:
        """RDFC-1.0 of `document`, the bytes that `rdfc.canonicalize_rdf` gives; None if only `rdfc` can tell."""
        try:
            if _contexts(document["@context"])[0] != CREDENTIALS_V2:
                return None
            graph = Collected()
            self._read(dict(document), scope_of_nothing(), graph, "", is_root=True)
            return canonical_form(graph)
        except (UnknownShape, RecursionError, UnicodeError, KeyError, TypeError, ValueError):
            return None

    def _read(
        self, value: JsonObject, scope: Scope, graph: Collected, where: Position, *, is_root: bool = False
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
        self, value: JsonObject, subject: Position, shape: Shape, scope: Scope, graph: Collected, where: Position
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
        self, member: JsonValue, term: Term, subject: Position, scope: Scope, graph: Collected, where: Position
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

    def _object(self, value: JsonObject, scope: Scope, graph: Collected, where: Position) -> Position:
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
        written = orjson.dumps(value, option=_NOTHING_BUT_JSON)
        if len(written) > _MAX_REMEMBERED_BYTES:
            return self._read(value, scope, graph, where)
        part = self._parts.get((scope, written))
        if part is None:
            apart = Collected()
            self._read(value, scope, apart, where)
            part = part_of(apart)
            if len(self._parts) >= _MAX_REMEMBERED:
                self._parts.clear()
            self._parts[scope, written] = part
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


def canonicalize_own(document: Mapping[str, JsonValue]) -> bytes:
    """RDFC-1.0 of a document of our own making, whatever its shape. Raises as `rdfc.canonicalize_rdf`."""
    known = canonicalize_known(document)
    if known is not None:
        return known
    from ledger.proofs.rdfc import canonicalize_rdf  # PyLD is slow to import, and most documents don't need it

    return canonicalize_rdf(document)


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
