"""What the registry's documentation says (ICredentialRegistry.sol), as a plain program: slow, whole, and apart.

It shares the values of calls with the ledger, and no logic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from eth_abi.abi import encode as abi_encode
from eth_utils.crypto import keccak

from ledger.chain.registry import (
    AcceptAdmin,
    Accredit,
    AddKey,
    Address,
    Anchor,
    AnchorBatch,
    Authorization,
    CancelNonce,
    CloseKey,
    EndAccreditation,
    IssuerId,
    ProposeAdmin,
    RegisterIssuer,
    RegistryCall,
    Role,
    SetOperator,
    SetStatus,
    SponsorableCall,
    SponsoredCall,
    StatusAction,
    WithdrawBatch,
)
from tests.reference_sponsoring import digest_of, signer_of

LARGEST_TIME = 2**64 - 1
NOBODY = Address(bytes(20))

Wallet = Callable[[bytes, bytes], bool]
"""A contract account: which signature over which digest it approves (ERC-1271)."""


class Refused(Exception):
    """A custom error of the registry and its values by name."""

    def __init__(self, error: str, **values: object) -> None:
        super().__init__(error, values)
        self.error = error
        self.values = values


@dataclass
class Period:
    """A half-open time, and what counts in it."""

    valid_from: int
    valid_until: int
    what: Any = None

    def holds(self, time: int) -> bool:
        return self.valid_from <= time < self.valid_until


@dataclass
class Issuer:
    """Everything that is filed under one issuer id."""

    admin: Address
    did: bytes
    registered_at: int
    pending_admin: Address = NOBODY
    operators: dict[Address, Period] = field(default_factory=dict)
    keys: dict[bytes, Period] = field(default_factory=dict)
    accreditations: dict[Address, list[Period]] = field(default_factory=dict)
    anchors: dict[bytes, Anchor] = field(default_factory=dict)
    revoked: set[int] = field(default_factory=set)
    suspended: set[int] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)


@dataclass
class Model:
    """A registry at an address of a chain. `wallets` are the contract accounts that it may ask."""

    chain_id: int
    address: Address
    wallets: dict[Address, Wallet] = field(default_factory=dict)
    issuers: dict[IssuerId, Issuer] = field(default_factory=dict)
    spent: set[tuple[Address, int]] = field(default_factory=set)

    def apply(self, call: RegistryCall, sender: Address, time: int, block: int) -> None:
        """Does the call, or raises `Refused` and has changed nothing."""
        match call:
            case RegisterIssuer():
                self._register(call, sender, time)
            case ProposeAdmin() | SetOperator() | AddKey() | CloseKey():
                self._administer(call, sender, time)
            case AcceptAdmin(issuer_id):
                issuer = self.issuers.get(issuer_id)
                if issuer is None or issuer.pending_admin != sender:
                    raise Refused("NotPendingAdmin", issuer_id=issuer_id, caller=sender)
                issuer.admin, issuer.pending_admin = sender, NOBODY
            case Accredit() | EndAccreditation():
                self._recognise(call, sender, time)
            case CancelNonce(nonce):
                self._spend(sender, nonce)
            case SponsoredCall(act, authorization):
                self._sponsor(act, authorization, time, block)
            case AnchorBatch() | WithdrawBatch() | SetStatus():
                self._require_role(call, sender, time)
                self._act(call, time, block)

    # --- issuers ---

    def _register(self, call: RegisterIssuer, sender: Address, time: int) -> None:
        did = call.did.encode()
        if len(did) not in range(1, 257):
            raise Refused("DidLengthInvalid", length=len(did))
        issuer_id = issuer_id_of(sender, did)
        if issuer_id in self.issuers:
            raise Refused("IssuerAlreadyRegistered", issuer_id=issuer_id)
        self.issuers[issuer_id] = Issuer(sender, did, time)

    def _administer(self, call: ProposeAdmin | SetOperator | AddKey | CloseKey, sender: Address, time: int) -> None:
        issuer = self.issuers.get(call.issuer_id)
        if issuer is None or issuer.admin != sender:
            raise Refused("NotAdmin", issuer_id=call.issuer_id, caller=sender)
        match call:
            case ProposeAdmin(_, pending_admin):
                issuer.pending_admin = pending_admin
            case SetOperator(_, account, roles, valid_from, valid_until):
                if roles not in range(4):
                    raise Refused("RolesInvalid", roles=roles)
                if roles == 0:
                    valid_from = valid_until = 0
                elif valid_until <= valid_from or valid_until <= time:
                    raise Refused("PeriodInvalid", valid_from=valid_from, valid_until=valid_until)
                issuer.operators[account] = Period(valid_from, valid_until, Role(roles))
            case AddKey():
                self._add_key(issuer, call, time)
            case CloseKey():
                self._close_key(issuer, call)

    @staticmethod
    def _add_key(issuer: Issuer, call: AddKey, time: int) -> None:
        if call.key == bytes(32):
            raise Refused("KeyInvalid", key=call.key)
        if call.key in issuer.keys:
            raise Refused("KeyAlreadyAdded", issuer_id=call.issuer_id, key=call.key)
        if len(issuer.keys) >= 256:
            raise Refused("KeyLimitReached", issuer_id=call.issuer_id, limit=256)
        issuer.keys[call.key] = Period(time, LARGEST_TIME)

    @staticmethod
    def _close_key(issuer: Issuer, call: CloseKey) -> None:
        period = issuer.keys.get(call.key)
        if period is None:
            raise Refused("KeyUnknown", issuer_id=call.issuer_id, key=call.key)
        earlier = period.valid_from <= call.valid_until < period.valid_until
        if not earlier:
            values = {"issuer_id": call.issuer_id, "key": call.key}
            raise Refused("KeyEndInvalid", **values, current=period.valid_until, proposed=call.valid_until)
        period.valid_until = call.valid_until

    def _recognise(self, call: Accredit | EndAccreditation, sender: Address, time: int) -> None:
        issuer = self.issuers.get(call.issuer_id)
        if isinstance(call, EndAccreditation):
            periods = issuer.accreditations.get(sender, []) if issuer else []
            if not periods or not periods[-1].holds(time):
                raise Refused("NotAccredited", accreditor=sender, issuer_id=call.issuer_id)
            periods[-1].valid_until = time
            return
        if issuer is None:
            raise Refused("IssuerUnknown", issuer_id=call.issuer_id)
        if call.valid_until <= time:
            raise Refused("PeriodInvalid", valid_from=time, valid_until=call.valid_until)
        periods = issuer.accreditations.setdefault(sender, [])
        if periods and periods[-1].holds(time):
            periods[-1].valid_until = time
        periods.append(Period(time, call.valid_until, call.scope))

    # --- anchors and status ---

    def _require_role(self, act: SponsorableCall, operator: Address, time: int) -> None:
        role = Role.ANCHOR if isinstance(act, AnchorBatch) else Role.REVOKE
        issuer = self.issuers.get(act.issuer_id)
        period = issuer.operators.get(operator) if issuer else None
        if period is None or not period.what & role or not period.holds(time):
            raise Refused("NotOperator", issuer_id=act.issuer_id, caller=operator, role=int(role))

    def _act(self, act: SponsorableCall, time: int, block: int) -> None:
        issuer = self.issuers[act.issuer_id]
        match act:
            case AnchorBatch(issuer_id, root, tree_size):
                if root == bytes(32):
                    raise Refused("RootInvalid", root=root)
                if tree_size == 0:
                    raise Refused("TreeSizeInvalid", tree_size=tree_size)
                if root in issuer.anchors:
                    raise Refused("AlreadyAnchored", issuer_id=issuer_id, root=root)
                issuer.anchors[root] = Anchor(time, block, tree_size, 0, 0)
            case WithdrawBatch(issuer_id, root, reason):
                if reason not in range(1, 6):
                    raise Refused("ReasonInvalid", reason=reason)
                anchor = issuer.anchors.get(root)
                if anchor is None:
                    raise Refused("NotAnchored", issuer_id=issuer_id, root=root)
                if anchor.withdrawn_at:
                    raise Refused("AlreadyWithdrawn", issuer_id=issuer_id, root=root)
                made = (anchor.anchored_at, anchor.block_number, anchor.tree_size)
                issuer.anchors[root] = Anchor(*made, time, int(reason))
            case SetStatus():
                self._set_status(issuer, act)

    @staticmethod
    def _set_status(issuer: Issuer, act: SetStatus) -> None:
        if len(act.words) not in range(1, 257):
            raise Refused("WordCountInvalid", count=len(act.words))
        if act.reason not in (range(1) if act.action == StatusAction.REINSTATE else range(1, 6)):
            raise Refused("ReasonInvalid", reason=act.reason)
        held = issuer.revoked if act.action == StatusAction.REVOKE else issuer.suspended
        after = set(held)
        for position, (word, mask) in enumerate(act.words):
            indexes = {word * 256 + bit for bit in range(256) if mask >> bit & 1}
            changing = indexes & after if act.action == StatusAction.REINSTATE else indexes - after
            if not changing:
                raise Refused("NothingToChange", position=position, word=word)
            after ^= changing
        held.clear()
        held |= after
        issuer.touched |= {word for word, _ in act.words}

    # --- sponsored acts ---

    def _sponsor(self, act: SponsorableCall, authorization: Authorization, time: int, block: int) -> None:
        operator, nonce = authorization.operator, authorization.nonce
        self._require_role(act, operator, time)
        if time > authorization.deadline:
            raise Refused("DeadlinePassed", deadline=authorization.deadline)
        if (operator, nonce) in self.spent:
            raise Refused("NonceAlreadySpent", operator=operator, nonce=nonce)
        digest = digest_of(self.chain_id, self.address, act, operator, nonce, authorization.deadline)
        signature = authorization.signature
        wallet = self.wallets.get(operator)
        if signer_of(digest, signature) != operator and not (wallet and wallet(digest, signature)):
            raise Refused("SignatureInvalid", operator=operator, digest=digest)
        self._act(act, time, block)
        self.spent.add((operator, nonce))

    def _spend(self, operator: Address, nonce: int) -> None:
        if (operator, nonce) in self.spent:
            raise Refused("NonceAlreadySpent", operator=operator, nonce=nonce)
        self.spent.add((operator, nonce))


def issuer_id_of(creator: Address, did: bytes) -> IssuerId:
    return IssuerId(keccak(abi_encode(["address", "bytes32"], [creator, keccak(did)])))
