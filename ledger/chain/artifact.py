"""The compiled registry that is committed with the code, and the names of its functions, events and errors in bytes."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ledger.chain.addresses import keccak

_ARTIFACT = Path(__file__).parent / "artifacts" / "CredentialRegistry.json"


@dataclass(frozen=True)
class Parameter:
    """One value of an error or event: its name as Python writes it, and its Solidity type."""

    name: str
    kind: str
    indexed: bool


@dataclass(frozen=True)
class Signature:
    """An error or event by the contract's name for it."""

    name: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class Artifact:
    """The compiled registry. `selectors` and `topics` are by name, `errors` by selector, `events` by topic."""

    bytecode: bytes
    deployed_bytecode: bytes
    selectors: dict[str, bytes]
    topics: dict[str, bytes]
    errors: dict[bytes, Signature]
    events: dict[bytes, Signature]


@functools.cache
def artifact() -> Artifact:
    """The committed artifact, read once."""
    document = orjson.loads(_ARTIFACT.read_bytes())
    selectors, topics, errors, events = {}, {}, {}, {}
    for entry in document["abi"]:
        types = tuple(_type_name(parameter) for parameter in entry.get("inputs", ()))
        digest = keccak(f"{entry.get('name')}({','.join(types)})".encode())
        if entry["type"] == "function":
            selectors[entry["name"]] = digest[:4]
        elif entry["type"] == "event":
            topics[entry["name"]] = digest
            events[digest] = _signature(entry)
        elif entry["type"] == "error":
            errors[digest[:4]] = _signature(entry)
    return Artifact(
        bytes.fromhex(document["bytecode"].removeprefix("0x")),
        bytes.fromhex(document["deployedBytecode"].removeprefix("0x")),
        selectors,
        topics,
        errors,
        events,
    )


def _signature(entry: dict[str, Any]) -> Signature:
    return Signature(
        entry["name"],
        tuple(Parameter(_snake_case(p["name"]), p["type"], p.get("indexed", False)) for p in entry["inputs"]),
    )


def _snake_case(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", name).lower()


def _type_name(parameter: dict[str, Any]) -> str:
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_type_name(part) for part in parameter['components'])}){kind.removeprefix('tuple')}"
