"""Writes `docs/registry.md`: what the registry contract offers, from its NatSpec, its code and its ABI.

    python -m scripts.build_contract_reference        needs no compiler; run it after scripts.build_artifacts

What is said stands in `ICredentialRegistry.sol`, once. Names, selectors and topics come from the ABI of the committed
artifact; which errors and events a function can reach, from the bodies of the functions. Nothing is written unless
every function that changes something says who may call it and what it never does, and source and ABI agree.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from eth_utils.crypto import keccak

from scripts.build_artifacts import ARTIFACT, CONTRACTS, ROOT, SOURCES, source_sha256
from scripts.contract_natspec import Declaration, ReferenceIncomplete, declarations, reached, rights

REFERENCE = ROOT / "docs" / "registry.md"
INTERFACE = "src/ICredentialRegistry.sol"
Abi = Sequence[Mapping[str, Any]]
Declared = Mapping[tuple[str, str], Declaration]


def _canonical(parameter: Mapping[str, Any]) -> str:
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(_canonical, parameter['components']))}){kind.removeprefix('tuple')}"


def digest(entry: Mapping[str, Any]) -> str:
    """keccak256 of the canonical signature, in hex."""
    return keccak(text=f"{entry['name']}({','.join(map(_canonical, entry['inputs']))})").hex()


def _parameters(parameters: Iterable[Mapping[str, Any]]) -> str:
    """As the source writes them, without data locations."""
    written = (
        (re.sub(r"^(struct|enum) (\w+\.)?", "", parameter["internalType"]), parameter.get("indexed"), parameter["name"])
        for parameter in parameters
    )
    return ", ".join(
        " ".join(filter(None, (kind, "indexed" if indexed else "", name))) for kind, indexed, name in written
    )


def _signature(entry: Mapping[str, Any]) -> str:
    return f"`{entry['name']}({_parameters(entry['inputs'])})`"


def _require_same_names(declared: Declared, abi: Abi) -> None:
    for kind in ("function", "event", "error"):
        said = {name for found, name in declared if found == kind}
        if said != (offered := {entry["name"] for entry in abi if entry["type"] == kind}):
            raise ReferenceIncomplete(f"{kind}s that are only in source or only in ABI: {sorted(said ^ offered)}")


def reference(interface: str, implementation: Sequence[str], artifact: Mapping[str, Any]) -> str:
    """The whole document. Raises ReferenceIncomplete."""
    declared, abi = declarations(interface), artifact["abi"]
    _require_same_names(declared, abi)
    functions = _in_order([entry for entry in abi if entry["type"] == "function"], declared)
    acts = [entry for entry in functions if entry["stateMutability"] == "nonpayable"]
    views = [entry for entry in functions if entry["stateMutability"] in ("view", "pure")]
    if len(acts) + len(views) != len(functions):
        raise ReferenceIncomplete("a function takes ether")
    errors_of, events_of = reached(implementation, "revert"), reached(implementation, "emit")
    return "\n".join(
        [
            *_head(artifact),
            *_acts(acts, declared, errors_of),
            *_views(views, declared, errors_of),
            *_events(abi, declared, acts, events_of),
            *_errors(abi, declared, acts, errors_of),
            *_types(declared),
        ]
    )


def _head(artifact: Mapping[str, Any]) -> list[str]:
    settings = artifact["settings"]
    optimizer = settings["optimizer"]
    deployed, created = (len(artifact[name]) // 2 - 1 for name in ("deployedBytecode", "bytecode"))
    return [
        "# The registry contract",
        "",
        "Made by `python -m scripts.build_contract_reference` from `contracts/src` and the committed artifact; a test",
        "fails where it is stale. Nobody owns the contract: it has no upgrade, no pause, and takes no ether.",
        "",
        "| fact | value |",
        "|---|---|",
        f"| code hash | `{artifact['deployedCodeHash']}` (`EXTCODEHASH`) |",
        f"| size | {deployed:,} bytes deployed, {created:,} to deploy |",
        f"| compiler | solc {artifact['solc']}, EVM version {settings['evmVersion']} |",
        f"| optimizer | {'on' if optimizer['enabled'] else 'off'}, {optimizer['runs']:,} runs |",
        f"| metadata in the code | {'yes' if settings['metadata']['appendCBOR'] else 'none'} |",
        f"| SHA-256 of the sources | `{artifact['sourceSha256']}` |",
        "",
    ]


def _acts(acts: Abi, declared: Declared, errors_of: Callable[[str], list[str]]) -> list[str]:
    rows = []
    for entry in acts:
        said = rights(declared["function", entry["name"]])
        errors = ", ".join(f"`{name}`" for name in errors_of(entry["name"]))
        rows.append((_signature(entry), f"`0x{digest(entry)[:8]}`", said.who, said.does, said.never, errors))
    columns = ("function", "selector", "who may call", "what it does", "what it never does", "errors, as checked")
    return ["## Acts", "", *_table(columns, rows), "", *_notes(acts, declared)]


def _views(views: Abi, declared: Declared, errors_of: Callable[[str], list[str]]) -> list[str]:
    rows = []
    for entry in views:
        notice = declared["function", entry["name"]].notice
        if not notice or errors_of(entry["name"]):
            raise ReferenceIncomplete(
                f"{entry['name']}: a view must say what it answers, and revert with no error of ours"
            )
        rows.append((_signature(entry), f"`0x{digest(entry)[:8]}`", f"`{_parameters(entry['outputs'])}`", notice))
    introduction = "Anyone may ask, and nothing is changed: each is `view` or `pure`."
    table = _table(("function", "selector", "answer", "what it says"), rows)
    return ["## Reading", "", introduction, "", *table, "", *_notes(views, declared)]


def _notes(entries: Abi, declared: Declared) -> list[str]:
    """One line for each entry that has more to say than its notice."""
    noted = [found for entry in entries if (found := declared[entry["type"], entry["name"]]).notes]
    return [*(f"- `{found.name}`: {'; '.join(note.removesuffix('.') for note in found.notes)}." for found in noted), ""]


def _events(abi: Abi, declared: Declared, acts: Abi, events_of: Callable[[str], list[str]]) -> list[str]:
    entries = [entry for entry in abi if entry["type"] == "event"]
    by = _users(entries, acts, events_of)
    rows = [
        (
            _signature(entry),
            f"`0x{digest(entry)}`",
            by[entry["name"]],
            "; ".join(declared["event", entry["name"]].notes),
        )
        for entry in _in_order(entries, declared)
    ]
    return ["## Events", "", *_table(("event", "topic", "emitted by", "remark"), rows), ""]


def _errors(abi: Abi, declared: Declared, acts: Abi, errors_of: Callable[[str], list[str]]) -> list[str]:
    entries = [entry for entry in abi if entry["type"] == "error"]
    by = _users(entries, acts, errors_of)
    rows = []
    for entry in _in_order(entries, declared):
        if not (notice := declared["error", entry["name"]].notice):
            raise ReferenceIncomplete(f"{entry['name']}: an error must say what it means")
        rows.append((_signature(entry), f"`0x{digest(entry)[:8]}`", notice, by[entry["name"]]))
    return ["## Errors", "", *_table(("error", "selector", "meaning", "of"), rows), ""]


def _in_order(entries: Abi, declared: Declared) -> Abi:
    order = list(declared)
    return sorted(entries, key=lambda entry: order.index((entry["type"], entry["name"])))


def _users(entries: Abi, acts: Abi, names_of: Callable[[str], list[str]]) -> dict[str, str]:
    """The functions that reach each name. Raises ReferenceIncomplete for a name that none reaches or none declares."""
    users: dict[str, list[str]] = {entry["name"]: [] for entry in entries}
    for act in acts:
        for name in names_of(act["name"]):
            if name not in users:
                raise ReferenceIncomplete(f"{act['name']} uses {name}, which the interface does not declare")
            users[name].append(act["name"])
    if unused := [name for name, functions in users.items() if not functions]:
        raise ReferenceIncomplete(f"nothing uses {', '.join(unused)}")
    return {name: ", ".join(f"`{function}`" for function in functions) for name, functions in users.items()}


def _types(declared: Declared) -> list[str]:
    lines = ["## Types"]
    for (kind, name), found in declared.items():
        if kind not in ("struct", "enum"):
            continue
        members = [line.partition("//") for line in found.body.splitlines()]
        rows = [(f"`{member.strip().rstrip(';,')}`", remark.strip()) for member, _, remark in members]
        if kind == "enum":
            rows = [(f"{number} {member}", remark) for number, (member, remark) in enumerate(rows)]
        lines += ["", f"### {name}", "", *([found.notice, ""] if found.notice else [])]
        lines += [*(f"{note}\n" for note in found.notes), *_table((kind, "meaning"), rows)]
    return [*lines, ""]


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [_row(columns), "|" + "---|" * len(columns), *map(_row, rows)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def committed_reference() -> str:
    """The document for the sources and the artifact as they are. Raises ReferenceIncomplete."""
    artifact = json.loads(ARTIFACT.read_text(encoding="utf-8"))
    if artifact["sourceSha256"] != source_sha256():
        raise ReferenceIncomplete("the artifact is stale: python -m scripts.build_artifacts")
    texts = {path: (CONTRACTS / path).read_text(encoding="utf-8") for path in SOURCES}
    return reference(texts.pop(INTERFACE), list(texts.values()), artifact)


def main() -> int:
    try:
        document = committed_reference()
    except ReferenceIncomplete as error:
        print(error, file=sys.stderr)
        return 1
    REFERENCE.write_text(document, encoding="utf-8", newline="\n")
    print(f"wrote {REFERENCE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
