"""The contract's storage and its rules, in memory, in the order in which the contract looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ledger.chain.addresses import issuer_id, keccak
from ledger.chain.registry import (
    FOREVER,
    AcceptAdmin,
    Accredit,
    AccreditationPeriod,
    AddKey,
    Address,
    Anchor,
    AnchorBatch,
    BlockRef,
    CancelNonce,
    CloseKey,
    CredentialState,
    EndAccreditation,
    IssuerId,
    IssuerState,
    KeyPeriod,
    ProposeAdmin,
    RegisterIssuer,
    RegistryCall,
    Role,
    SetOperator,
    SetStatus,
    SponsorableCall,
    SponsoredCall,
    StateQuery,
    StatusAction,
    StatusEvent,
    WithdrawBatch,
)
from ledger.chain.sponsoring import digest_of, signer_of
from ledger.errors import TransactionReverted

_NOBODY = Address(bytes(20))


@dataclass
class MemoryIssuer:
    admin: Address
    did: str
    registered_at: int
    pending_admin: Address = _NOBODY
    keys: dict[bytes, KeyPeriod] = field(default_factory=dict)


@dataclass
class MemoryContract:
    """The storage of the contract and its rules, in the order in which the contract looks."""

    chain_id: int
    address: Address
    issuers: dict[IssuerId, MemoryIssuer] = field(default_factory=dict)
    operators: dict[tuple[IssuerId, Address], SetOperator] = field(default_factory=dict)
    accreditations: dict[tuple[IssuerId, Address], list[AccreditationPeriod]] = field(default_factory=dict)
    anchors: dict[tuple[IssuerId, bytes], Anchor] = field(default_factory=dict)
    revoked: dict[tuple[IssuerId, int], int] = field(default_factory=dict)
    suspended: dict[tuple[IssuerId, int], int] = field(default_factory=dict)
    events: list[tuple[IssuerId, int, int, StatusEvent]] = field(default_factory=list)
    spent_nonces: set[tuple[Address, int]] = field(default_factory=set)

    def apply(self, call: RegistryCall, sender: Address, block: BlockRef) -> None:
        """Does the call or raises `TransactionReverted`, in which case nothing has changed."""
        match call:
            case RegisterIssuer(did):
                self._register(did, sender, block)
            case ProposeAdmin(issuer, pending):
                self._admin_of(issuer, sender).pending_admin = pending
            case AcceptAdmin(issuer):
                self._accept_admin(issuer, sender)
            case SetOperator():
                self._set_operator(call, sender, block)
            case AddKey(issuer, key):
                self._add_key(issuer, key, sender, block)
            case CloseKey(issuer, key, valid_until):
                self._close_key(issuer, key, valid_until, sender)
            case Accredit(issuer, valid_until, scope):
                self._accredit(issuer, valid_until, scope, sender, block)
            case EndAccreditation(issuer):
                self._require_ended(issuer, sender, block)
            case AnchorBatch() | WithdrawBatch() | SetStatus():
                self._act(call, sender, block)
            case CancelNonce(nonce):
                self._require_unspent(sender, nonce)
                self.spent_nonces.add((sender, nonce))
            case SponsoredCall():
                self._do_for_operator(call, block)

    def _act(self, call: SponsorableCall, operator: Address, block: BlockRef) -> None:
        match call:
            case AnchorBatch():
                self._anchor(call, operator, block)
            case WithdrawBatch(issuer, root, reason):
                self._withdraw(issuer, root, reason, operator, block)
            case SetStatus():
                self._set_status(call, operator, block)

    def _do_for_operator(self, act: SponsoredCall, block: BlockRef) -> None:
        given, role = act.authorization, Role.ANCHOR if isinstance(act.call, AnchorBatch) else Role.REVOKE
        self._require_operator(act.call.issuer_id, role, given.operator, block)
        if block.time > given.deadline:
            raise TransactionReverted("DeadlinePassed", (given.deadline,))
        self._require_unspent(given.operator, given.nonce)
        digest = digest_of(act, chain_id=self.chain_id, registry=self.address)
        if signer_of(digest, given.signature) != given.operator:
            raise TransactionReverted("SignatureInvalid", (given.operator, digest))
        self._act(act.call, given.operator, block)
        self.spent_nonces.add((given.operator, given.nonce))

    def _require_unspent(self, operator: Address, nonce: int) -> None:
        if (operator, nonce) in self.spent_nonces:
            raise TransactionReverted("NonceAlreadySpent", (operator, nonce))

    def _register(self, did: str, sender: Address, block: BlockRef) -> None:
        length = len(did.encode())
        if not 0 < length <= 256:
            raise TransactionReverted("DidLengthInvalid", (length,))
        identifier = issuer_id(sender, did)
        if identifier in self.issuers:
            raise TransactionReverted("IssuerAlreadyRegistered", (identifier,))
        self.issuers[identifier] = MemoryIssuer(sender, did, block.time)

    def _admin_of(self, issuer: IssuerId, sender: Address) -> MemoryIssuer:
        record = self.issuers.get(issuer)
        if record is None or record.admin != sender:
            raise TransactionReverted("NotAdmin", (issuer, sender))
        return record

    def _accept_admin(self, issuer: IssuerId, sender: Address) -> None:
        record = self.issuers.get(issuer)
        if record is None or record.pending_admin != sender:
            raise TransactionReverted("NotPendingAdmin", (issuer, sender))
        record.admin, record.pending_admin = sender, _NOBODY

    def _set_operator(self, call: SetOperator, sender: Address, block: BlockRef) -> None:
        self._admin_of(call.issuer_id, sender)
        if int(call.roles) > 3:
            raise TransactionReverted("RolesInvalid", (int(call.roles),))
        if call.roles and (call.valid_until <= call.valid_from or call.valid_until <= block.time):
            raise TransactionReverted("PeriodInvalid", (call.valid_from, call.valid_until))
        self.operators[call.issuer_id, call.account] = call

    def _add_key(self, issuer: IssuerId, key: bytes, sender: Address, block: BlockRef) -> None:
        keys = self._admin_of(issuer, sender).keys
        if key == bytes(32):
            raise TransactionReverted("KeyInvalid", (key,))
        if key in keys:
            raise TransactionReverted("KeyAlreadyAdded", (issuer, key))
        if len(keys) == 256:
            raise TransactionReverted("KeyLimitReached", (issuer, 256))
        keys[key] = KeyPeriod(key, block.time, FOREVER)

    def _close_key(self, issuer: IssuerId, key: bytes, valid_until: int, sender: Address) -> None:
        keys = self._admin_of(issuer, sender).keys
        if key not in keys:
            raise TransactionReverted("KeyUnknown", (issuer, key))
        period = keys[key]
        if not period.valid_from <= valid_until < period.valid_until:
            raise TransactionReverted("KeyEndInvalid", (issuer, key, period.valid_until, valid_until))
        keys[key] = replace(period, valid_until=valid_until)

    def _accredit(self, issuer: IssuerId, until: int, scope: bytes, sender: Address, block: BlockRef) -> None:
        if issuer not in self.issuers:
            raise TransactionReverted("IssuerUnknown", (issuer,))
        if until <= block.time:
            raise TransactionReverted("PeriodInvalid", (block.time, until))
        self._end_accreditation(issuer, sender, block)
        period = AccreditationPeriod(sender, block.time, until, scope)
        self.accreditations.setdefault((issuer, sender), []).append(period)

    def _end_accreditation(self, issuer: IssuerId, sender: Address, block: BlockRef) -> bool:
        periods = self.accreditations.get((issuer, sender), [])
        if not periods or periods[-1].valid_until <= block.time:
            return False
        periods[-1] = replace(periods[-1], valid_until=block.time)
        return True

    def _require_ended(self, issuer: IssuerId, sender: Address, block: BlockRef) -> None:
        if not self._end_accreditation(issuer, sender, block):
            raise TransactionReverted("NotAccredited", (sender, issuer))

    def _require_operator(self, issuer: IssuerId, role: Role, sender: Address, block: BlockRef) -> None:
        operator = self.operators.get((issuer, sender))
        in_period = operator is not None and operator.valid_from <= block.time < operator.valid_until
        if operator is None or not operator.roles & role or not in_period:
            raise TransactionReverted("NotOperator", (issuer, sender, int(role)))

    def _anchor(self, call: AnchorBatch, sender: Address, block: BlockRef) -> None:
        self._require_operator(call.issuer_id, Role.ANCHOR, sender, block)
        if call.root == bytes(32):
            raise TransactionReverted("RootInvalid", (call.root,))
        if call.tree_size == 0:
            raise TransactionReverted("TreeSizeInvalid", (0,))
        if (call.issuer_id, call.root) in self.anchors:
            raise TransactionReverted("AlreadyAnchored", (call.issuer_id, call.root))
        self.anchors[call.issuer_id, call.root] = Anchor(block.time, block.number, call.tree_size, 0, 0)

    def _withdraw(self, issuer: IssuerId, root: bytes, reason: int, sender: Address, block: BlockRef) -> None:
        self._require_operator(issuer, Role.REVOKE, sender, block)
        if not 1 <= reason <= 5:
            raise TransactionReverted("ReasonInvalid", (int(reason),))
        anchor = self.anchors.get((issuer, root))
        if anchor is None:
            raise TransactionReverted("NotAnchored", (issuer, root))
        if anchor.withdrawn_at:
            raise TransactionReverted("AlreadyWithdrawn", (issuer, root))
        self.anchors[issuer, root] = replace(anchor, withdrawn_at=block.time, withdrawal_reason=int(reason))

    def _set_status(self, call: SetStatus, sender: Address, block: BlockRef) -> None:
        self._require_operator(call.issuer_id, Role.REVOKE, sender, block)
        if not 1 <= len(call.words) <= 256:
            raise TransactionReverted("WordCountInvalid", (len(call.words),))
        reinstating = call.action == StatusAction.REINSTATE
        if (call.reason != 0) if reinstating else not 1 <= call.reason <= 5:
            raise TransactionReverted("ReasonInvalid", (int(call.reason),))
        stored = self.revoked if call.action == StatusAction.REVOKE else self.suspended
        after: dict[int, int] = {}
        events = []
        for position, (word, mask) in enumerate(call.words):
            current = after.get(word, stored.get((call.issuer_id, word), 0))
            changed = mask & (current if reinstating else ~current)
            if changed == 0:
                raise TransactionReverted("NothingToChange", (position, word))
            after[word] = current ^ changed
            events.append((call.issuer_id, word, changed, StatusEvent(call.action, int(call.reason), block)))
        stored.update({(call.issuer_id, word): bits for word, bits in after.items()})
        self.events += events

    def issuer_state(self, issuer: IssuerId) -> IssuerState | None:
        record = self.issuers.get(issuer)
        if record is None:
            return None
        return IssuerState(issuer, keccak(record.did.encode()), record.registered_at, tuple(record.keys.values()))

    def credential_state(self, query: StateQuery, accreditors: Sequence[Address]) -> CredentialState:
        anchor = self.anchors.get((query.issuer_id, query.root))
        word, bit = query.status_index >> 8, 1 << (query.status_index & 255)
        found = [
            period
            for accreditor in (accreditors if anchor else ())
            for period in self.accreditations.get((query.issuer_id, accreditor), [])
            if anchor and period.valid_from <= anchor.anchored_at < period.valid_until
        ]
        return CredentialState(
            anchor,
            bool(self.revoked.get((query.issuer_id, word), 0) & bit),
            bool(self.suspended.get((query.issuer_id, word), 0) & bit),
            found[0] if found else None,
        )
