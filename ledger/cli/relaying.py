"""`cairn relay open | budget | status | run`: paying for what other issuers' operators signed."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app

if TYPE_CHECKING:
    from ledger.chain.registry import IssuerId
    from ledger.relaying.values import Budget, RelayedAct
    from ledger.workspace import Workspace

relay_app = typer.Typer(help="Pay for what other issuers' operators signed, within a budget.", no_args_is_help=True)
app.add_typer(relay_app, name="relay")

_ISSUER_ID = re.compile(r"0x[0-9a-f]{64}")


@relay_app.command("open")
def open_relay(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Makes the account that pays, and says its address, which needs money. It pays for nobody without a budget."""
    from ledger.chain.addresses import checksum_address
    from ledger.cli.output import emit, ether
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        address = workspace.relay.open()
        balance = workspace.balance(address)
    value = {"address": checksum_address(address), "balance": str(balance)}
    emit(value, f"the relay pays from {value['address']}, which holds {ether(balance)} ether", as_json=as_json)


@relay_app.command("budget")
def set_budget(
    issuer: Annotated[str, typer.Argument(help="The issuer's id (0x…), or the short name of one of this ledger's.")],
    gas: Annotated[int, typer.Option(min=0, help="How much gas may be used; 0 ends it.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="In any so many days.")] = 30,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Says how much gas the relay may use for an issuer."""
    from ledger.cli.output import emit
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        budget = workspace.relay.budgets.set(issuer_id_of(workspace, issuer), gas=gas, days=days)
    text = (
        f"{budget.gas:,} gas in any {budget.days} days, {budget.used:,} of it used" if gas else "the budget is closed"
    )
    emit(budget_dict(budget), text, as_json=as_json)


@relay_app.command("status")
def relay_status(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Shows the account that pays, the budgets, and the acts that were accepted last."""
    from ledger.chain.addresses import checksum_address
    from ledger.cli.output import emit, ether, table
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        relay = workspace.relay
        address = relay.account.address
        balance, budgets, entries = workspace.balance(address), relay.budgets.all(), relay.entries()
    value = {
        "address": checksum_address(address),
        "balance": str(balance),
        "budgets": [budget_dict(budget) for budget in budgets],
        "acts": [entry_dict(entry) for entry in entries],
    }
    budget_rows = [(f"0x{b.issuer_id.hex()}", f"{b.gas:,}", b.days, f"{b.left:,}") for b in budgets]
    entry_rows = [(e.id, e.state, f"{e.gas:,}", e.problem or "–") for e in entries]
    lines = [f"the relay pays from {value['address']}, which holds {ether(balance)} ether", ""]
    lines += [table(("issuer", "gas", "in days", "left"), budget_rows), ""]
    lines += [table(("act", "state", "gas", "problem"), entry_rows)]
    emit(value, "\n".join(lines), as_json=as_json)


@relay_app.command("run")
def run_relay(
    once: Annotated[bool, typer.Option("--once", help="One round only, as for a timer.")] = False,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Takes what was accepted to the chain, until all of it has come to an end. `cairn serve` does that too."""
    from ledger.cli.output import emit
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        _ = workspace.relay.account  # says at once that the relay is off, or that its key does not open
        while workspace.submission.work() and not once:
            time.sleep(workspace.poll)
        waiting = workspace.submission.waiting()
    emit({"waiting": waiting}, f"{waiting} accepted acts have not come to an end", as_json=as_json)


def issuer_id_of(workspace: Workspace, text: str) -> IssuerId:
    """An id as it stands in the registry, or that of an issuer of this ledger."""
    from ledger.chain.registry import IssuerId

    if _ISSUER_ID.fullmatch(text):
        return IssuerId(bytes.fromhex(text[2:]))
    return workspace.catalog.issuer(text).issuer_id


def budget_dict(budget: Budget) -> dict[str, object]:
    return {
        "issuer": f"0x{budget.issuer_id.hex()}",
        "gas": budget.gas,
        "days": budget.days,
        "used": budget.used,
        "left": budget.left,
    }


def entry_dict(entry: RelayedAct) -> dict[str, object]:
    from ledger.chain.addresses import checksum_address
    from ledger.cli.output import when

    sent = entry.transaction
    return {
        "id": entry.id,
        "issuer": f"0x{entry.issuer_id.hex()}",
        "operator": checksum_address(entry.operator),
        "state": str(entry.state),
        "gas": entry.gas,
        "accepted_at": when(entry.accepted_at),
        "tx": f"0x{sent.hash.hex()}" if sent else None,
        "block": sent.block_number if sent else None,
        "problem": entry.problem,
    }
