"""`cairn acts | cancel`, for who signs acts that others pay for; `cairn submit`, for who pays."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app
from ledger.cli.verify import parse_finality, read_file
from ledger.errors import CairnError, Conflict, KeystoreError, NotFound

if TYPE_CHECKING:
    from ledger.chain.act_document import SignedAct
    from ledger.chain.ethereum import EthereumRegistry
    from ledger.chain.quotes import Quote
    from ledger.chain.registry import Account, Address
    from ledger.workspace import Workspace

MAX_ACT = 64 * 1024


@app.command()
def acts(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Lists what this ledger's operators signed for others to submit, and where it was handed to."""
    from ledger.cli.output import act_dict, emit, table, when
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        listed = workspace.sponsored_acts.acts()
    rows = [(act.id, act.purpose, act.state, when(act.deadline), act.sponsor, act.said or "–") for act in listed]
    text = table(("act", "for", "state", "until", "sponsor", "which said"), rows)
    emit({"acts": [act_dict(act) for act in listed]}, text, as_json=as_json)


@app.command()
def cancel(
    act: Annotated[int, typer.Argument(help="The act, as `cairn acts` lists it.")],
    key: Annotated[Path | None, typer.Option(help="Keystore file of its operator, if that was replaced.")] = None,
    passphrase_file: Annotated[Path | None, typer.Option(help="Where the passphrase of --key stands.")] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Makes a signed act worthless, on chain: its operator's own account pays for that."""
    from ledger.cli.output import act_dict, emit
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        found = next((known for known in workspace.sponsored_acts.acts() if known.id == act), None)
        if found is None:
            raise NotFound(f"there is no act {act}", "act_unknown")
        account = operator_account(workspace, found.operator) if key is None else open_key(key, passphrase_file)
        cancelled = workspace.sponsored_acts.cancel(act, workspace.journal, account)
        emit(
            act_dict(cancelled),
            f"act {act} can never count any more; what it was for can be done anew",
            as_json=as_json,
        )


def operator_account(workspace: Workspace, operator: Address) -> Account:
    """The operator's account in this folder's keys.

    Raises NotFound `operator_unknown`, also where its key file was replaced: another account's nonce is another nonce.
    """
    from ledger.chain.addresses import checksum_address
    from ledger.issuing.signer import issuer_key

    for issuer in workspace.catalog.issuers():
        for part, address in (("anchoring", issuer.anchoring_operator), ("revoking", issuer.revoking_operator)):
            if address == operator:
                account = workspace.keys.account(issuer_key(issuer.slug, part))
                if account.address == operator:
                    return account
    raise NotFound(
        f"only {checksum_address(operator)}, which signed it, can cancel it; its key is not here, so use --key",
        "operator_unknown",
    )


@app.command()
def submit(
    file: Annotated[Path, typer.Argument(help="A signed act, as `--sponsor FOLDER` writes it.")],
    key: Annotated[Path | None, typer.Option(help="Keystore file of the account that pays.")] = None,
    passphrase_file: Annotated[Path | None, typer.Option(help="Where the passphrase of --key stands.")] = None,
    account: Annotated[str | None, typer.Option(help="A key of the data folder that pays, as relay.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would cost; send nothing.")] = False,
    rpc: Annotated[
        str | None, typer.Option(help="JSON-RPC address of a node; with --registry, no data folder.")
    ] = None,
    registry: Annotated[str | None, typer.Option(help="The registry, CAIP-10: eip155:<chain>:<address>.")] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Submits what an operator signed, and pays for it: first says what it is and what it costs."""
    from ledger.chain.act_document import from_document
    from ledger.workspace import Workspace

    if (rpc is None) is not (registry is None):
        raise CairnError("usage", "give both --rpc and --registry, or neither and use --data")
    if key is not None and account is not None:
        raise CairnError("usage", "give --key or --account, not both")
    if key is None and account is None and not dry_run:
        raise CairnError("usage", "say with --key or --account who pays, or only look with --dry-run")
    signed = from_document(read_file(file, MAX_ACT))
    if rpc is not None and registry is not None:
        if account is not None:
            raise CairnError("usage", "--account names a key of a data folder; with --rpc use --key")
        payer = open_key(key, passphrase_file) if key is not None else None
        submit_act(signed, registry_at(rpc, registry), payer, None, dry_run=dry_run, as_json=as_json)
        return
    with Workspace.open(data) as workspace:
        payer = open_key(key, passphrase_file) if key is not None else None
        if account is not None:
            payer = workspace.keys.account(account)
        submit_act(signed, workspace.registry, payer, workspace, dry_run=dry_run, as_json=as_json)


def submit_act(
    signed: SignedAct,
    registry: EthereumRegistry,
    payer: Account | None,
    workspace: Workspace | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Simulates, says what it costs, and sends unless it is a trial: with a data folder through its journal."""
    from ledger.chain.addresses import caip10
    from ledger.chain.registry import perform
    from ledger.cli.output import emit

    ours = caip10(registry.chain_id, registry.registry)
    if (signed.chain_id, signed.registry) != (registry.chain_id, registry.registry):
        raise Conflict(f"the act is for another registry than {ours}", "registry_mismatch")
    given = signed.act.authorization
    if registry.is_nonce_spent_in_head(given.operator, given.nonce):
        raise Conflict("this act was submitted or cancelled already; nothing was sent", "act_settled")
    quoted = registry.quote(signed.act, payer.address if payer is not None else given.operator)
    value, text = offer(signed, quoted)
    if dry_run or payer is None:
        emit(value | {"tx": None}, text, as_json=as_json)
        return
    if not as_json:
        sys.stderr.write(text + "\n")
    if workspace is not None:
        done = workspace.journal.complete(f"submit:{signed.digest.hex()}", signed.act, payer)
        tx, block, gas = done.hash, done.block_number, done.gas_used
    else:
        receipt = perform(registry, signed.act, payer)
        tx, block, gas = receipt.transaction_hash, receipt.block.number, receipt.gas_used
    sent = {"tx": f"0x{tx.hex()}", "block": block, "gas_used": gas}
    emit(value | sent, f"submitted in block {block} by transaction 0x{tx.hex()}, {gas or 0:,} gas", as_json=as_json)


def offer(signed: SignedAct, quoted: Quote) -> tuple[dict[str, object], str]:
    """What an act would do and cost, as a value and as text."""
    from ledger.chain.addresses import checksum_address
    from ledger.cli.output import ether, when

    given, issuer = signed.act.authorization, f"0x{signed.act.call.issuer_id.hex()}"
    value: dict[str, object] = {
        "act": described(signed),
        "issuer": issuer,
        "operator": checksum_address(given.operator),
        "deadline": when(given.deadline),
        "gas": quoted.gas,
        "cost": str(quoted.cost),
        "cost_limit": str(quoted.cost_limit),
    }
    lines = [
        f"{described(signed)} of issuer {issuer},",
        f"signed by operator {value['operator']}, good until {value['deadline']}",
        f"{quoted.gas:,} gas: {ether(quoted.cost)} ether now, at most {ether(quoted.cost_limit)}",
    ]
    return value, "\n".join(lines)


def described(signed: SignedAct) -> str:
    """The act in one line of words and numbers."""
    from ledger.chain.registry import AnchorBatch, WithdrawBatch

    call = signed.act.call
    if isinstance(call, AnchorBatch):
        return f"anchor batch 0x{call.root.hex()} with {call.tree_size:,} documents"
    if isinstance(call, WithdrawBatch):
        return f"withdraw batch 0x{call.root.hex()} ({call.reason.name.lower().replace('_', ' ')})"
    count = sum(mask.bit_count() for _, mask in call.words)
    return f"{call.action.name.lower()} {count:,} credential{'s' if count != 1 else ''}"


def registry_at(rpc: str, registry: str) -> EthereumRegistry:
    """A registry that is known by its name and a node alone. Raises WrongChain if what stands there is not ours."""
    from ledger.chain.addresses import parse_caip10
    from ledger.chain.ethereum import EthereumRegistry
    from ledger.chain.reader import RpcRegistryReader
    from ledger.chain.rpc import HttpTransport

    chain_id, address = parse_caip10(registry)
    transport = HttpTransport(rpc)
    found = EthereumRegistry(RpcRegistryReader([transport], address, chain_id, parse_finality("latest")), transport)
    found.verify_code()
    return found


def open_key(path: Path, passphrase_file: Path | None) -> Account:
    """The account in a keystore file. The passphrase comes from a file, or from a person at the terminal."""
    from ledger.chain.accounts import KeystoreAccount
    from ledger.folder import PASSPHRASE_VARIABLE, read_passphrase_file

    named = passphrase_file or (Path(found) if (found := os.environ.get(PASSPHRASE_VARIABLE)) else None)
    if named is not None:
        passphrase = read_passphrase_file(named)
    elif sys.stdin.isatty():
        passphrase = typer.prompt(f"Passphrase of {path}", hide_input=True, err=True)
    else:
        raise KeystoreError("passphrase_missing", "nobody can be asked for the passphrase: use --passphrase-file")
    return KeystoreAccount.open(path, passphrase)
