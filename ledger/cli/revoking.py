"""`cairn revoke | suspend | reinstate`, and `cairn withdraw`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app
from ledger.cli.issuing import DEFAULT_DAYS, DaysOption, SponsorOption, desk_of
from ledger.errors import CairnError

if TYPE_CHECKING:
    from ledger.chain.registry import Reason
    from ledger.issuing.values import StatusChange

IdsArgument = Annotated[list[str], typer.Argument(help="Ids of credentials (urn:uuid:…).")]
ReasonOption = Annotated[
    str, typer.Option(help="issued-in-error, assessment-invalid, accreditation-withdrawn, compromised or superseded.")
]


@app.command()
def revoke(
    ids: IdsArgument,
    reason: ReasonOption,
    sponsor: SponsorOption = None,
    sponsor_days: DaysOption = DEFAULT_DAYS,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Revokes credentials, for ever."""
    from ledger.workspace import Workspace

    why = parse_reason(reason)
    with Workspace.open(data) as workspace:
        revocation = desk_of(workspace, sponsor, sponsor_days).revocation
        show_changes(revocation.revoke(ids, why), "revoked", as_json=as_json)


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
    from ledger.workspace import Workspace

    why = parse_reason(reason)
    with Workspace.open(data) as workspace:
        revocation = desk_of(workspace, sponsor, sponsor_days).revocation
        show_changes(revocation.suspend(ids, why), "suspended", as_json=as_json)


@app.command()
def reinstate(
    ids: IdsArgument,
    sponsor: SponsorOption = None,
    sponsor_days: DaysOption = DEFAULT_DAYS,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Ends a suspension."""
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        revocation = desk_of(workspace, sponsor, sponsor_days).revocation
        show_changes(revocation.reinstate(ids), "reinstated", as_json=as_json)


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
    from ledger.cli.output import act_dict, batch_dict, emit, waiting_line, when
    from ledger.issuing.rows import withdrawal_purpose
    from ledger.workspace import Workspace

    why = parse_reason(reason)
    with Workspace.open(data) as workspace:
        done = desk_of(workspace, sponsor, sponsor_days).withdrawal.withdraw(batch, why)
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

    by_name = {reason.name.lower().replace("_", "-"): reason for reason in Reason}
    by_number = {str(reason.value): reason for reason in Reason}
    found = by_name.get(text) or by_number.get(text)
    if found is None:
        raise CairnError("usage", f"{text!r} is no reason; choose one of {', '.join(by_name)}")
    return found
