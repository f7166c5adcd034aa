"""`--anchor-rpc CHAIN=URL`: the nodes of other chains, on which documents of others were anchored."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.configuration import require_chain_name, require_nodes
from ledger.errors import CairnError


def parse_anchor_nodes(pairs: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The addresses of nodes by the CAIP-2 name of their chain, from texts like `eip155:1=https://node.example`.

    Raises CairnError `usage` for a text of another form, WorkspaceError as `require_nodes`.
    """
    nodes: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        chain, separator, url = pair.partition("=")
        if not separator or not url:
            raise CairnError("usage", "--anchor-rpc takes CHAIN=URL, as in eip155:1=https://node.example")
        require_chain_name(chain)
        nodes[chain] = (*nodes.get(chain, ()), url)
    for urls in nodes.values():
        require_nodes(urls)
    return nodes
