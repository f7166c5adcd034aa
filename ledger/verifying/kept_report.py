"""A report as JSON from which it can be had back whole, for whoever shows later what a check found.

This is no form for others: `VerificationReport.to_dict` is. What is kept holds the documents that were verified.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ledger.chain.providers import Providers, Trouble
from ledger.chain.registry import Address, BlockRef
from ledger.verifying.report import ChainFacts, Check, Consulted, IssuerFacts, Outcome, VerificationReport


def keep(report: VerificationReport) -> dict[str, Any]:
    """The report as JSON; bytes are hex."""
    return {
        "verdict": report.verdict.value,
        "code": report.code,
        "message": report.message,
        "checks": [check.to_dict() for check in report.checks],
        "digest": report.digest.hex(),
        "issuer": {name: _shown(value) for name, value in asdict(report.issuer).items()},
        "chain": _kept_chain(report.chain) if report.chain else None,
        "components": [keep(part) for part in report.components],
        "document": report.document,
        "any_issuer": report.any_issuer,
        "consulted": [one.to_dict() for one in report.consulted],
        "as_of": report.as_of.isoformat() if report.as_of else None,
    }


def revive(kept: Mapping[str, Any]) -> VerificationReport:
    """The report that was kept."""
    issuer, chain, as_of = dict(kept["issuer"]), kept["chain"], kept["as_of"]
    for name in ("issuer_id", "accreditor"):
        issuer[name] = _bytes(issuer[name])
    return VerificationReport(
        verdict=Outcome(kept["verdict"]),
        code=kept["code"],
        message=kept["message"],
        checks=tuple(Check(**{**check, "outcome": Outcome(check["outcome"])}) for check in kept["checks"]),
        digest=bytes.fromhex(kept["digest"]),
        issuer=IssuerFacts(**issuer),
        chain=_revived_chain(chain) if chain else None,
        components=tuple(map(revive, kept["components"])),
        document=kept["document"],
        any_issuer=kept["any_issuer"],
        consulted=tuple(Consulted(**one) for one in kept["consulted"]),
        as_of=datetime.fromisoformat(as_of) if as_of else None,
    )


def _kept_chain(chain: ChainFacts) -> dict[str, Any]:
    block, providers = chain.block, chain.providers
    return {
        "chain_id": chain.chain_id,
        "registry": _shown(chain.registry),
        "network": chain.network,
        "network_name": chain.network_name,
        "block": [block.number, block.hash.hex(), block.time] if block else None,
        "anchored_at": chain.anchored_at,
        "sources": list(chain.sources),
        "providers": _kept_providers(providers) if providers else None,
    }


def _revived_chain(kept: Mapping[str, Any]) -> ChainFacts:
    block, providers = kept["block"], kept["providers"]
    return ChainFacts(
        chain_id=kept["chain_id"],
        registry=Address(bytes.fromhex(kept["registry"])) if kept["registry"] else None,
        network=kept["network"],
        network_name=kept["network_name"],
        block=BlockRef(block[0], bytes.fromhex(block[1]), block[2]) if block else None,
        anchored_at=kept["anchored_at"],
        sources=tuple(kept["sources"]),
        providers=_revived_providers(providers) if providers else None,
    )


def _kept_providers(providers: Providers) -> list[Any]:
    troubles = [one.to_dict() for one in providers.troubles]
    return [providers.asked, list(providers.agreed), providers.quorum, providers.usual, troubles]


def _revived_providers(kept: Sequence[Any]) -> Providers:
    asked, agreed, quorum, usual, troubles = kept
    return Providers(asked, tuple(agreed), quorum, usual, tuple(Trouble(**one) for one in troubles))


def _shown(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)
