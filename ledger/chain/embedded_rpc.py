"""The embedded chain's JSON-RPC methods, in the shapes that real nodes use.

One table of methods serves the process itself and, through `embedded_server.py`, other processes and foreign tools.
Specification: ethereum/execution-apis.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from ledger.chain.embedded_chain import PRIORITY_FEE, EmbeddedChain, Header, Refusal
from ledger.chain.embedded_json import (
    block_json,
    gas_price,
    invalid,
    log_json,
    read_choices,
    read_data,
    read_message,
    read_quantity,
    read_slot,
    receipt_json,
    transaction_json,
)
from ledger.chain.networks import EMBEDDED_CHAIN_ID
from ledger.chain.rpc import as_hex

_METHOD_NOT_FOUND = -32601
_RESOURCE_NOT_FOUND = -32001
_NEWEST = ("latest", "safe", "finalized")
_MOST_LOGS = 10_000
_MOST_FEE_BLOCKS = 1024


class Methods:
    """Answers requests on one chain. Raises `Refusal`. Not safe for threads."""

    def __init__(self, chain: EmbeddedChain) -> None:
        self._chain = chain
        self._methods: dict[str, Callable[..., object]] = {
            "web3_clientVersion": lambda: "cairn/embedded",
            "net_version": lambda: str(EMBEDDED_CHAIN_ID),
            "eth_chainId": lambda: hex(EMBEDDED_CHAIN_ID),
            "eth_syncing": lambda: False,
            "eth_blockNumber": lambda: hex(self._chain.head.block_number),
            "eth_getBlockByNumber": self._block_by_number,
            "eth_getBlockByHash": self._block_by_hash,
            "eth_call": self._call,
            "eth_estimateGas": self._estimate,
            "eth_gasPrice": lambda: hex(self._chain.pending().base_fee_per_gas + PRIORITY_FEE),
            "eth_maxPriorityFeePerGas": lambda: hex(PRIORITY_FEE),
            "eth_feeHistory": self._fee_history,
            "eth_getTransactionCount": self._nonce,
            "eth_getBalance": self._balance,
            "eth_getCode": self._code,
            "eth_getStorageAt": self._storage,
            "eth_sendRawTransaction": lambda raw: as_hex(self._chain.add(read_data(raw))),
            "eth_getTransactionByHash": self._transaction,
            "eth_getTransactionReceipt": self._receipt,
            "eth_getLogs": self._logs,
        }

    def answer(self, method: object, parameters: object) -> object:
        """The result of one request. Raises `Refusal` for an unknown method and for parameters that do not fit."""
        function = self._methods.get(method) if isinstance(method, str) else None
        if function is None:
            raise Refusal(_METHOD_NOT_FOUND, f"the method {str(method)[:60]} does not exist")
        if not isinstance(parameters, list | tuple):
            raise invalid("parameters are a list")
        try:
            inspect.signature(function).bind(*parameters)
        except TypeError:
            raise invalid("too few or too many parameters") from None
        return function(*parameters)

    # --- blocks ---

    def _block_by_number(self, block: object, full: object = False) -> object:
        header = self._find(block)
        return None if header is None else self._block(header, full=full is True, pending=block == "pending")

    def _block_by_hash(self, block_hash: object, full: object = False) -> object:
        header = self._find({"blockHash": block_hash})
        return None if header is None else self._block(header, full=full is True)

    def _header(self, block: object) -> Header:
        header = self._find(block)
        if header is None:
            raise Refusal(_RESOURCE_NOT_FOUND, "header not found")
        return header

    def _find(self, block: object) -> Header | None:
        """The header that a tag, a number or an EIP-1898 object names; `latest`, `safe` and `finalized` are one."""
        if isinstance(block, Mapping):
            if "blockHash" in block:
                return self._chain.by_hash(read_data(block["blockHash"], 32))
            block = block.get("blockNumber")
        if block == "pending":
            return self._chain.pending()
        return self._chain.by_number(self._number(block))

    def _number(self, block: object) -> int:
        if block == "earliest":
            return 0
        if block == "pending" or block in _NEWEST:
            return int(self._chain.head.block_number)
        return read_quantity(block)

    def _block(self, header: Header, *, full: bool, pending: bool = False) -> dict[str, object]:
        transactions = () if pending else self._chain.transactions_in(header)
        listed: list[object] = [
            transaction_json(header, index, transaction) if full else as_hex(transaction.hash)
            for index, transaction in enumerate(transactions)
        ]
        return block_json(header, listed, pending=pending)

    def _fee_history(self, count: object, newest: object, percentiles: object = ()) -> dict[str, object]:
        last = self._number(newest)
        first = last + 1 - min(read_quantity(count), _MOST_FEE_BLOCKS, last + 1)
        headers = [self._header(hex(number)) for number in range(first, last + 1)]
        following = self._chain.by_number(last + 1) or self._chain.pending()
        history: dict[str, object] = {
            "oldestBlock": hex(first),
            "baseFeePerGas": [hex(header.base_fee_per_gas) for header in [*headers, following]],
            "gasUsedRatio": [header.gas_used / header.gas_limit for header in headers],
        }
        if isinstance(percentiles, list) and percentiles:
            history["reward"] = [[self._tip(header)] * len(percentiles) for header in headers]
        return history

    def _tip(self, header: Header) -> str:
        """What the one transaction of a block paid above the base fee."""
        transactions = self._chain.transactions_in(header) if header.block_number else ()
        return hex(sum(gas_price(header, transaction) - header.base_fee_per_gas for transaction in transactions))

    # --- state ---

    def _call(self, call: object, block: object = "latest", *_overrides: object) -> str:
        return as_hex(self._chain.call(read_message(call), self._header(block)))

    def _estimate(self, call: object, block: object = "latest", *_overrides: object) -> str:
        return hex(self._chain.estimate(read_message(call), self._header(block)))

    def _nonce(self, address: object, block: object = "latest") -> str:
        return hex(self._state(block).get_nonce(read_data(address, 20)))

    def _balance(self, address: object, block: object = "latest") -> str:
        return hex(self._state(block).get_balance(read_data(address, 20)))

    def _code(self, address: object, block: object = "latest") -> str:
        return as_hex(self._state(block).get_code(read_data(address, 20)))

    def _storage(self, address: object, slot: object, block: object = "latest") -> str:
        value = self._state(block).get_storage(read_data(address, 20), read_slot(slot))
        return as_hex(value.to_bytes(32, "big"))

    def _state(self, block: object) -> Any:
        return self._chain.state(self._header(block))

    # --- transactions and logs ---

    def _transaction(self, transaction_hash: object) -> object:
        mined = self._chain.mined(read_data(transaction_hash, 32))
        return None if mined is None else transaction_json(mined.header, mined.index, mined.transaction)

    def _receipt(self, transaction_hash: object) -> object:
        identifier = read_data(transaction_hash, 32)
        mined = self._chain.mined(identifier)
        if mined is None:
            return None
        number = mined.header.block_number
        logs = [log for log in self._chain.logs(number, number, None, ()) if log.transaction_hash == identifier]
        return receipt_json(mined, identifier, logs)

    def _logs(self, query: object) -> list[object]:
        if not isinstance(query, Mapping):
            raise invalid("a filter is an object")
        if "blockHash" in query:
            header = self._header({"blockHash": query["blockHash"]})
            first, last = header.block_number, header.block_number
        else:
            first = self._number(query.get("fromBlock", "latest"))
            last = self._number(query.get("toBlock", "latest"))
        addresses = query.get("address")
        topics = query.get("topics") or []
        if not isinstance(topics, list) or len(topics) > 4:
            raise invalid("there are at most four topics")
        found = self._chain.logs(
            first, last, read_choices(addresses, 20), [read_choices(topic, 32) for topic in topics]
        )
        if len(found) > _MOST_LOGS:
            raise Refusal(-32005, f"query returned more than {_MOST_LOGS} results")
        return [log_json(log) for log in found]
