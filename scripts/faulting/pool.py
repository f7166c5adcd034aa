"""The pool of a real node, with the rules that anvil does not have.

anvil drops a transaction that pays too little and takes a replacement that pays one wei more. Nodes of public chains
keep the first and refuse the second: a replacement pays a tenth more of both fees, or it is "underpriced".
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from scripts.faulting.faults import SEND, Call
from scripts.faulting.node import Node, Refused
from scripts.faulting.proxy import hash_of, refusal, result

_REJECTED = -32000


@dataclass
class Pending:
    """A transaction that waits. `is_passed_on` says whether the chain behind has it."""

    hash: str
    raw: str
    sender: str
    nonce: int
    max_fee: int
    tip: int
    is_passed_on: bool = False


class Pool:
    """Implements `Rules` of the proxy. While it is `held` nothing that it takes reaches the chain."""

    def __init__(self, chain: Node, *, held: bool = False) -> None:
        self.held = held
        self.taken: list[Pending] = []
        self.refused: list[str] = []
        self._chain = chain
        self._pending: dict[tuple[str, int], Pending] = {}
        self._lock = threading.Lock()

    def answer(self, call: Call) -> dict[str, Any] | None:
        method, parameters = call.get("method"), call.get("params") or []
        with self._lock:
            self._pass_on()
            if method == SEND:
                return self._take(call, read_transaction(str(parameters[0])))
            if method == "eth_getTransactionByHash" and (waiting := self._waiting(str(parameters[0]))):
                return result(call, shown(waiting))
            if method == "eth_getTransactionCount" and parameters[1:] == ["pending"]:
                return result(call, hex(self._next_nonce(str(parameters[0]).lower())))
        return None

    def release(self) -> None:
        """Lets everything go on to the chain."""
        with self._lock:
            self.held = False
            self._pass_on()

    def pass_on_first(self) -> None:
        """Lets the oldest of what was taken go on to the chain, and whatever replaced it not."""
        with self._lock:
            first = self.taken[0]
            self._chain.call(SEND, first.raw)
            first.is_passed_on = True
            self._pending.pop((first.sender, first.nonce), None)

    def _take(self, call: Call, new: Pending) -> dict[str, Any]:
        key = (new.sender, new.nonce)
        mined = self._chain.nonce(new.sender)
        old = self._pending.get(key)
        if old is not None and old.hash == new.hash:
            return self._refuse(call, "already known")
        if new.nonce < mined:
            return self._refuse(call, f"nonce too low: next nonce {mined}, tx nonce {new.nonce}")
        if old is not None:
            if not (is_a_tenth_more(new.max_fee, old.max_fee) and is_a_tenth_more(new.tip, old.tip)):
                return self._refuse(call, "replacement transaction underpriced")
            if old.is_passed_on:
                self._chain.call("anvil_dropTransaction", old.hash)
        self._pending[key] = new
        self.taken.append(new)
        self._pass_on()
        return result(call, hash_of(call))

    def _refuse(self, call: Call, message: str) -> dict[str, Any]:
        self.refused.append(message)
        return refusal(call, _REJECTED, message)

    def _pass_on(self) -> None:
        """Gives the chain what it would take, in order; forgets what is mined."""
        for key in sorted(self._pending):
            waiting = self._pending[key]
            if waiting.nonce < self._chain.nonce(waiting.sender):
                del self._pending[key]
                continue
            if self.held or waiting.max_fee < self._base_fee() or self._has(waiting):
                continue
            try:
                self._chain.call(SEND, waiting.raw)
                waiting.is_passed_on = True
            except Refused:
                waiting.is_passed_on = False

    def _has(self, waiting: Pending) -> bool:
        return waiting.is_passed_on and self._chain.call("eth_getTransactionByHash", waiting.hash) is not None

    def _base_fee(self) -> int:
        history = self._chain.call("eth_feeHistory", "0x1", "latest", [])
        return int(history["baseFeePerGas"][-1], 16)

    def _waiting(self, transaction_hash: str) -> Pending | None:
        found = (one for one in self._pending.values() if one.hash == transaction_hash.lower())
        return next((one for one in found if not one.is_passed_on), None)

    def _next_nonce(self, sender: str) -> int:
        nonce = self._chain.nonce(sender)
        while (sender, nonce) in self._pending:
            nonce += 1
        return nonce


def read_transaction(raw: str) -> Pending:
    """What a signed transaction of EIP-1559 says."""
    from eth_account import Account
    from eth_account.typed_transactions.typed_transaction import TypedTransaction
    from hexbytes import HexBytes

    signed = TypedTransaction.from_bytes(HexBytes(raw))
    fields = signed.as_dict()
    sender = Account.recover_transaction(raw)
    return Pending(
        hash=hash_of({"method": SEND, "params": [raw]}),
        raw=raw,
        sender=sender.lower(),
        nonce=int(fields["nonce"]),
        max_fee=int(fields["maxFeePerGas"]),
        tip=int(fields["maxPriorityFeePerGas"]),
    )


def is_a_tenth_more(new: int, old: int) -> bool:
    return 10 * new >= 11 * old


def shown(waiting: Pending) -> dict[str, object]:
    """A transaction that is in no block, as a node shows it."""
    return {
        "hash": waiting.hash,
        "nonce": hex(waiting.nonce),
        "from": waiting.sender,
        "blockHash": None,
        "blockNumber": None,
        "transactionIndex": None,
        "maxFeePerGas": hex(waiting.max_fee),
        "maxPriorityFeePerGas": hex(waiting.tip),
        "type": "0x2",
    }
