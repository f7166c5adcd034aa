"""Canonical N-Quads of an RDF dataset (RDFC-1.0), for the datasets that documents have: no named graphs, and no two
blank nodes that look alike. Whatever is harder is left to PyLD, which takes four times as long.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from pyld.canon import URDNA2015
from pyld.nquads import RDF_LANGSTRING, XSD_STRING, escape

_BLANK = "blank node"
_DEFAULT_GRAPH = "@default"

Dataset = Mapping[str, list[dict[str, Any]]]
"""Triples by graph, as PyLD writes them."""
_Quad = tuple[str, bool, str, str, bool]
"""Subject and whether it is blank, predicate with a space on each side, object and whether it is blank."""


def canonical_n_quads(dataset: Dataset, hash_name: str = "sha256") -> str:
    """The canonical form, which is sorted lines. `hash_name`, `sha384` too, orders the names of blank nodes."""
    if hash_name != "sha256":
        return str(_BySha384().main(dataset, {"format": "application/n-quads"}))
    if dataset.keys() <= {_DEFAULT_GRAPH}:
        quads = [_quad(triple) for triple in dataset.get(_DEFAULT_GRAPH, ())]
        if (labels := _labels(quads)) is not None:
            return "".join(sorted(_lines(quads, labels)))
    found: str = URDNA2015().main(dataset, {"format": "application/n-quads"})
    return found


class _BySha384(URDNA2015):  # type: ignore[misc]
    """PyLD's algorithm with the other hash, which signatures by keys of P-384 ask for."""

    def create_hash(self) -> hashlib._Hash:
        return hashlib.sha384()


def _labels(quads: Iterable[_Quad]) -> dict[str, str] | None:
    """The canonical label of each blank node; None if two of them have the same surroundings."""
    around: dict[str, list[_Quad]] = {}
    for quad in quads:
        if quad[1]:
            around.setdefault(quad[0], []).append(quad)
        if quad[4]:
            around.setdefault(quad[3], []).append(quad)
    hashes = {_first_degree_hash(node, near): node for node, near in around.items()}
    if len(hashes) < len(around):
        return None
    return {hashes[each]: f"_:c14n{number}" for number, each in enumerate(sorted(hashes))}


def _first_degree_hash(node: str, quads: Iterable[_Quad]) -> str:
    lines = []
    for subject, is_blank, predicate, value, is_blank_value in quads:
        here = ("_:a" if subject == node else "_:z") if is_blank else subject
        there = ("_:a" if value == node else "_:z") if is_blank_value else value
        lines.append(f"{here}{predicate}{there} .\n")
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def _lines(quads: Iterable[_Quad], labels: Mapping[str, str]) -> Iterable[str]:
    for subject, is_blank, predicate, value, is_blank_value in quads:
        here = labels[subject] if is_blank else subject
        there = labels[value] if is_blank_value else value
        yield f"{here}{predicate}{there} .\n"


def _quad(triple: dict[str, Any]) -> _Quad:
    subject, predicate, value = triple["subject"], triple["predicate"], triple["object"]
    is_blank, kind = subject["type"] == _BLANK, value["type"]
    here = subject["value"] if is_blank else f"<{subject['value']}>"
    there = _literal(value) if kind == "literal" else value["value"] if kind == _BLANK else f"<{value['value']}>"
    return here, is_blank, f" <{predicate['value']}> ", there, kind == _BLANK


def _literal(value: dict[str, Any]) -> str:
    datatype = value["datatype"]
    text = f'"{escape(value["value"])}"'
    if datatype == RDF_LANGSTRING:
        return f"{text}@{value['language']}" if value.get("language") else text
    return text if datatype == XSD_STRING else f"{text}^^<{datatype}>"
