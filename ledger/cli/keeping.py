"""`cairn reconcile | rebuild | doctor`: the ledger beside the chain, what stops issuing, and a way back from a loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, EXIT_REFUSED, DataOption, JsonOption, app
from ledger.errors import CairnError

if TYPE_CHECKING:
    from ledger.keeping.comparison import Difference
    from ledger.keeping.holds import Hold
    from ledger.keeping.reconcile import Reconciliation

SHOWN_DIFFERENCES = 100


@app.command()
def reconcile(
    accept: Annotated[
        list[int] | None, typer.Option("--accept", help="A hold on issuing, by its number, that you answer for.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Your name, which is kept with what you accept.")] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> int:
    """Compares the database with the chain, both ways; what differs stops issuing until a person accepts it.

    Exit codes: 0 no difference that nobody accepted, 1 differences or a hold, 3 could not read the chain.
    """
    from ledger.cli.output import emit, progress
    from ledger.keeping.parts import finality_watch, holds_of, reconciler
    from ledger.workspace import Workspace

    if accept and not by:
        raise CairnError("usage", "--accept goes with --by: say who answers for it")
    with Workspace.open(data) as workspace:
        with progress("reconcile") as bar:
            # Nothing is accepted unseen: what the chain says now is looked at first.
            found = reconciler(workspace).run(progress=bar)
            finality_watch(workspace).look()
        holds = holds_of(workspace)
        accepted = [holds.accept(number, by=by or "") for number in accept or ()]
        still_open = holds.open()
        emit(*described(found, accepted, still_open), as_json=as_json)
    is_settled = not still_open and (bool(accepted) or not found.differences)
    return 0 if is_settled else EXIT_REFUSED


@app.command()
def rebuild(
    from_block: Annotated[
        int | None, typer.Option("--from-block", min=0, help="A block that is older than the registry's first event.")
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Makes the database anew from the chain's events, or adds what an older one lacks. Safe to stop and to run again.

    The documents come back with `cairn archive import`.
    """
    from dataclasses import asdict

    from ledger.cli.output import emit, progress
    from ledger.keeping.parts import make_database, rebuilding
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace, progress("rebuild") as bar:
        make_database(workspace)
        done = rebuilding(workspace).run(from_block=from_block, progress=bar)
    added = f"{done.issuers:,} issuers, {done.accreditors:,} accreditors, {done.accreditations:,} recognitions"
    lines = [f"up to block {done.through_block} the chain added {added}, {done.batches:,} batches"]
    lines += [f"! keys/issuers/{slug}: the chain knows no issuer with these keys" for slug in done.foreign]
    lines += ["the documents come back with `cairn archive import`"] if done.batches else []
    emit(asdict(done), "\n".join(lines), as_json=as_json)


@app.command()
def doctor(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> int:
    """Looks at everything that the ledger needs to work, and says what to do about what is wrong.

    Exit codes: 0 nothing fails, 1 something does.
    """
    from dataclasses import asdict

    from ledger.cli.output import emit
    from ledger.keeping.doctor import Health, examine
    from ledger.workspace import Workspace

    marks = {Health.OK: "✓", Health.WARNING: "!", Health.FAILURE: "✗"}
    with Workspace.open(data) as workspace:
        findings = examine(workspace)
    lines = [
        f"{marks[one.health]} {one.subject}: {one.message}" + (f"; do: {one.remedy}" if one.remedy else "")
        for one in findings
    ]
    is_well = all(one.health is not Health.FAILURE for one in findings)
    emit({"well": is_well, "findings": [asdict(one) for one in findings]}, "\n".join(lines), as_json=as_json)
    return 0 if is_well else EXIT_REFUSED


def described(
    found: Reconciliation, accepted: list[Hold], still_open: tuple[Hold, ...]
) -> tuple[dict[str, object], str]:
    """What was found, as a value and as text."""
    from ledger.cli.output import table, when
    from ledger.keeping.reconcile import counted

    value: dict[str, object] = {
        "block": found.block.number,
        "time": when(found.block.time),
        "complete": found.is_complete,
        "differences": difference_dicts(found.differences),
        "accepted_before": difference_dicts(found.accepted),
        "overdue_batches": [batch.id for batch in found.overdue],
        "status_indexes_raised": [
            {"issuer": one.issuer, "before": one.before, "after": one.after} for one in found.raised
        ],
        "accepted": [hold_dict(hold) for hold in accepted],
        "holds": [hold_dict(hold) for hold in still_open],
    }
    lines = []
    if found.differences:
        shown = found.differences[:SHOWN_DIFFERENCES]
        lines += [table(("what", "here", "on chain"), [(one.subject, one.here, one.on_chain) for one in shown]), ""]
        if len(shown) < len(found.differences):
            lines += [f"… and {len(found.differences) - len(shown):,} more (all of them with --json)", ""]
    lines += [f"! batch {b.id} of {b.issuer} waits as {b.state}: `cairn issue {b.id}`" for b in found.overdue]
    lines += [
        f"! {one.issuer}: the next status index is {one.after:,} now; it was {one.before:,}, which is behind the chain"
        for one in found.raised
    ]
    lines += [f"✓ hold {hold.id} ({hold.code}) is accepted by {hold.accepted_by}" for hold in accepted]
    lines += [
        f"✗ issuing stands still: hold {hold.id} ({hold.code}): {hold.detail}\n"
        f"  to answer for it: cairn reconcile --accept {hold.id} --by NAME"
        for hold in still_open
    ]
    before = f" ({len(found.accepted):,} more were accepted)" if found.accepted else ""
    part = "" if found.is_complete else "; not all events were read"
    lines += [f"{counted(len(found.differences))} at block {found.block.number}{before}{part}"]
    return value, "\n".join(lines)


def difference_dicts(differences: Sequence[Difference]) -> list[dict[str, str]]:
    return [{"subject": one.subject, "here": one.here, "on_chain": one.on_chain} for one in differences]


def hold_dict(hold: Hold) -> dict[str, object]:
    from ledger.cli.output import when

    return {
        "id": hold.id,
        "code": hold.code,
        "detail": hold.detail,
        "raised_at": when(hold.raised_at),
        "accepted_at": when(hold.accepted_at),
        "accepted_by": hold.accepted_by,
    }
