"""The registry on any chain that speaks Ethereum's JSON-RPC: the reader, and transactions of EIP-1559.

How transactions are made and sent stands in `transactions.py`, where the registry itself stands in `deployment.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ledger.chain import abi
from ledger.chain.accounts import dev_account
from ledger.chain.addresses import checksum_address
from ledger.chain.artifact import artifact
from ledger.chain.fees import Market
from ledger.chain.following import receipt_of, receipts_of, standing_of
from ledger.chain.networks import DEVELOPMENT_CHAINS
from ledger.chain.quotes import Payload, Quote, Terms
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
    Standing,
    StateQuery,
    StatusEvent,
)
from ledger.chain.rpc import RpcError, Transport, accepted, as_hex, block_ref, check_chain, data, quantity, request
from ledger.chain.transactions import market, quote, send, send_and_wait, sign, sign_on
from ledger.errors import WrongChain

if TYPE_CHECKING:
    from ledger.chain.past import PastReading


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

    def read_on(
        self, moment: int, issuer_ids: Sequence[IssuerId], queries: Sequence[StateQuery], accreditors: Sequence[Address]
    ) -> PastReading:
        return self._reader.read_on(moment, issuer_ids, queries, accreditors)

    def is_anchored_in_head(self, issuer_id: IssuerId, root: bytes) -> bool:
        return self._reader.is_anchored_in_head(issuer_id, root)

    def status_events(self, issuer_id: IssuerId, status_index: int, from_block: int) -> tuple[StatusEvent, ...]:
        return self._reader.status_events(issuer_id, status_index, from_block)

    def status_words(self, issuer_id: IssuerId, words: Sequence[int]) -> tuple[BlockRef, dict[int, tuple[int, int]]]:
        return self._reader.status_words(issuer_id, words)

    def is_nonce_spent(self, operator: Address, nonce: int) -> tuple[BlockRef, bool]:
        return self._reader.is_nonce_spent(operator, nonce)

    def is_nonce_spent_in_head(self, operator: Address, nonce: int) -> bool:
        return self._reader.is_nonce_spent_in_head(operator, nonce)

    def final_block(self) -> BlockRef:
        return self._reader.final_block()

    def verify_code(self) -> None:
        """Raises `WrongChain` unless the code at the registry's address is that of the committed artifact."""
        chain_id, code = self._transport.request_batch(
            [("eth_chainId", []), ("eth_getCode", [as_hex(self.registry), "latest"])]
        )
        check_chain(self._transport, chain_id, self.chain_id)
        if data(accepted(self._transport, code)) != artifact().deployed_bytecode:
            raise WrongChain(
                f"the code at {checksum_address(self.registry)} is not the registry of this version: use the Cairn "
                "that deployed it, or begin a new data folder"
            )

    # --- writing ---

    def sign(self, call: RegistryCall, account: Account) -> SignedTransaction:
        return sign(self.quote(call, account.address), account)

    def quote(self, call: RegistryCall, sender: Address) -> Quote:
        return quote(self._transport, self.chain_id, Payload(self.registry, abi.encode_call(call)), sender)

    def bid(self, payload: Payload, account: Account, terms: Terms) -> SignedTransaction:
        return sign_on(terms, payload, account, chain_id=self.chain_id)

    def gas_limit(self, call: RegistryCall, sender: Address) -> int:
        return self.quote(call, sender).gas_limit

    def gas_for(self, payload: Payload, sender: Address) -> int:
        return quote(self._transport, self.chain_id, payload, sender).gas

    def send(self, transaction: SignedTransaction) -> None:
        send(self._transport, transaction)

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        return receipt_of(self._transport, transaction_hash)

    def receipts(self, hashes: Sequence[bytes]) -> tuple[Receipt | None, ...]:
        return receipts_of(self._transport, hashes)

    def standing(self, sender: Address, hashes: Sequence[bytes]) -> Standing:
        return standing_of(self._transport, sender, hashes)

    def market(self) -> Market:
        return market(self._transport)

    def balance(self, account: Address) -> int:
        return quantity(request(self._transport, "eth_getBalance", as_hex(account), "latest"))

    def head_block(self) -> BlockRef:
        return block_ref(request(self._transport, "eth_getBlockByNumber", "latest", False))

    def safe_block(self) -> BlockRef:
        """As in `Registry`. One node's word: nothing is decided by it."""
        (answer,) = self._transport.request_batch([("eth_getBlockByNumber", ["safe", False])])
        if answer is None or isinstance(answer, RpcError):  # a chain without this tag
            return self.final_block()
        return block_ref(answer)


def fund(transport: Transport, address: Address, wei: int, *, timeout: float = 30.0) -> Receipt:
    """Gives an account money from the last development account. Works on development chains only.

    Raises `WrongChain` on any other chain.
    """
    chain_id = quantity(request(transport, "eth_chainId"), bits=64)
    if chain_id not in DEVELOPMENT_CHAINS:
        raise WrongChain(f"nobody gives money away on chain {chain_id}")
    giver = dev_account(9)
    quoted = quote(transport, chain_id, Payload(address, value=wei), giver.address)
    return send_and_wait(transport, sign(quoted, giver), timeout)
