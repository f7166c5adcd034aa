"""`cairn revoke --file`: what a file lists, looked at first or revoked at once, with a result for every row."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.app import EXIT_USAGE, SHOWN_PROBLEMS
from ledger.cli.issuing import MAX_IMPORT
from ledger.cli.verify import read_file
from ledger.errors import CairnError

if TYPE_CHECKING:
    from ledger.chain.registry import Reason
    from ledger.issuing.bulk_revocation import BulkRevocation, RevocationPlan, RowResult
    from ledger.issuing.revocation_rows import AskedRow
    from ledger.issuing.values import StatusChange
    from ledger.workspace import Workspace


def preview_file(
    workspace: Workspace, file: Path, issuer: str | None, reason: Reason | None, out: Path | None, *, as_json: bool
) -> int:
    """Shows what the file would do. Exit code 2 if it would be refused."""
    from ledger.cli.output import emit

    bulk, asked = _opened(workspace, file, reason)
    plan = bulk.preview(asked, issuer=issuer)
    _write_results(out, plan.rows)
    price = f"about {plan.gas:,} gas" if plan.gas is not None else "their gas is not known: the chain does not answer"
    calls = f"{plan.calls:,} registry call{'s' if plan.calls != 1 else ''}, {price}"
    emit(_plan_dict(plan), f"{_counted(plan.rows)}\n{calls}; nothing was changed", as_json=as_json)
    return EXIT_USAGE if plan.problems else 0


def revoke_file(
    workspace: Workspace,
    file: Path,
    issuer: str | None,
    reason: Reason | None,
    *,
    skip_problems: bool,
    out: Path | None,
    sponsor: str | None,
    days: int,
    as_json: bool,
) -> int:
    """Revokes what the file lists. What could not be finished stays pending, and the results say so."""
    from ledger.cli.output import emit, progress
    from ledger.cli.working import carry_calls, require_sponsor

    require_sponsor(sponsor)
    bulk, asked = _opened(workspace, file, reason)
    placing = workspace.placing(sponsor, days=days)
    plan, calls = bulk.store(asked, issuer=issuer, skip_problems=skip_problems, placing=placing)
    changes: list[StatusChange] = []
    try:
        with progress("revoking") as bar:
            for call in calls:
                bar("calls", len(changes), len(calls))
                changes += carry_calls(workspace, [call], sponsor=sponsor, days=days)
    finally:
        rows = bulk.results(plan)
        _write_results(out, rows)
    value = _plan_dict(plan) | {"rows": [_row_dict(row) for row in rows], "changes": [_call(c) for c in changes]}
    emit(value, f"{_counted(rows)}\n{len(calls):,} registry call{'s' if len(calls) != 1 else ''}", as_json=as_json)
    return 0


def _opened(workspace: Workspace, file: Path, reason: Reason | None) -> tuple[BulkRevocation, tuple[AskedRow, ...]]:
    from ledger.issuing.bulk_revocation import BulkRevocation
    from ledger.issuing.revocation_rows import read_revocations

    asked = read_revocations(read_file(file, MAX_IMPORT), default=reason)
    return BulkRevocation(workspace.database, workspace.registry), asked


def _counted(rows: Sequence[RowResult]) -> str:
    """How many rows came out how, and the first of those that are problems."""
    counts = Counter(row.state for row in rows)
    lines = [f"{count:,} {str(state).replace('_', ' ')}" for state, count in counts.items()]
    problems = [str(row.problem) for row in rows if row.is_problem]
    lines += [f"  {problem}" for problem in problems[:SHOWN_PROBLEMS]]
    if len(problems) > SHOWN_PROBLEMS:
        lines.append(f"  … and {len(problems) - SHOWN_PROBLEMS:,} more (all of them with --json or --out)")
    return "\n".join(lines)


def _plan_dict(plan: RevocationPlan) -> dict[str, object]:
    return {"rows": [_row_dict(row) for row in plan.rows], "calls": plan.calls, "gas": plan.gas}


def _row_dict(row: RowResult) -> dict[str, object]:
    return {
        "row": row.row,
        "credential": row.credential_id,
        "reason": int(row.reason),
        "result": str(row.state),
        "message": row.message,
    }


def _call(change: StatusChange) -> dict[str, object]:
    from ledger.cli.output import change_dict

    return change_dict(change) | {"credentials": len(change.credential_ids)}


def _write_results(out: Path | None, rows: Sequence[RowResult]) -> None:
    """A line for each row, in the order of the file."""
    if out is None:
        return
    from ledger.configuration import write_atomically

    lines = io.StringIO(newline="")
    writer = csv.DictWriter(lines, ("row", "credential", "reason", "result", "message"))
    writer.writeheader()
    writer.writerows(_row_dict(row) for row in rows)
    try:
        write_atomically(out, lines.getvalue().encode())
    except OSError as error:
        raise CairnError("file_unwritable", f"cannot write {str(out)!r}: {error.strerror}") from error
