"""What a registry in a given state answers when it is read, in the shapes of eth-abi and of the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from eth_utils.crypto import keccak

from ledger.chain.registry import AccreditationPeriod, Address, IssuerId, KeyPeriod
from ledger.chain.state import IssuerRecord, OperatorPeriod, RegistryState
from tests.registry_model import Model

NO_PERIOD = (0, 0, bytes(32))
NO_ANCHOR = (0, 0, 0, 0, 0)


def is_key_valid_at(model: Model, issuer_id: IssuerId, key: bytes, time: int) -> bool:
    issuer = model.issuers.get(issuer_id)
    return bool(issuer and key in issuer.keys and issuer.keys[key].holds(time))


def accreditation_at(model: Model, accreditor: Address, issuer_id: IssuerId, time: int) -> tuple[int, int, bytes]:
    issuer = model.issuers.get(issuer_id)
    for period in issuer.accreditations.get(accreditor, []) if issuer else []:
        if period.holds(time):
            return period.valid_from, period.valid_until, period.what
    return NO_PERIOD


def issuer_state(model: Model, issuer_id: IssuerId) -> tuple[object, ...]:
    """What `states` says of an issuer."""
    issuer = model.issuers.get(issuer_id)
    if issuer is None:
        return bytes(32), 0, ()
    keys = tuple((key, period.valid_from, period.valid_until) for key, period in issuer.keys.items())
    return keccak(issuer.did), issuer.registered_at, keys


def credential_state(
    model: Model, issuer_id: IssuerId, root: bytes, index: int, accreditors: Sequence[Address]
) -> tuple[object, ...]:
    """What `states` says of a credential."""
    issuer = model.issuers.get(issuer_id)
    status = (index in issuer.revoked, index in issuer.suspended) if issuer else (False, False)
    anchor = issuer.anchors.get(root) if issuer else None
    if anchor is None:
        return NO_ANCHOR, *status, shown(Address(bytes(20))), NO_PERIOD
    facts = (
        anchor.anchored_at,
        anchor.block_number,
        anchor.tree_size,
        anchor.withdrawn_at,
        anchor.withdrawal_reason,
    )
    for accreditor in accreditors:
        found = accreditation_at(model, accreditor, issuer_id, anchor.anchored_at)
        if found != NO_PERIOD:
            return facts, *status, shown(accreditor), found
    return facts, *status, shown(Address(bytes(20))), NO_PERIOD


def shown(address: Address) -> str:
    """As eth-abi gives an address."""
    return "0x" + address.hex()


def state_of(model: Model, next_block: int) -> RegistryState:
    """All that is stored, in the form in which the ledger rebuilds it."""
    every = model.issuers.items()
    return RegistryState(
        next_block,
        {name: IssuerRecord(i.admin, i.registered_at, i.pending_admin, i.did) for name, i in every},
        {
            (name, account): OperatorPeriod(period.what, period.valid_from, period.valid_until)
            for name, issuer in every
            for account, period in issuer.operators.items()
        },
        {
            name: tuple(KeyPeriod(key, one.valid_from, one.valid_until) for key, one in issuer.keys.items())
            for name, issuer in every
            if issuer.keys
        },
        {
            (name, accreditor): tuple(
                AccreditationPeriod(accreditor, one.valid_from, one.valid_until, one.what) for one in periods
            )
            for name, issuer in every
            for accreditor, periods in issuer.accreditations.items()
        },
        {(name, root): anchor for name, issuer in every for root, anchor in issuer.anchors.items()},
        {
            (name, word): (bits_of(issuer.revoked, word), bits_of(issuer.suspended, word))
            for name, issuer in every
            for word in issuer.touched
        },
        frozenset(model.spent),
    )


def bits_of(indexes: set[int], word: int) -> int:
    return sum(1 << index % 256 for index in indexes if index // 256 == word)
