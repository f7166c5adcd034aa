"""The registry's events: what it wrote down when something changed, enough to rebuild all that it stores.

The fields of each event are those of the contract, in its order. A log is read strictly, as `words.py` says; one that
the registry would not write is `RegistryUnreachable` (`rpc_malformed`): the node does not tell the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ledger.chain.artifact import Parameter, artifact
from ledger.chain.registry import Address, BlockRef, IssuerId, Role, StatusAction
from ledger.chain.words import WORD, Words, wrong

_ALL_ROLES = int(Role.ANCHOR | Role.REVOKE)


@dataclass(frozen=True)
class Event:
    """Where an event stands: its block, and its place among the logs of the block."""

    block: BlockRef
    log_index: int


@dataclass(frozen=True)
class IssuerRegistered(Event):
    """`did` is the bytes that were given: nothing on chain checks that they are text."""

    issuer_id: IssuerId
    creator: Address
    did: bytes


@dataclass(frozen=True)
class AdminProposed(Event):
    issuer_id: IssuerId
    pending_admin: Address


@dataclass(frozen=True)
class AdminChanged(Event):
    issuer_id: IssuerId
    previous_admin: Address
    admin: Address


@dataclass(frozen=True)
class OperatorSet(Event):
    issuer_id: IssuerId
    account: Address
    roles: Role
    valid_from: int
    valid_until: int


@dataclass(frozen=True)
class KeyAdded(Event):
    issuer_id: IssuerId
    key: bytes
    valid_from: int


@dataclass(frozen=True)
class KeyClosed(Event):
    issuer_id: IssuerId
    key: bytes
    valid_until: int


@dataclass(frozen=True)
class Accredited(Event):
    accreditor: Address
    issuer_id: IssuerId
    valid_from: int
    valid_until: int
    scope: bytes


@dataclass(frozen=True)
class AccreditationEnded(Event):
    accreditor: Address
    issuer_id: IssuerId
    valid_until: int


@dataclass(frozen=True)
class Anchored(Event):
    issuer_id: IssuerId
    root: bytes
    tree_size: int
    operator: Address


@dataclass(frozen=True)
class Withdrawn(Event):
    issuer_id: IssuerId
    root: bytes
    reason: int
    operator: Address


@dataclass(frozen=True)
class StatusChanged(Event):
    """`changed` is the bits that were turned on, or off by `REINSTATE`."""

    issuer_id: IssuerId
    word: int
    action: StatusAction
    reason: int
    changed: int
    operator: Address


@dataclass(frozen=True)
class NonceSpent(Event):
    operator: Address
    nonce: int


RegistryEvent = (
    IssuerRegistered
    | AdminProposed
    | AdminChanged
    | OperatorSet
    | KeyAdded
    | KeyClosed
    | Accredited
    | AccreditationEnded
    | Anchored
    | Withdrawn
    | StatusChanged
    | NonceSpent
)

EVENTS: Mapping[str, Callable[..., RegistryEvent]] = {
    made.__name__: made
    for made in (
        IssuerRegistered,
        AdminProposed,
        AdminChanged,
        OperatorSet,
        KeyAdded,
        KeyClosed,
        Accredited,
        AccreditationEnded,
        Anchored,
        Withdrawn,
        StatusChanged,
        NonceSpent,
    )
}
"""Each event of the contract by its name there."""


def decode_event(topics: Sequence[bytes], data: bytes, block: BlockRef, log_index: int) -> RegistryEvent:
    """The event that a log of the registry is. Raises `RegistryUnreachable` (`rpc_malformed`)."""
    signature = artifact().events.get(topics[0]) if topics else None
    if signature is None:
        raise wrong()
    indexed = [one for one in signature.parameters if one.indexed]
    plain = [one for one in signature.parameters if not one.indexed]
    values = dict(zip(indexed, _values(Words(b"".join(topics[1:]), len(indexed)), indexed), strict=True))
    values |= dict(zip(plain, _values(Words(data), plain), strict=True))
    return EVENTS[signature.name](block, log_index, *(values[one] for one in signature.parameters))


def _values(words: Words, parameters: Sequence[Parameter]) -> list[object]:
    if [one.kind for one in parameters] == ["string"]:
        words.expect(0, WORD)
        return [words.tail(1)]
    if len(words) != len(parameters):
        raise wrong()
    return [_value(words, at, one) for at, one in enumerate(parameters)]


def _value(words: Words, at: int, parameter: Parameter) -> object:
    value = words.value(at, parameter.kind)
    if parameter.name == "action":
        if value not in set(StatusAction):
            raise wrong()
        return StatusAction(value)
    if parameter.name == "roles":
        if not isinstance(value, int) or value > _ALL_ROLES:
            raise wrong()
        return Role(value)
    return value
