"""Canonical N-Quads: the same as PyLD's, which passes the working group's tests, for any dataset."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld.canon import URDNA2015
from pyld.nquads import RDF_LANGSTRING, XSD_STRING

from ledger.proofs.n_quads import canonical_n_quads

IRIS = st.sampled_from(["https://example.org/a", "urn:uuid:1", "https://example.org/ü"])
BLANK = st.integers(0, 4).map(lambda number: {"type": "blank node", "value": f"_:b{number}"})
LITERALS = st.one_of(
    st.text(max_size=6).map(lambda text: {"type": "literal", "value": text, "datatype": XSD_STRING}),
    st.text('"\\\n\r\t', max_size=4).map(lambda text: {"type": "literal", "value": text, "datatype": "urn:type"}),
    st.sampled_from(["en", "ms", ""]).map(
        lambda tag: {"type": "literal", "value": "x", "datatype": RDF_LANGSTRING, "language": tag}
    ),
)
NAMED = IRIS.map(lambda iri: {"type": "IRI", "value": iri})
TRIPLES = st.lists(
    st.fixed_dictionaries(
        {"subject": st.one_of(BLANK, NAMED), "predicate": NAMED, "object": st.one_of(BLANK, NAMED, LITERALS)}
    ),
    max_size=9,
)


GRAPHS = st.dictionaries(st.sampled_from(["@default", "_:b0", "_:b5", "https://example.org/g"]), TRIPLES, max_size=3)


def reference(dataset: dict[str, Any]) -> str:
    found: str = URDNA2015().main(copy.deepcopy(dataset), {"format": "application/n-quads"})
    return found


@settings(deadline=None, max_examples=400)
@given(TRIPLES)
def test_a_graph_has_the_form_that_the_reference_gives_it(triples: list[dict[str, Any]]) -> None:
    dataset = {"@default": copy.deepcopy(triples)}
    assert canonical_n_quads(dataset) == reference({"@default": copy.deepcopy(triples)})


@settings(deadline=None, max_examples=400)
@given(GRAPHS)
def test_so_has_a_dataset_of_several_graphs(graphs: dict[str, list[dict[str, Any]]]) -> None:
    assert canonical_n_quads(copy.deepcopy(graphs)) == reference(copy.deepcopy(graphs))


def chains(*values: str, of: int, beginning_at: str) -> list[dict[str, Any]]:
    """`of` equal chains of blank nodes, one for each value, which hang at the same place."""
    found: list[dict[str, Any]] = []
    for chain in range(of):
        names = [{"type": "blank node", "value": f"_:n{chain}x{place}"} for place in range(len(values))]
        before: dict[str, str] = {"type": "IRI", "value": beginning_at}
        for name, value in zip(names, values, strict=True):
            literal = {"type": "literal", "value": value, "datatype": XSD_STRING}
            found.append({"subject": before, "predicate": {"type": "IRI", "value": "urn:next"}, "object": name})
            found.append({"subject": name, "predicate": {"type": "IRI", "value": "urn:value"}, "object": literal})
            before = name
    return copy.deepcopy(found)


@pytest.mark.parametrize("of", [1, 2, 5])
def test_equal_groups_of_blank_nodes_are_labelled_without_permutations(
    of: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    triples = chains("a", "b", "c", of=of, beginning_at="urn:s") + chains("b", "c", "d", of=of, beginning_at="urn:t")
    expected = reference({"@default": copy.deepcopy(triples)})
    monkeypatch.setattr(URDNA2015, "main", lambda *_: pytest.fail("PyLD was asked"))
    assert canonical_n_quads({"@default": triples[::-1]}) == expected


def test_twins_under_a_blank_node_that_has_a_twin_are_left_to_the_reference() -> None:
    triples = chains("a", "b", of=2, beginning_at="urn:s")
    for chain in range(2):
        parent, child = (
            {"type": "blank node", "value": f"_:n{chain}x0"},
            {"type": "blank node", "value": f"_:twin{chain}"},
        )
        literal = {"type": "literal", "value": "b", "datatype": XSD_STRING}
        triples.append({"subject": parent, "predicate": {"type": "IRI", "value": "urn:next"}, "object": child})
        triples.append({"subject": child, "predicate": {"type": "IRI", "value": "urn:value"}, "object": literal})
    expected = reference({"@default": copy.deepcopy(triples)})
    assert canonical_n_quads({"@default": copy.deepcopy(triples)}) == expected


def test_blank_nodes_that_look_alike_are_told_apart_all_the_same() -> None:
    def triple(subject: str, value: str) -> dict[str, Any]:
        blank = {"type": "blank node"}
        return {
            "subject": {**blank, "value": subject},
            "predicate": {"type": "IRI", "value": "urn:p"},
            "object": {**blank, "value": value},
        }

    circle = [triple("_:a", "_:b"), triple("_:b", "_:c"), triple("_:c", "_:a"), triple("_:a", "_:a")]
    assert canonical_n_quads({"@default": copy.deepcopy(circle)}) == reference({"@default": circle})


def test_a_named_graph_keeps_its_name() -> None:
    triple = {
        "subject": {"type": "IRI", "value": "urn:s"},
        "predicate": {"type": "IRI", "value": "urn:p"},
        "object": {"type": "IRI", "value": "urn:o"},
    }
    dataset = {"@default": [triple], "urn:graph": [copy.deepcopy(triple)]}
    assert canonical_n_quads(copy.deepcopy(dataset)) == reference(dataset)
