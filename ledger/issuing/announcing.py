"""What happened that others are to hear of: events, told inside the transaction that makes them true.

A service of issuing takes an `Announce` and calls it with its writing session. Who listens, it does not know: the
outbox (`ledger.delivering`) in earnest, nobody where nobody is to be told.

An event is known again by its kind and its subject, which no other ledger's event has either; telling it twice is
telling it once. Its body goes to strangers: no personal data but the ids of credentials.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlmodel import Session

from ledger.chain.registry import BlockRef, StatusAction
from ledger.issuing.values import Batch, Issuer, StatusChange

BATCH_FINAL = "batch.final"
BATCH_HELD = "batch.held"
BATCH_WITHDRAWN = "batch.withdrawn"
AWARD_PROPOSED = "award.proposed"
AWARD_AFFECTED = "award.affected"
AWARD_RESTORED = "award.restored"
STATUS_KINDS = {
    StatusAction.REVOKE: "credential.revoked",
    StatusAction.SUSPEND: "credential.suspended",
    StatusAction.REINSTATE: "credential.reinstated",
}


@dataclass(frozen=True)
class Event:
    """Something that happened to an issuer's credentials. `batch` is whose learners are to hear of it, if they are."""

    kind: str
    issuer: str
    subject: str
    body: Mapping[str, object]
    batch: int | None = None


Announce = Callable[[Session, Event], object]
"""Notes an event within the session's transaction: it is told if, and only if, that is committed."""


def unannounced(_session: Session, _event: Event) -> None:
    """For where nobody is to be told."""


def batch_final(batch: Batch, issuer: Issuer) -> Event:
    """Every credential of the batch carries its anchor proof."""
    return Event(BATCH_FINAL, issuer.slug, _anchored(batch, issuer), _batch_body(batch, issuer), batch.id)


def batch_withdrawn(batch: Batch, issuer: Issuer) -> Event:
    """The registry shows the whole batch withdrawn, at a final block."""
    body = _batch_body(batch, issuer) | {"reason": batch.withdrawal_reason}
    return Event(BATCH_WITHDRAWN, issuer.slug, _anchored(batch, issuer), body)


def batch_held(batch: Batch, issuer: Issuer, *, code: str, since: int) -> Event:
    """The batch cannot go on by itself. `code` says why; `since`, Unix seconds, is part of what it is known by."""
    subject = f"{issuer.did}#{batch.id}:{batch.created_at}:{code}:{since}"
    return Event(BATCH_HELD, issuer.slug, subject, _batch_body(batch, issuer) | {"code": code})


def status_changed(change: StatusChange, issuer: Issuer) -> Event:
    """The registry holds a change of status at a final block: one event for the whole call."""
    body: dict[str, object] = {
        "issuer": issuer.did,
        "credentials": list(change.credential_ids),
        "reason": change.reason,
        "block": change.block_number,
        "time": change.block_time,
    }
    subject = f"{issuer.did}#{change.id}:{change.requested_at}"
    return Event(STATUS_KINDS[change.action], issuer.slug, subject, body)


def award_proposed(issuer: Issuer, pathway_id: str, candidate: int, basis: bytes) -> Event:
    """Somebody has completed a pathway, and waits for a person to approve the award."""
    subject = f"{issuer.did}#{pathway_id}:{candidate}:{basis.hex()}"
    body: dict[str, object] = {"issuer": issuer.did, "pathway": pathway_id, "candidate": candidate}
    return Event(AWARD_PROPOSED, issuer.slug, subject, body)


def award_affected(issuer: Issuer, award: str, component: str, what: str, reason: int | None, block: BlockRef) -> Event:
    """A credential that an award rests on was revoked, suspended or withdrawn, as of a final block."""
    body = _foundation(issuer, award, component, block) | {"what": what, "reason": reason}
    return Event(AWARD_AFFECTED, issuer.slug, f"{award}#{component}:{what}:{block.number}", body)


def award_restored(issuer: Issuer, award: str, component: str, block: BlockRef) -> Event:
    """What had fallen stands again."""
    return Event(
        AWARD_RESTORED,
        issuer.slug,
        f"{award}#{component}:{block.number}",
        _foundation(issuer, award, component, block),
    )


def _foundation(issuer: Issuer, award: str, component: str, block: BlockRef) -> dict[str, object]:
    return {
        "issuer": issuer.did,
        "credential": award,
        "component": component,
        "block": block.number,
        "time": block.time,
    }


def _anchored(batch: Batch, issuer: Issuer) -> str:
    return f"{issuer.did}#{batch.root.hex() if batch.root else batch.id}"


def _batch_body(batch: Batch, issuer: Issuer) -> dict[str, object]:
    return {
        "issuer": issuer.did,
        "batch": batch.id,
        "size": batch.size,
        "root": f"0x{batch.root.hex()}" if batch.root else None,
        "block": batch.anchor_block,
        "anchored_at": batch.anchored_at,
    }
