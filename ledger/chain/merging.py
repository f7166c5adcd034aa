"""One answer from the answers of several nodes to the same call, method by method.

A number (a nonce, a fee, a balance, the newest block) is the highest that a quorum reaches, so that no minority can
raise it, nor lower it where all answer. What a hash names (a receipt, a block) is what a quorum says in the same words;
a transaction is known if any node shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence

from ledger.chain.rpc import RpcError, data, members, quantity

UNSETTLED = object()
"""Too few say the same. More answers may settle it."""

Results = Sequence[object]
Merge = Callable[[Sequence[object], Results, int], object]
"""Takes a call's parameters, one result of each node, and the quorum; gives the one result, or `UNSETTLED`."""


def ranked(measure: Callable[[object], int]) -> Merge:
    """The result with the highest measure that a quorum reaches."""

    def merge(_: Sequence[object], results: Results, quorum: int) -> object:
        in_order = sorted(results, key=measure, reverse=True)
        return in_order[min(quorum, len(in_order)) - 1]

    return merge


def same(project: Callable[[object], Hashable]) -> Merge:
    """The result that a quorum gives, compared by what `project` takes of it."""

    def merge(_: Sequence[object], results: Results, quorum: int) -> object:
        keys = [None if result is None else project(result) for result in results]
        (key, votes), *_rest = Counter(keys).most_common(1)
        return results[keys.index(key)] if votes >= quorum else UNSETTLED

    return merge


def merge_transaction(parameters: Sequence[object], results: Results, _: int) -> object:
    """The transaction, if anybody shows the one that was asked for: that it is unknown is the dangerous answer."""
    wanted = data(parameters[0])
    return next(
        (one for one in results if one is not None and data(members(one).get("hash"), length=32) == wanted), None
    )


def merge_block_by_number(parameters: Sequence[object], results: Results, quorum: int) -> object:
    """A named block by rank, a numbered one in the same words."""
    known = [result for result in results if result is not None]
    if not known:
        return None
    numbered = isinstance(parameters[0], str) and parameters[0].startswith("0x")
    merge = same(_block) if numbered else ranked(lambda block: quantity(members(block).get("number"), bits=64))
    return merge(parameters, results if numbered else known, quorum)


def _block(value: object) -> Hashable:
    block = members(value)
    return (
        data(block.get("hash"), length=32),
        quantity(block.get("number"), bits=64),
        quantity(block.get("timestamp"), bits=64),
    )


def _receipt(value: object) -> Hashable:
    receipt = members(value)
    return (
        data(receipt.get("transactionHash"), length=32),
        data(receipt.get("blockHash"), length=32),
        quantity(receipt.get("status"), bits=1),
        quantity(receipt.get("gasUsed"), bits=64),
    )


def _coming_fee(value: object) -> int:
    fees = members(value).get("baseFeePerGas")
    return quantity(fees[-1] if isinstance(fees, list) and fees else None)


MERGES: Mapping[str, Merge] = {
    "eth_chainId": same(quantity),
    "eth_getCode": same(data),
    "eth_getTransactionReceipt": same(_receipt),
    "eth_getBlockByHash": same(_block),
    "eth_getBlockByNumber": merge_block_by_number,
    "eth_getTransactionByHash": merge_transaction,
    "eth_getTransactionCount": ranked(quantity),
    "eth_getBalance": ranked(quantity),
    "eth_estimateGas": ranked(quantity),
    "eth_maxPriorityFeePerGas": ranked(quantity),
    "eth_feeHistory": ranked(_coming_fee),
    "eth_blockNumber": ranked(quantity),
}

LOOKUPS = frozenset({"eth_getTransactionReceipt", "eth_getBlockByHash"})
"""What is asked for by hash, and is not there as long as no quorum says the same of it."""


def merge_call(method: str, parameters: Sequence[object], results: Results, quorum: int) -> object:
    """The one result of a call. A refusal stands if a quorum refuses, or nobody does better."""
    refusals = [result for result in results if isinstance(result, RpcError)]
    rest = [result for result in results if not isinstance(result, RpcError)]
    if not rest or len(refusals) >= quorum:
        return refusals[0]
    return MERGES[method](parameters, rest, quorum)


def check_form(method: str, parameters: Sequence[object], result: object) -> None:
    """Raises RegistryUnreachable (`rpc_malformed`) for a result that could not be merged with others."""
    if not isinstance(result, RpcError):
        MERGES[method](parameters, [result], 1)
