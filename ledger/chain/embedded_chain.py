"""The embedded chain itself: py-evm at its newest fork, one block for each transaction, the newest block final.

Everything that a block writes goes to the disk in one transaction before the sender hears of it. Nothing is pruned, so
a call can be asked at any block.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import rlp
from eth.chains.base import MiningChain
from eth.db.atomic import AtomicDB
from eth.exceptions import HeaderNotFound, PyEVMError, Revert, TransactionNotFound
from eth.vm.chain_context import ChainContext
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth.vm.spoof import SpoofTransaction
from eth_keys.backends.coincurve import CoinCurveECCBackend
from eth_keys.main import KeyAPI
from eth_utils.exceptions import ValidationError

from ledger.chain.accounts import dev_addresses
from ledger.chain.addresses import keccak
from ledger.chain.deployment import DEPLOYER, DEPLOYER_CODE
from ledger.chain.embedded_store import ChainStore, StoredLog, Topics
from ledger.chain.networks import EMBEDDED_CHAIN_ID
from ledger.chain.rpc import RpcError
from ledger.errors import WorkspaceError

GAS_LIMIT = 30_000_000
CALL_GAS = 50_000_000
PRIORITY_FEE = 10**9
_DEV_BALANCE = 10_000 * 10**18
_ALLOWED_TYPES = (0, 1, 2)
_REVERTED = 3
_REJECTED = -32000

Header = Any
"""A block header of py-evm, which has no types for mypy."""


class Refusal(Exception):
    """Carries an `RpcError` from the depth of a request to the dispatcher, which answers with it."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.error = RpcError(code, message, data)


@dataclass(frozen=True)
class Message:
    """What `eth_call` and `eth_estimateGas` run. `to` is empty for a new contract."""

    sender: bytes = bytes(20)
    to: bytes = b""
    value: int = 0
    data: bytes = b""
    gas: int | None = None


@dataclass(frozen=True)
class Mined:
    """A transaction in its block. `transaction` and `receipt` are py-evm's."""

    header: Header
    index: int
    transaction: Any
    receipt: Any


class EmbeddedChain:
    """Not safe for threads: the node holds one lock around it."""

    def __init__(self, store: ChainStore, clock: Callable[[], float]) -> None:
        """Opens the chain in the store, or begins one. Raises `WorkspaceError` (`workspace_invalid`, `slow_keys`)."""
        if not isinstance(KeyAPI().backend, CoinCurveECCBackend):
            raise WorkspaceError(
                "slow_keys", "signatures would run in plain Python, 50 times too slow: coincurve is missing"
            )
        self._store = store
        self._clock = clock
        self._database = AtomicDB(store)
        self._class = MiningChain.configure(
            __name__="CairnChain", vm_configuration=((0, PragueVM),), chain_id=EMBEDDED_CHAIN_ID
        )
        if store.is_empty:
            self._begin()
        try:
            self._chain = self._class(self._database)
        except (PyEVMError, rlp.exceptions.RLPException, KeyError) as error:
            # Never begin anew over what was a chain.
            raise WorkspaceError("workspace_invalid", f"the embedded chain is damaged ({error})") from None

    def _begin(self) -> None:
        genesis = {
            "difficulty": 0,
            "gas_limit": GAS_LIMIT,
            "timestamp": int(self._clock()),
            "coinbase": bytes(20),
            "nonce": bytes(8),
            # Two chains that begin in the same second are still two chains.
            "extra_data": b"cairn" + os.urandom(8),
        }
        account = {"balance": _DEV_BALANCE, "nonce": 0, "code": b"", "storage": {}}
        # As on anvil: contracts get the addresses here that they have on public chains.
        deployer = {"balance": 0, "nonce": 1, "code": DEPLOYER_CODE, "storage": {}}
        state = {**dict.fromkeys(dev_addresses(), account), DEPLOYER: deployer}
        self._class.from_genesis(self._database, genesis, state)
        self._store.commit()

    # --- blocks ---

    @property
    def head(self) -> Header:
        return self._chain.get_canonical_head()

    def pending(self) -> Header:
        """The header of the block that a transaction would get now, on top of the newest state."""
        parent = self.head
        time = max(parent.timestamp + 1, int(self._clock()))
        return self._chain.create_header_from_parent(parent, gas_limit=parent.gas_limit, timestamp=time)

    def by_number(self, number: int) -> Header | None:
        if number > self.head.block_number:
            return None
        return self._chain.get_canonical_block_header_by_number(number)

    def by_hash(self, block_hash: bytes) -> Header | None:
        # The store holds more than headers under hashes: the nodes of the state's tries, for one.
        try:
            return self._chain.get_block_header_by_hash(block_hash)
        except (HeaderNotFound, rlp.exceptions.RLPException, ValueError, TypeError):
            return None

    def transactions_in(self, header: Header) -> tuple[Any, ...]:
        return tuple(self._chain.chaindb.get_block_transactions(header, PragueTransactionBuilder))

    def mined(self, transaction_hash: bytes) -> Mined | None:
        try:
            number, index = self._chain.get_canonical_transaction_index(transaction_hash)
        except TransactionNotFound:
            return None
        return Mined(
            self.by_number(number),
            index,
            self._chain.get_canonical_transaction_by_index(number, index),
            self._chain.get_transaction_receipt_by_index(number, index),
        )

    def logs(
        self, first_block: int, last_block: int, addresses: Sequence[bytes] | None, topics: Topics
    ) -> list[StoredLog]:
        return self._store.logs(first_block, last_block, addresses, topics)

    # --- state ---

    def state(self, header: Header) -> Any:
        """The state after a block, seen from within it; its gas costs nothing."""
        free = header.copy(base_fee_per_gas=0)
        parents = PragueVM.get_prev_hashes(header.parent_hash, self._chain.chaindb)
        return PragueVM.build_state(self._database, free, ChainContext(EMBEDDED_CHAIN_ID), parents)

    def call(self, message: Message, header: Header) -> bytes:
        """Runs a message without keeping what it changes. Raises `Refusal`."""
        result = self._run(message, header, min(message.gas or CALL_GAS, CALL_GAS))
        self._raise_if_failed(result)
        return bytes(result.output)

    def estimate(self, message: Message, header: Header) -> int:
        """The least gas limit with which the message succeeds. Raises `Refusal`."""
        limit = min(message.gas or GAS_LIMIT, GAS_LIMIT)
        result = self._run(message, header, limit)
        self._raise_if_failed(result)
        # What is refunded at the end must be there first; data has a floor price of its own (EIP-7623).
        tokens = 4 * len(message.data) - 3 * message.data.count(0)
        least: int = max(limit - result.get_gas_remaining(), 21_000 + 10 * tokens)
        while least < limit and self._run(message, header, least).is_error:
            # A contract that calls others keeps back one part in 64 for each level.
            least = min(limit, least + least // 64 + 1)
        return least

    def _run(self, message: Message, header: Header, gas: int) -> Any:
        state = self.state(header)
        transaction = PragueVM.create_unsigned_transaction(
            nonce=state.get_nonce(message.sender),
            gas_price=0,
            gas=gas,
            to=message.to,
            value=message.value,
            data=message.data,
        )
        if gas < transaction.intrinsic_gas:
            raise Refusal(_REJECTED, "intrinsic gas too low")
        try:
            return state.apply_transaction(SpoofTransaction(transaction, from_=message.sender))
        except (ValidationError, PyEVMError) as error:
            raise Refusal(_REJECTED, str(error)) from None

    @staticmethod
    def _raise_if_failed(result: Any) -> None:
        if result.is_error:
            if isinstance(result.error, Revert):
                raise Refusal(_REVERTED, "execution reverted", "0x" + bytes(result.output).hex())
            raise Refusal(_REJECTED, f"execution failed: {type(result.error).__name__}")

    # --- adding ---

    def add(self, raw: bytes) -> bytes:
        """Puts a signed transaction into the next block and returns its hash once the block is on the disk.

        Raises `Refusal` as a node would, for a transaction that it knows, that cannot pay or that is out of turn.
        """
        transaction = self._decode(raw)
        transaction_hash = keccak(raw)
        if self.mined(transaction_hash) is not None:
            raise Refusal(_REJECTED, "already known")
        header = self.pending()
        self._check(transaction, header)
        self._chain.header = header
        try:
            result, receipts, _ = self._chain.mine_all([transaction])
            self._store.commit(_logs_of(result.imported_block.header, transaction_hash, receipts[0]))
        except BaseException as error:
            self._store.discard()
            self._chain = self._class(self._database)
            if isinstance(error, ValidationError | PyEVMError):
                raise Refusal(_REJECTED, str(error)) from None
            raise
        return transaction_hash

    @staticmethod
    def _decode(raw: bytes) -> Any:
        if raw and raw[0] < 0x80 and raw[0] not in _ALLOWED_TYPES:
            raise Refusal(_REJECTED, "transaction type not supported")
        try:
            transaction = PragueTransactionBuilder.decode(raw)
            transaction.validate()
            transaction.check_signature_validity()
        except Exception as error:  # noqa: BLE001
            # rlp, eth-keys and py-evm each have errors of their own for bytes that are no transaction.
            raise Refusal(_REJECTED, f"not a signed transaction ({type(error).__name__})") from None
        if transaction.encode() != raw:
            raise Refusal(_REJECTED, "not the one encoding of this transaction")
        if transaction.chain_id != EMBEDDED_CHAIN_ID:
            raise Refusal(_REJECTED, f"invalid chain id: have {transaction.chain_id}, want {EMBEDDED_CHAIN_ID}")
        return transaction

    def _check(self, transaction: Any, header: Header) -> None:
        state = self.state(self.head)
        nonce = state.get_nonce(transaction.sender)
        price = transaction.max_fee_per_gas
        for wrong, message in (
            (transaction.nonce < nonce, f"nonce too low: next nonce {nonce}, tx nonce {transaction.nonce}"),
            (transaction.nonce > nonce, f"nonce too high: next nonce {nonce}, tx nonce {transaction.nonce}"),
            (transaction.gas > header.gas_limit, "exceeds block gas limit"),
            (transaction.gas < transaction.intrinsic_gas, "intrinsic gas too low"),
            (price < header.base_fee_per_gas, "max fee per gas less than block base fee"),
            (
                state.get_balance(transaction.sender) < transaction.value + transaction.gas * price,
                "insufficient funds for gas * price + value",
            ),
        ):
            if wrong:
                raise Refusal(_REJECTED, message)


def _logs_of(header: Header, transaction_hash: bytes, receipt: Any) -> list[StoredLog]:
    return [
        StoredLog(
            header.block_number,
            position,
            header.hash,
            header.timestamp,
            transaction_hash,
            log.address,
            tuple(topic.to_bytes(32, "big") for topic in log.topics),
            log.data,
        )
        for position, log in enumerate(receipt.logs)
    ]
