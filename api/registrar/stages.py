"""How far a batch is, for people: from the draft to the block that nobody can undo, with times."""

from __future__ import annotations

from dataclasses import dataclass

from api.registrar.approvals import Approval, ApprovalState
from api.web.translating import gettext, noted
from ledger.durable.orders import Order, Problem
from ledger.issuing.progress import Progress
from ledger.issuing.values import Batch, BatchState, IssuerKey
from ledger.sending.values import IN_BLOCK, Transaction
from ledger.verifying.report import shown_bytes

_ORDER = (
    BatchState.OPEN,
    BatchState.SEALED,
    BatchState.PLANNED,
    BatchState.SENT,
    BatchState.MINED,
    BatchState.SAFE,
    BatchState.FINAL,
)
_RANK = {state: rank for rank, state in enumerate(_ORDER)}
_TITLES = {
    "drafted": noted("Drafted"),
    "approved": noted("Approved"),
    "signed": noted("Signed"),
    "sent": noted("Sent"),
    "mined": noted("In a block"),
    "safe": noted("Safe"),
    "final": noted("Final"),
    "finished": noted("Ready for learners"),
}
_HINDRANCES = {
    "funds_low": noted("The account that pays is empty. Put money into it; the batch then goes on by itself."),
    "fee_cap": noted("Fees are above the limit that was set. It goes on by itself once they fall."),
    "key_missing": noted("The key that signs cannot be opened. Tell whoever runs this system."),
    "clock_wrong": noted("The clock of the machine is wrong. Tell whoever runs this system."),
    "no_key": noted("The institution has no signing key in force. An admin can open one under Keys."),
    "registry_unreachable": noted("The blockchain does not answer now. It is tried again by itself."),
    "sponsor_unreachable": noted("The sponsor does not answer now. It is tried again by itself."),
    "sponsor_refused": noted("The sponsor refused to pay. Talk to them, or have it sent at your own cost."),
    "gas_exhausted": noted("The transaction ran out of gas. Tell whoever runs this system."),
    "batch_corrupt": noted("What is stored is not what was signed. Tell whoever runs this system; nothing was sent."),
    "transaction_reverted": noted("The registry refused the batch. Tell whoever runs this system."),
}
_STATES = {
    "drafted": noted("Draft"),
    "waiting": noted("Waits for approval"),
    "refused": noted("Sent back"),
    "approved": noted("Being signed"),
    "sealed": noted("Signed"),
    "planned": noted("Signed"),
    "sent": noted("Sent"),
    "mined": noted("In a block"),
    "safe": noted("Safe"),
    "final": noted("Final"),
    "withdrawn": noted("Withdrawn"),
    "key_ended": noted("Not valid: key closed"),
    "parked": noted("Waits for somebody"),
}
_KINDS = {
    "final": "valid",
    "withdrawn": "invalid",
    "key_ended": "invalid",
    "refused": "invalid",
    "parked": "indeterminate",
}


@dataclass(frozen=True)
class Stage:
    """A step of a batch: `when` it was reached (Unix seconds, where that is known) and `detail` such as its block.

    `standing` is done, now, or next.
    """

    key: str
    title: str
    standing: str
    when: int | None = None
    detail: str = ""


@dataclass(frozen=True)
class BatchStanding:
    """A batch as a line of a list shows it: a word for where it is, and the class of its chip."""

    batch: Batch
    approval: Approval
    word: str
    kind: str


def standing_of(
    batch: Batch, approval: Approval, order: Order | None = None, ended_key: IssuerKey | None = None
) -> BatchStanding:
    """Where a batch is, in a word or two. `ended_key` signed it, and had ended when it was anchored."""
    if batch.withdrawn_at is not None:
        key = "withdrawn"
    elif ended_key is not None:
        key = "key_ended"
    elif order is not None and order.is_parked:
        key = "parked"
    elif batch.state is BatchState.OPEN:
        key = approval.state.value
    else:
        key = batch.state.value
    return BatchStanding(batch, approval, gettext(_STATES[key]), _KINDS.get(key, "waiting"))


def stages_of(batch: Batch, approval: Approval, progress: Progress) -> list[Stage]:
    """All steps in their order."""
    rank, sent = _RANK[batch.state], batch.transaction
    is_approved = approval.state is ApprovalState.APPROVED
    in_block = sent is not None and sent.state in IN_BLOCK
    block = _block_and_gas(sent) if sent is not None and in_block else ""
    counted = f"{progress.done:,} / {progress.total:,}" if progress.step in ("sign", "attach") else ""
    known = [
        ("drafted", True, approval.prepared_at or batch.created_at, approval.prepared_name or ""),
        ("approved", is_approved, approval.decided_at if is_approved else None, _decider(approval)),
        ("signed", rank >= 1, batch.sealed_at, counted if progress.step == "sign" and is_approved else ""),
        ("sent", rank >= _RANK[BatchState.SENT], None, shown_bytes(sent.hash) or "" if sent is not None else ""),
        ("mined", rank >= _RANK[BatchState.MINED], sent.block_time if sent is not None else None, block),
        ("safe", rank >= _RANK[BatchState.SAFE], None, ""),
        ("final", rank >= _RANK[BatchState.FINAL], batch.anchored_at, _block(batch.anchor_block)),
        ("finished", batch.is_finished, batch.attached_at, counted if progress.step == "attach" else ""),
    ]
    stages, is_next = [], False
    for key, is_done, when, detail in known:
        standing = "done" if is_done else "next" if is_next else "now"
        is_next = is_next or not is_done
        stages.append(Stage(key, gettext(_TITLES[key]), standing, when if is_done else None, detail))
    return stages


def hindrance_of(problem: Problem) -> str:
    """Why a batch does not go on, in plain words; those of the part that noticed where there are no plainer ones."""
    plain = _HINDRANCES.get(problem.code)
    return gettext(plain) if plain is not None else problem.message[:1].upper() + problem.message[1:].rstrip(".") + "."


def _decider(approval: Approval) -> str:
    return (approval.decided_name or "") if approval.state is ApprovalState.APPROVED else ""


def _block_and_gas(sent: Transaction) -> str:
    """Where the batch is on the chain, and what was paid for it there."""
    if sent.block_number is None or sent.gas_used is None:
        return _block(sent.block_number)
    said = gettext("Block %(number)s, %(gas)s gas used")
    return said % {"number": f"{sent.block_number:,}", "gas": f"{sent.gas_used:,}"}


def _block(number: int | None) -> str:
    return gettext("Block %(number)s") % {"number": f"{number:,}"} if number is not None else ""
