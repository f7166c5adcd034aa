"""A registry in memory that behaves as the contract does, block by block, without a chain.

`tests/chain/test_registry_behaviour.py` runs one suite on it, on the embedded chain and on anvil.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass

from coincurve import PrivateKey

from ledger.chain.abi import encode_call
from ledger.chain.addresses import keccak
from ledger.chain.fees import Market
from ledger.chain.networks import DEVELOPMENT_CHAINS, EMBEDDED_CHAIN_ID
from ledger.chain.past import PastReading, state_then
from ledger.chain.quotes import Payload, Quote, Terms
from ledger.chain.registry import (
    Account,
    Address,
    BlockRef,
    IssuerId,
    Receipt,
    RegistryCall,
    RegistryReading,
    SignedTransaction,
    Standing,
    StateQuery,
    StatusEvent,
)
from ledger.errors import RegistryError, RegistryUnreachable, TransactionReverted
from tests.memory_contract import MemoryContract

START = 1_795_305_600
"""The time of the fake's first block: 2026-11-22T00:00:00Z."""

FAKE_GAS, FAKE_GAS_LIMIT = 50_000, 55_000
"""What every call takes in memory, and what it may take at most."""

PLENTY = 10**18
"""What every account holds in memory, unless a test says otherwise."""

FAKE_REGISTRY = Address(b"\xca\x12" * 10)


@dataclass(frozen=True)
class FakeAccount:
    """Someone who acts on a `MemoryRegistry`, which asks for no signature but those of sponsored acts."""

    key: PrivateKey

    @property
    def address(self) -> Address:
        return Address(keccak(self.key.public_key.format(compressed=False)[1:])[12:])

    def sign_transaction(self, transaction: dict[str, object]) -> bytes:
        raise AssertionError("the fake registry needs no signature")

    def sign_act(self, chain_id: int, digest: bytes) -> bytes:
        signature = self.key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([27 + signature[64]])


@functools.cache
def fake_account(name: str) -> FakeAccount:
    return FakeAccount(PrivateKey(hashlib.sha256(name.encode()).digest()))


@dataclass(frozen=True)
class _Signed:
    call: RegistryCall
    sender: Address
    terms: Terms

    @property
    def slot(self) -> tuple[Address, int]:
        return self.sender, self.terms.nonce


class MemoryRegistry:
    """Implements `Registry`. Each transaction that is sent makes one block, unless `auto_mine` is off.

    Its pool works as a node's does: a nonce waits for the one before it, another transaction with the same nonce must
    offer a tenth more, and what offers less than the base fee waits.

    Switches that a test may set at any moment:
    `time`          the wall clock; a block's time is this, and at least one second after its parent's
    `finality_lag`  how many blocks the final one lies behind the newest
    `safety_lag`    the same of the safe block; None: as the final one
    `unreachable`   every method raises `RegistryUnreachable`, and nothing happens
    `drop_replies`  `send` takes the transaction and then raises `RegistryUnreachable`: the answer was lost
    `swallow`       how many of the next transactions `send` takes with thanks, and forgets
    `refusal`       what the next `send` raises, without taking anything
    `auto_mine`     off: transactions wait until `mine()`
    `base_fee`, `priority_fee`, `balances`  what gas costs, and who has less than plenty
    `gas`, `gas_estimate`  what a call takes in its block, and what is foretold
    """

    def __init__(
        self,
        *,
        chain_id: int = EMBEDDED_CHAIN_ID,
        registry: Address = FAKE_REGISTRY,
        time: int = START,
        finality_lag: int = 0,
    ) -> None:
        self.time = time
        self.finality_lag = finality_lag
        self.safety_lag: int | None = None
        self.unreachable = False
        self.drop_replies = False
        self.swallow = 0
        self.refusal: RegistryError | None = None
        self.auto_mine = True
        self.base_fee, self.priority_fee = 10**9, 10**9
        self.balances: dict[Address, int] = {}
        self.gas = self.gas_estimate = FAKE_GAS
        self._chain_id = chain_id
        self._registry = registry
        self._forks = 0
        self._blocks = [BlockRef(0, self._block_hash(0, b""), time)]
        self._head = MemoryContract(chain_id, registry)
        self._final = MemoryContract(chain_id, registry)
        self._mined: list[tuple[BlockRef, _Signed]] = []
        self._replayed = 0
        self._calls: dict[bytes, RegistryCall] = {}
        self._signed: dict[bytes, _Signed] = {}
        self._receipts: dict[bytes, Receipt] = {}
        self._pool: dict[tuple[Address, int], bytes] = {}
        self._nonces: dict[Address, int] = {}

    # --- reading ---

    @property
    def chain_id(self) -> int:
        return self._chain_id

    @property
    def registry(self) -> Address:
        return self._registry

    def read(
        self, issuer_ids: Sequence[IssuerId], queries: Sequence[StateQuery], accreditors: Sequence[Address]
    ) -> RegistryReading:
        contract, block = self._at_final()
        return RegistryReading(
            self._chain_id,
            self._registry,
            block,
            {identifier: contract.issuer_state(identifier) for identifier in issuer_ids},
            tuple(contract.credential_state(query, accreditors) for query in queries),
            ("memory",),
        )

    def read_on(
        self, moment: int, issuer_ids: Sequence[IssuerId], queries: Sequence[StateQuery], accreditors: Sequence[Address]
    ) -> PastReading:
        newest = self.read(issuer_ids, queries, accreditors)
        at_rest = self.head == newest.block and self._chain_id in DEVELOPMENT_CHAINS
        if moment > newest.block.time and not at_rest:
            raise RegistryUnreachable("what had happened by that moment is not final yet", "not_final")
        block = max((one for one in self._blocks if one.time <= min(moment, newest.block.time)), default=None)
        past = MemoryContract(self._chain_id, self._registry)
        for mined_in, signed in self._mined:
            if block is not None and mined_in.number <= block.number:
                past.apply(signed.call, signed.sender, mined_in)
        states = [past.credential_state(query, ()) for query in queries]
        return PastReading(
            moment,
            block,
            newest,
            tuple(
                state_then(now, moment, (state.revoked, state.suspended))
                for now, state in zip(newest.credentials, states, strict=True)
            ),
            {
                (query.issuer_id, query.status_index): tuple(
                    event
                    for event in self.status_events(query.issuer_id, query.status_index, 0)
                    if block is None or event.block.number > block.number
                )
                for query in queries
            },
        )

    def is_anchored_in_head(self, issuer_id: IssuerId, root: bytes) -> bool:
        self._reach()
        return (issuer_id, root) in self._head.anchors

    def status_events(self, issuer_id: IssuerId, status_index: int, from_block: int) -> tuple[StatusEvent, ...]:
        contract, _ = self._at_final()
        word, bit = status_index >> 8, 1 << (status_index & 255)
        return tuple(
            event
            for issuer, event_word, changed, event in contract.events
            if issuer == issuer_id and event_word == word and changed & bit and event.block.number >= from_block
        )

    def status_words(self, issuer_id: IssuerId, words: Sequence[int]) -> tuple[BlockRef, dict[int, tuple[int, int]]]:
        contract, block = self._at_final()
        return block, {
            word: (contract.revoked.get((issuer_id, word), 0), contract.suspended.get((issuer_id, word), 0))
            for word in words
        }

    def is_nonce_spent(self, operator: Address, nonce: int) -> tuple[BlockRef, bool]:
        contract, block = self._at_final()
        return block, (operator, nonce) in contract.spent_nonces

    def is_nonce_spent_in_head(self, operator: Address, nonce: int) -> bool:
        self._reach()
        return (operator, nonce) in self._head.spent_nonces

    def final_block(self) -> BlockRef:
        return self._at_final()[1]

    def head_block(self) -> BlockRef:
        self._reach()
        return self.head

    def safe_block(self) -> BlockRef:
        self._reach()
        return self._behind(self.finality_lag if self.safety_lag is None else self.safety_lag)

    # --- writing ---

    def quote(self, call: RegistryCall, sender: Address) -> Quote:
        self._reach()
        self._on_copy(lambda contract: contract.apply(call, sender, self._next_block()))
        payload = Payload(self._registry, encode_call(call))
        self._calls[payload.data] = call
        mined_nonce = self._nonces.get(sender, 0)
        return Quote(
            chain_id=self._chain_id,
            payload=payload,
            sender=sender,
            nonce=mined_nonce + sum(owner == sender for owner, _ in self._pool),
            mined_nonce=mined_nonce,
            gas=self.gas_estimate,
            base_fee=self.base_fee,
            priority_fee=self.priority_fee,
            balance=self.balance(sender),
        )

    def bid(self, payload: Payload, account: Account, terms: Terms) -> SignedTransaction:
        call = self._calls[payload.data]
        raw = f"{account.address.hex()} {terms!r} {call!r}".encode()
        signed = SignedTransaction(raw, hashlib.sha256(raw).digest(), account.address, terms.nonce)
        self._signed[signed.hash] = _Signed(call, account.address, terms)
        return signed

    def sign(self, call: RegistryCall, account: Account) -> SignedTransaction:
        quoted = self.quote(call, account.address)
        quoted.require_funds()
        return self.bid(quoted.payload, account, Terms(quoted.nonce, quoted.gas_limit, quoted.fees))

    def gas_limit(self, call: RegistryCall, sender: Address) -> int:
        return self.quote(call, sender).gas_limit

    def gas_for(self, payload: Payload, sender: Address) -> int:
        return self.quote(self._calls[payload.data], sender).gas

    def send(self, transaction: SignedTransaction) -> None:
        self._reach()
        if self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            raise refusal
        if self.swallow:
            self.swallow -= 1
            return
        if not self._knows(transaction.hash):
            self._admit(transaction)
            if self.auto_mine:
                self.mine()
        if self.drop_replies:
            raise RegistryUnreachable("the answer was lost")

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        return self.receipts([transaction_hash])[0]

    def receipts(self, hashes: Sequence[bytes]) -> tuple[Receipt | None, ...]:
        self._reach()
        return tuple(self._receipts.get(wanted) for wanted in hashes)

    def standing(self, sender: Address, hashes: Sequence[bytes]) -> Standing:
        self._reach()
        return Standing(self._nonces.get(sender, 0), frozenset(filter(self._knows, hashes)), self.head)

    def market(self) -> Market:
        self._reach()
        return Market(self.base_fee, self.priority_fee)

    def balance(self, account: Address) -> int:
        self._reach()
        return self.balances.get(account, PLENTY)

    # --- for tests ---

    @property
    def head(self) -> BlockRef:
        return self._blocks[-1]

    @property
    def transactions(self) -> tuple[RegistryCall, ...]:
        """Every call that was mined and did not revert, in order."""
        return tuple(signed.call for _, signed in self._mined)

    @property
    def pool(self) -> tuple[bytes, ...]:
        """The hashes of what waits."""
        return tuple(self._pool.values())

    def mine(self, blocks: int = 1) -> BlockRef:
        """Makes that many blocks, and puts what waits, and pays enough, into the first."""
        for _ in range(blocks):
            block = self._next_block()
            self._blocks.append(block)
            while ready := self._ready():
                for waiting in ready:
                    self._execute(waiting, block)
        return self.head

    def drop(self, transaction_hash: bytes) -> None:
        """Loses a transaction from the pool."""
        del self._pool[self._signed[transaction_hash].slot]

    def mine_instead(self, transaction: SignedTransaction) -> None:
        """Puts a transaction into a block of its own, whatever waits at its nonce."""
        self._pool[transaction.sender, transaction.nonce] = transaction.hash
        self.mine()

    def reorganise(self, depth: int, *, again: bool = False) -> None:
        """Puts as many empty blocks in the place of the newest. With `again` the pool has what they held.

        The new chain is longer by a block, as it must be.
        """
        base = len(self._blocks) - depth
        lost = [wanted for wanted, receipt in self._receipts.items() if receipt.block.number >= base]
        self._forks += 1
        del self._blocks[base:]
        self._mined = [(block, signed) for block, signed in self._mined if block.number < base]
        self._head = MemoryContract(self._chain_id, self._registry)
        self._final, self._replayed = MemoryContract(self._chain_id, self._registry), 0
        for block, signed in self._mined:
            self._head.apply(signed.call, signed.sender, block)
        for wanted in reversed(lost):
            sender, nonce = self._signed[wanted].slot
            del self._receipts[wanted]
            self._nonces[sender] = min(nonce, self._nonces[sender])
        waiting, self._pool = self._pool, {}
        self.mine(depth + 1)
        self._pool = waiting
        if again:
            self._pool |= {self._signed[wanted].slot: wanted for wanted in lost}

    def _knows(self, transaction_hash: bytes) -> bool:
        return transaction_hash in self._receipts or transaction_hash in self._pool.values()

    def _admit(self, transaction: SignedTransaction) -> None:
        """Takes a transaction into the pool, or refuses it as nodes do."""
        if transaction.nonce < self._nonces.get(transaction.sender, 0):
            raise RegistryError("nonce_taken", "another transaction of this account was mined with this nonce")
        fees, gas_limit = (terms := self._signed[transaction.hash].terms).fees, terms.gas_limit
        if self.balance(transaction.sender) < gas_limit * fees.max_fee:
            raise RegistryError("funds_low", "insufficient funds for gas * price + value")
        standing = self._pool.get((transaction.sender, transaction.nonce))
        if standing is not None:
            held = self._signed[standing].terms.fees
            if 10 * fees.max_fee < 11 * held.max_fee or 10 * fees.priority_fee < 11 * held.priority_fee:
                raise RegistryError("underpriced", "replacement transaction underpriced")
        self._pool[transaction.sender, transaction.nonce] = transaction.hash

    def _ready(self) -> list[bytes]:
        """What waits, is its sender's next, and pays enough."""
        return [
            waiting
            for (sender, nonce), waiting in self._pool.items()
            if nonce == self._nonces.get(sender, 0) and self._signed[waiting].terms.fees.max_fee >= self.base_fee
        ]

    def _execute(self, transaction_hash: bytes, block: BlockRef) -> None:
        signed = self._signed[transaction_hash]
        del self._pool[signed.slot]
        self._nonces[signed.sender] = signed.terms.nonce + 1
        gas, succeeded = self.gas, False
        if gas > signed.terms.gas_limit:
            gas = signed.terms.gas_limit
        else:
            try:
                self._head.apply(signed.call, signed.sender, block)
            except TransactionReverted:
                pass
            else:
                succeeded = True
                self._mined.append((block, signed))
        self._receipts[transaction_hash] = Receipt(transaction_hash, block, gas, succeeded)

    def _reach(self) -> None:
        if self.unreachable:
            raise RegistryUnreachable("the registry in memory was told not to answer")

    def _next_block(self) -> BlockRef:
        parent = self.head
        number = parent.number + 1
        return BlockRef(number, self._block_hash(number, parent.hash), max(parent.time + 1, self.time))

    def _block_hash(self, number: int, parent: bytes) -> bytes:
        return hashlib.sha256(b"block" + self._forks.to_bytes(8, "big") + number.to_bytes(8, "big") + parent).digest()

    def _behind(self, blocks: int) -> BlockRef:
        return self._blocks[max(0, len(self._blocks) - 1 - blocks)]

    def _at_final(self) -> tuple[MemoryContract, BlockRef]:
        """The contract as of the final block: the mined calls are done again up to there."""
        self._reach()
        block = self._behind(self.finality_lag)
        if self._replayed and self._mined[self._replayed - 1][0].number > block.number:
            self._final, self._replayed = MemoryContract(self._chain_id, self._registry), 0
        while self._replayed < len(self._mined) and self._mined[self._replayed][0].number <= block.number:
            mined_in, signed = self._mined[self._replayed]
            self._final.apply(signed.call, signed.sender, mined_in)
            self._replayed += 1
        return self._final, block

    def _on_copy(self, action: Callable[[MemoryContract], None]) -> None:
        """Tries an action on a copy of the newest state, so that its refusal shows and its effect does not."""
        action(deepcopy(self._head))
