"""`cairn issuer operator | admin`: who may act for an issuer on the chain, and who names them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption
from ledger.cli.setting_up import SlugArgument, end_of_day, issuer_app
from ledger.errors import CairnError

if TYPE_CHECKING:
    from ledger.issuing.admin_acts import AdminAct, Wanted
    from ledger.workspace import Workspace

BY = "command line"
_POLL = 0.1

DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what it would cost; send nothing.")]


@issuer_app.command("operator")
def operator(
    slug: SlugArgument,
    account: Annotated[str | None, typer.Argument(help="The account; none: list them.")] = None,
    anchor: Annotated[bool, typer.Option("--anchor", help="It may anchor batches.")] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="It may revoke, suspend and withdraw.")] = False,
    until: Annotated[str | None, typer.Option(help="Its last day, YYYY-MM-DD; none: no end.")] = None,
    replace: Annotated[
        str | None, typer.Option(help="Replace the key of `anchoring` or `revoking` by a new one in this folder.")
    ] = None,
    dry_run: DryRunOption = False,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Lists operators, or says what an account may do from now on: with no role named, nothing any more."""
    from ledger.chain.registry import Role
    from ledger.issuing.admin_acts import ActKind, Wanted, account_of
    from ledger.workspace import Workspace

    if account is not None and replace is not None:
        raise CairnError("usage", "name an account, or --replace, not both")
    with Workspace.open(data) as workspace:
        if replace is not None:
            done(workspace, slug, Wanted(ActKind.REPLACE_OPERATOR, part=replace), dry_run=dry_run, as_json=as_json)
        elif account is not None:
            roles = (Role.ANCHOR if anchor else Role(0)) | (Role.REVOKE if revoke else Role(0))
            end = end_of_day(until) if until else None
            wanted = Wanted(ActKind.SET_OPERATOR, account=account_of(account), roles=roles, until=end)
            done(workspace, slug, wanted, dry_run=dry_run, as_json=as_json)
        else:
            show_operators(workspace, slug, as_json=as_json)


@issuer_app.command("admin")
def admin(
    slug: SlugArgument,
    propose: Annotated[str | None, typer.Option(help="Propose this account; it has to accept.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Hand over to a new key in this folder.")] = False,
    dry_run: DryRunOption = False,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Hands an issuer's admin over: to a new key in this folder, or to an account that accepts by itself."""
    from ledger.issuing.admin_acts import ActKind, Wanted, account_of
    from ledger.workspace import Workspace

    if replace == (propose is not None):
        raise CairnError("usage", "say --replace, or --propose with an account")
    wanted = (
        Wanted(ActKind.REPLACE_ADMIN) if propose is None else Wanted(ActKind.PROPOSE_ADMIN, account=account_of(propose))
    )
    with Workspace.open(data) as workspace:
        done(workspace, slug, wanted, dry_run=dry_run, as_json=as_json)


def done(workspace: Workspace, slug: str, wanted: Wanted, *, dry_run: bool, as_json: bool) -> None:
    """Prices an act, and brings it about unless only its price is asked for. Safe to stop and to run again."""
    from ledger.chain.amounts import money
    from ledger.cli.output import emit

    administration = workspace.administration
    quotes = administration.quotes(slug, wanted)
    gas, cost = sum(quote.gas for quote in quotes), sum(quote.cost for quote in quotes)
    price = f"{gas:,} gas, about {money(cost, workspace.configuration.chain_id)}"
    if dry_run:
        emit({"gas": gas, "cost_wei": str(cost)}, f"{price}; nothing was sent", as_json=as_json)
        return
    act = administration.ask(slug, wanted, by=BY)
    while act.is_open:
        act = administration.carry(act.id)
        if act.is_open:
            time.sleep(max(_POLL, workspace.poll))
    emit(act_dict(act), f"{act.wanted.kind}: {act.state}, block {act.block_number}; {price}", as_json=as_json)
    if act.state == "failed":
        raise CairnError("admin_act_failed", act.said or "it failed")


def show_operators(workspace: Workspace, slug: str, *, as_json: bool) -> None:
    from ledger.chain.addresses import checksum_address
    from ledger.cli.output import emit, table, when

    found = workspace.administration.operators(slug)
    value: dict[str, object] = {
        "operators": [
            {
                "account": checksum_address(one.account),
                "roles": int(one.roles),
                "from": when(one.valid_from),
                "until": when(one.valid_until),
                "key": one.part,
            }
            for one in found
        ]
    }
    rows = [
        (checksum_address(one.account), one.roles.name or "nothing", when(one.valid_until) or "–", one.part or "–")
        for one in found
    ]
    emit(value, table(("account", "may", "until", "key here"), rows), as_json=as_json)


def act_dict(act: AdminAct) -> dict[str, object]:
    return {
        "act": act.id,
        "kind": str(act.wanted.kind),
        "state": act.state,
        "block": act.block_number,
        "said": act.said,
    }
