"""What the registries say, read once: one call to each registry for any number of documents.

A document names a chain and a registry; the policy decides whether they count. For each pair that a document names
there is a `View` (the registry answered), an `Unknown` (it did not, so nothing that rests on it can be found out) or a
`Refused` (the policy doesn't trust it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TypeAlias

from ledger.chain.providers import NoAgreement, Providers
from ledger.chain.registry import (
    Address,
    CredentialState,
    IssuerId,
    IssuerState,
    RegistryReader,
    RegistryReading,
    StateQuery,
    StatusEvent,
)
from ledger.errors import RegistryError, WorkspaceError
from ledger.verifying.policy import Policy, TrustedRegistry

RegistryKey: TypeAlias = tuple[int, Address]
"""A chain id, and the address of a registry on it."""

MAX_HEAD_LOOKUPS = 8
MAX_HISTORY_LOOKUPS = 16


@dataclass(frozen=True)
class Unknown:
    """Why something can't be found out now. `providers` says how it went with each node, where several were asked."""

    code: str
    message: str
    providers: Providers | None = None


@dataclass(frozen=True)
class Refused:
    """Why the policy doesn't count a registry. Never changes by asking again."""

    code: str
    message: str


@dataclass(frozen=True)
class View:
    """One trusted registry at one block."""

    trusted: TrustedRegistry
    reading: RegistryReading
    states: Mapping[StateQuery, CredentialState]
    doubted: AbstractSet[tuple[IssuerId, bytes]] = frozenset()

    def doubt(self, query: StateQuery) -> Unknown | None:
        """Why nothing can be said of this batch, whatever the registry says now."""
        if (query.issuer_id, query.root) not in self.doubted:
            return None
        return Unknown(
            "finality_violation",
            "The ledger took back what it had called final; until that is cleared up, nobody knows.",
        )

    def issuer(self, issuer_id: IssuerId) -> IssuerState | None:
        return self.reading.issuers.get(issuer_id)

    @property
    def key(self) -> RegistryKey:
        return self.trusted.chain_id, self.trusted.registry


Access: TypeAlias = View | Unknown | Refused


@dataclass
class Questions:
    """What has to be asked of one registry, each question once, in the order in which it came up."""

    issuer_ids: dict[IssuerId, None] = field(default_factory=dict)
    queries: dict[StateQuery, None] = field(default_factory=dict)

    def add(self, *queries: StateQuery) -> None:
        for query in queries:
            self.issuer_ids[query.issuer_id] = None
            self.queries[query] = None


def read_registries(
    policy: Policy, readers: Mapping[RegistryKey, RegistryReader], questions: Mapping[RegistryKey, Questions]
) -> dict[RegistryKey, Access]:
    """Asks every registry that is trusted all its questions in one call."""
    return {key: _access_one(policy, readers.get(key), key, asked) for key, asked in questions.items()}


def _access_one(policy: Policy, reader: RegistryReader | None, key: RegistryKey, asked: Questions) -> Access:
    chain_id, registry = key
    trusted = policy.trusted(chain_id, registry)
    if not policy.registries:
        return Unknown("no_registry", "No ledger was named for this check, so none could be asked about the document.")
    if trusted is None and not policy.trusts_chain(chain_id):
        return Refused("chain_not_trusted", "The document was put on a ledger that this check does not count as one.")
    if trusted is None:
        return Refused("registry_not_trusted", "The document was put in a registry that this check does not trust.")
    if reader is None:
        return Unknown("registry_unreachable", "No node was named through which the ledger could be read.")
    queries = tuple(asked.queries)
    try:
        doubted = policy.doubts()
        reading = reader.read(tuple(asked.issuer_ids), queries, policy.accreditors)
    except (RegistryError, WorkspaceError) as error:
        providers = error.providers if isinstance(error, NoAgreement) else None
        return Unknown(error.code, _unread(providers), providers)
    fits = (reading.chain_id, reading.registry, len(reading.credentials)) == (chain_id, registry, len(queries))
    if not fits:
        return Unknown("registry_unreachable", "The ledger gave an answer that does not fit the question.")
    if not policy.accepts(reading.providers):
        return Unknown("no_quorum", _unread(reading.providers), reading.providers)
    return View(trusted, reading, dict(zip(queries, reading.credentials, strict=True)), doubted)


def _unread(providers: Providers | None) -> str:
    if providers is None or providers.asked == 1:
        return "The ledger could not be read just now, so this could not be checked."
    return (
        f"Fewer than {providers.quorum} of {providers.asked} nodes agree on what the ledger says just now, so this "
        "could not be checked."
    )


class Lookups:
    """Questions that come up while judging, few and bounded, so that no document can make us ask for ever."""

    def __init__(self, readers: Mapping[RegistryKey, RegistryReader]) -> None:
        self._readers = readers
        self._heads: dict[tuple[RegistryKey, IssuerId, bytes], bool | Unknown] = {}
        self._histories = 0

    def anchored_in_head(self, view: View, issuer_id: IssuerId, root: bytes) -> bool | Unknown:
        """Whether the newest block, not final yet, holds the root."""
        key = (view.key, issuer_id, root)
        if key not in self._heads:
            if len(self._heads) >= MAX_HEAD_LOOKUPS:
                return Unknown(
                    "limit_lookups", "Too many documents at once are not on the ledger; check them one by one."
                )
            try:
                self._heads[key] = self._readers[view.key].is_anchored_in_head(issuer_id, root)
            except RegistryError as error:
                self._heads[key] = Unknown(error.code, "The newest part of the ledger could not be read just now.")
        return self._heads[key]

    def history(self, view: View, query: StateQuery, from_block: int) -> Iterable[StatusEvent]:
        """What happened to a status index; nothing if that can't be read. The verdict never rests on it."""
        self._histories += 1
        if self._histories > MAX_HISTORY_LOOKUPS:
            return ()
        try:
            return self._readers[view.key].status_events(query.issuer_id, query.status_index, from_block)
        except RegistryError:
            return ()
