"""What the registries say, read once: one call to each registry for any number of documents.

A document names a chain and a registry; the policy decides whether they count. For each pair that a document names
there is a `View` (the registry answered), an `Unknown` (it did not, so nothing that rests on it can be found out) or a
`Refused` (the policy doesn't trust it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from ledger.chain.providers import NoAgreement, Providers
from ledger.chain.registry import (
    Address,
    Anchor,
    BlockRef,
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

if TYPE_CHECKING:
    from ledger.chain.past import PastReading

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
    """One trusted registry at one block.

    `past` is there if it is seen as of a moment of the past: `states` are those of then, and what the registry says of
    issuers and their keys is what is known now.
    """

    trusted: TrustedRegistry
    reading: RegistryReading
    states: Mapping[StateQuery, CredentialState]
    doubted: AbstractSet[tuple[IssuerId, bytes]] = frozenset()
    past: PastReading | None = None

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
    def block(self) -> BlockRef | None:
        """The block that the answers are of; None if the chain began after the moment that they are for."""
        return self.reading.block if self.past is None else self.past.block

    @cached_property
    def _newest(self) -> Mapping[StateQuery, CredentialState]:
        if self.past is None:
            return self.states
        return dict(zip(self.states, self.past.newest.credentials, strict=True))

    def now_of(self, query: StateQuery) -> CredentialState:
        """What stands at the newest final block, whatever moment the view is of."""
        return self._newest[query]

    def anchored_later(self, query: StateQuery) -> Anchor | None:
        """The anchor of a batch that was not there at the moment that the view is of, and is there now."""
        return self.now_of(query).anchor if self.states[query].anchor is None else None

    def today(self) -> View:
        """The same registry as it is now."""
        if self.past is None:
            return self
        return replace(self, reading=self.past.newest, states=self._newest, past=None)

    @property
    def key(self) -> RegistryKey:
        return self.trusted.chain_id, self.trusted.registry


_UNREAD = {
    "not_final": "What had happened by that date is not final on the ledger yet; ask again later.",
    "history_unavailable": "The nodes that were asked know too little of the past to say what stood on that date.",
}

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
    policy: Policy,
    readers: Mapping[RegistryKey, RegistryReader],
    questions: Mapping[RegistryKey, Questions],
    moment: int | None = None,
) -> dict[RegistryKey, Access]:
    """Asks every registry that is trusted all its questions in one call, as of now or as of a moment (Unix seconds)."""
    return {key: _access_one(policy, readers.get(key), key, asked, moment) for key, asked in questions.items()}


def _access_one(
    policy: Policy, reader: RegistryReader | None, key: RegistryKey, asked: Questions, moment: int | None
) -> Access:
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
        reading, past = _read(reader, tuple(asked.issuer_ids), queries, policy.accreditors, moment)
    except (RegistryError, WorkspaceError) as error:
        providers = error.providers if isinstance(error, NoAgreement) else None
        return Unknown(error.code, _UNREAD.get(error.code) or _unread(providers), providers)
    fits = (reading.chain_id, reading.registry, len(reading.credentials)) == (chain_id, registry, len(queries))
    if not fits:
        return Unknown("registry_unreachable", "The ledger gave an answer that does not fit the question.")
    if not policy.accepts(reading.providers):
        return Unknown("no_quorum", _unread(reading.providers), reading.providers)
    return View(trusted, reading, dict(zip(queries, reading.credentials, strict=True)), doubted, past)


def _read(
    reader: RegistryReader,
    issuer_ids: tuple[IssuerId, ...],
    queries: tuple[StateQuery, ...],
    accreditors: tuple[Address, ...],
    moment: int | None,
) -> tuple[RegistryReading, PastReading | None]:
    """The registry as it is now, or as it was, with all that is known of the difference."""
    if moment is None:
        return reader.read(issuer_ids, queries, accreditors), None
    past = reader.read_on(moment, issuer_ids, queries, accreditors)
    block = past.block or past.newest.block
    providers = past.providers or past.newest.providers
    return replace(past.newest, block=block, credentials=past.then, providers=providers), past


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
