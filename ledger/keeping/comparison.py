"""The database beside the chain, both ways: pure, one value of each.

What is on its way is no difference: it is looked for on neither side before it is final on both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ledger.chain.addresses import checksum_address
from ledger.chain.registry import FOREVER, Address, Anchor, BlockRef, IssuerId, Role
from ledger.chain.state import RegistryState
from ledger.issuing.inventory import HeldBatch, HeldStatus, Inventory
from ledger.issuing.rows import withdrawal_purpose
from ledger.issuing.values import BatchState, Issuer

_SETTLED = {BatchState.FINAL}
_NOTHING = "nothing"
_WORD = 256


@dataclass(frozen=True, order=True)
class Difference:
    """One thing about which the database (`here`) and the chain say different things."""

    subject: str
    here: str
    on_chain: str

    def __str__(self) -> str:
        return f"{self.subject}: here {self.here}, on chain {self.on_chain}"


@dataclass(frozen=True)
class ChainSide:
    """What a final block shows.

    `anchors` are those of the batches that the database calls final, by issuer id and root; `words` the (revoked,
    suspended) bits by issuer id and word; `state` what all events come to, None while they are not all read; `missing`
    the hashes of those transactions, noted as final, that the chain does not have. `is_behind`: the nodes have not come
    as far as the database had seen, so that what lies beyond `block` is not looked for. `is_complete`: there was time
    to read everything.
    """

    block: BlockRef
    anchors: Mapping[tuple[IssuerId, bytes], Anchor | None]
    words: Mapping[tuple[IssuerId, int], tuple[int, int]]
    state: RegistryState | None
    missing: frozenset[bytes]
    is_behind: bool = False
    is_complete: bool = True


def compare(held: Inventory, chain: ChainSide, drafted: Mapping[tuple[IssuerId, bytes], int]) -> frozenset[Difference]:
    """Everything that differs. `drafted` are the roots that open batches will have."""
    return frozenset(_differences(held, chain, drafted))


def unknown_anchors(
    held: Inventory, chain: ChainSide, drafted: Mapping[tuple[IssuerId, bytes], int]
) -> dict[tuple[IssuerId, bytes], Anchor]:
    """The anchors of our issuers that the chain holds and the database does not know."""
    if chain.state is None:
        return {}
    known = {(batch.issuer_id, batch.root) for batch in held.batches} | set(drafted)
    ours = {issuer.issuer_id for issuer in held.issuers}
    return {place: a for place, a in chain.state.anchors.items() if place[0] in ours and place not in known}


def _differences(
    held: Inventory, chain: ChainSide, drafted: Mapping[tuple[IssuerId, bytes], int]
) -> Iterator[Difference]:
    slugs = {issuer.issuer_id: issuer.slug for issuer in held.issuers}
    for batch in held.batches:
        yield from _batch(batch, held, chain)
    for (issuer_id, root), anchor in unknown_anchors(held, chain, drafted).items():
        withdrawn = ", withdrawn" if anchor.withdrawn_at else ""
        subject = f"batch 0x{root.hex()} of {slugs[issuer_id]}"
        yield Difference(subject, _NOTHING, f"{anchor.tree_size} credentials, block {anchor.block_number}{withdrawn}")
    for issuer in held.issuers:
        yield from _statuses(issuer, held.statuses[issuer.slug], chain)
        if chain.state is not None:
            yield from _issuer(issuer, held, chain.state)
    if chain.state is not None:
        yield from _accreditations(held, chain, chain.state)
    for transaction in held.transactions:
        if transaction.hash in chain.missing:
            subject = f"transaction 0x{transaction.hash.hex()} ({transaction.purpose})"
            yield Difference(subject, f"final in block {transaction.block_number}", _NOTHING)


def _batch(batch: HeldBatch, held: Inventory, chain: ChainSide) -> Iterator[Difference]:
    if batch.state not in _SETTLED or batch.root is None or (batch.issuer_id, batch.root) not in chain.anchors:
        return
    if chain.is_behind and (batch.anchor_block or 0) > chain.block.number:
        return
    subject = f"batch {batch.id} of {batch.issuer}"
    anchor = chain.anchors[batch.issuer_id, batch.root]
    here = f"final, {batch.size} credentials, block {batch.anchor_block}, time {batch.anchored_at}"
    if anchor is None:
        yield Difference(subject, here, _NOTHING)
        return
    if (anchor.tree_size, anchor.block_number, anchor.anchored_at) != (
        batch.size,
        batch.anchor_block,
        batch.anchored_at,
    ):
        there = f"{anchor.tree_size} credentials, block {anchor.block_number}, time {anchor.anchored_at}"
        yield Difference(subject, here, there)
    is_on_its_way = withdrawal_purpose(batch.id) in held.purposes
    if bool(anchor.withdrawn_at) != (batch.withdrawn_at is not None) and not is_on_its_way:
        words = ("not withdrawn", "withdrawn")
        yield Difference(
            f"withdrawal of batch {batch.id} of {batch.issuer}",
            words[batch.withdrawn_at is not None],
            words[bool(anchor.withdrawn_at)],
        )


def _statuses(issuer: Issuer, held: HeldStatus, chain: ChainSide) -> Iterator[Difference]:
    for (issuer_id, word), (revoked, suspended) in sorted(chain.words.items()):
        if issuer_id != issuer.issuer_id:
            continue
        settled = ~held.pending.get(word, 0)
        for name, here, there in (
            ("revoked", held.revoked.get(word, 0), revoked),
            ("suspended", held.suspended.get(word, 0), suspended),
        ):
            for bit in _bits((here ^ there) & settled):
                said = (f"not {name}", name)
                yield Difference(
                    f"{name}: status index {word * _WORD + bit} of {issuer.slug}",
                    said[here >> bit & 1],
                    said[there >> bit & 1],
                )


def _issuer(issuer: Issuer, held: Inventory, state: RegistryState) -> Iterator[Difference]:
    record = state.issuers.get(issuer.issuer_id)
    subject = f"issuer {issuer.slug}"
    if record is None:
        if issuer.registered_at is not None:
            yield Difference(subject, "registered", _NOTHING)
        return
    if issuer.registered_at is None:
        return  # its registration goes on when it is asked for again
    if record.admin != issuer.admin:
        yield Difference(f"admin of {subject}", checksum_address(issuer.admin), checksum_address(record.admin))
    yield from _operators(issuer, state)
    yield from _keys(issuer, held, state)


def _operators(issuer: Issuer, state: RegistryState) -> Iterator[Difference]:
    wanted = {issuer.anchoring_operator: Role.ANCHOR, issuer.revoking_operator: Role.REVOKE}
    granted = {
        account: period.roles if period.valid_until == FOREVER else Role(0)
        for (issuer_id, account), period in state.operators.items()
        if issuer_id == issuer.issuer_id
    }
    for account in sorted(wanted.keys() | granted.keys()):
        here, there = wanted.get(account, Role(0)), granted.get(account, Role(0))
        if here != there:
            subject = f"operator {checksum_address(Address(account))} of issuer {issuer.slug}"
            yield Difference(subject, _roles(here), _roles(there))


def _keys(issuer: Issuer, held: Inventory, state: RegistryState) -> Iterator[Difference]:
    listed = {period.key: period for period in state.keys.get(issuer.issuer_id, ())}
    for key in issuer.keys:
        period = listed.pop(key.public_key, None)
        subject = f"key {key.number} of issuer {issuer.slug}"
        if key.opened_at is None:
            continue
        if period is None:
            yield Difference(subject, "open" if key.closed_at is None else "closed", _NOTHING)
            continue
        ending = f"close-key:{issuer.slug}:{key.number}:"
        is_on_its_way = any(purpose.startswith(ending) for purpose in held.purposes)
        here = FOREVER if key.closed_at is None else key.closed_at
        if here != period.valid_until and not is_on_its_way:
            yield Difference(subject, _end(here), _end(period.valid_until))
    for public_key in sorted(listed):
        yield Difference(f"key 0x{public_key.hex()} of issuer {issuer.slug}", _NOTHING, "listed")


def _accreditations(held: Inventory, chain: ChainSide, state: RegistryState) -> Iterator[Difference]:
    """The newest recognition of each issuer by each of our accreditors: is it in force, until when, and for what?"""
    latest = {(a.accreditor, a.issuer): a for a in held.accreditations if a.valid_from is not None}
    waiting = {(a.accreditor, a.issuer) for a in held.accreditations if a.valid_from is None}
    addresses = {accreditor.slug: accreditor.address for accreditor in held.accreditors}
    ids = {issuer.slug: issuer.issuer_id for issuer in held.issuers}
    now = chain.block.time
    is_ending = any(purpose.startswith("end-accreditation:") for purpose in held.purposes)
    for accreditor, address in addresses.items():
        for issuer, issuer_id in ids.items():
            if (accreditor, issuer) in waiting or is_ending:
                continue
            mine = latest.get((accreditor, issuer))
            periods = state.accreditations.get((issuer_id, address), ())
            theirs = periods[-1] if periods else None
            here = _recognition(mine.valid_until, mine.scope, now) if mine else _NOTHING
            there = _recognition(theirs.valid_until, theirs.scope, now) if theirs else _NOTHING
            if here != there:
                yield Difference(f"recognition of {issuer} by {accreditor}", here, there)


def _recognition(until: int, scope: bytes, now: int) -> str:
    return "over" if until <= now else f"until {until}, statement 0x{scope.hex()}"


def _roles(roles: Role) -> str:
    return " and ".join(role.name.lower() for role in Role if role in roles and role.name) or _NOTHING


def _end(time: int) -> str:
    return "open" if time == FOREVER else f"closed at {time}"


def _bits(mask: int) -> Iterator[int]:
    return (bit for bit in range(_WORD) if mask >> bit & 1)
