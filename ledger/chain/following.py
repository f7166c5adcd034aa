"""What became of transactions, as one node tells it: whether it knows them, and their receipts.

A receipt counts only with the block that it names; a node that answers about another transaction than the one asked for
is not believed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.chain.refusals import UNKNOWN, read_refusal, refusal
from ledger.chain.registry import Address, BlockRef, Receipt, Standing
from ledger.chain.rpc import RpcError, Transport, accepted, as_hex, block_ref, data, members, quantity, request
from ledger.errors import RegistryUnreachable, TransactionReverted


def standing_of(transport: Transport, sender: Address, hashes: Sequence[bytes]) -> Standing:
    """As `Registry.standing`."""
    count, head, *found = transport.request_batch(
        [
            ("eth_getTransactionCount", [as_hex(sender), "latest"]),
            ("eth_getBlockByNumber", ["latest", False]),
            *(("eth_getTransactionByHash", [as_hex(transaction_hash)]) for transaction_hash in hashes),
        ]
    )
    known = set()
    for transaction_hash, result in zip(hashes, found, strict=True):
        if accepted(transport, result) is None:
            continue
        if data(members(result).get("hash"), length=32) != transaction_hash:
            raise RegistryUnreachable(f"{transport.name} gave another transaction than that asked for", "rpc_malformed")
        known.add(transaction_hash)
    next_nonce = quantity(accepted(transport, count), bits=64)
    return Standing(next_nonce, frozenset(known), block_ref(accepted(transport, head)))


def receipt_of(transport: Transport, transaction_hash: bytes) -> Receipt | None:
    """The receipt once the transaction is in a block, final or not."""
    return receipts_of(transport, [transaction_hash])[0]


def receipts_of(transport: Transport, hashes: Sequence[bytes]) -> tuple[Receipt | None, ...]:
    """The receipts of several transactions in two round trips, None for what no block holds."""
    found = transport.request_batch([("eth_getTransactionReceipt", [as_hex(wanted)]) for wanted in hashes])
    receipts = {
        wanted: members(result)
        for wanted, result in zip(hashes, found, strict=True)
        if accepted(transport, result) is not None
    }
    blocks = {data(receipt.get("blockHash"), length=32): None for receipt in receipts.values()}
    headers = transport.request_batch([("eth_getBlockByHash", [as_hex(wanted), False]) for wanted in blocks])
    headed = dict(zip(blocks, (accepted(transport, header) for header in headers), strict=True))
    return tuple(_receipt(transport, wanted, receipts.get(wanted), headed) for wanted in hashes)


def _receipt(
    transport: Transport, wanted: bytes, receipt: Mapping[str, object] | None, headers: Mapping[bytes, object]
) -> Receipt | None:
    if receipt is None:
        return None
    block_hash = data(receipt.get("blockHash"), length=32)
    if headers[block_hash] is None:
        # The block was replaced between the two questions: the transaction waits again.
        return None
    block = block_ref(headers[block_hash])
    if block.hash != block_hash or data(receipt.get("transactionHash"), length=32) != wanted:
        raise RegistryUnreachable(f"{transport.name} gave another receipt than the one asked for", "rpc_malformed")
    succeeded = quantity(receipt.get("status"), bits=1) == 1
    return Receipt(
        wanted,
        block,
        quantity(receipt.get("gasUsed"), bits=64),
        succeeded,
        None if succeeded else _refusal_in_block(transport, wanted, block),
    )


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
