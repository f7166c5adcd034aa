"""A deployment in words before it happens: what stands on the chain, what it would cost, and who would pay."""

from __future__ import annotations

from ledger.chain.addresses import checksum_address
from ledger.chain.amounts import GWEI, amount, money
from ledger.chain.deployment import DEPLOYER, Site, deployment, registry_code_hash
from ledger.chain.networks import network_of
from ledger.chain.quotes import Quote
from ledger.chain.rpc import as_hex


def site_lines(site: Site, node: str) -> list[str]:
    """Where it would go, and what is there now."""
    deployer = "is there" if site.has_deployer else "is MISSING"
    return [
        _line("chain", f"{site.chain_id}, {network_of(site.chain_id).name}, by the node {node}"),
        _line("deployer", f"{checksum_address(DEPLOYER)} {deployer}"),
        _line("registry", f"{checksum_address(site.address)}: {site.standing}"),
        _line("code hash", as_hex(registry_code_hash())),
    ]


def quote_lines(quoted: Quote, *, has_payer: bool) -> list[str]:
    """What the deployment takes; the account that pays, if one is named, and whether it can."""
    base, tip = amount(quoted.base_fee, GWEI), amount(quoted.priority_fee, GWEI)
    cost, limit = money(quoted.cost, quoted.chain_id), money(quoted.cost_limit, quoted.chain_id)
    lines = [
        _line("calldata", f"{len(deployment().data):,} bytes"),
        _line("gas", f"{quoted.gas:,} estimated, {quoted.gas_limit:,} at most"),
        _line("fees", f"base fee {base} gwei, priority fee {tip} gwei"),
        _line("cost", f"{cost} if fees stay as they are, {limit} at most"),
    ]
    if has_payer:
        verdict = "enough" if quoted.is_affordable else "TOO LITTLE"
        payer = f"{checksum_address(quoted.sender)} holds {money(quoted.balance, quoted.chain_id)}: {verdict}"
        lines.append(_line("account", payer))
    return lines


def _line(name: str, value: str) -> str:
    return f"{name:<10} {value}"
