"""A process that sends transactions to an embedded chain until it is killed. Run by `test_embedded_crash.py`."""

from __future__ import annotations

import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ledger.chain import embedded_chain, embedded_rpc  # noqa: F401 -- loaded once, before the processes part
from ledger.chain.accounts import dev_account
from ledger.chain.embedded import EmbeddedNode
from ledger.chain.ethereum import fund
from ledger.chain.registry import Address

NOBODY = Address(bytes([1]) * 20)
dev_account(9)  # derived once, too


class DeadlyConnection:
    """A database connection that kills its own process before or after it commits."""

    def __init__(self, connection: Any, *, before: bool) -> None:
        self._connection = connection
        self._before = before

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: str, *values: Any) -> Any:
        if statement == "COMMIT":
            if not self._before:
                self._connection.execute(statement)
            os.kill(os.getpid(), signal.SIGKILL)
        return self._connection.execute(statement, *values)


def send_for_ever(folder: Path, moment: str, acknowledged: Connection) -> None:
    """Sends one unit of money after another, and says so each time it was acknowledged."""
    node = EmbeddedNode.open(folder)
    if moment != "any":
        store: Any = node._store
        store._connection = DeadlyConnection(store._connection, before=moment == "before")
    while True:
        acknowledged.send_bytes(fund(node.transport(), NOBODY, 1).transaction_hash)
