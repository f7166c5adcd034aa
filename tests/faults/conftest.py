"""Offices in which something goes wrong at a chosen moment."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ledger.chain.accounts import dev_account
from ledger.chain.deployment import deploy
from ledger.chain.embedded import EmbeddedNode
from ledger.chain.ethereum import EthereumRegistry, fund
from ledger.chain.networks import EMBEDDED_CHAIN_ID
from ledger.chain.reader import RpcRegistryReader
from ledger.chain.registry import Address, Registry
from tests.fakes import MemoryRegistry
from tests.office import Office

PATIENCE = 120.0
"""Seconds to wait for a block on a machine that is busy with other tests."""
_tests = count()


class Killed(BaseException):
    """The process ends here: nothing may catch it and go on."""


class FaultyRegistry:
    """Passes everything on, but ends the process before or after the given call of one method."""

    def __init__(self, registry: Registry, method: str, *, done: bool, call: int = 1) -> None:
        self._registry = registry
        self._method = method
        self._done = done
        self._left = call

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._registry, name)
        if name != self._method:
            return attribute

        def fail(*arguments: Any) -> Any:
            self._left -= 1
            if self._left != 0:
                return attribute(*arguments)
            if self._done:
                attribute(*arguments)
            raise Killed

        return fail


@pytest.fixture(scope="module")
def memory_office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = Office(tmp_path_factory.mktemp("office"), MemoryRegistry(), patience=PATIENCE)
    office.an_issuer()
    office.database.close()
    return office


@pytest.fixture(scope="module")
def embedded_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with EmbeddedNode.open(folder / "chain") as node:
        transport = node.transport()
        address = deploy(transport, dev_account(0), chain_id=EMBEDDED_CHAIN_ID)
        registry = EthereumRegistry(RpcRegistryReader([transport], address, EMBEDDED_CHAIN_ID), transport)

        def give(accounts: Sequence[Address]) -> None:
            for account in accounts:
                fund(transport, account, 10**18)

        office = Office(folder, registry, fund=give, patience=PATIENCE)
        office.an_issuer()
        office.database.close()
        yield office


@pytest.fixture(params=["memory", "embedded"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """An office with one registered issuer: in memory a fresh copy for each test, on the chain a copy of the database.

    On the chain the anchors and the revocations of earlier tests stay, so each test has status indexes of its own.
    """
    prepared: Office = request.getfixturevalue(f"{request.param}_office")
    folder = tmp_path / "office"
    shutil.copytree(prepared.folder, folder, ignore=shutil.ignore_patterns("chain"))
    registry = deepcopy(prepared.registry) if request.param == "memory" else prepared.registry
    office = Office(folder, registry, fund=prepared.fund, patience=PATIENCE)
    with office.database.writing() as session:
        session.connection().execute(
            text("UPDATE issuers SET next_status_index = :first"), {"first": 1000 * next(_tests)}
        )
    yield office
    office.database.close()
