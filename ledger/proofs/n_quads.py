"""Canonical N-Quads (RDFC-1.0) of a dataset as PyLD writes it. What `canonical_labels` does not take is left to PyLD,
whose own way takes some four times as long.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pyld.canon import URDNA2015
from pyld.nquads import RDF_LANGSTRING, XSD_STRING, escape

from ledger.proofs.canonical_labels import Position, Quad, canonical_labels, first_degree_hashes, n_quads

_BLANK = "blank node"
_DEFAULT_GRAPH = "@default"

Dataset = Mapping[str, list[dict[str, Any]]]
"""Triples by graph, as PyLD writes them."""


def canonical_n_quads(dataset: Dataset, hash_name: str = "sha256") -> str:
    """The canonical form, which is sorted lines. `hash_name`, `sha384` too, orders the names of blank nodes."""
    if hash_name != "sha256":
        return str(_BySha384().main(dataset, {"format": "application/n-quads"}))
    numbers: dict[str, int] = {}
    quads = [quad for name, triples in dataset.items() for quad in _quads(name, triples, numbers)]
    labels = canonical_labels(first_degree_hashes(len(numbers), quads), quads)
    if labels is not None:
        return "".join(sorted(f"{line}\n" for line in n_quads(quads, labels)))
    return str(URDNA2015().main(dataset, {"format": "application/n-quads"}))


class _BySha384(URDNA2015):  # type: ignore[misc]
    """PyLD's algorithm with the other hash, which signatures by keys of P-384 ask for."""

    def create_hash(self) -> hashlib._Hash:
        return hashlib.sha384()


def _quads(name: str, triples: list[dict[str, Any]], numbers: dict[str, int]) -> list[Quad]:
    """The quads of a graph. `numbers` are those that its blank nodes and the graphs before have."""

    def position(term: dict[str, Any]) -> Position:
        if term["type"] == _BLANK:
            return numbers.setdefault(term["value"], len(numbers))
        return _literal(term) if term["type"] == "literal" else f"<{term['value']}>"

    if not triples:
        return []
    graph: Position = f" <{name}>"
    if name == _DEFAULT_GRAPH:
        graph = ""
    elif name.startswith("_:"):
        graph = numbers.setdefault(name, len(numbers))
    return [
        (position(triple["subject"]), f" <{triple['predicate']['value']}> ", position(triple["object"]), graph)
        for triple in triples
    ]


def _literal(value: dict[str, Any]) -> str:
    datatype = value["datatype"]
    text = f'"{escape(value["value"])}"'
    if datatype == RDF_LANGSTRING:
        return f"{text}@{value['language']}" if value.get("language") else text
    return text if datatype == XSD_STRING else f"{text}^^<{datatype}>"
