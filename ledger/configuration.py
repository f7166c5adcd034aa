"""The configuration of a data folder: `cairn.json`, strict and versioned.

{"version": 1,
 "origin": "https://cairn.example",           where issuers' documents are published; their DIDs begin with it
 "link_base": "http://127.0.0.1:8000",        where this site is reached; share links begin with it
 "demo": true,                                keys made here are for test chains only
 "database_url": null,                        null: `ledger.db` in the folder
 "chain": {"chain_id": 289397109358,
           "registry": "0x…",                 null until it was deployed
           "rpc_urls": [],                    empty: the chain that lives in the folder; no node twice
           "finality": "finalized",           finalized, safe, latest, or a number of confirmations
           "quorum": null,                    null: 2 of 3 where three nodes are given, else all of them
           "fees": {"max_fee_gwei": 500,      what a unit of gas may cost at most, and of that the tip; a transaction
                    "max_priority_fee_gwei": 100,   that would need more waits, and raises an alarm
                    "bump_after_blocks": 3,   after how many blocks, or seconds, a waiting transaction offers more
                    "bump_after_seconds": 60}},   (`fees` may be left out)
 "accreditors": ["0x…"],                      whose recognition counts for verdicts made with this folder
 "anchor_rpc_urls": {"eip155:1": ["https://…"]}}   nodes of other chains, by the chain's CAIP-2 name: there it is
                                              looked up what anchors documents of others (may be left out)
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import orjson

from ledger.chain.addresses import checksum_address, parse_address
from ledger.chain.amounts import GWEI
from ledger.chain.fees import USUAL_FEES, FeePolicy
from ledger.chain.networks import EMBEDDED_CHAIN_ID, network_of
from ledger.chain.registry import Address
from ledger.documents.strict_json import JsonObject, JsonValue, parse
from ledger.errors import CairnError, WorkspaceError

FILE = "cairn.json"
VERSION = 1
DEFAULT_ORIGIN = "https://cairn.example"
DEFAULT_LINK_BASE = "http://127.0.0.1:8000"
PUBLIC_BASE_VARIABLE = "CAIRN_PUBLIC_BASE"
"""Says where the site is reached, in the place of `link_base`."""

_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?")
_BASE = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")
_NODE = re.compile(
    r"(?P<scheme>https?)://(?P<host>[^\s/?#@:\[\]]+|\[[0-9a-fA-F:.]+\])(:(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[^\s?#]*)?(\?(?P<query>[^\s#]*))?"
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_CHAIN_NAME = re.compile(r"eip155:[1-9][0-9]{0,18}")
_FINALITY = re.compile(r"finalized|safe|latest|[1-9][0-9]{0,4}")
_OTHER_CHAINS = "anchor_rpc_urls"
_MEMBERS = {"version", "origin", "link_base", "demo", "database_url", "chain", "accreditors"}
_CHAIN_MEMBERS = {"chain_id", "registry", "rpc_urls", "finality", "quorum"}
_FEE_MEMBERS = {"max_fee_gwei", "max_priority_fee_gwei", "bump_after_blocks", "bump_after_seconds"}

_T = TypeVar("_T")


@dataclass(frozen=True)
class Configuration:
    """What `cairn.json` says. Raises WorkspaceError `configuration_invalid` for values that make no sense."""

    origin: str = DEFAULT_ORIGIN
    link_base: str = DEFAULT_LINK_BASE
    chain_id: int = EMBEDDED_CHAIN_ID
    registry: Address | None = None
    rpc_urls: tuple[str, ...] = ()
    finality: str = "finalized"
    quorum: int | None = None
    fees: FeePolicy = USUAL_FEES
    demo: bool = False
    database_url: str | None = None
    accreditors: tuple[Address, ...] = ()
    anchor_rpc_urls: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        _require(_ORIGIN.fullmatch(self.origin), "the origin is not of the form https://host")
        _require(_BASE.fullmatch(self.link_base), "the address for links is not an http or https URL")
        _require(_FINALITY.fullmatch(self.finality), "finality is none of finalized, safe, latest, or a number")
        _require(0 < self.chain_id < 2**64, "the chain id is not a positive number")
        _require(
            _is_sound(self.fees), "the fees are not whole numbers of gwei, the tip no more than all, and above zero"
        )
        require_nodes(self.rpc_urls)
        for chain, urls in self.anchor_rpc_urls.items():
            require_chain_name(chain)
            _require(urls, "a chain is named without a node of it")
            require_nodes(urls)
        _require(
            self.quorum is None or 1 <= self.quorum <= max(1, len(self.rpc_urls)),
            "the quorum is larger than the number of nodes",
        )
        _require(
            self.is_embedded == (self.chain_id == EMBEDDED_CHAIN_ID),
            "another chain than the embedded one needs a node's address, and the embedded one takes none",
        )

    @property
    def is_embedded(self) -> bool:
        """Whether the chain lives in the data folder."""
        return not self.rpc_urls

    def to_dict(self) -> JsonObject:
        urls: list[JsonValue] = list(self.rpc_urls)
        accreditors: list[JsonValue] = [checksum_address(address) for address in self.accreditors]
        # Only what differs is written: an older Cairn reads the rest.
        fees: JsonObject = {} if self.fees == USUAL_FEES else {"fees": _fees_dict(self.fees)}
        others = self.anchor_rpc_urls
        return {
            "version": VERSION,
            "origin": self.origin,
            "link_base": self.link_base,
            "demo": self.demo,
            "database_url": self.database_url,
            "chain": {
                "chain_id": self.chain_id,
                "registry": checksum_address(self.registry) if self.registry else None,
                "rpc_urls": urls,
                "finality": self.finality,
                "quorum": self.quorum,
                **fees,
            },
            "accreditors": accreditors,
            **({_OTHER_CHAINS: {chain: [*urls] for chain, urls in others.items()}} if others else {}),
        }

    def with_registry(self, registry: Address) -> Configuration:
        return replace(self, registry=registry)

    def with_accreditor(self, accreditor: Address) -> Configuration:
        if accreditor in self.accreditors:
            return self
        return replace(self, accreditors=(*self.accreditors, accreditor))


def finality_rule(chain_id: int, given: str | None) -> str:
    """The rule by which a block of this chain is final: the one that was given, or else the chain's own.

    Raises WorkspaceError `finality_unknown` for a chain that nobody here knows.
    """
    rule = given or network_of(chain_id).finality
    if rule is None:
        raise WorkspaceError(
            "finality_unknown",
            f"when a block of chain {chain_id} is final is not known here: name it with --finality "
            "(finalized, safe, or a number of confirmations)",
        )
    return rule


def require_chain_name(name: str) -> None:
    """Raises WorkspaceError `configuration_invalid` unless this is the CAIP-2 name of a chain that Cairn can ask."""
    _require(_CHAIN_NAME.fullmatch(name), "a chain is not named as in eip155:1, or is not of Ethereum's kind")


def require_nodes(urls: Sequence[str]) -> None:
    """Raises WorkspaceError `configuration_invalid` unless each URL may be a node's, and none is there twice.

    A node that is named twice would vote twice. Two URLs that differ, be it in a key only, count as two nodes: whether
    one company runs both cannot be told from here, and `cairn status` warns of those that share a host. The sentence
    names no more than a host: the rest may be a secret.
    """
    known = set()
    for url in urls:
        node = _NODE.fullmatch(url)
        port = int(node["port"] or _DEFAULT_PORTS[node["scheme"]]) if node else 0
        if node is None or not url.isprintable() or not 0 < port < 2**16:
            raise WorkspaceError(
                "configuration_invalid",
                "a node's address is not an http or https URL, or it has a user or a fragment, which it may not have",
            )
        host = node["host"].lower()
        place = (node["scheme"], host, port, node["path"] or "/", node["query"])
        _require(place not in known, f"the same node of {host} is named twice, and would vote twice")
        known.add(place)


def reached_at(configuration: Configuration, environment: Mapping[str, str] = os.environ) -> str:
    """Where learners reach the site, as the environment says or else the folder. Raises WorkspaceError `settings`."""
    named = environment.get(PUBLIC_BASE_VARIABLE)
    if not named:
        return configuration.link_base
    if not _BASE.fullmatch(named) or named.endswith("/"):
        raise WorkspaceError(
            "settings", f"{PUBLIC_BASE_VARIABLE} is not an http or https address without a slash at its end"
        )
    return named


def read_configuration(folder: Path) -> Configuration:
    """Reads `cairn.json`.

    Raises WorkspaceError: `workspace_missing` if there is no folder, `workspace_invalid` if it is not a data folder of
    Cairn, `configuration_invalid` if the file is not as it should be, `configuration_newer` if a newer Cairn wrote it.
    """
    if not folder.exists():
        raise WorkspaceError("workspace_missing", f"there is no data folder at {folder}")
    path = folder / FILE
    if not path.is_file():
        raise WorkspaceError("workspace_invalid", f"{folder} is not a data folder of Cairn: it has no {FILE}")
    try:
        content = parse(path.read_bytes())
    except OSError as error:
        raise WorkspaceError("workspace_invalid", f"{path} cannot be read: {error.strerror}") from error
    except CairnError as error:
        raise WorkspaceError("configuration_invalid", f"{path} is damaged: {error}") from error
    version = content.get("version")
    if isinstance(version, int) and version > VERSION:
        raise WorkspaceError("configuration_newer", f"a newer Cairn made {folder}; this one reads version {VERSION}")
    try:
        return _configuration(content)
    except CairnError as error:
        raise WorkspaceError("configuration_invalid", f"{path}: {error}") from error


def write_configuration(folder: Path, configuration: Configuration) -> None:
    """Writes `cairn.json`, whole or not at all."""
    write_atomically(folder / FILE, orjson.dumps(configuration.to_dict(), option=orjson.OPT_INDENT_2) + b"\n")


def write_atomically(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Writes a file that appears whole or not at all, and survives a loss of power."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _configuration(content: JsonObject) -> Configuration:
    chain = content.get("chain")
    _require(
        set(content) - {_OTHER_CHAINS} == _MEMBERS and content["version"] == VERSION,
        "its members are not those of version 1",
    )
    if not isinstance(chain, dict) or set(chain) - {"fees"} != _CHAIN_MEMBERS:
        raise WorkspaceError("configuration_invalid", "the members of chain are not those of version 1")
    registry, quorum = chain["registry"], chain["quorum"]
    return Configuration(
        origin=_of(str, content["origin"]),
        link_base=_of(str, content["link_base"]),
        chain_id=_of(int, chain["chain_id"]),
        registry=None if registry is None else parse_address(_of(str, registry)),
        rpc_urls=tuple(_of(str, url) for url in _of(list, chain["rpc_urls"])),
        finality=_of(str, chain["finality"]),
        quorum=None if quorum is None else _of(int, quorum),
        fees=_fees(chain["fees"]) if "fees" in chain else USUAL_FEES,
        demo=_of(bool, content["demo"]),
        database_url=None if content["database_url"] is None else _of(str, content["database_url"]),
        accreditors=tuple(parse_address(_of(str, text)) for text in _of(list, content["accreditors"])),
        anchor_rpc_urls={
            chain: tuple(_of(str, url) for url in _of(list, urls))
            for chain, urls in _of(dict, content.get(_OTHER_CHAINS, {})).items()
        },
    )


def _fees(content: JsonValue) -> FeePolicy:
    if not isinstance(content, dict) or set(content) != _FEE_MEMBERS:
        raise WorkspaceError("configuration_invalid", "the members of fees are not those of version 1")
    return FeePolicy(
        max_fee=_of(int, content["max_fee_gwei"]) * GWEI,
        max_priority_fee=_of(int, content["max_priority_fee_gwei"]) * GWEI,
        bump_after_blocks=_of(int, content["bump_after_blocks"]),
        bump_after_seconds=_of(int, content["bump_after_seconds"]),
    )


def _fees_dict(fees: FeePolicy) -> JsonObject:
    return {
        "max_fee_gwei": fees.max_fee // GWEI,
        "max_priority_fee_gwei": fees.max_priority_fee // GWEI,
        "bump_after_blocks": fees.bump_after_blocks,
        "bump_after_seconds": fees.bump_after_seconds,
    }


def _is_sound(fees: FeePolicy) -> bool:
    return (
        0 < fees.max_priority_fee <= fees.max_fee < 10**9 * GWEI
        and fees.max_fee % GWEI == fees.max_priority_fee % GWEI == 0
        and 0 < fees.bump_after_blocks < 10**6
        and 0 < fees.bump_after_seconds < 10**6
    )


def _of(kind: type[_T], value: object) -> _T:
    if type(value) is not kind:
        raise WorkspaceError("configuration_invalid", f"a value is not of the kind {kind.__name__}")
    return value


def _require(condition: object, otherwise: str) -> None:
    if not condition:
        raise WorkspaceError("configuration_invalid", otherwise)
