"""The compiled registry that is committed with the code, and the names of its functions, events and errors in bytes."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ledger.chain.addresses import keccak

_ARTIFACT = Path(__file__).parent / "artifacts" / "CredentialRegistry.json"


@dataclass(frozen=True)
class Artifact:
    """The compiled registry. `selectors` and `topics` are by name, `errors` by selector."""

    bytecode: bytes
    deployed_bytecode: bytes
    selectors: dict[str, bytes]
    topics: dict[str, bytes]
    errors: dict[bytes, tuple[str, tuple[str, ...]]]


@functools.cache
def artifact() -> Artifact:
    """The committed artifact, read once."""
    document = orjson.loads(_ARTIFACT.read_bytes())
    selectors, topics, errors = {}, {}, {}
    for entry in document["abi"]:
        types = tuple(_type_name(parameter) for parameter in entry.get("inputs", ()))
        digest = keccak(f"{entry.get('name')}({','.join(types)})".encode())
        if entry["type"] == "function":
            selectors[entry["name"]] = digest[:4]
        elif entry["type"] == "event":
            topics[entry["name"]] = digest
        elif entry["type"] == "error":
            errors[digest[:4]] = (entry["name"], types)
    return Artifact(
        bytes.fromhex(document["bytecode"].removeprefix("0x")),
        bytes.fromhex(document["deployedBytecode"].removeprefix("0x")),
        selectors,
        topics,
        errors,
    )


def _type_name(parameter: dict[str, Any]) -> str:
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_type_name(part) for part in parameter['components'])}){kind.removeprefix('tuple')}"
