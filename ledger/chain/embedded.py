"""The embedded node: a chain in a folder, opened by one process at a time, reached like any other node.

    node = EmbeddedNode.open(folder)
    reader = RpcRegistryReader([node.transport()], registry, EMBEDDED_CHAIN_ID, "finalized")

Another process that finds the folder in use asks `EmbeddedNode.running_url(folder)` and talks HTTP to it, if the one
that holds the chain serves it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from ledger.chain.rpc import Call, RpcError
from ledger.errors import RegistryUnreachable, WorkspaceError

if TYPE_CHECKING:
    from ledger.chain.embedded_rpc import Methods
    from ledger.chain.embedded_server import LoopbackServer
    from ledger.chain.embedded_store import ChainStore

_LOG = logging.getLogger(__name__)
_DATABASE = "chain.sqlite"
_LOCK = "lock"
_URL = "url"
_INTERNAL_ERROR = -32603
_LOCK_PATIENCE = 0.5
"""Seconds for which `open` waits for the lock: `running_url` holds it for an instant when it looks."""

_held: set[int] = set()
"""Descriptors of the locks that this process holds."""


class EmbeddedNode:
    """An open embedded chain. Safe to use from several threads, which take turns. Close it, or use it with `with`."""

    def __init__(self, folder: Path, lock: int, store: ChainStore, methods: Methods) -> None:
        """Use `open`."""
        self._folder = folder
        self._lock = lock
        self._store = store
        self._methods = methods
        self._turn = threading.RLock()
        self._server: LoopbackServer | None = None
        self._closed = False

    @classmethod
    def open(cls, folder: Path, *, create: bool = True, clock: Callable[[], float] = time.time) -> EmbeddedNode:
        """Opens the chain in a folder of its own, or begins one there.

        `clock` gives Unix seconds; blocks get its time, and at least one second more than their parent. Raises
        `WorkspaceError`: `workspace_busy` while another process holds it, `workspace_missing` if there is no chain
        and none is to be made, `workspace_invalid` if the folder holds something else.
        """
        if not create and not (folder / _DATABASE).is_file():
            raise WorkspaceError("workspace_missing", f"there is no embedded chain in {folder}")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = _acquire(folder / _LOCK)
        except OSError as error:
            raise WorkspaceError("workspace_invalid", f"cannot keep a chain in {folder} ({error.strerror})") from None
        try:
            # After the lock: py-evm takes a second to load, and "busy" is known without it.
            from ledger.chain.embedded_chain import EmbeddedChain
            from ledger.chain.embedded_rpc import Methods
            from ledger.chain.embedded_store import ChainStore

            (folder / _URL).unlink(missing_ok=True)
            store = ChainStore(folder / _DATABASE)
            try:
                methods = Methods(EmbeddedChain(store, clock))
            except BaseException:
                store.close()
                raise
        except BaseException:
            _release(lock)
            raise
        return cls(folder, lock, store, methods)

    @staticmethod
    def running_url(folder: Path) -> str | None:
        """The loopback URL of the process that holds the chain in this folder, if it lives and serves one."""
        try:
            descriptor = os.open(folder / _LOCK, os.O_RDWR)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            return None
        finally:
            os.close(descriptor)
        try:
            return (folder / _URL).read_text().strip() or None
        except OSError:
            return None

    def transport(self) -> EmbeddedTransport:
        """The node for this process, without HTTP."""
        return EmbeddedTransport(self)

    def request(self, method: object, parameters: object) -> object:
        """Answers one JSON-RPC request with its result or an `RpcError`. Raises `RegistryUnreachable` once closed."""
        from ledger.chain.embedded_chain import Refusal

        with self._turn:
            if self._closed:
                raise RegistryUnreachable("the embedded chain was closed")
            try:
                return self._methods.answer(method, parameters)
            except Refusal as refusal:
                return refusal.error
            except Exception as error:  # noqa: BLE001
                # As any node does: whatever broke, a damaged file or a full disk, is told to the one who asked, and
                # those who ask over HTTP keep their connection.
                _LOG.exception("the embedded chain failed to answer %s", method)
                return RpcError(_INTERNAL_ERROR, f"internal error ({type(error).__name__}: {error})")

    def serve_loopback(self) -> str:
        """Serves the node to this machine's processes on a free port of 127.0.0.1, and returns the URL."""
        from ledger.chain.embedded_server import LoopbackServer

        with self._turn:
            if self._server is None:
                self._server = LoopbackServer(self.request)
                published = self._folder / f"{_URL}.new"
                published.write_text(self._server.url + "\n")
                published.replace(self._folder / _URL)
            return self._server.url

    def close(self) -> None:
        """Stops serving and lets go of the folder. What was acknowledged is on the disk already."""
        with self._turn:
            if self._closed:
                return
            self._closed = True
            server, self._server = self._server, None
        if server is not None:
            (self._folder / _URL).unlink(missing_ok=True)
            server.close()
        self._store.close()
        _release(self._lock)

    def __enter__(self) -> EmbeddedNode:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class EmbeddedTransport:
    """A `Transport` to a node in this process."""

    name = "embedded"

    def __init__(self, node: EmbeddedNode) -> None:
        self._node = node

    def request_batch(self, calls: Sequence[Call]) -> list[object]:
        return [self._node.request(method, list(parameters)) for method, parameters in calls]


def _acquire(path: Path) -> int:
    """Takes the lock that says whose chain this is. It ends with the process, however that ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise WorkspaceError(
                    "workspace_busy", f"another process works with the embedded chain in {path.parent}"
                ) from None
            time.sleep(0.05)
        else:
            _held.add(descriptor)
            return descriptor


def _release(descriptor: int) -> None:
    _held.discard(descriptor)
    os.close(descriptor)


def _forget_locks() -> None:
    """In a child made by fork, which must not keep the folder locked when its parent is gone."""
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_forget_locks)
