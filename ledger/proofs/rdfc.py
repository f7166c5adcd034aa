"""RDF canonicalisation (RDFC-1.0) of JSON-LD documents, with bundled contexts and nothing left unsigned.

PyLD does the JSON-LD and RDF work. It lacks jsonld.js's safe mode: what a context does not define it drops without a
word, and a signature over what is left says nothing about the rest. So this module refuses, before and after expansion,
every way we know in which JSON that people read can differ from the graph that is signed.

Canonicalising can take exponential time, so documents of strangers belong into `rdfc_worker.BoundedCanonicalizer`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, NoReturn

from pyld import jsonld
from pyld.context_resolver import ContextResolver

from ledger.documents import contexts
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import InvalidProof
from ledger.proofs.n_quads import canonical_n_quads
from ledger.proofs.rdf_rules import MAX_CONTEXTS, POLICY_MEMBERS, RELATIVE_SCHEME, SENTINEL_BASE, TYPES_WITH_CONTEXT

_SENTINEL = f"{RELATIVE_SCHEME}:"

_IRI = re.compile(r'[^\x00-\x20<>"{}|^`\\\x7f]+')
_BLANK_NODE = re.compile(r"_:[A-Za-z0-9_-]{1,64}")
_KEYWORD_LIKE = re.compile(r"@[A-Za-z]+")
_MAX_CONTEXTS_REMEMBERED = 4096

_FIRST_CONTEXTS = frozenset({contexts.CREDENTIALS_V1, contexts.CREDENTIALS_V2})


class RdfCanonicalizer:
    """Canonical N-Quads of credentials and proof options, with a fixed set of contexts.

    `known` are the context URLs that documents may use and `load` gives their documents. What PyLD learns about
    contexts is kept: the second document of a kind takes a third of the time of the first. Threads may share it.

    With `own_terms`, objects may stand among the contexts of a document, which define what its members mean. Nothing is
    kept of them, and nothing imported. Their author decides what the graph says: it vouches for no member's name.
    """

    def __init__(
        self,
        known: Collection[str] = contexts.CONTEXTS.keys(),
        load: Callable[[str], JsonObject] = contexts.load,
        *,
        own_terms: bool = False,
    ) -> None:
        self._known = frozenset(known)
        self._load = load
        self._own_terms = own_terms
        self._resolver = ContextResolver({}, self._load_for_pyld)
        self._processed: dict[tuple[object, ...], Any] = {}

    def canonicalize(self, document: Mapping[str, JsonValue], hash_name: str = "sha256", /) -> bytes:
        """RDFC-1.0 of `document`, with SHA-256 or `sha384`, as UTF-8 N-Quads.

        Raises InvalidProof: `context_untrusted` for a context that is unknown, inline or in the wrong place,
        `undefined_term` for what the contexts do not define, `ambiguous_form` for JSON of which another form has the
        same graph and says something else, `canonicalization_failed` for what is not JSON-LD.
        """
        self._check_document(document)
        options = {
            "base": SENTINEL_BASE,
            "documentLoader": self._load_for_pyld,
            "contextResolver": ContextResolver({}, self._load_for_pyld) if self._own_terms else self._resolver,
            "produceGeneralizedRdf": False,
        }
        try:
            processor = _StrictProcessor(None if self._own_terms else self._processed)
            n_quads = canonical_n_quads(processor.to_rdf(dict(document), options), hash_name)
        except (jsonld.JsonLdError, KeyError, AttributeError, TypeError, ValueError, RecursionError) as error:
            if _is_for_want_of_memory(error):
                raise MemoryError from error
            raise InvalidProof("canonicalization_failed", "the document is not usable JSON-LD") from error
        return n_quads.encode()

    def _load_for_pyld(self, url: str, _options: object) -> dict[str, object]:
        if url not in self._known:
            raise InvalidProof("context_untrusted", "the document uses a context that Cairn does not know")
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": url,
            "document": self._load(url),
        }

    def _check_document(self, document: Mapping[str, JsonValue]) -> None:
        context = document.get("@context")
        first = context[0] if isinstance(context, list) and context else context
        if not isinstance(first, str) or first not in _FIRST_CONTEXTS:
            raise InvalidProof("context_untrusted", "the first context is not that of a verifiable credential")
        self._check_context(context)
        described: set[str] = set()
        values: list[JsonValue] = [{name: value for name, value in document.items() if name != "@context"}]
        for value in values:  # grows while it is read
            if isinstance(value, dict):
                self._check_members(value)
                _check_described_once(value, described)
                values.extend(value.values())
            elif isinstance(value, list):
                if any(isinstance(element, list) for element in value):
                    raise InvalidProof("ambiguous_form", "the document has an array inside an array")
                values.extend(value)

    def _check_context(self, context: JsonValue) -> None:
        urls = context if isinstance(context, list) else [context]
        for url in urls:
            if self._own_terms and isinstance(url, dict):
                self._check_terms(url)
            elif not isinstance(url, str) or url not in self._known:
                raise InvalidProof("context_untrusted", "the document uses a context that Cairn does not know")
        if len(urls) > MAX_CONTEXTS or len({str(url) for url in urls}) < len(urls):
            raise InvalidProof("context_untrusted", "the document names a context twice, or too many")

    def _check_terms(self, terms: JsonObject) -> None:
        """Refuse what a context inside the document would bring in from elsewhere."""
        values: list[JsonValue] = [terms]
        for value in values:  # grows while it is read
            if isinstance(value, dict):
                if "@import" in value:
                    raise InvalidProof("context_untrusted", "the document uses a context that Cairn does not know")
                scoped = value.get("@context", [])
                for context in scoped if isinstance(scoped, list) else [scoped]:
                    if isinstance(context, str) and context not in self._known:
                        raise InvalidProof("context_untrusted", "the document uses a context that Cairn does not know")
                values.extend(value.values())
            elif isinstance(value, list):
                values.extend(value)

    def _check_members(self, members: JsonObject) -> None:
        for name in members:
            if name == "@context":
                if not TYPES_WITH_CONTEXT.intersection(_strings(members.get("type"))):
                    raise InvalidProof("context_untrusted", "a part of the document brings its own context")
                self._check_context(members[name])
            elif ":" in name or name.startswith("@"):
                raise InvalidProof("undefined_term", "a member name is an IRI or a keyword instead of a term")
        if any(_KEYWORD_LIKE.fullmatch(text) for name in ("id", "type") for text in _strings(members.get(name))):
            raise InvalidProof("undefined_term", "an id or type looks like a JSON-LD keyword")


@cache
def default_canonicalizer() -> RdfCanonicalizer:
    """The one over the bundled contexts that this process shares."""
    return RdfCanonicalizer()


def canonicalize_rdf(document: Mapping[str, JsonValue], hash_name: str = "sha256", /) -> bytes:
    """RDFC-1.0 of `document` with the bundled contexts; see `RdfCanonicalizer.canonicalize`."""
    return default_canonicalizer().canonicalize(document, hash_name)


def canonicalize_with_own_terms(document: Mapping[str, JsonValue]) -> bytes:
    """RDFC-1.0 of a document that defines terms inside its own context; raises as `RdfCanonicalizer.canonicalize`."""
    return RdfCanonicalizer(own_terms=True).canonicalize(document)


class _StrictProcessor(jsonld.JsonLdProcessor):  # type: ignore[misc]
    """PyLD's processor with a check of what it expands, and perhaps a memory of the contexts that it has processed."""

    def __init__(self, processed: dict[tuple[object, ...], Any] | None) -> None:
        super().__init__(on_property_dropped=_refuse_dropped)
        self._processed = processed

    def expand(self, input_: Any, options: Any) -> Any:
        expanded = super().expand(input_, options)
        _check_expanded(expanded)
        return expanded

    def _process_context(
        self,
        active_ctx: Any,
        local_ctx: Any,
        options: Any,
        override_protected: bool = False,
        propagate: bool = True,
        validate_scoped: bool = True,
        cycles: set[str] | None = None,
    ) -> Any:
        """PyLD keeps no processed context that a type brings in; remembering them makes expansion twice as fast.

        A context is known by its text or, inside a bundled one, by the identity of its object, which the memory keeps.
        """
        if self._processed is None:
            return super()._process_context(
                active_ctx, local_ctx, options, override_protected, propagate, validate_scoped, cycles
            )
        scope = tuple(local_ctx) if isinstance(local_ctx, list) else local_ctx
        name = scope if isinstance(scope, (str, tuple)) else id(scope)
        key = (active_ctx.get("_uuid"), name, override_protected, propagate, validate_scoped)
        known = self._processed.get(key) if cycles is None else None
        if known is not None:
            return known[0]
        processed = super()._process_context(
            active_ctx, local_ctx, options, override_protected, propagate, validate_scoped, cycles
        )
        if cycles is None and "_uuid" in active_ctx:
            if len(self._processed) >= _MAX_CONTEXTS_REMEMBERED:
                self._processed.clear()
            self._processed[key] = (processed, local_ctx)
        return processed

    def _expand_iri(
        self,
        active_ctx: Any,
        value: Any,
        base: Any = None,
        vocab: bool = False,
        local_ctx: Any = None,
        defined: Any = None,
    ) -> Any:
        """PyLD's, with a short way for the terms of a context that is processed already."""
        if vocab and local_ctx is None and isinstance(value, str) and not value.startswith("@"):
            mapping = active_ctx["mappings"].get(value)
            if mapping is not None:
                return mapping["@id"]
        return super()._expand_iri(active_ctx, value, base, vocab, local_ctx, defined)


def _check_described_once(members: JsonObject, described: set[str]) -> None:
    identifier = members.get("id")
    if isinstance(identifier, str) and not POLICY_MEMBERS.isdisjoint(members):
        if identifier in described:
            raise InvalidProof("ambiguous_form", "the document describes the same credential or status in two places")
        described.add(identifier)


def _refuse_dropped(_iri: str | None) -> NoReturn:
    raise InvalidProof("undefined_term", "the document has a member that its contexts do not define")


def _check_expanded(root: Any) -> None:
    """Refuse ids and types that are no absolute IRI, or that would read as more than one term in N-Quads."""
    elements = [root]
    for element in elements:  # grows while it is read
        if isinstance(element, list):
            elements.extend(element)
        elif isinstance(element, dict):
            for name, value in element.items():
                if name in ("@id", "@type"):
                    for iri in value if isinstance(value, list) else [value]:
                        _check_iri(iri)
                elif name != "@value":
                    elements.append(value)


def _check_iri(iri: object) -> None:
    if not isinstance(iri, str) or iri.startswith(_SENTINEL) or not _IRI.fullmatch(iri):
        raise InvalidProof("undefined_term", "the document has a type or id that is neither defined nor a full IRI")
    if iri.startswith("_:") and not _BLANK_NODE.fullmatch(iri):
        raise InvalidProof("canonicalization_failed", "the document has a blank node with an unusable name")


def _is_for_want_of_memory(error: BaseException | None) -> bool:
    """PyLD wraps whatever goes wrong inside it, also what says nothing about the document."""
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        error = error.__cause__
    return False


def _strings(value: JsonValue) -> list[str]:
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
