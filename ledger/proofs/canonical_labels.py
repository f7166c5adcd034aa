"""Canonical labels of blank nodes (RDFC-1.0), for datasets in which that takes linear time.

Blank nodes with a first-degree hash of their own are labelled by it (section 4.4.3, steps 3 and 4). Those that share
one are looked at in groups that hang together. Where no group holds two nodes of one hash, the hash of n-degree quads
(section 4.8) has no permutations to try, and groups alike need it only once. All else is left to the caller.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

Position: TypeAlias = "str | int"
"""An IRI or literal as in N-Quads, or the number of a blank node."""
Quad: TypeAlias = "tuple[Position, str, Position, Position]"
"""Subject, predicate with a space on each side, object, and graph: a space and its name, or "" for the default graph.
A graph that a blank node names is that node's number."""

_MAX_GROUP = 256


class _Tangled(Exception):
    """Telling these blank nodes apart takes permutations."""


@dataclass
class _Group:
    """Blank nodes that hang together, none of them labelled yet, by first-degree hash."""

    nodes: dict[str, int] = field(default_factory=dict)
    quads: list[Quad] = field(default_factory=list)
    kind: tuple[str, ...] = ()


def first_degree_hashes(count: int, quads: Iterable[Quad]) -> list[str]:
    """The hash of each of the blank nodes 0 to `count` - 1 (RDFC-1.0, section 4.6). Each occurs in a quad.

    A quad that names a node twice counts twice for it, as it does in PyLD.
    """
    near: list[list[str]] = [[] for _ in range(count)]
    for subject, predicate, value, graph in quads:
        if isinstance(graph, str) and isinstance(value, str) and isinstance(subject, int):  # nine of ten quads
            near[subject].append(f"_:a{predicate}{value}{graph} .\n")
            continue
        for node in (subject, value, graph):
            if not isinstance(node, int):
                continue
            here = subject if isinstance(subject, str) else "_:a" if subject == node else "_:z"
            there = value if isinstance(value, str) else "_:a" if value == node else "_:z"
            where = graph if isinstance(graph, str) else " _:a" if graph == node else " _:z"
            near[node].append(f"{here}{predicate}{there}{where} .\n")
    sha256 = hashlib.sha256
    return [sha256("".join(sorted(lines)).encode()).hexdigest() for lines in near]


def canonical_labels(hashes: Sequence[str], quads: Iterable[Quad]) -> list[str] | None:
    """The label of each blank node, by number; None if that is not as simple as this module takes it.

    `hashes` are the first-degree hashes, `quads` all that have a blank node.
    """
    if len(set(hashes)) == len(hashes):
        labels = [""] * len(hashes)
        for place, node in enumerate(sorted(range(len(hashes)), key=hashes.__getitem__)):
            labels[node] = f"_:c14n{place}"
        return labels
    try:
        return _label_alike(hashes, quads)
    except _Tangled:
        return None


def n_quads(quads: Iterable[Quad], labels: Sequence[str]) -> list[str]:
    """The lines of these quads, without the line feed at their end."""
    lines = []
    for subject, predicate, value, graph in quads:
        here = subject if subject.__class__ is str else labels[subject]  # type: ignore[index]
        there = value if value.__class__ is str else labels[value]  # type: ignore[index]
        where = graph if graph.__class__ is str else f" {labels[graph]}"  # type: ignore[index]
        lines.append(f"{here}{predicate}{there}{where} .")
    return lines


def _label_alike(hashes: Sequence[str], quads: Iterable[Quad]) -> list[str]:
    by_hash: dict[str, list[int]] = {}
    for node, digest in enumerate(hashes):
        by_hash.setdefault(digest, []).append(node)
    labels = [""] * len(hashes)
    shared = []
    issued = 0
    for digest in sorted(by_hash):
        if len(by_hash[digest]) > 1:
            shared.append(digest)
        else:
            labels[by_hash[digest][0]] = f"_:c14n{issued}"
            issued += 1
    groups = _groups(hashes, labels, quads)
    ordered: dict[tuple[tuple[str, ...], str], tuple[str, list[str]]] = {}
    for digest in shared:
        found = []
        for group in (groups[node] for node in by_hash[digest] if not labels[node]):
            key = (group.kind, digest)
            if key not in ordered:
                ordered[key] = _n_degree(group, group.nodes[digest], hashes, labels)
            found.append((*ordered[key], group))
        found.sort(key=lambda result: result[0])
        for (one, _, first), (other, _, second) in pairwise(found):
            if one == other and first.kind != second.kind:
                raise _Tangled
        for _, order, group in found:
            for each in order:
                labels[group.nodes[each]] = f"_:c14n{issued}"
                issued += 1
    return labels


def _groups(hashes: Sequence[str], labels: Sequence[str], quads: Iterable[Quad]) -> dict[int, _Group]:
    """The group of each blank node without a label."""
    root = {node: node for node, label in enumerate(labels) if not label}
    around: list[tuple[int, Quad]] = []
    for quad in quads:
        nodes = [each for each in (quad[0], quad[2], quad[3]) if each.__class__ is int and each in root]
        if nodes:
            around.append((nodes[0], quad))
        for node in nodes[1:]:
            root[_find(root, node)] = _find(root, nodes[0])
    groups: dict[int, _Group] = {}
    for node in root:
        group = groups.setdefault(_find(root, node), _Group())
        if hashes[node] in group.nodes or len(group.nodes) >= _MAX_GROUP:
            raise _Tangled
        group.nodes[hashes[node]] = node
    for node, quad in around:
        groups[_find(root, node)].quads.append(quad)
    for group in groups.values():
        group.kind = _kind(group, hashes, labels)
    return {node: groups[_find(root, node)] for node in root}


def _find(root: dict[int, int], node: int) -> int:
    while root[node] != node:
        root[node] = root[root[node]]
        node = root[node]
    return node


def _kind(group: _Group, hashes: Sequence[str], labels: Sequence[str]) -> tuple[str, ...]:
    """Its quads with each node named by its label or, having none, its hash: the same for groups that are alike."""
    names = {each: labels[each] or hashes[each] for quad in group.quads for each in quad if isinstance(each, int)}
    return tuple(
        sorted(
            f"{names.get(s, s)}{p}{names.get(o, o)} {names.get(g, g)}"  # type: ignore[arg-type]
            for s, p, o, g in group.quads
        )
    )


def _n_degree(group: _Group, start: int, hashes: Sequence[str], labels: Sequence[str]) -> tuple[str, list[str]]:
    """Hash N-Degree Quads (section 4.8) of `start`: the hash, and its group's nodes in the order of their issue."""
    near: dict[int, list[Quad]] = {}
    for quad in group.quads:
        for node in (quad[0], quad[2], quad[3]):
            if isinstance(node, int):
                near.setdefault(node, []).append(quad)
    issued = {start: "_:b0"}

    def visit(node: int) -> str:
        related: dict[str, list[int]] = {}
        for subject, predicate, value, graph in near[node]:
            for position, other in (("s", subject), ("o", value), ("g", graph)):
                if isinstance(other, int) and other != node:
                    name = labels[other] or issued.get(other) or hashes[other]
                    text = f"g{name}" if position == "g" else f"{position}{predicate[1:-1]}{name}"
                    related.setdefault(hashlib.sha256(text.encode()).hexdigest(), []).append(other)
        parts = []
        for digest in sorted(related):
            others = related[digest]
            other = others[0]
            if any(each != other for each in others):
                raise _Tangled
            is_new = not labels[other] and other not in issued
            if is_new:
                issued[other] = f"_:b{len(issued)}"
            parts += [digest, (labels[other] or issued[other]) * len(others)]
            if is_new:
                parts.append(f"{issued[other]}<{visit(other)}>")
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    return visit(start), [hashes[node] for node in issued]
