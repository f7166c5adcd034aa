"""A deployment in words before it happens: what stands on the chain, what it would cost, and who would pay."""

from __future__ import annotations

from decimal import Context, Decimal

from ledger.chain.addresses import checksum_address
from ledger.chain.deployment import DEPLOYER, Site, deployment, registry_code_hash
from ledger.chain.networks import network_of
from ledger.chain.rpc import as_hex
from ledger.chain.transactions import Quote
from ledger.errors import RegistryError

_GWEI, _ETHER = 10**9, 10**18


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
    currency = network_of(quoted.chain_id).currency
    base, tip = amount(quoted.base_fee, _GWEI), amount(quoted.priority_fee, _GWEI)
    cost, limit = amount(quoted.cost, _ETHER), amount(quoted.cost_limit, _ETHER)
    lines = [
        _line("calldata", f"{len(deployment().data):,} bytes"),
        _line("gas", f"{quoted.gas:,} estimated, {quoted.gas_limit:,} at most"),
        _line("fees", f"base fee {base} gwei, priority fee {tip} gwei"),
        _line("cost", f"{cost} {currency} if fees stay as they are, {limit} {currency} at most"),
    ]
    if has_payer:
        verdict = "enough" if quoted.is_affordable else "TOO LITTLE"
        payer = f"{checksum_address(quoted.sender)} holds {amount(quoted.balance, _ETHER)} {currency}: {verdict}"
        lines.append(_line("account", payer))
    return lines


def require_funds(quoted: Quote) -> None:
    """Raises `RegistryError` (`funds_low`) with both figures if the account cannot pay."""
    if quoted.is_affordable:
        return
    currency = network_of(quoted.chain_id).currency
    raise RegistryError(
        "funds_low",
        f"the account {checksum_address(quoted.sender)} holds {amount(quoted.balance, _ETHER)} {currency}, "
        f"and must hold {amount(quoted.cost_limit, _ETHER)} to deploy",
    )


def amount(wei: int, unit: int = _ETHER) -> str:
    """Wei in a larger unit, to six figures, as `0.00428433`."""
    text = f"{Context(prec=6).divide(Decimal(wei), Decimal(unit)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _line(name: str, value: str) -> str:
    return f"{name:<10} {value}"
