"""The way to the chain of a data folder: the chain that lives in it, or nodes elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from ledger.chain.networks import DEVELOPMENT_CHAINS
from ledger.chain.registry import Address
from ledger.configuration import Configuration, require_nodes
from ledger.errors import RegistryUnreachable, WorkspaceError, WrongChain

if TYPE_CHECKING:
    from ledger.chain.embedded import EmbeddedNode
    from ledger.chain.ethereum import EthereumRegistry
    from ledger.chain.nodes import Node
    from ledger.chain.reader import Finality, RpcRegistryReader
    from ledger.chain.rpc import Transport

HELD_PATIENCE = 5.0
"""For how many seconds a chain in a folder is waited for, while another process holds it and does not serve it."""
_FUNDING = 10**18
_ENOUGH = 10**17


class ChainConnection:
    """Connects when it is first asked to. Threads may share it."""

    def __init__(self, folder: Path, configuration: Configuration) -> None:
        """`folder` is where the embedded chain lives, if the configuration says that it does."""
        self._folder = folder
        self._configuration = configuration
        self._lock = RLock()
        self._node: EmbeddedNode | None = None
        self._nodes: list[Node] | None = None
        self._transport: Transport | None = None

    def nodes(self, *, create: bool = False) -> list[Node]:
        """Each node with its record, in the order of the configuration. `create` begins an embedded chain where there
        is none.

        Raises WorkspaceError `workspace_busy` if another process holds the embedded chain and does not serve it,
        `workspace_missing` if there is none.
        """
        from ledger.chain.nodes import Node
        from ledger.chain.rpc import HttpTransport

        with self._lock:
            if self._nodes is None:
                if self._configuration.is_embedded:
                    self._nodes = [Node(self._embedded(create=create))]
                else:
                    self._nodes = [Node(HttpTransport(url)) for url in self._configuration.rpc_urls]
            return self._nodes

    def transport(self, *, create: bool = False) -> Transport:
        """All nodes as one, for what is quoted, sent, or looked up by hash. Raises as `nodes`."""
        with self._lock:
            nodes = self.nodes(create=create)
            if len(nodes) == 1:
                return nodes[0]
            if self._transport is None:
                from ledger.chain.switchboard import Switchboard

                self._transport = Switchboard(nodes, self._configuration.chain_id, self._configuration.quorum)
            return self._transport

    def reader(self, registry: Address | None) -> RpcRegistryReader:
        """Reads the registry at this address, from several nodes where several are configured."""
        from ledger.chain.reader import RpcRegistryReader

        if registry is None:
            raise WorkspaceError("workspace_incomplete", "there is no registry yet; run `cairn init` again")
        configured = self._configuration
        finality = _finality(configured.finality)
        return RpcRegistryReader(self.nodes(), registry, configured.chain_id, finality, configured.quorum)

    def registry(self, reader: RpcRegistryReader, *, must_answer: bool = True) -> EthereumRegistry:
        """The registry, to change it too. Raises WrongChain if what stands at its address is not ours.

        Unless it `must_answer`, a chain that is out of reach is taken on trust for now: `CodeWatch` looks again.
        """
        from ledger.chain.ethereum import EthereumRegistry

        registry = EthereumRegistry(reader, self.transport())
        try:
            registry.verify_code()
        except RegistryUnreachable:
            if must_answer:
                raise
        return registry

    def serve(self) -> str | None:
        """Serves the embedded chain to this machine's other processes, and gives the URL.

        None if the chain does not live here, or another process holds it.
        """
        self.nodes()
        return self._node.serve_loopback() if self._node is not None else None

    def find_or_deploy(self) -> Address:
        """The registry at its own address; on a development chain it is put there if it is missing.

        Raises WorkspaceError `registry_missing` where it is missing on any other chain, WrongChain if other code stands
        there.
        """
        from ledger.chain.accounts import dev_account
        from ledger.chain.addresses import checksum_address
        from ledger.chain.deployment import deploy, look

        transport, chain_id = self.transport(create=True), self._configuration.chain_id
        if chain_id in DEVELOPMENT_CHAINS:
            return deploy(transport, dev_account(0), chain_id=chain_id)
        site = look(transport, chain_id)
        if not site.is_deployed():
            raise WorkspaceError(
                "registry_missing",
                f"the registry is not on chain {chain_id} yet: scripts/deploy.py puts it at "
                f"{checksum_address(site.address)}; or name another with --registry",
            )
        return site.address

    def fund(self, accounts: Sequence[Address]) -> None:
        """Gives accounts money for gas on a development chain, if they have little. Does nothing on any other."""
        from ledger.chain.ethereum import fund
        from ledger.chain.rpc import accepted, as_hex, quantity

        if self._configuration.chain_id not in DEVELOPMENT_CHAINS:
            return
        transport = self.transport()
        balances = transport.request_batch([("eth_getBalance", [as_hex(account), "latest"]) for account in accounts])
        for account, balance in zip(accounts, balances, strict=True):
            if quantity(accepted(transport, balance)) < _ENOUGH:
                fund(transport, account, _FUNDING)

    def balance(self, account: Address) -> int:
        """What an account holds, in wei."""
        from ledger.chain.rpc import as_hex, quantity, request

        return quantity(request(self.transport(), "eth_getBalance", as_hex(account), "latest"))

    def close(self) -> None:
        """Lets go of the embedded chain."""
        with self._lock:
            if self._node is not None:
                self._node.close()
            self._node = None
            self._nodes = None
            self._transport = None

    def _embedded(self, *, create: bool) -> Transport:
        """The chain in the folder, or the process that holds it."""
        from ledger.chain.embedded import EmbeddedNode
        from ledger.chain.rpc import HttpTransport

        deadline = time.monotonic() + HELD_PATIENCE
        while (url := EmbeddedNode.running_url(self._folder)) is None:
            try:
                self._node = EmbeddedNode.open(self._folder, create=create)
                return self._node.transport()
            except WorkspaceError as error:
                # A command that only looks lets go in a moment, and a worker that begins soon serves it.
                if error.code != "workspace_busy" or time.monotonic() > deadline:
                    raise
        return HttpTransport(url)


def check_registry(wanted: Configuration) -> None:
    """Looks, before anything is written, whether a configuration can work on a chain that does not live in its folder.

    Raises WorkspaceError `registry_missing` if it names no registry and none stands at the usual address of a chain
    that is not for development, WrongChain if what stands there, or at the address that it names, is not ours.
    """
    if wanted.is_embedded:
        return
    connection = ChainConnection(Path(), wanted)
    if wanted.registry is not None:
        connection.registry(connection.reader(wanted.registry))
    elif wanted.chain_id not in DEVELOPMENT_CHAINS:
        connection.find_or_deploy()


def chain_of(urls: Sequence[str], *, expected: int | None = None, quorum: int | None = None) -> int:
    """The chain id that these nodes serve; all are asked at once.

    Raises WorkspaceError `configuration_invalid` for URLs that cannot be nodes', WrongChain for a node that serves
    another chain than `expected`, or than another node, RegistryUnreachable if fewer than a quorum answer: by default
    more than half, as for every reading.
    """
    require_nodes(urls)
    with ThreadPoolExecutor(len(urls), thread_name_prefix="chain") as pool:
        said = list(pool.map(_ask_chain, urls))
    chain_id, witness = expected, None
    for name, found in said:
        if isinstance(found, RegistryUnreachable):
            continue
        if chain_id is None:
            chain_id, witness = found, name
        elif found != chain_id:
            as_others = f", as {witness} does" if witness else ""
            raise WrongChain(f"{name} serves chain {found}, not chain {chain_id}{as_others}")
    troubles = [found for _, found in said if isinstance(found, RegistryUnreachable)]
    needed = len(urls) // 2 + 1 if quorum is None else quorum
    if chain_id is not None and len(said) - len(troubles) >= needed:
        return chain_id
    if len(said) == 1:
        raise troubles[0]
    named = "; ".join(str(trouble) for trouble in troubles)
    raise RegistryUnreachable(f"fewer than {needed} of {len(said)} nodes answer ({named})", "no_quorum")


def _ask_chain(url: str) -> tuple[str, int | RegistryUnreachable]:
    """The name of a node and its chain id, or what the trouble with it is."""
    from ledger.chain.rpc import HttpTransport, malformed, quantity, request

    with HttpTransport(url) as transport:
        try:
            answer = request(transport, "eth_chainId")
            try:
                return transport.name, quantity(answer, bits=64)
            except RegistryUnreachable:
                raise malformed(f"the chain id of {transport.name}", answer) from None
        except RegistryUnreachable as error:
            return transport.name, error


def _finality(text: str) -> Finality:
    match text:
        case "finalized" | "safe" | "latest":
            return text
        case _:
            return int(text)
