"""`cairn status`: the nodes, what waits, the ledger in figures; or where one credential stands.

What the database knows is shown whatever the nodes do. Each section gives what it has to say as a value and as text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app
from ledger.cli.status_awards import awards
from ledger.cli.status_means import means
from ledger.cli.status_work import work
from ledger.errors import RegistryError, WorkspaceError

if TYPE_CHECKING:
    from ledger.chain.nodes import NodeHealth
    from ledger.chain.registry import BlockRef, IssuerId, StateQuery
    from ledger.workspace import Workspace

Section = Callable[["Workspace"], tuple[dict[str, object], str]]

_BATCHES_IN_THE_QUESTION = 100


@app.command()
def status(
    credential: Annotated[str | None, typer.Argument(help="The id of one credential; none: the whole ledger.")] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Shows the nodes, what waits and why, issuers and batches; or where one credential stands."""
    from ledger.cli.credential_text import standing_of
    from ledger.cli.output import emit
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        if credential is None:
            emit(*overview(workspace), as_json=as_json)
            return
        emit(*standing_of(workspace, credential), as_json=as_json)


def overview(workspace: Workspace) -> tuple[dict[str, object], str]:
    """All sections, as one value and as text."""
    told = [section(workspace) for section in SECTIONS]
    value = {name: one for part, _ in told for name, one in part.items()}
    return value, "\n\n".join(text for _, text in told if text)


def chain(workspace: Workspace) -> tuple[dict[str, object], str]:
    """The registry, and what every node says of it now: each is asked, and waited for five seconds at most."""
    from ledger.chain.addresses import caip10
    from ledger.chain.networks import network_of

    configuration = workspace.configuration
    network = network_of(configuration.chain_id)
    name = caip10(configuration.chain_id, configuration.registry) if configuration.registry else "no registry yet"
    block, nodes, warnings = ask_nodes(workspace)
    value: dict[str, object] = {
        "registry": name,
        "network": network.kind,
        "final_block": block.number if block else None,
        "nodes": [node.to_dict() for node in nodes],
        "warnings": warnings,
    }
    reached = f"final block {block.number}" if block else "which is out of reach"
    lines = [f"registry {name} on {network.name}, {reached}", *(f"! {warning}" for warning in warnings)]
    return value, "\n".join([*lines, *([""] if nodes else []), *([node_table(nodes)] if nodes else [])])


def ask_nodes(workspace: Workspace) -> tuple[BlockRef | None, tuple[NodeHealth, ...], list[str]]:
    """The final block, if a quorum agrees on one, the nodes, and what a person should know of them."""
    try:
        block, nodes = workspace.reader.inspect(*questions(workspace))
    except (RegistryError, WorkspaceError) as error:  # the chain of this folder cannot even be opened
        return None, (), [str(error)]
    return block, nodes, warnings_of(nodes, is_agreed=block is not None)


def questions(workspace: Workspace) -> tuple[list[IssuerId], list[StateQuery]]:
    """What to ask every node: of each issuer and each of the newest batches, so that a lie about them comes out."""
    from ledger.chain.registry import StateQuery

    ids = {issuer.slug: issuer.issuer_id for issuer in workspace.catalog.issuers()}
    rooted = [batch for batch in workspace.catalog.batches() if batch.root is not None]
    newest = rooted[-_BATCHES_IN_THE_QUESTION:]
    return list(ids.values()), [StateQuery(ids[batch.issuer], batch.root, 0) for batch in newest if batch.root]


def warnings_of(nodes: Sequence[NodeHealth], *, is_agreed: bool) -> list[str]:
    """What a person should know about the nodes as a whole."""
    warnings = [] if is_agreed else ["too few nodes agree on what the registry says: nothing can be verified or issued"]
    hosts = Counter(node.name.rpartition(":")[0] or node.name for node in nodes)
    return warnings + [
        f"{count} nodes are at {host}: if one company runs them, they count as one witness, whatever their keys"
        for host, count in hosts.items()
        if count > 1
    ]


def node_table(nodes: Sequence[NodeHealth]) -> str:
    from ledger.cli.output import table, when

    def latency(node: NodeHealth) -> str:
        return "–" if node.latency is None else f"{node.latency * 1000:,.0f} ms"

    def trouble(node: NodeHealth) -> str:
        if node.trouble is None or node.trouble_at is None:
            return "–"
        return f"{when(int(node.trouble_at))} {node.trouble.code}: {node.trouble.message}"

    rows = [
        (node.name, node.standing, latency(node), "–" if node.final_block is None else node.final_block, trouble(node))
        for node in nodes
    ]
    return table(("node", "standing", "latency", "final block", "last trouble"), rows)


def ledger(workspace: Workspace) -> tuple[dict[str, object], str]:
    """Issuers and batches, as the database knows them."""
    from ledger.chain.addresses import checksum_address
    from ledger.cli.output import batch_dict, issuer_dict, table

    catalog = workspace.catalog
    issuers, batches = catalog.issuers(), catalog.batches()
    value: dict[str, object] = {
        "accreditors": [{"name": a.name, "address": checksum_address(a.address)} for a in catalog.accreditors()],
        "issuers": [issuer_dict(issuer) for issuer in issuers],
        "batches": [batch_dict(batch) for batch in batches],
    }
    rows = [(b.id, b.issuer, b.state, f"{b.size:,}", b.anchor_block or "–", b.label) for b in batches]
    lines = [table(("issuer", "kind", "DID"), [(i.slug, i.kind, i.did) for i in issuers]), ""]
    lines += [table(("batch", "issuer", "state", "size", "block", "label"), rows)]
    return value, "\n".join(lines)


SECTIONS: list[Section] = [chain, work, awards, means, ledger]
"""What the overview is made of, in order. A section never raises for what a node does."""
