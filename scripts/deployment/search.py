"""Finds the transaction that put the registry on a chain, from nothing but what the chain holds.

For whoever lost the note of it, or finds that somebody else deployed. Needs a node that keeps the state of old blocks.
"""

from __future__ import annotations

from ledger.chain.addresses import checksum_address
from ledger.chain.deployment import DEPLOYER, deployment, registry_address
from ledger.chain.rpc import RpcError, Transport, as_hex, data, members, quantity, request
from ledger.errors import RegistryError, RegistryUnreachable


def find_transaction(transport: Transport) -> bytes:
    """The hash of the transaction with which the registry, which stands there, was deployed.

    Raises `RegistryUnreachable` (`history_missing`) if the node forgets old states, `RegistryError`
    (`transaction_unknown`) if it was made from within another transaction.
    """
    number = _first_block_with_code(transport)
    block = members(request(transport, "eth_getBlockByNumber", hex(number), True))
    transactions = block.get("transactions")
    for transaction in transactions if isinstance(transactions, list) else ():
        found = members(transaction)
        if found.get("to") is None or data(found["to"], length=20) != DEPLOYER:
            continue
        if data(found.get("input")) == deployment().data:
            transaction_hash = data(found.get("hash"), length=32)
            receipt = members(request(transport, "eth_getTransactionReceipt", as_hex(transaction_hash)))
            if quantity(receipt.get("status"), bits=1) == 1:
                return transaction_hash
    raise RegistryError(
        "transaction_unknown",
        f"the registry stands at {checksum_address(registry_address())} since block {number}, but a contract had it "
        "made there: no transaction can be recorded for it",
    )


def _first_block_with_code(transport: Transport) -> int:
    """By halving: the code is there in the newest block, and once there it stays."""
    without, with_code = -1, quantity(request(transport, "eth_blockNumber"), bits=64)
    while with_code - without > 1:
        middle = (without + with_code) // 2
        if _has_code(transport, middle):
            with_code = middle
        else:
            without = middle
    return with_code


def _has_code(transport: Transport, number: int) -> bool:
    call = ("eth_getCode", [as_hex(registry_address()), hex(number)])
    code = transport.request_batch([call])[0]
    if isinstance(code, RpcError):
        raise RegistryUnreachable(
            f"{transport.name} does not tell what stood there in block {number} ({code.message}), so that it cannot be "
            "said which transaction deployed the registry; ask an archive node",
            "history_missing",
        )
    return bool(data(code))
