"""Transactions of EIP-1559 through one node: what one would cost, its signed bytes, sending it, and its receipt.

A transaction is built, estimated and signed here, so that its bytes and its hash are known, and can be stored, before
anything is sent. Sending proves nothing: an answer may be lost after the node took the transaction. Only what the chain
holds counts, and nothing here ever makes a second transaction in place of the first.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from ledger.chain.addresses import checksum_address, keccak
from ledger.chain.amounts import money
from ledger.chain.refusals import UNKNOWN, read_refusal, refusal
from ledger.chain.registry import Account, Address, BlockRef, Receipt, SignedTransaction
from ledger.chain.rpc import RpcError, Transport, accepted, as_hex, block_ref, data, members, quantity, request
from ledger.errors import RegistryError, RegistryUnreachable, TransactionReverted, WrongChain

_REVERTED = 3
_GAS_MARGIN = 1.1
_POLL_SECONDS = 0.1
_OLD_NEWS = ("already known", "known transaction", "alreadyknown", "nonce too low", "already imported")
"""How nodes say that a transaction, or its nonce, is nothing new."""


@dataclass(frozen=True)
class Payload:
    """What a transaction does: a call of `to`, or a payment of `value` wei."""

    to: Address
    data: bytes = b""
    value: int = 0


@dataclass(frozen=True)
class Quote:
    """What a transaction would take, as its node says now. Fees are in wei for a unit of gas, `balance` is in wei."""

    chain_id: int
    payload: Payload
    sender: Address
    nonce: int
    gas: int
    base_fee: int
    priority_fee: int
    balance: int

    @property
    def gas_limit(self) -> int:
        """What may be used at most: what is left is not paid for."""
        return int(self.gas * _GAS_MARGIN)

    @property
    def fee_limit(self) -> int:
        """What may be paid for a unit: twice the coming base fee, so that six full blocks do not price it out."""
        return 2 * self.base_fee + self.priority_fee

    @property
    def cost(self) -> int:
        """What it costs in wei if nothing changes."""
        return self.payload.value + self.gas * (self.base_fee + self.priority_fee)

    @property
    def cost_limit(self) -> int:
        """What the account must hold before a node takes the transaction, in wei."""
        return self.payload.value + self.gas_limit * self.fee_limit

    @property
    def is_affordable(self) -> bool:
        return self.balance >= self.cost_limit

    def require_funds(self) -> None:
        """Raises `RegistryError` (`funds_low`) with both figures if the account cannot pay."""
        if not self.is_affordable:
            raise RegistryError(
                "funds_low",
                f"the account {checksum_address(self.sender)} holds {money(self.balance, self.chain_id)}, "
                f"and must hold {money(self.cost_limit, self.chain_id)} to pay for this",
            )


def quote(transport: Transport, chain_id: int, payload: Payload, sender: Address) -> Quote:
    """Asks the node for all that a transaction needs, in one round trip.

    Raises `TransactionReverted` if it would fail now, `WrongChain`, `RegistryUnreachable`.
    """
    call = {
        "from": as_hex(sender),
        "to": as_hex(payload.to),
        "data": as_hex(payload.data),
        "value": hex(payload.value),
    }
    found_chain, estimate, nonce, history, tip, balance = transport.request_batch(
        [
            ("eth_chainId", []),
            ("eth_estimateGas", [call, "pending"]),
            ("eth_getTransactionCount", [as_hex(sender), "pending"]),
            ("eth_feeHistory", ["0x1", "latest", []]),
            ("eth_maxPriorityFeePerGas", []),
            ("eth_getBalance", [as_hex(sender), "latest"]),
        ]
    )
    check_chain(transport, found_chain, chain_id)
    return Quote(
        chain_id,
        payload,
        sender,
        gas=_estimated(transport, estimate),
        nonce=quantity(accepted(transport, nonce), bits=64),
        base_fee=_coming_base_fee(accepted(transport, history)),
        priority_fee=quantity(accepted(transport, tip)),
        balance=quantity(accepted(transport, balance)),
    )


def sign(quoted: Quote, account: Account) -> SignedTransaction:
    """Signs what was quoted for this account. Raises `RegistryError` (`funds_low`) if it cannot pay for it."""
    quoted.require_funds()
    raw = account.sign_transaction(
        {
            "type": 2,
            "chainId": quoted.chain_id,
            "nonce": quoted.nonce,
            "to": quoted.payload.to,
            "value": quoted.payload.value,
            "data": quoted.payload.data,
            "gas": quoted.gas_limit,
            "maxFeePerGas": quoted.fee_limit,
            "maxPriorityFeePerGas": quoted.priority_fee,
        }
    )
    return SignedTransaction(raw, keccak(raw), account.address, quoted.nonce)


def send(transport: Transport, transaction: SignedTransaction) -> None:
    """As `EthereumRegistry.send`, which says what each error means."""
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


def receipt_of(transport: Transport, transaction_hash: bytes) -> Receipt | None:
    """The receipt once the transaction is in a block, final or not."""
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
    succeeded = quantity(receipt.get("status"), bits=1) == 1
    return Receipt(
        transaction_hash,
        block,
        quantity(receipt.get("gasUsed"), bits=64),
        succeeded,
        None if succeeded else _refusal_in_block(transport, transaction_hash, block),
    )


def send_and_wait(transport: Transport, transaction: SignedTransaction, timeout: float) -> Receipt:
    """Sends and waits for the block.

    Raises `TransactionReverted` if it fails there, `RegistryUnreachable` (`not_mined`) after `timeout` seconds.
    """
    send(transport, transaction)
    deadline = time.monotonic() + timeout
    while (receipt := receipt_of(transport, transaction.hash)) is None:
        if time.monotonic() > deadline:
            raise RegistryUnreachable("the transaction was sent but not mined in time", "not_mined")
        time.sleep(_POLL_SECONDS)
    if not receipt.succeeded:
        raise receipt.refusal or refusal(UNKNOWN)
    return receipt


def check_chain(transport: Transport, found: object, expected: int) -> None:
    """Raises `WrongChain` unless what a node answered to `eth_chainId` is the chain that was meant."""
    chain_id = quantity(accepted(transport, found), bits=64)
    if chain_id != expected:
        raise WrongChain(f"{transport.name} serves chain {chain_id}, not chain {expected}")


def _estimated(transport: Transport, result: object) -> int:
    if isinstance(result, RpcError) and (result.code == _REVERTED or result.revert_data):
        raise read_refusal(result.revert_data or b"")
    return quantity(accepted(transport, result), bits=64)


def _refusal_in_block(transport: Transport, transaction_hash: bytes, block: BlockRef) -> TransactionReverted:
    """Why a mined transaction failed: a chain keeps no reasons, so its call is made once more, at the end of its block.

    `unknown` if the node has the state of that block no more, or if the call would succeed after what else the block
    holds: that the transaction failed is certain, and no trouble here may hide it.
    """
    try:
        sent = members(request(transport, "eth_getTransactionByHash", as_hex(transaction_hash)))
        call = {"from": sent.get("from"), "to": sent.get("to"), "data": sent.get("input"), "gas": sent.get("gas")}
        place = {"blockHash": as_hex(block.hash)}
        result = transport.request_batch([("eth_call", [call | {"value": sent.get("value")}, place])])[0]
    except RegistryUnreachable:
        return refusal(UNKNOWN)
    reason = result.revert_data if isinstance(result, RpcError) else None
    return read_refusal(reason) if reason else refusal(UNKNOWN)


def _coming_base_fee(history: object) -> int:
    fees = members(history).get("baseFeePerGas")
    if not isinstance(fees, list) or not fees:
        raise RegistryUnreachable("the node does not tell the fees of EIP-1559", "rpc_malformed")
    return quantity(fees[-1])
