"""Forms that nest: fields named as `components.2.after.0`, read into a tree, shaped, and edited by buttons.

A tree holds texts, lists and named members; numbers stay the texts that were typed, so that a form that is refused
comes back as it was. A shape says what a tree may hold: `""` a text, `[shape]` a list, `{name: shape}` members, and a
function that gives a shape something that may be there or not (and may nest in itself).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

Tree: TypeAlias = "str | list[Tree] | dict[str, Tree] | None"
Shape: TypeAlias = "str | list[Shape] | dict[str, Shape] | Callable[[], Shape]"

MAX_LENGTH = 200
"""How many entries a list of a form may have."""
MAX_DEPTH = 24
_NAME = re.compile(r"[A-Za-z_][A-Za-z_-]*|[0-9]{1,4}", re.ASCII)
_PLACE = re.compile(r"[A-Za-z0-9_.-]{1,200}", re.ASCII)


def tree_of(pairs: Sequence[tuple[str, str]]) -> dict[str, Tree]:
    """The tree of a form's fields. What is named in no way that a form of ours names it is left out."""
    root: dict[str, object] = {}
    for name, value in pairs:
        parts = name.split(".")
        if len(parts) > MAX_DEPTH or not all(map(_NAME.fullmatch, parts)):
            continue
        inside = root
        for part in parts[:-1]:
            below = inside.setdefault(part, {})
            if not isinstance(below, dict):
                break
            inside = below
        else:
            inside.setdefault(parts[-1], value.replace("\r\n", "\n"))
    return {name: _settled(value) for name, value in root.items()}


def pairs_of(tree: Tree, prefix: str = "") -> Iterator[tuple[str, str]]:
    """The fields of a form that would be read into this tree."""
    if isinstance(tree, str):
        yield prefix, tree
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from pairs_of(value, f"{prefix}.{index}")
    elif isinstance(tree, dict):
        for name, value in tree.items():
            yield from pairs_of(value, f"{prefix}.{name}" if prefix else name)


def shaped(tree: Tree, shape: Shape) -> Tree:
    """The tree with every member that its shape has, and nothing else."""
    if callable(shape):
        return shaped(tree, shape()) if isinstance(tree, dict) else None
    if isinstance(shape, list):
        return [shaped(value, shape[0]) for value in tree[:MAX_LENGTH]] if isinstance(tree, list) else []
    if isinstance(shape, dict):
        members = tree if isinstance(tree, dict) else {}
        return {name: shaped(members.get(name), inner) for name, inner in shape.items()}
    return tree if isinstance(tree, str) else ""


def edited(tree: Tree, shape: Shape, command: str) -> str | None:
    """Does what a button says, in place: `add PLACE`, `nest PLACE`, `remove PLACE`, `up PLACE`, `down PLACE`.

    `add` puts an empty entry at the end of a list, `nest` one whose parts that may be absent are there. Gives the place
    to look at afterwards; None for a command that means nothing here.
    """
    verb, _, place = command.partition(" ")
    if not _PLACE.fullmatch(place):
        return None
    parts = place.split(".")
    if verb in {"add", "nest"}:
        found, inner = _at(tree, shape, parts)
        if not isinstance(found, list) or not isinstance(inner, list) or len(found) >= MAX_LENGTH:
            return None
        found.append(_opened(inner[0]) if verb == "nest" else shaped(None, inner[0]))
        return f"{place}.{len(found) - 1}"
    found, _ = _at(tree, shape, parts[:-1])
    if not isinstance(found, list) or not parts[-1].isdigit() or int(parts[-1]) >= len(found):
        return None
    index = int(parts[-1])
    there = {"remove": index, "up": index - 1, "down": index + 1}.get(verb)
    if there is None or not 0 <= there < len(found):
        return None
    if verb == "remove":
        del found[index]
        return ".".join(parts[:-1])
    found[index], found[there] = found[there], found[index]
    return ".".join([*parts[:-1], str(there)])


def _opened(shape: Shape) -> Tree:
    """An empty entry in which what may be absent is there, one level deep."""
    if isinstance(shape, dict):
        return {name: shaped({}, inner()) if callable(inner) else shaped(None, inner) for name, inner in shape.items()}
    return shaped(None, shape)


def _at(tree: Tree, shape: Shape, parts: Sequence[str]) -> tuple[Tree, Shape]:
    """What stands at a place, and its shape; None where there is nothing."""
    for part in parts:
        if callable(shape):
            shape = shape()
        if isinstance(tree, list) and isinstance(shape, list) and part.isdigit() and int(part) < len(tree):
            tree, shape = tree[int(part)], shape[0]
        elif isinstance(tree, dict) and isinstance(shape, dict) and part in shape:
            tree, shape = tree[part], shape[part]
        else:
            return None, ""
    return tree, shape() if callable(shape) else shape


def _settled(value: object) -> Tree:
    """Members that are all numbers become a list, in their order."""
    if not isinstance(value, Mapping):
        return str(value)
    if value and all(name.isdigit() for name in value):
        return [_settled(value[name]) for name in sorted(value, key=int)]
    return {name: _settled(inner) for name, inner in value.items()}
