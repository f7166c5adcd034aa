"""`cairn revoke | suspend | reinstate`, and `cairn withdraw`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app
from ledger.cli.issuing import DEFAULT_DAYS, DaysOption, SponsorOption
from ledger.errors import CairnError

if TYPE_CHECKING:
    from ledger.chain.registry import Reason
    from ledger.issuing.values import StatusChange

IdsArgument = Annotated[list[str], typer.Argument(help="Ids of credentials (urn:uuid:…).")]
REASONS = "issued-in-error, assessment-invalid, accreditation-withdrawn, compromised or superseded."
ReasonOption = Annotated[str, typer.Option(help=REASONS)]


@app.command()
def revoke(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of credentials (urn:uuid:…).")] = None,
    reason: Annotated[str | None, typer.Option(help=REASONS)] = None,
    file: Annotated[
        Path | None, typer.Option(help="A CSV file: credential_id, or learner_id and achievement; reason; note.")
    ] = None,
    issuer: Annotated[str | None, typer.Option(help="Whose credentials the file is about.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Say what the file would do; change nothing.")] = False,
    skip_problems: Annotated[
        bool, typer.Option("--skip-problems", help="Leave out the rows that cannot be revoked.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Write the result of every row to this CSV file.")] = None,
    sponsor: SponsorOption = None,
    sponsor_days: DaysOption = DEFAULT_DAYS,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> int:
    """Revokes credentials, for ever: those named, or all that a file lists."""
    from ledger.chain.registry import StatusAction
    from ledger.cli.bulk_revoking import preview_file, revoke_file
    from ledger.cli.working import change_status
    from ledger.workspace import Workspace

    if bool(ids) == bool(file):
        raise CairnError("usage", "name credentials, or a file that lists them with --file")
    if file is None and (reason is None or issuer or preview or skip_problems or out):
        raise CairnError(
            "usage", "credentials named one by one need --reason; --issuer, --preview and the like go with --file"
        )
    why = parse_reason(reason) if reason is not None else None
    with Workspace.open(data) as workspace:
        if file is not None and preview:
            return preview_file(workspace, file, issuer, why, out, as_json=as_json)
        if file is not None:
            return revoke_file(
                workspace,
                file,
                issuer,
                why,
                skip_problems=skip_problems,
                out=out,
                sponsor=sponsor,
                days=sponsor_days,
                as_json=as_json,
            )
        changes = change_status(workspace, StatusAction.REVOKE, ids or [], why, sponsor=sponsor, days=sponsor_days)
        show_changes(changes, "revoked", as_json=as_json)
    return 0


@app.command()
def suspend(
    ids: IdsArgument,
    reason: ReasonOption,
    sponsor: SponsorOption = None,
    sponsor_days: DaysOption = DEFAULT_DAYS,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Suspends credentials until they are reinstated."""
    from ledger.chain.registry import StatusAction
    from ledger.cli.working import change_status
    from ledger.workspace import Workspace

    why = parse_reason(reason)
    with Workspace.open(data) as workspace:
        changes = change_status(workspace, StatusAction.SUSPEND, ids, why, sponsor=sponsor, days=sponsor_days)
        show_changes(changes, "suspended", as_json=as_json)


@app.command()
def reinstate(
    ids: IdsArgument,
    sponsor: SponsorOption = None,
    sponsor_days: DaysOption = DEFAULT_DAYS,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Ends a suspension."""
    from ledger.chain.registry import StatusAction
    from ledger.cli.working import change_status
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        changes = change_status(workspace, StatusAction.REINSTATE, ids, None, sponsor=sponsor, days=sponsor_days)
        show_changes(changes, "reinstated", as_json=as_json)


@app.command()
def withdraw(
    batch: Annotated[int, typer.Argument(help="The batch that was issued in error.")],
    reason: ReasonOption,
    sponsor: SponsorOption = None,
    sponsor_days: DaysOption = DEFAULT_DAYS,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Withdraws a whole batch, for ever: every credential in it."""
    from ledger.cli import working
    from ledger.cli.output import act_dict, batch_dict, emit, waiting_line, when
    from ledger.issuing.rows import withdrawal_purpose
    from ledger.workspace import Workspace

    why = parse_reason(reason)
    with Workspace.open(data) as workspace:
        done = working.withdraw(workspace, batch, why, sponsor=sponsor, days=sponsor_days)
        act = workspace.sponsored_acts.find(withdrawal_purpose(batch))
        text = f"batch {batch} was withdrawn at {when(done.withdrawn_at)}, with its {done.size:,} credentials"
        if done.withdrawn_at is None and act is not None:
            text = f"batch {batch} is to be withdrawn; {waiting_line(act)}"
        emit(batch_dict(done) | {"withdrawal": act_dict(act) if act else None}, text, as_json=as_json)


def show_changes(changes: tuple[StatusChange, ...], word: str, *, as_json: bool) -> None:
    from ledger.cli.output import change_dict, emit

    lines = [change_line(change, name, word) for change in changes for name in change.credential_ids]
    emit(
        {"changes": [change_dict(change) for change in changes]},
        "\n".join(lines) or "nothing to change",
        as_json=as_json,
    )


def change_line(change: StatusChange, name: str, word: str) -> str:
    from ledger.cli.output import waiting_line

    if change.is_final:
        shown = (
            f"in block {change.block_number}" if change.transaction else f"as final block {change.block_number} shows"
        )
        return f"{name} {word} {shown}"
    if change.act is not None:
        return f"{name} is to be {word}; {waiting_line(change.act)}"
    return f"{name} is to be {word}, after what was asked for before"


def parse_reason(text: str) -> Reason:
    """A reason by name or by number."""
    from ledger.chain.registry import Reason
    from ledger.issuing.revocation_rows import find_reason

    found = find_reason(text)
    if found is None:
        known = ", ".join(reason.name.lower().replace("_", "-") for reason in Reason)
        raise CairnError("usage", f"{text!r} is no reason; choose one of {known}")
    return found
