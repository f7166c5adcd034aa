"""`cairn registry audit`: whether a registry's events tell all that it stores, by anybody who can reach a node."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, EXIT_REFUSED, DataOption, JsonOption, app
from ledger.cli.verify import parse_finality
from ledger.errors import CairnError

if TYPE_CHECKING:
    from ledger.chain.audit import Audit
    from ledger.chain.reader import RpcRegistryReader

PATIENCE = 60.0
"""Seconds for one answer: a node may have to look through a hundred thousand blocks for it."""

registry_app = typer.Typer(help="The registry itself, whoever uses it.", no_args_is_help=True)
app.add_typer(registry_app, name="registry")


@registry_app.command("audit")
def audit_registry(
    rpc: Annotated[list[str] | None, typer.Option(help="JSON-RPC address of a node; repeat for several.")] = None,
    registry: Annotated[str | None, typer.Option(help="The registry, CAIP-10: eip155:<chain>:<address>.")] = None,
    finality: Annotated[str, typer.Option(help="finalized, safe, latest, or a number of confirmations.")] = "finalized",
    from_block: Annotated[int, typer.Option(min=0, help="The block in which the registry was deployed.")] = 0,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> int:
    """Rebuilds the registry from its events and compares it with what it stores, at the newest final block.

    Exit code 0 no difference, 1 differences, 3 could not read.
    """
    from ledger.chain.audit import audit
    from ledger.cli.output import emit, progress

    with open_reader(rpc, registry, finality, data) as reader:
        with progress("audit") as bar:
            found = audit(reader, from_block, bar)
        emit(*described(reader, found), as_json=as_json)
    return EXIT_REFUSED if found.differences else 0


@contextmanager
def open_reader(rpc: list[str] | None, registry: str | None, finality: str, data: Path) -> Iterator[RpcRegistryReader]:
    """Reads the registry that is named, or else the one of a data folder."""
    from ledger.chain.addresses import parse_caip10
    from ledger.chain.reader import RpcRegistryReader
    from ledger.chain.rpc import HttpTransport
    from ledger.workspace import Workspace

    if rpc and registry:
        chain_id, address = parse_caip10(registry)
        transports = [HttpTransport(url, timeout=PATIENCE) for url in rpc]
        yield RpcRegistryReader(transports, address, chain_id, parse_finality(finality))
    elif rpc or registry:
        raise CairnError("usage", "give both --rpc and --registry, or neither and use --data")
    else:
        with Workspace.open(data) as workspace:
            yield workspace.reader


def described(reader: RpcRegistryReader, found: Audit) -> tuple[dict[str, object], str]:
    """What was found, as a value and as text."""
    from ledger.chain.addresses import caip10
    from ledger.chain.networks import network_of
    from ledger.cli.output import table, when

    name, network = caip10(reader.chain_id, reader.registry), network_of(reader.chain_id)
    value: dict[str, object] = {
        "registry": name,
        "network": network.kind,
        "nodes": list(found.sources),
        "from_block": found.from_block,
        "block": found.block.number,
        "time": when(found.block.time),
        "events": found.events,
        "counts": dict(found.counts),
        "differences": [
            {"subject": one.subject, "events": one.from_events, "storage": one.in_storage} for one in found.differences
        ],
    }
    rows = [(kind.replace("_", " "), f"{count:,}") for kind, count in found.counts]
    lines = [f"registry {name} on {network.name}, blocks {found.from_block} to {found.block.number}", ""]
    lines += [table(("record", "count"), rows), "", *(f"✗ {one}" for one in found.differences)]
    count = len(found.differences)
    told = f"what the {found.events:,} events tell is what the registry stores"
    lines += [f"{count:,} difference{'s' if count > 1 else ''}" if count else f"no difference: {told}"]
    return value, "\n".join(lines)
