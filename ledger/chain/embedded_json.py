"""The shapes of JSON-RPC on the embedded chain: parameters read from JSON, blocks and receipts written to it.

Specification: ethereum/execution-apis.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import rlp

from ledger.chain.addresses import keccak
from ledger.chain.embedded_chain import Header, Message, Mined, Refusal
from ledger.chain.embedded_store import StoredLog
from ledger.chain.rpc import as_hex

_INVALID_PARAMETERS = -32602
_QUANTITY = re.compile(r"0x(?:0|[1-9a-f][0-9a-f]{0,63})", re.IGNORECASE)
_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*")

# --- reading parameters ---------------------------------------------------------------------------------------------


def invalid(message: str) -> Refusal:
    return Refusal(_INVALID_PARAMETERS, f"invalid parameters: {message}")


def read_quantity(value: object) -> int:
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        return int(value, 16)
    raise invalid(f"{str(value)[:40]!r} is no quantity")


def read_data(value: object, length: int | None = None) -> bytes:
    if isinstance(value, str) and _DATA.fullmatch(value) and length in (None, len(value) // 2 - 1):
        return bytes.fromhex(value[2:])
    raise invalid(f"{str(value)[:40]!r} is not data of the length that belongs there")


def read_slot(value: object) -> int:
    """A place in storage, which clients write as a quantity or as a word."""
    is_word = isinstance(value, str) and len(value) == 66
    return int.from_bytes(read_data(value, 32), "big") if is_word else read_quantity(value)


def read_choices(value: object, length: int) -> list[bytes] | None:
    if value is None:
        return None
    return [read_data(choice, length) for choice in (value if isinstance(value, list) else [value])] or None


def read_message(value: object) -> Message:
    if not isinstance(value, Mapping):
        raise invalid("a call is an object")
    data = value.get("input", value.get("data"))
    gas = value.get("gas")
    return Message(
        sender=bytes(20) if value.get("from") is None else read_data(value["from"], 20),
        to=b"" if value.get("to") is None else read_data(value["to"], 20),
        value=0 if value.get("value") is None else read_quantity(value["value"]),
        data=b"" if data is None else read_data(data),
        gas=None if gas is None else read_quantity(gas),
    )


# --- writing answers ------------------------------------------------------------------------------------------------


def block_json(header: Header, transactions: Sequence[object], *, pending: bool) -> dict[str, object]:
    return {
        "number": hex(header.block_number),
        "hash": None if pending else as_hex(header.hash),
        "parentHash": as_hex(header.parent_hash),
        "nonce": None if pending else as_hex(header.nonce),
        "mixHash": as_hex(header.mix_hash),
        "sha3Uncles": as_hex(header.uncles_hash),
        "logsBloom": as_hex(header.bloom.to_bytes(256, "big")),
        "transactionsRoot": as_hex(header.transaction_root),
        "stateRoot": as_hex(header.state_root),
        "receiptsRoot": as_hex(header.receipt_root),
        "miner": as_hex(header.coinbase),
        "difficulty": hex(header.difficulty),
        "extraData": as_hex(header.extra_data),
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "timestamp": hex(header.timestamp),
        "baseFeePerGas": hex(header.base_fee_per_gas),
        "withdrawals": [],
        "withdrawalsRoot": as_hex(header.withdrawals_root),
        "blobGasUsed": hex(header.blob_gas_used),
        "excessBlobGas": hex(header.excess_blob_gas),
        "parentBeaconBlockRoot": as_hex(header.parent_beacon_block_root),
        "requestsHash": as_hex(header.requests_hash),
        "size": hex(len(rlp.encode(header))),
        "transactions": list(transactions),
        "uncles": [],
    }


def gas_price(header: Header, transaction: Any) -> int:
    """What a transaction paid for each unit of gas."""
    tip = min(transaction.max_priority_fee_per_gas, transaction.max_fee_per_gas - header.base_fee_per_gas)
    return int(header.base_fee_per_gas + tip)


def _place(header: Header, index: int) -> dict[str, object]:
    return {
        "blockHash": as_hex(header.hash),
        "blockNumber": hex(header.block_number),
        "transactionIndex": hex(index),
    }


def _type(transaction: Any) -> int:
    return int(transaction.type_id or 0)


def transaction_json(header: Header, index: int, transaction: Any) -> dict[str, object]:
    kind = _type(transaction)
    fees = {"gasPrice": hex(gas_price(header, transaction))}
    if kind == 2:
        fees["maxFeePerGas"] = hex(transaction.max_fee_per_gas)
        fees["maxPriorityFeePerGas"] = hex(transaction.max_priority_fee_per_gas)
    signature = {"r": hex(transaction.r), "s": hex(transaction.s)}
    if kind:
        signature |= {"v": hex(transaction.y_parity), "yParity": hex(transaction.y_parity)}
        access: dict[str, object] = {
            "accessList": [
                {"address": as_hex(address), "storageKeys": [as_hex(key.to_bytes(32, "big")) for key in keys]}
                for address, keys in transaction.access_list
            ]
        }
    else:
        signature["v"] = hex(transaction.v)
        access = {}
    return {
        **_place(header, index),
        "hash": as_hex(transaction.hash),
        "type": hex(kind),
        "chainId": hex(transaction.chain_id),
        "nonce": hex(transaction.nonce),
        "from": as_hex(transaction.sender),
        "to": as_hex(transaction.to) if transaction.to else None,
        "value": hex(transaction.value),
        "gas": hex(transaction.gas),
        "input": as_hex(transaction.data),
        **fees,
        **access,
        **signature,
    }


def receipt_json(mined: Mined, transaction_hash: bytes, logs: Sequence[StoredLog]) -> dict[str, object]:
    transaction, receipt, header = mined.transaction, mined.receipt, mined.header
    created = None if transaction.to else as_hex(_created_address(transaction.sender, transaction.nonce))
    return {
        **_place(header, mined.index),
        "transactionHash": as_hex(transaction_hash),
        "type": hex(_type(transaction)),
        "from": as_hex(transaction.sender),
        "to": as_hex(transaction.to) if transaction.to else None,
        # One transaction a block: what the block used is what the transaction used.
        "gasUsed": hex(receipt.gas_used),
        "cumulativeGasUsed": hex(receipt.gas_used),
        "effectiveGasPrice": hex(gas_price(header, transaction)),
        "contractAddress": created,
        "logs": [log_json(log) for log in logs],
        "logsBloom": as_hex(receipt.bloom.to_bytes(256, "big")),
        "status": hex(int(receipt.state_root == b"\x01")),
    }


def _created_address(sender: bytes, nonce: int) -> bytes:
    return keccak(rlp.encode([sender, nonce]))[12:]


def log_json(log: StoredLog) -> dict[str, object]:
    return {
        "address": as_hex(log.address),
        "topics": [as_hex(topic) for topic in log.topics],
        "data": as_hex(log.data),
        "blockNumber": hex(log.block),
        "blockHash": as_hex(log.block_hash),
        "blockTimestamp": hex(log.block_time),
        "transactionHash": as_hex(log.transaction_hash),
        "transactionIndex": "0x0",
        "logIndex": hex(log.position),
        "removed": False,
    }
