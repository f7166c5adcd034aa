"""Imports point one way: the table below is the design's arrow diagram, and this test is what keeps it true."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

MAY_IMPORT = {
    "ledger.errors": set[str](),
    "ledger.bounded_process": {"ledger.errors"},
    "ledger.failpoints": set[str](),
    "ledger.pinned_network": set[str](),
    "ledger.logs": set[str](),
    "ledger.keystore": {"ledger.errors"},
    "ledger.storage": {"ledger.errors", "ledger.failpoints", "ledger.migrations"},
    "ledger.documents": {"ledger.errors"},
    "ledger.receipts": {"ledger.errors", "ledger.documents", "ledger.proofs", "ledger.verifying", "ledger.wrapping"},
    "ledger.rendering": {
        "ledger.errors",
        "ledger.receipts",
        "ledger.documents",
        "ledger.proofs",
        "ledger.stacking",
        "ledger.chain",
        "ledger.verifying",
        "ledger.wrapping",
    },
    "ledger.wrapping": {"ledger.errors", "ledger.bounded_process", "ledger.documents"},
    "ledger.sheets": {"ledger.errors", "ledger.bounded_process"},
    "ledger.bulk": {"ledger.errors", "ledger.documents", "ledger.sheets", "ledger.verifying", "ledger.wrapping"},
    "ledger.proofs": {"ledger.errors", "ledger.bounded_process", "ledger.documents"},
    "ledger.stacking": {"ledger.errors", "ledger.documents"},
    "ledger.chain": {"ledger.errors", "ledger.documents", "ledger.proofs", "ledger.keystore"},
    "ledger.verifying": {
        "ledger.errors",
        "ledger.documents",
        "ledger.pinned_network",
        "ledger.proofs",
        "ledger.stacking",
        "ledger.chain",
    },
    "ledger.sending": {"ledger.errors", "ledger.failpoints", "ledger.logs", "ledger.chain", "ledger.storage"},
    "ledger.issuing": {
        "ledger.errors",
        "ledger.documents",
        "ledger.failpoints",
        "ledger.logs",
        "ledger.proofs",
        "ledger.receipts",
        "ledger.stacking",
        "ledger.chain",
        "ledger.keystore",
        "ledger.storage",
        "ledger.sending",
    },
    "ledger.relaying": {
        "ledger.errors",
        "ledger.chain",
        "ledger.configuration",
        "ledger.storage",
        "ledger.sending",
        "ledger.issuing",
    },
    "ledger.keeping": {
        "ledger.errors",
        "ledger.chain",
        "ledger.configuration",
        "ledger.connection",
        "ledger.documents",
        "ledger.failpoints",
        "ledger.durable",
        "ledger.folder",
        "ledger.issuing",
        "ledger.keystore",
        "ledger.proofs",
        "ledger.sending",
        "ledger.storage",
        "ledger.workspace",
    },
    "ledger.delivering": {
        "ledger.errors",
        "ledger.documents",
        "ledger.failpoints",
        "ledger.pinned_network",
        "ledger.storage",
        "ledger.issuing",
    },
}
ONLY_IN_CHAIN = {"web3", "eth", "eth_account", "eth_keys", "trie", "rlp"}
NOT_IN_LEDGER = {"api", "scripts", "fastapi", "starlette", "jinja2", "uvicorn"}


def python_files(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts)


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where a name comes from"
            yield node.module or ""


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def area_of(module: str) -> str:
    """The row of the table that a module belongs to: `ledger.chain.reader` belongs to `ledger.chain`."""
    return ".".join(module.split(".")[:2])


@pytest.mark.parametrize("path", python_files("ledger"), ids=module_name)
def test_a_module_of_the_ledger_imports_only_what_its_area_may(path: Path) -> None:
    area = area_of(module_name(path))
    for module in imported_modules(path):
        top = module.split(".")[0]
        assert top not in NOT_IN_LEDGER, f"{path} imports {module}"
        if area != "ledger.chain":
            assert top not in ONLY_IN_CHAIN, f"{path} imports {module}, which belongs to ledger/chain alone"
        if top == "ledger" and area in MAY_IMPORT and area_of(module) != area:
            assert area_of(module) in MAY_IMPORT[area], f"{path} imports {module}"


@pytest.mark.parametrize("path", python_files("api"), ids=module_name)
def test_the_api_never_imports_the_scripts_or_the_tests(path: Path) -> None:
    assert not {module.split(".")[0] for module in imported_modules(path)} & {"scripts", "tests"}


@pytest.mark.parametrize("path", [*python_files("ledger"), *python_files("api")], ids=module_name)
def test_tables_never_leave_the_package_that_owns_them(path: Path) -> None:
    for module in imported_modules(path):
        if module.startswith(("ledger.", "api.")) and module.endswith(".tables"):
            owner = module.removesuffix(".tables")
            assert module_name(path).startswith(f"{owner}."), f"{path} imports {module}"
