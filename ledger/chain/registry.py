"""The registry as the rest of the ledger sees it: values, calls as values, and two ports.

`RegistryReader` answers verifiers; `Registry` also changes things. `ethereum.py` and `reader.py` implement them over
JSON-RPC, `tests/fakes.py` in memory; one suite of behaviour runs on all of them. Bytes inside, hex only at the edges;
times are Unix seconds of a block.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING, Protocol

from ledger.chain.addresses import Address as Address  # noqa: PLC0414 - named with the registry everywhere
from ledger.chain.addresses import IssuerId as IssuerId  # noqa: PLC0414
from ledger.chain.fees import Market
from ledger.chain.providers import Providers
from ledger.chain.quotes import Payload, Quote, Terms
from ledger.errors import RegistryUnreachable, TransactionReverted

if TYPE_CHECKING:
    from ledger.chain.past import PastReading

FOREVER = 2**64 - 1
"""The end of a period that has no end yet."""


class Role(IntFlag):
    """What an account may do for an issuer."""

    ANCHOR = 1
    REVOKE = 2


class Reason(IntEnum):
    """Why a credential was revoked or suspended, or a batch withdrawn. The numbers are those of the contract."""

    ISSUED_IN_ERROR = 1
    ASSESSMENT_INVALID = 2
    ACCREDITATION_WITHDRAWN = 3
    COMPROMISED = 4
    SUPERSEDED = 5


class StatusAction(IntEnum):
    """What a status call does to its indexes. The numbers are those of the contract."""

    REVOKE = 0
    SUSPEND = 1
    REINSTATE = 2


@dataclass(frozen=True, order=True)
class BlockRef:
    """One block, by number and hash, and its time."""

    number: int
    hash: bytes
    time: int


# --- values that are read -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KeyPeriod:
    """An Ed25519 assertion key and the half-open time in which it counts."""

    key: bytes
    valid_from: int
    valid_until: int

    def covers(self, time: int) -> bool:
        return self.valid_from <= time < self.valid_until


@dataclass(frozen=True)
class AccreditationPeriod:
    """The recognition of an issuer by an accreditor, in force when the batch was anchored."""

    accreditor: Address
    valid_from: int
    valid_until: int
    scope: bytes


@dataclass(frozen=True)
class Anchor:
    """A batch as the registry holds it. `withdrawn_at` is zero while it stands."""

    anchored_at: int
    block_number: int
    tree_size: int
    withdrawn_at: int
    withdrawal_reason: int


@dataclass(frozen=True)
class IssuerState:
    """An issuer as the registry knows it. `did_hash` is keccak256 of the DID."""

    issuer_id: IssuerId
    did_hash: bytes
    registered_at: int
    keys: tuple[KeyPeriod, ...]


@dataclass(frozen=True)
class StateQuery:
    """The question about one credential."""

    issuer_id: IssuerId
    root: bytes
    status_index: int


@dataclass(frozen=True)
class CredentialState:
    """The answer: `anchor` is None if this issuer never anchored this root."""

    anchor: Anchor | None
    revoked: bool
    suspended: bool
    accreditation: AccreditationPeriod | None


@dataclass(frozen=True)
class RegistryReading:
    """Everything read for a verification, at one block. `credentials` is in the order of the queries.

    `issuers` holds None for an id that the registry does not know. `sources` names the providers that agreed, and
    `providers` says who did not, where nodes were asked.
    """

    chain_id: int
    registry: Address
    block: BlockRef
    issuers: dict[IssuerId, IssuerState | None]
    credentials: tuple[CredentialState, ...]
    sources: tuple[str, ...]
    providers: Providers | None = field(default=None, compare=False)


@dataclass(frozen=True)
class StatusEvent:
    """One change of one credential's status, as its event tells it."""

    action: StatusAction
    reason: int
    block: BlockRef


class RegistryReader(Protocol):
    """Reads one registry on one chain. Every method raises `RegistryUnreachable` or `WrongChain` rather than guess."""

    @property
    def chain_id(self) -> int: ...

    @property
    def registry(self) -> Address: ...

    def read(
        self, issuer_ids: Sequence[IssuerId], queries: Sequence[StateQuery], accreditors: Sequence[Address]
    ) -> RegistryReading:
        """All answers at the newest final block, in a constant number of round trips."""
        ...

    def read_on(
        self, moment: int, issuer_ids: Sequence[IssuerId], queries: Sequence[StateQuery], accreditors: Sequence[Address]
    ) -> PastReading:
        """All answers as of a moment (Unix seconds), in a number of round trips that does not grow with the queries.

        Raises `RegistryUnreachable` `not_final` for a moment that blocks to come may still belong to, and
        `history_unavailable` where the nodes know too little of the past.
        """
        ...

    def is_anchored_in_head(self, issuer_id: IssuerId, root: bytes) -> bool:
        """Whether the newest block, final or not, holds the anchor. Tells "not final yet" from "never anchored"."""
        ...

    def status_events(self, issuer_id: IssuerId, status_index: int, from_block: int) -> tuple[StatusEvent, ...]:
        """The history of one status index up to the newest final block, oldest first."""
        ...

    def status_words(self, issuer_id: IssuerId, words: Sequence[int]) -> tuple[BlockRef, dict[int, tuple[int, int]]]:
        """For each word the (revoked, suspended) bits, all at the newest final block."""
        ...

    def is_nonce_spent(self, operator: Address, nonce: int) -> tuple[BlockRef, bool]:
        """The newest final block, and whether the operator's nonce was used or cancelled by then."""
        ...

    def is_nonce_spent_in_head(self, operator: Address, nonce: int) -> bool:
        """Whether the nonce is spent in the newest block, final or not."""
        ...


# --- calls, as values -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RegisterIssuer:
    did: str


@dataclass(frozen=True)
class ProposeAdmin:
    issuer_id: IssuerId
    pending_admin: Address


@dataclass(frozen=True)
class AcceptAdmin:
    issuer_id: IssuerId


@dataclass(frozen=True)
class SetOperator:
    issuer_id: IssuerId
    account: Address
    roles: Role
    valid_from: int
    valid_until: int = FOREVER


@dataclass(frozen=True)
class AddKey:
    issuer_id: IssuerId
    key: bytes


@dataclass(frozen=True)
class CloseKey:
    issuer_id: IssuerId
    key: bytes
    valid_until: int


@dataclass(frozen=True)
class Accredit:
    issuer_id: IssuerId
    valid_until: int
    scope: bytes = bytes(32)


@dataclass(frozen=True)
class EndAccreditation:
    issuer_id: IssuerId


@dataclass(frozen=True)
class AnchorBatch:
    issuer_id: IssuerId
    root: bytes
    tree_size: int


@dataclass(frozen=True)
class WithdrawBatch:
    issuer_id: IssuerId
    root: bytes
    reason: Reason


@dataclass(frozen=True)
class SetStatus:
    """`words` maps a word to the mask of bits in it: status index = word * 256 + bit."""

    issuer_id: IssuerId
    action: StatusAction
    reason: int
    words: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class CancelNonce:
    """Makes worthless what the sender signed with this nonce for others to submit."""

    nonce: int


SponsorableCall = AnchorBatch | WithdrawBatch | SetStatus
"""What an operator can sign for others to submit."""


@dataclass(frozen=True)
class Authorization:
    """An operator's signature over an act (EIP-712). `deadline` is the last second in which it can be submitted."""

    operator: Address
    nonce: int
    deadline: int
    signature: bytes


@dataclass(frozen=True)
class SponsoredCall:
    """An act in the name of the operator who signed it. Anyone may submit it, once, and pays for it."""

    call: SponsorableCall
    authorization: Authorization


RegistryCall = (
    RegisterIssuer
    | ProposeAdmin
    | AcceptAdmin
    | SetOperator
    | AddKey
    | CloseKey
    | Accredit
    | EndAccreditation
    | AnchorBatch
    | WithdrawBatch
    | SetStatus
    | CancelNonce
    | SponsoredCall
)


# --- writing --------------------------------------------------------------------------------------------------------


class Account(Protocol):
    """Someone who can sign transactions: a keystore file here, a KMS or HSM elsewhere. Never shows its key."""

    @property
    def address(self) -> Address: ...

    def sign_transaction(self, transaction: dict[str, object]) -> bytes:
        """The signed, raw transaction for an EIP-1559 transaction given in web3's field names."""
        ...

    def sign_act(self, chain_id: int, digest: bytes) -> bytes:
        """The signature, r, s and v in 65 bytes, over the EIP-712 digest of an act that is meant for this chain."""
        ...


@dataclass(frozen=True)
class SignedTransaction:
    """A transaction that is ready to send, and known by its hash before anything is sent."""

    raw: bytes
    hash: bytes
    sender: Address
    nonce: int


@dataclass(frozen=True)
class Receipt:
    """A transaction that was mined. `succeeded` is False if it reverted, and `refusal` why, where that is known."""

    transaction_hash: bytes
    block: BlockRef
    gas_used: int
    succeeded: bool
    refusal: TransactionReverted | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Standing:
    """Where an account's transactions stand at the newest block, `head`.

    Blocks hold every nonce below `next_nonce`. Of the hashes that were asked for, the node knows those in `known`: they
    wait in its pool or stand in a block.
    """

    next_nonce: int
    known: frozenset[bytes]
    head: BlockRef


class Registry(RegistryReader, Protocol):
    """A registry that can also be changed, in steps that a crash may fall between."""

    def quote(self, call: RegistryCall, sender: Address) -> Quote:
        """What a call would take now. Raises `TransactionReverted` if the registry would refuse it."""
        ...

    def bid(self, payload: Payload, account: Account, terms: Terms) -> SignedTransaction:
        """Signs on these terms what was quoted. Asks no node."""
        ...

    def sign(self, call: RegistryCall, account: Account) -> SignedTransaction:
        """Quotes and signs with the usual fees; sends nothing. Raises as `quote`, and `RegistryError` `funds_low`."""
        ...

    def gas_limit(self, call: RegistryCall, sender: Address) -> int:
        """The gas that `sign` would allow the call now. The sender need not be able to pay. Raises as `sign` does."""
        ...

    def gas_for(self, payload: Payload, sender: Address) -> int:
        """The gas that a call, given as it was quoted once, needs now. Raises as `quote`."""
        ...

    def send(self, transaction: SignedTransaction) -> None:
        """Hands the bytes over. Says nothing of success: only chain state counts. Sending twice does no harm.

        `RegistryUnreachable` says that the transaction *may* have been sent. A node's refusal is a `RegistryError`:
        `nonce_taken` if a block holds another transaction with this nonce, `underpriced`, `funds_low`, `gas_refused`,
        `nonce_gap` if an earlier nonce is missing there, `transaction_rejected` for any other reason.
        """
        ...

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        """The receipt once the transaction is in a block, final or not."""
        ...

    def receipts(self, hashes: Sequence[bytes]) -> tuple[Receipt | None, ...]:
        """As `receipt`, for several at once."""
        ...

    def standing(self, sender: Address, hashes: Sequence[bytes]) -> Standing:
        """Where these transactions of an account stand now."""
        ...

    def market(self) -> Market:
        """What gas costs now."""
        ...

    def balance(self, account: Address) -> int:
        """What an account holds, in wei."""
        ...

    def head_block(self) -> BlockRef:
        """The newest block of all."""
        ...

    def safe_block(self) -> BlockRef:
        """The newest block that the chain calls safe; the final one where it does not tell the two apart."""
        ...

    def final_block(self) -> BlockRef:
        """The newest block that the chain's finality rule calls final."""
        ...


def perform(registry: Registry, call: RegistryCall, account: Account, timeout: float = 120.0) -> Receipt:
    """Signs, sends and waits for the block: for calls that need no crash safety, such as setting up an issuer.

    Raises `TransactionReverted` if it fails, `RegistryUnreachable` (`not_mined`) after `timeout` seconds.
    """
    transaction = registry.sign(call, account)
    registry.send(transaction)
    deadline = time.monotonic() + timeout
    while (receipt := registry.receipt(transaction.hash)) is None:
        if time.monotonic() > deadline:
            raise RegistryUnreachable("the transaction was sent but not mined in time", "not_mined")
        time.sleep(0.1)
    if not receipt.succeeded:
        raise receipt.refusal or TransactionReverted("unknown")
    return receipt
