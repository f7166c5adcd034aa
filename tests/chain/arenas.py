"""Chains on which the contract and its model act side by side: one act at a time, at a time that is set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from ledger.chain.abi import encode_call
from ledger.chain.accounts import dev_account, dev_addresses
from ledger.chain.ethereum import EthereumRegistry
from ledger.chain.history import read_events
from ledger.chain.reader import RpcRegistryReader
from ledger.chain.rebuild import fold
from ledger.chain.refusals import read_refusal
from ledger.chain.registry import (
    AddKey,
    Address,
    BlockRef,
    RegisterIssuer,
    RegistryCall,
    SetStatus,
    SponsoredCall,
    perform,
)
from ledger.chain.rpc import Transport, accepted, as_hex, block_ref, data, quantity, request
from ledger.chain.state import RegistryState
from ledger.errors import TransactionReverted
from tests.chain.conftest import Clock
from tests.registry_model import Model, Refused, issuer_id_of

Outcome = tuple[str, Mapping[str, object]] | None
"""The name of an error and its values, or nothing: it was done."""

WALLET = Address(b"\x5a\xfe" * 10)
WALLET_CODE = bytes.fromhex("600435606435146316 26ba7e60e01b0260005260206000f3".replace(" ", ""))
"""An ERC-1271 account that approves a digest if the signature begins with it.

PUSH1 4 CALLDATALOAD, PUSH1 100 CALLDATALOAD, EQ, PUSH4 1626ba7e PUSH1 224 SHL, MUL, PUSH1 0 MSTORE,
PUSH1 32 PUSH1 0 RETURN.
"""

FULL_DID = "did:web:full.example"
NEARLY_ALL_KEYS = 255
_GAS = hex(8_000_000)


def approves(digest: bytes, signature: bytes) -> bool:
    """What the code of the wallet does."""
    return signature[:32].ljust(32, b"\0") == digest


def in_model(model: Model, call: RegistryCall, sender: Address, time: int, block: int) -> Outcome:
    try:
        model.apply(call, sender, time, block)
    except Refused as refused:
        return refused.error, refused.values
    return None


@dataclass
class Statistics:
    """What happened, over all sequences."""

    sequences: int = 0
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def count(self, call: RegistryCall, outcome: Outcome) -> None:
        act = call.call if isinstance(call, SponsoredCall) else call
        name = type(act).__name__ + (f".{act.action.name}" if isinstance(act, SetStatus) else "")
        if outcome is None:
            self.done[name + ("For" if isinstance(call, SponsoredCall) else "")] += 1
        else:
            self.refused[outcome[0]] += 1


class Arena(Protocol):
    """A contract, its model, and the state rebuilt from the events so far."""

    transport: Transport
    registry: Address
    chain_id: int
    model: Model
    state: RegistryState
    statistics: Statistics

    @property
    def reader(self) -> RpcRegistryReader: ...

    def begin(self) -> tuple[int, int]:
        """Begins a sequence: its number, which is zero if each begins from the same state, and the time."""
        ...

    def act(self, call: RegistryCall, sender: int, time: int) -> tuple[Outcome, int]:
        """What came of it on the chain, and in which block; a block that would have been, where it was refused."""
        ...

    def keep(self, state: RegistryState) -> None:
        """Told at the end of a sequence what was rebuilt."""
        ...


class AnvilArena:
    """Real transactions of unlocked accounts; after each sequence the chain goes back to the same state."""

    def __init__(self, transport: Transport, reader: RpcRegistryReader, statistics: Statistics, keys: int = 0) -> None:
        """With `keys`, there is an issuer that has listed so many before each sequence."""
        self.transport = transport
        self.reader = reader
        self.registry = reader.registry
        self.chain_id = reader.chain_id
        self.statistics = statistics
        self.model = Model(self.chain_id, self.registry, {WALLET: approves})
        self.state = RegistryState()
        request(transport, "anvil_setCode", as_hex(WALLET), as_hex(WALLET_CODE))
        request(transport, "evm_setAutomine", False)
        if keys:
            self._fill(keys)
        self._first_model = deepcopy(self.model)
        self._first_block = head(self.transport)
        for through, events in read_events(self.transport, self.registry, first=0, last=self._first_block.number):
            self.state = fold(self.state, events, through + 1)
        self._snapshot = request(transport, "evm_snapshot")

    def begin(self) -> tuple[int, int]:
        assert request(self.transport, "evm_revert", self._snapshot) is True
        self._snapshot = request(self.transport, "evm_snapshot")
        self.model = deepcopy(self._first_model)
        return 0, self._first_block.time

    def act(self, call: RegistryCall, sender: int, time: int) -> tuple[Outcome, int]:
        message = {
            "from": as_hex(dev_addresses()[sender]),
            "to": as_hex(self.registry),
            "data": as_hex(encode_call(call)),
            "gas": _GAS,
        }
        for result in self.transport.request_batch(
            [("evm_setNextBlockTimestamp", [hex(time)]), ("eth_sendTransaction", [message])]
        ):
            accepted(self.transport, result)
        (mined,) = cast("list[dict[str, Any]]", request(self.transport, "evm_mine_detailed"))
        (transaction,) = mined["transactions"]
        assert quantity(mined["timestamp"]) == time
        output, block = data(transaction["output"]), quantity(mined["number"])
        # What functions give back is made of words, an error has a selector before its words.
        if len(output) % 32 == 0:
            return None, block
        refused = read_refusal(output)
        return (refused.error, refused.values), block

    def keep(self, state: RegistryState) -> None:
        """Each sequence begins from the first state."""

    def _fill(self, count: int) -> None:
        first = head(self.transport)
        issuer = issuer_id_of(dev_addresses()[0], FULL_DID.encode())
        keys = [AddKey(issuer, key_of(number)) for number in range(count)]
        calls: list[RegistryCall] = [RegisterIssuer(FULL_DID), *keys]
        for time, call in enumerate(calls, first.time + 1):
            outcome, block = self.act(call, 0, time)
            assert outcome is None
            assert in_model(self.model, call, dev_addresses()[0], time, block) is None


class EmbeddedArena:
    """The embedded chain, through the ledger's own registry. It cannot go back: one history holds all sequences."""

    def __init__(self, transport: Transport, reader: RpcRegistryReader, statistics: Statistics, clock: Clock) -> None:
        self.transport = transport
        self.reader = reader
        self.registry = reader.registry
        self.chain_id = reader.chain_id
        self.statistics = statistics
        self.model = Model(self.chain_id, self.registry)
        self.state = RegistryState()
        self._clock = clock
        self._through = EthereumRegistry(reader, transport)

    def begin(self) -> tuple[int, int]:
        return self.statistics.sequences, self._through.final_block().time

    def act(self, call: RegistryCall, sender: int, time: int) -> tuple[Outcome, int]:
        self._clock.now = time
        try:
            return None, perform(self._through, call, dev_account(sender)).block.number
        except TransactionReverted as refused:
            return (refused.error, refused.values), self._through.final_block().number + 1

    def keep(self, state: RegistryState) -> None:
        self.state = state


def key_of(number: int) -> bytes:
    return number.to_bytes(31, "big") + b"\1"


def head(transport: Transport) -> BlockRef:
    return block_ref(request(transport, "eth_getBlockByNumber", "latest", False))
