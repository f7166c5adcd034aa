"""Transactions of EIP-1559 through one node: what one would cost, its signed bytes, sending it, and its receipt.

A transaction is built, estimated and signed here, so that its bytes and its hash are known, and can be stored, before
anything is sent. Sending proves nothing: an answer may be lost after the node took the transaction. Only what the chain
holds counts, and nothing here ever makes a second transaction in place of the first.
"""

from __future__ import annotations

import time

from ledger.chain.addresses import keccak
from ledger.chain.fees import Market
from ledger.chain.following import receipt_of, standing_of
from ledger.chain.quotes import Payload, Quote, Terms
from ledger.chain.refusals import UNKNOWN, read_refusal, refusal
from ledger.chain.registry import Account, Address, Receipt, SignedTransaction
from ledger.chain.rpc import Call, RpcError, Transport, accepted, as_hex, check_chain, data, members, quantity
from ledger.errors import RegistryError, RegistryUnreachable

_REVERTED = 3
_POLL_SECONDS = 0.1
_OLD_NEWS = ("already known", "known transaction", "alreadyknown", "nonce too low", "already imported")
"""How nodes say that a transaction, or its nonce, is nothing new."""
_REFUSALS = (
    ("insufficient funds", "funds_low"),
    ("underpriced", "underpriced"),
    ("fee too low", "underpriced"),
    ("less than block base fee", "underpriced"),
    ("nonce too high", "nonce_gap"),
    ("block gas limit", "gas_refused"),
    ("intrinsic gas", "gas_refused"),
    ("gas limit", "gas_refused"),
)
"""What nodes say when they refuse a transaction, and our code for it; anything else is `transaction_rejected`."""

_MARKET: tuple[Call, ...] = (("eth_feeHistory", ["0x1", "latest", []]), ("eth_maxPriorityFeePerGas", []))


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
    found_chain, estimate, nonce, mined_nonce, history, tip, balance = transport.request_batch(
        [
            ("eth_chainId", []),
            ("eth_estimateGas", [call, "pending"]),
            ("eth_getTransactionCount", [as_hex(sender), "pending"]),
            ("eth_getTransactionCount", [as_hex(sender), "latest"]),
            *_MARKET,
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
        mined_nonce=quantity(accepted(transport, mined_nonce), bits=64),
        base_fee=_coming_base_fee(accepted(transport, history)),
        priority_fee=quantity(accepted(transport, tip)),
        balance=quantity(accepted(transport, balance)),
    )


def market(transport: Transport) -> Market:
    """What the node asks for a unit of gas now."""
    history, tip = transport.request_batch(_MARKET)
    return Market(_coming_base_fee(accepted(transport, history)), quantity(accepted(transport, tip)))


def sign(quoted: Quote, account: Account) -> SignedTransaction:
    """Signs what was quoted for this account. Raises `RegistryError` (`funds_low`) if it cannot pay for it."""
    quoted.require_funds()
    terms = Terms(quoted.nonce, quoted.gas_limit, quoted.fees)
    return sign_on(terms, quoted.payload, account, chain_id=quoted.chain_id)


def sign_on(terms: Terms, payload: Payload, account: Account, *, chain_id: int) -> SignedTransaction:
    """Signs on these terms. Asks no node."""
    raw = account.sign_transaction(
        {
            "type": 2,
            "chainId": chain_id,
            "nonce": terms.nonce,
            "to": payload.to,
            "value": payload.value,
            "data": payload.data,
            "gas": terms.gas_limit,
            "maxFeePerGas": terms.fees.max_fee,
            "maxPriorityFeePerGas": terms.fees.priority_fee,
        }
    )
    return SignedTransaction(raw, keccak(raw), account.address, terms.nonce)


def send(transport: Transport, transaction: SignedTransaction) -> None:
    """As `Registry.send`, which says what each error means."""
    result = transport.request_batch([("eth_sendRawTransaction", [as_hex(transaction.raw)])])[0]
    if isinstance(result, RpcError):
        message = result.message.lower()
        if any(phrase in message for phrase in _OLD_NEWS):
            _require_known(transport, transaction)
            return
        code = next((code for phrase, code in _REFUSALS if phrase in message), "transaction_rejected")
        raise RegistryError(code, f"{transport.name} refuses the transaction: {result.message}")
    if data(result, length=32) != transaction.hash:
        raise RegistryUnreachable(f"{transport.name} answered with the hash of another transaction", "rpc_malformed")


def _require_known(transport: Transport, transaction: SignedTransaction) -> None:
    """Raises unless the node that calls a transaction old news knows it. Its nonce is gone only if a block used it."""
    standing = standing_of(transport, transaction.sender, [transaction.hash])
    if standing.known:
        return
    if standing.next_nonce > transaction.nonce:
        raise RegistryError("nonce_taken", "another transaction of this account took the nonce")
    raise RegistryUnreachable(f"{transport.name} says that it has a transaction, and has it not", "rpc_malformed")


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


def _estimated(transport: Transport, result: object) -> int:
    if isinstance(result, RpcError) and (result.code == _REVERTED or result.revert_data):
        raise read_refusal(result.revert_data or b"")
    return quantity(accepted(transport, result), bits=64)


def _coming_base_fee(history: object) -> int:
    fees = members(history).get("baseFeePerGas")
    if not isinstance(fees, list) or not fees:
        raise RegistryUnreachable("the node does not tell the fees of EIP-1559", "rpc_malformed")
    return quantity(fees[-1])
