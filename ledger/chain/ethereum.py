"""The registry on any chain that speaks Ethereum's JSON-RPC: the reader, and transactions of EIP-1559.

A transaction is built, estimated and signed here, so that its bytes and its hash are known, and can be stored, before
anything is sent. Sending proves nothing: an answer may be lost after the node took the transaction. Only what the chain
holds counts, and nothing here ever makes a second transaction in place of the first.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.chain import abi
from ledger.chain.accounts import dev_account
from ledger.chain.addresses import checksum_address, keccak
from ledger.chain.artifact import artifact
from ledger.chain.networks import DEVELOPMENT_CHAINS
from ledger.chain.reader import RpcRegistryReader
from ledger.chain.registry import (
    Account,
    Address,
    BlockRef,
    IssuerId,
    Receipt,
    RegistryCall,
    RegistryReading,
    SignedTransaction,
    StateQuery,
    StatusEvent,
)
from ledger.chain.rpc import RpcError, Transport, accepted, as_hex, block_ref, data, members, quantity, request
from ledger.errors import RegistryError, RegistryUnreachable, TransactionReverted, WrongChain

_REVERTED = 3
_GAS_MARGIN = 1.1
_POLL_SECONDS = 0.1
_OLD_NEWS = ("already known", "known transaction", "alreadyknown", "nonce too low", "already imported")
"""How nodes say that a transaction, or its nonce, is nothing new."""


@dataclass(frozen=True)
class _Payload:
    """What a transaction does: a call of `to`, or the making of a contract where `to` is None."""

    data: bytes = b""
    to: Address | None = None
    value: int = 0


class EthereumRegistry:
    """Implements `Registry`. Reads through `reader`, which may ask several nodes; signs for and sends to one."""

    def __init__(self, reader: RpcRegistryReader, transport: Transport) -> None:
        self._reader = reader
        self._transport = transport

    # --- reading ---

    @property
    def chain_id(self) -> int:
        return self._reader.chain_id

    @property
    def registry(self) -> Address:
        return self._reader.registry

    def read(
        self, issuer_ids: Sequence[IssuerId], queries: Sequence[StateQuery], accreditors: Sequence[Address]
    ) -> RegistryReading:
        return self._reader.read(issuer_ids, queries, accreditors)

    def is_anchored_in_head(self, issuer_id: IssuerId, root: bytes) -> bool:
        return self._reader.is_anchored_in_head(issuer_id, root)

    def status_events(self, issuer_id: IssuerId, status_index: int, from_block: int) -> tuple[StatusEvent, ...]:
        return self._reader.status_events(issuer_id, status_index, from_block)

    def status_words(self, issuer_id: IssuerId, words: Sequence[int]) -> tuple[BlockRef, dict[int, tuple[int, int]]]:
        return self._reader.status_words(issuer_id, words)

    def final_block(self) -> BlockRef:
        return self._reader.final_block()

    def verify_code(self) -> None:
        """Raises `WrongChain` unless the code at the registry's address is that of the committed artifact."""
        chain_id, code = self._transport.request_batch(
            [("eth_chainId", []), ("eth_getCode", [as_hex(self.registry), "latest"])]
        )
        _check_chain(self._transport, chain_id, self.chain_id)
        if data(accepted(self._transport, code)) != artifact().deployed_bytecode:
            raise WrongChain(f"the code at {checksum_address(self.registry)} is not the registry of this version")

    # --- writing ---

    def sign(self, call: RegistryCall, account: Account) -> SignedTransaction:
        """As in `Registry`. Also raises `RegistryError` (`funds_low`) if the account cannot pay for it."""
        payload = _Payload(abi.encode_call(call), self.registry)
        return _sign(self._transport, self.chain_id, payload, account)

    def send(self, transaction: SignedTransaction) -> None:
        """As in `Registry`. `RegistryUnreachable` says that the transaction *may* have been sent: keep it, ask for its
        receipt, send it again. `RegistryError` with `nonce_taken` says that another transaction of the account was
        mined in its place, so that this one never will be; with `transaction_rejected`, that the node refuses it.
        """
        _send(self._transport, transaction)

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        return _receipt(self._transport, transaction_hash)


def deploy(transport: Transport, account: Account, *, chain_id: int, timeout: float = 120.0) -> tuple[Address, Receipt]:
    """Puts a new registry on a chain and waits for its block. Returns its address.

    Raises `TransactionReverted`, `WrongChain`, `RegistryUnreachable` (`not_mined` after `timeout` seconds).
    """
    transaction = _sign(transport, chain_id, _Payload(artifact().bytecode), account)
    receipt = _perform(transport, transaction, timeout)
    return created_address(transaction.sender, transaction.nonce), receipt


def fund(transport: Transport, address: Address, wei: int, *, timeout: float = 30.0) -> Receipt:
    """Gives an account money from the last development account. Works on development chains only.

    Raises `WrongChain` on any other chain.
    """
    chain_id = quantity(request(transport, "eth_chainId"), bits=64)
    if chain_id not in DEVELOPMENT_CHAINS:
        raise WrongChain(f"nobody gives money away on chain {chain_id}")
    transaction = _sign(transport, chain_id, _Payload(to=address, value=wei), dev_account(9))
    return _perform(transport, transaction, timeout)


def created_address(sender: Address, nonce: int) -> Address:
    """Where the contract lands that an account makes with this nonce: the end of keccak256(rlp([sender, nonce]))."""
    number = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    encoded_nonce = number if len(number) == 1 and number[0] < 0x80 else bytes([0x80 + len(number)]) + number
    body = bytes([0x80 + len(sender)]) + sender + encoded_nonce
    return Address(keccak(bytes([0xC0 + len(body)]) + body)[12:])


# --- one node -------------------------------------------------------------------------------------------------------


def _sign(transport: Transport, chain_id: int, payload: _Payload, account: Account) -> SignedTransaction:
    """Asks the node for all that a transaction needs, in one round trip, and signs it."""
    call = {"from": as_hex(account.address), "data": as_hex(payload.data), "value": hex(payload.value)}
    if payload.to is not None:
        call["to"] = as_hex(payload.to)
    found_chain, estimate, nonce, history, tip, balance = transport.request_batch(
        [
            ("eth_chainId", []),
            ("eth_estimateGas", [call, "pending"]),
            ("eth_getTransactionCount", [as_hex(account.address), "pending"]),
            ("eth_feeHistory", ["0x1", "latest", []]),
            ("eth_maxPriorityFeePerGas", []),
            ("eth_getBalance", [as_hex(account.address), "latest"]),
        ]
    )
    _check_chain(transport, found_chain, chain_id)
    gas = int(_estimated(transport, estimate) * _GAS_MARGIN)
    priority_fee = quantity(accepted(transport, tip))
    # Twice the coming base fee: six full blocks in a row do not price the transaction out.
    fee = 2 * _coming_base_fee(accepted(transport, history)) + priority_fee
    if quantity(accepted(transport, balance)) < payload.value + gas * fee:
        raise RegistryError("funds_low", f"the account {checksum_address(account.address)} cannot pay for this")
    number = quantity(accepted(transport, nonce), bits=64)
    transaction: dict[str, object] = {
        "type": 2,
        "chainId": chain_id,
        "nonce": number,
        "value": payload.value,
        "data": payload.data,
        "gas": gas,
        "maxFeePerGas": fee,
        "maxPriorityFeePerGas": priority_fee,
    }
    if payload.to is not None:
        transaction["to"] = payload.to
    raw = account.sign_transaction(transaction)
    return SignedTransaction(raw, keccak(raw), account.address, number)


def _estimated(transport: Transport, result: object) -> int:
    if isinstance(result, RpcError) and (result.code == _REVERTED or result.revert_data):
        raise TransactionReverted(*abi.decode_error(result.revert_data or b""))
    return quantity(accepted(transport, result), bits=64)


def _coming_base_fee(history: object) -> int:
    fees = members(history).get("baseFeePerGas")
    if not isinstance(fees, list) or not fees:
        raise RegistryUnreachable("the node does not tell the fees of EIP-1559", "rpc_malformed")
    return quantity(fees[-1])


def _send(transport: Transport, transaction: SignedTransaction) -> None:
    result = transport.request_batch([("eth_sendRawTransaction", [as_hex(transaction.raw)])])[0]
    if isinstance(result, RpcError):
        if not any(phrase in result.message.lower() for phrase in _OLD_NEWS):
            raise RegistryError("transaction_rejected", f"{transport.name} refuses the transaction: {result.message}")
        known = request(transport, "eth_getTransactionByHash", as_hex(transaction.hash))
        if known is None:
            raise RegistryError("nonce_taken", "another transaction of this account took the nonce")
        return
    if data(result, length=32) != transaction.hash:
        raise RegistryUnreachable(f"{transport.name} answered with the hash of another transaction", "rpc_malformed")


def _receipt(transport: Transport, transaction_hash: bytes) -> Receipt | None:
    found = request(transport, "eth_getTransactionReceipt", as_hex(transaction_hash))
    if found is None:
        return None
    receipt = members(found)
    block_hash = data(receipt.get("blockHash"), length=32)
    found_block = request(transport, "eth_getBlockByHash", as_hex(block_hash), False)
    if found_block is None:
        # The block was replaced between the two questions: the transaction waits again.
        return None
    block = block_ref(found_block)
    if block.hash != block_hash or data(receipt.get("transactionHash"), length=32) != transaction_hash:
        raise RegistryUnreachable(f"{transport.name} gave another receipt than the one asked for", "rpc_malformed")
    return Receipt(
        transaction_hash,
        block,
        quantity(receipt.get("gasUsed"), bits=64),
        quantity(receipt.get("status"), bits=1) == 1,
    )


def _perform(transport: Transport, transaction: SignedTransaction, timeout: float) -> Receipt:
    _send(transport, transaction)
    deadline = time.monotonic() + timeout
    while (receipt := _receipt(transport, transaction.hash)) is None:
        if time.monotonic() > deadline:
            raise RegistryUnreachable("the transaction was sent but not mined in time", "not_mined")
        time.sleep(_POLL_SECONDS)
    if not receipt.succeeded:
        raise TransactionReverted("unknown")
    return receipt


def _check_chain(transport: Transport, found: object, expected: int) -> None:
    chain_id = quantity(accepted(transport, found), bits=64)
    if chain_id != expected:
        raise WrongChain(f"{transport.name} serves chain {chain_id}, not chain {expected}")
