"""Where one credential stands: in force or not, since when and why, and what it corrects or was corrected by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.issuing.catalog import Catalog
    from ledger.issuing.values import StatusChange, StoredCredential
    from ledger.workspace import Workspace


def standing_of(workspace: Workspace, credential_id: str) -> tuple[dict[str, object], str]:
    """What the ledger knows of a credential's standing, as value and as text. Raises NotFound `credential_unknown`."""
    from ledger.cli.output import change_dict, credential_dict, when
    from ledger.issuing.bulk_revocation import notes_of
    from ledger.issuing.forgetting import is_forgotten
    from ledger.verifying.status import reason_in_words

    catalog = workspace.catalog
    found = catalog.credential(credential_id)
    batch = catalog.batch(found.batch_id)
    changes = catalog.status_changes(credential_id)
    notes = notes_of(workspace.database, credential_id)
    withdrawn = {"at": when(batch.withdrawn_at), "reason": batch.withdrawal_reason} if batch.withdrawn_at else None
    value = credential_dict(found) | {
        "withdrawn": withdrawn,
        "changes": [change_dict(change) | {"note": notes.get(change.id)} for change in changes],
    }
    holder = "somebody who was forgotten here" if is_forgotten(found.learner_id) else found.learner_name
    lines = [f"{found.name} of {holder}: {found.state} (batch {found.batch_id})"]
    lines += supersession_lines(catalog, found)
    if batch.withdrawn_at:
        why = reason_in_words(batch.withdrawal_reason or 0)
        lines.append(f"  withdrawn with its whole batch at {when(batch.withdrawn_at)}: {why}")
    lines += [change_line(change, notes.get(change.id)) for change in changes]
    return value, "\n".join(lines)


def supersession_lines(catalog: Catalog, found: StoredCredential) -> list[str]:
    """What it corrects, and what corrects it, drafts included."""
    lines = [f"  supersedes {found.supersedes}"] if found.supersedes else []
    if found.superseded_by:
        later = catalog.credential(found.superseded_by)
        yet = "" if later.batch_state == "final" else f", once that is final (batch {later.batch_id}: {later.state})"
        lines.append(f"  superseded by {found.superseded_by}{yet}")
    return lines


def change_line(change: StatusChange, note: str | None) -> str:
    """One change of status: what, when, in which block, why."""
    from ledger.chain.registry import StatusAction
    from ledger.cli.output import when
    from ledger.verifying.status import reason_in_words

    words = {StatusAction.REVOKE: "revoked", StatusAction.SUSPEND: "suspended", StatusAction.REINSTATE: "reinstated"}
    done = words[change.action]
    where = f"{done} in block {change.block_number}, {when(change.block_time)}" if change.is_final else f"to be {done}"
    why = f": {reason_in_words(change.reason)}" if change.reason else ""
    return f"  {where}{why}" + (f" (note: {note})" if note else "")
