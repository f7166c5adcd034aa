"""What the bundled contexts make of each member name: the part of JSON-LD 1.1 context processing that they need.

A scope is what a list of contexts defines; the types of an object choose a shape in it: the terms that its members may
use (type-scoped contexts, JSON-LD 1.1 section 4.1.5). All is derived from the bundled files, and the tests compare it
with PyLD's reading of them. Whatever these files don't use is not understood: it raises `UnknownShape`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import cast

from ledger.documents import contexts
from ledger.documents.strict_json import JsonObject, JsonValue

KNOWN_CONTEXTS = frozenset(
    {
        contexts.CREDENTIALS_V2,
        contexts.OPEN_BADGES,
        contexts.CLR,
        "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
    }
)
MAX_CONTEXTS = 8

_MAX_REMEMBERED = 512
_ABSOLUTE = re.compile(r'[A-Za-z][A-Za-z0-9+.\-]*:[^\s\x00-\x20<>"{}|^`\\\x7f]*')
_MEMBERS = frozenset({"@id", "@type", "@container", "@context"})
_CONTAINERS = frozenset({"", "@set", "@list", "@graph"})
_XSD_DOUBLE = "http://www.w3.org/2001/XMLSchema#double"
_ABSENT = object()


class UnknownShape(Exception):
    """The document has something that this way of canonicalising does not know; PyLD has to judge it."""


@dataclass(frozen=True)
class Term:
    """What a member of this name becomes.

    `predicate` is an IRI in angle brackets with a space on each side. `coercion` is "@id" for strings that are IRIs,
    "@vocab" for strings that are one of `choices` (name to IRI in angle brackets), and "" for literals, which
    `datatype` follows ("" or ^^<…>). `container` is "@list", "@graph" or "".
    """

    predicate: str
    coercion: str
    datatype: str
    container: str
    choices: Mapping[str, str]


@dataclass(frozen=True)
class Shape:
    """The terms of an object of some types, and the IRIs of these types in angle brackets."""

    terms: Mapping[str, Term]
    types: tuple[str, ...]


@dataclass(frozen=True)
class _Definition:
    """A term as a context defines it. `context` is what it brings in, `_ABSENT` if nothing."""

    iri: str
    coercion: str
    container: str
    context: object
    is_prefix: bool
    is_protected: bool = field(compare=False)


_Definitions = dict[str, _Definition]


class Scope:
    """What a list of contexts defines, outside of any type. Threads may share it."""

    def __init__(self, definitions: _Definitions) -> None:
        self._definitions = definitions
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._within: dict[tuple[str, ...], Scope] = {}

    def shape(self, types: tuple[str, ...]) -> Shape:
        """The shape of an object of these types."""
        shape = self._shapes.get(types)
        if shape is None:
            if len(self._shapes) >= _MAX_REMEMBERED:
                self._shapes.clear()
            shape = self._shapes[types] = self._make_shape(types)
        return shape

    def within(self, urls: tuple[str, ...]) -> Scope:
        """The scope of an object that brings these contexts of its own."""
        scope = self._within.get(urls)
        if scope is None:
            if len(self._within) >= _MAX_REMEMBERED:
                self._within.clear()
            scope = self._within[urls] = Scope(_process_all(urls, self._definitions))
        return scope

    def _make_shape(self, types: tuple[str, ...]) -> Shape:
        definitions = self._definitions
        for name in sorted(types):
            if name not in self._definitions:
                raise UnknownShape
            context = self._definitions[name].context
            if context is not _ABSENT:
                definitions = _process(context, definitions, override_protected=False)
        iris = tuple(_brackets(self._definitions[name].iri) for name in types)
        if definitions.get("id") != _keyword("@id") or definitions.get("type") != _keyword("@type"):
            raise UnknownShape
        terms = {name: _term(name, each, definitions) for name, each in definitions.items()}
        return Shape({name: term for name, term in terms.items() if term is not None}, iris)


@cache
def scope_of_nothing() -> Scope:
    """The scope outside of every context, in which those of a document are read."""
    return Scope({})


@cache
def term_names() -> frozenset[str]:
    """Every name that one of the contexts defines anywhere: what an IRI's scheme must not be, lest it be a prefix."""
    names: set[str] = set()
    values: list[JsonValue] = [contexts.load(url) for url in KNOWN_CONTEXTS]
    for value in values:  # grows while it is read
        if isinstance(value, dict):
            names.update(value)
            values.extend(value.values())
    return frozenset(names)


def _process_all(urls: Iterable[str], definitions: _Definitions) -> _Definitions:
    for url in urls:
        if url not in KNOWN_CONTEXTS:
            raise UnknownShape
        definitions = _process(contexts.load(url)["@context"], definitions, override_protected=False)
    return definitions


def _process(context: object, known: _Definitions, *, override_protected: bool) -> _Definitions:
    """JSON-LD API 1.1, section 4.1.2, for contexts that hold nothing but terms, `@version` and `@protected`."""
    if not isinstance(context, dict):
        raise UnknownShape
    local = cast("JsonObject", context)
    if any(name.startswith("@") and name not in ("@version", "@protected") for name in local):
        raise UnknownShape
    definitions, defined = dict(known), set[str]()
    for name in local:
        if not name.startswith("@"):
            _define(name, local, definitions, defined, override_protected=override_protected)
    return definitions


def _define(
    name: str, local: JsonObject, definitions: _Definitions, defined: set[str], *, override_protected: bool
) -> None:
    """JSON-LD API 1.1, section 4.2.2, for the members `@id`, `@type`, `@container` and `@context`."""
    if name in defined:
        return
    defined.add(name)
    value = local[name]
    members: JsonObject = {"@id": value} if isinstance(value, str) else value if isinstance(value, dict) else {}
    identifier, coercion = members.get("@id"), members.get("@type", "")
    container = members.get("@container", "")
    if not members.keys() <= _MEMBERS or not isinstance(identifier, str) or identifier == name:
        raise UnknownShape
    if not isinstance(coercion, str) or not isinstance(container, str):
        raise UnknownShape

    def expand(text: str) -> str:
        return _expand(text, local, definitions, defined, override_protected=override_protected)

    previous = definitions.pop(name, None)
    iri = expand(identifier)
    definition = _Definition(
        iri,
        expand(coercion) if coercion else "",
        container,
        members.get("@context", _ABSENT),
        isinstance(value, str) and iri[-1:] in (":", "/", "?", "#", "[", "]", "@"),
        local.get("@protected") is True,
    )
    if previous is not None and previous.is_protected and not override_protected and previous != definition:
        raise UnknownShape
    was_protected = previous is not None and previous.is_protected and not override_protected
    definitions[name] = definition if not was_protected else cast("_Definition", previous)


def _expand(
    text: str, local: JsonObject, definitions: _Definitions, defined: set[str], *, override_protected: bool
) -> str:
    """JSON-LD API 1.1, section 5.2.2, inside a context that has no `@vocab`."""
    if text.startswith("@"):
        return text
    prefix, _, suffix = text.partition(":")
    for name in (text, prefix):
        if name in local:
            _define(name, local, definitions, defined, override_protected=override_protected)
    if text in definitions:
        return definitions[text].iri
    if prefix in definitions and definitions[prefix].is_prefix and not suffix.startswith("//"):
        return definitions[prefix].iri + suffix
    if not _ABSOLUTE.fullmatch(text):
        raise UnknownShape
    return text


def _term(name: str, definition: _Definition, definitions: _Definitions) -> Term | None:
    """The term, or None for one that is not understood in a document."""
    coercion, container = definition.coercion, definition.container
    if container not in _CONTAINERS or coercion in ("@json", "@none", _XSD_DOUBLE) or ":" in name:
        return None
    if not _ABSOLUTE.fullmatch(definition.iri):
        return None
    choices: dict[str, str] = {}
    if definition.context is not _ABSENT or coercion == "@vocab":
        if coercion != "@vocab" or container:
            return None
        if definition.context is not _ABSENT:
            definitions = _process(definition.context, definitions, override_protected=True)
        choices = {each: f"<{found.iri}>" for each, found in definitions.items() if _ABSOLUTE.fullmatch(found.iri)}
    is_literal = not coercion.startswith("@")
    return Term(
        f" <{definition.iri}> ",
        "" if is_literal else coercion,
        f"^^<{coercion}>" if is_literal and coercion else "",
        "" if container == "@set" else container,
        choices,
    )


def _keyword(keyword: str) -> _Definition:
    return _Definition(keyword, "", "", _ABSENT, False, False)


def _brackets(iri: str) -> str:
    if not _ABSOLUTE.fullmatch(iri):
        raise UnknownShape
    return f"<{iri}>"
