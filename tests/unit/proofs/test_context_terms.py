"""The tables of terms are those that PyLD reads out of the same contexts, for objects of every type in them."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from pyld import jsonld

from ledger.documents import contexts
from ledger.proofs.context_terms import KNOWN_CONTEXTS, Term, UnknownShape, scope_of_nothing, term_names

EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
ORDERS = [
    (contexts.CREDENTIALS_V2,),
    (contexts.CREDENTIALS_V2, contexts.OPEN_BADGES),
    (contexts.CREDENTIALS_V2, contexts.CLR, contexts.OPEN_BADGES),
    (contexts.CREDENTIALS_V2, contexts.OPEN_BADGES, contexts.CLR),
    (contexts.CREDENTIALS_V2, contexts.OPEN_BADGES, EXTENSIONS),
    (contexts.CREDENTIALS_V2, contexts.CLR, contexts.OPEN_BADGES, contexts.CREDENTIALS_V2, contexts.OPEN_BADGES),
]
TYPED = sorted(
    {
        str(name)
        for url in KNOWN_CONTEXTS
        for name in contexts.load(url)["@context"]  # type: ignore[union-attr]
        if str(name)[0].isupper() or str(name)[0].isdigit()
    }
)


class Reference:
    """PyLD's reading of a list of contexts, and of what a type brings in."""

    def __init__(self, urls: tuple[str, ...]) -> None:
        def load(url: str, _options: object) -> dict[str, object]:
            return {"contentType": None, "contextUrl": None, "documentUrl": url, "document": contexts.load(url)}

        self._processor = jsonld.JsonLdProcessor()
        self._options: dict[str, Any] = {"documentLoader": load, "base": "", "processingMode": "json-ld-1.1"}
        resolver = jsonld.ContextResolver({}, load)
        self._options |= {"contextResolver": resolver, "isFrame": False}
        initial = self._processor._get_initial_context(self._options)
        self._scope = self._processor._process_context(initial, list(urls), self._options)

    def shape(self, types: tuple[str, ...]) -> dict[str, Any]:
        """The active context inside an object of these types."""
        found: dict[str, Any] = self._scope
        for name in sorted(types):
            context = self._scope["mappings"][name].get("@context")
            if context:
                found = self._processor._process_context(found, context, self._options, propagate=False)
        return found

    def iri(self, name: str) -> str:
        return f"<{self._scope['mappings'][name]['@id']}>"

    def choices(self, shape: dict[str, Any], name: str) -> dict[str, str]:
        context = shape["mappings"][name]["@context"]
        scoped = self._processor._process_context(shape, context, self._options, override_protected=True)
        return {each: f"<{of['@id']}>" for each, of in scoped["mappings"].items() if not of["@id"].startswith("@")}


def as_term(mapping: dict[str, Any], choices: dict[str, str]) -> Term:
    coercion = mapping.get("@type", "")
    container = [each for each in mapping.get("@container", []) if each != "@set"]
    return Term(
        predicate=f" <{mapping['@id']}> ",
        coercion=coercion if coercion.startswith("@") else "",
        datatype=f"^^<{coercion}>" if coercion and not coercion.startswith("@") else "",
        container=container[0] if container else "",
        choices=choices,
    )


@pytest.mark.parametrize("urls", ORDERS, ids=len)
def test_every_object_with_a_type_has_the_terms_that_the_reference_gives_it(urls: tuple[str, ...]) -> None:
    reference = Reference(urls)
    scope = scope_of_nothing().within(urls)
    known = 0
    for types in [(), *((name,) for name in TYPED), *combinations(TYPED, 2)]:
        try:
            shape = scope.shape(types)
        except UnknownShape:
            continue
        known += 1
        active = reference.shape(types)
        expected = active["mappings"]
        assert shape.types == tuple(reference.iri(name) for name in types)
        for name, term in shape.terms.items():
            choices = reference.choices(active, name) if term.coercion == "@vocab" else {}
            assert term == as_term(expected[name], choices), (types, name)
        left_out = {name: of for name, of in expected.items() if name not in shape.terms}
        assert all(
            str(of["@id"]).startswith("@") or of.get("@type") == "@json" or "@context" in of for of in left_out.values()
        ), left_out
    assert known >= len(TYPED) // 2


def test_the_types_of_our_documents_are_all_known() -> None:
    scope = scope_of_nothing().within((contexts.CREDENTIALS_V2, contexts.CLR, contexts.OPEN_BADGES))
    for name in ("Achievement", "Alignment", "Result", "RubricCriterionLevel", "ClrSubject", "DataIntegrityProof"):
        assert scope.shape((name,)).terms
    assert scope.shape(("VerifiableCredential", "ClrCredential")).terms["proof"].container == "@graph"


@pytest.mark.parametrize(
    "urls",
    [("https://www.w3.org/2018/credentials/v1",), ("https://example.org/context",), (contexts.CREDENTIALS_V2, "")],
)
def test_no_other_context_is_read(urls: tuple[str, ...]) -> None:
    with pytest.raises(UnknownShape):
        scope_of_nothing().within(urls)


def test_no_scheme_that_we_use_is_the_name_of_a_term() -> None:
    assert term_names().isdisjoint({"https", "http", "did", "urn", "mailto", "data"})
    assert {"cred", "obi", "name"} <= term_names()
