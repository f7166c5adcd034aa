"""Whether a registry's events tell all that it stores: the state rebuilt from them, beside storage at one block.

It shows that the node leaves out no event of what the others speak of. What no event names cannot be looked up: storage
has no list of its own, so several nodes are asked where one is not trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from itertools import islice

from ledger.chain import abi
from ledger.chain.addresses import checksum_address
from ledger.chain.artifact import artifact
from ledger.chain.history import read_events
from ledger.chain.reader import RpcRegistryReader
from ledger.chain.rebuild import fold
from ledger.chain.registry import FOREVER, AccreditationPeriod, Address, BlockRef, IssuerId
from ledger.chain.rpc import RpcError, Transport, as_hex, data, request
from ledger.chain.state import RegistryState
from ledger.errors import RegistryError, WrongChain

Progress = Callable[[str, int, int], None]
"""Called with a step, how much of it is done, and how much there is."""

_CALLS_AT_ONCE = 1_000
_ADDRESS_BYTES = 20


@dataclass(frozen=True)
class Difference:
    """One record about which events and storage say different things."""

    subject: str
    from_events: str
    in_storage: str

    def __str__(self) -> str:
        return f"{self.subject}: the events say {self.from_events}, storage says {self.in_storage}"


@dataclass(frozen=True)
class Audit:
    """What was found at one block. `counts` is how much there is of everything, `sources` the nodes that agree."""

    from_block: int
    block: BlockRef
    events: int
    counts: tuple[tuple[str, int], ...]
    differences: tuple[Difference, ...]
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Question:
    """A record, the call that reads it from storage, and what it is by the events."""

    subject: str
    calldata: bytes
    read: Callable[[bytes], object]
    expected: object


def audit(reader: RpcRegistryReader, from_block: int = 0, progress: Progress = lambda *_: None) -> Audit:
    """Rebuilds the registry from its events since `from_block` and compares it with storage. No event may be older.

    It is done at the newest final block, on each of the reader's nodes, of which a quorum must find the same. Raises
    `RegistryUnreachable`, with `events_contradict` if the events do not even fit each other, `WrongChain` if the code
    is not the registry's, and `RegistryError` for a `from_block` that is not final yet (`block_not_final`) or at which
    the registry stood before already (`from_block_late`), where a node remembers that.
    """

    def look(transport: Transport, block: BlockRef) -> tuple[int, tuple[tuple[str, int], ...], tuple[Difference, ...]]:
        _check_code(reader, transport, block)
        _check_first(reader, transport, from_block, block)
        count, state = _rebuild(reader, transport, from_block, block, progress)
        found = tuple(differences(reader, transport, block, state, progress))
        return count, tuple(state.counts().items()), found

    block, (events, counts, found), sources = reader.agree(look)
    return Audit(from_block, block, events, counts, found, sources)


def differences(
    reader: RpcRegistryReader,
    transport: Transport,
    block: BlockRef,
    state: RegistryState,
    progress: Progress = lambda *_: None,
) -> Iterator[Difference]:
    """Everything in which a rebuilt state and one node's storage at this block differ."""
    pairs = dict(state.accreditations)
    counts = _ask(reader, transport, block, _accreditation_counts(state))
    for whose, (question, stored) in zip(state.accreditations, counts, strict=True):
        if stored != question.expected:
            # Beyond its end, the contract's list of periods answers with an error.
            del pairs[whose]
            yield _difference(question, stored)
    records = [*_issuer_records(state), *_batch_records(state), *_periods(pairs)]
    for done, (question, stored) in enumerate(_ask(reader, transport, block, records), 1):
        progress("storage", done, len(records))
        if stored != question.expected:
            yield _difference(question, stored)


def _rebuild(
    reader: RpcRegistryReader, transport: Transport, first: int, block: BlockRef, progress: Progress
) -> tuple[int, RegistryState]:
    count, state = 0, RegistryState(next_block=first)
    for through, events in read_events(transport, reader.registry, first=first, last=block.number):
        count += len(events)
        if events:
            state = fold(state, events, through + 1)
        progress("events", through + 1 - first, block.number + 1 - first)
    return count, state


def _check_code(reader: RpcRegistryReader, transport: Transport, block: BlockRef) -> None:
    place = {"blockHash": as_hex(block.hash), "requireCanonical": True}
    if data(request(transport, "eth_getCode", as_hex(reader.registry), place)) != artifact().deployed_bytecode:
        raise WrongChain(f"the code at {checksum_address(reader.registry)} is not the registry of this version")


def _check_first(reader: RpcRegistryReader, transport: Transport, first: int, block: BlockRef) -> None:
    if first > block.number:
        raise RegistryError("block_not_final", f"block {first} is not final yet; the newest that is has {block.number}")
    if first == 0:
        return
    result = transport.request_batch([("eth_getCode", [as_hex(reader.registry), hex(first - 1)])])[0]
    # Most nodes forget the state of old blocks: then it stays with the caller.
    if not isinstance(result, RpcError) and data(result):
        raise RegistryError("from_block_late", f"the registry stood before block {first} already: begin earlier")


def _ask(
    reader: RpcRegistryReader, transport: Transport, block: BlockRef, questions: Iterable[_Question]
) -> Iterator[tuple[_Question, object]]:
    """Each question with what storage says, in order."""
    waiting = iter(questions)
    while part := list(islice(waiting, _CALLS_AT_ONCE)):
        # The first call is there for the block's number and time, which it tells.
        calldata = [abi.encode_states((), (), ()), *(question.calldata for question in part)]
        answers = reader.ask_at(transport, block, calldata)[1:]
        yield from ((question, question.read(answer)) for question, answer in zip(part, answers, strict=True))


# --- what is asked --------------------------------------------------------------------------------------------------


def _issuer_records(state: RegistryState) -> Iterator[_Question]:
    for issuer, record in state.issuers.items():
        name = f"issuer {_shown(issuer)}"
        yield _Question(name, abi.encode_issuer_of(issuer), abi.decode_issuer_of, record)
        keys = state.keys.get(issuer, ())
        yield _Question(f"keys of {name}", abi.encode_keys_of(issuer), abi.decode_keys_of, keys)
    for (issuer, account), period in state.operators.items():
        subject = f"operator {_shown(account)} of issuer {_shown(issuer)}"
        yield _Question(subject, abi.encode_operator_of(issuer, account), abi.decode_operator_of, period)


def _batch_records(state: RegistryState) -> Iterator[_Question]:
    for (issuer, root), anchor in state.anchors.items():
        subject = f"batch {_shown(root)} of issuer {_shown(issuer)}"
        yield _Question(subject, abi.encode_anchor_of(issuer, root), abi.decode_anchor_of, anchor)
    for (issuer, word), bits in state.status.items():
        subject = f"status word {word} of issuer {_shown(issuer)} (revoked, suspended)"
        yield _Question(subject, abi.encode_status_word(issuer, word), abi.decode_status_word, bits)
    for operator, nonce in state.spent_nonces:
        subject = f"whether account {_shown(operator)} spent nonce {nonce}"
        yield _Question(subject, abi.encode_is_nonce_spent(operator, nonce), abi.decode_boolean, True)


def _accreditation_counts(state: RegistryState) -> Iterator[_Question]:
    for (issuer, accreditor), periods in state.accreditations.items():
        subject = f"number of accreditations of issuer {_shown(issuer)} by {_shown(accreditor)}"
        calldata = abi.encode_accreditation_count(accreditor, issuer)
        yield _Question(subject, calldata, abi.decode_accreditation_count, len(periods))


def _periods(pairs: Mapping[tuple[IssuerId, Address], Sequence[AccreditationPeriod]]) -> Iterator[_Question]:
    for (issuer, accreditor), periods in pairs.items():
        read = partial(abi.decode_accreditation, accreditor=accreditor)
        for index, period in enumerate(periods):
            subject = f"accreditation {index} of issuer {_shown(issuer)} by {_shown(accreditor)}"
            yield _Question(subject, abi.encode_accreditation_by_index(accreditor, issuer, index), read, period)


def _difference(question: _Question, stored: object) -> Difference:
    return Difference(question.subject, _shown(question.expected), _shown(stored))


def _shown(value: object) -> str:
    """A record for people: addresses with their checksum, other bytes and long numbers in hex."""
    if is_dataclass(value):
        return ", ".join(f"{part.name} {_shown(getattr(value, part.name))}" for part in fields(value))
    if isinstance(value, tuple):
        return f"({'; '.join(map(_shown, value))})"
    if isinstance(value, bytes):
        return checksum_address(Address(value)) if len(value) == _ADDRESS_BYTES else f"0x{value.hex()}"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(int(value)) if value <= FOREVER else hex(value)
    return "nothing" if value is None else str(value).lower()
