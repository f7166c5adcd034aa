"""`cairn import` and `cairn issue`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app
from ledger.cli.verify import read_file
from ledger.errors import CairnError, RegistryError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ledger.issuing.desk import Desk
    from ledger.issuing.values import Batch
    from ledger.workspace import Workspace

MAX_IMPORT = 64 * 1024 * 1024

SponsorOption = Annotated[
    str | None,
    typer.Option(
        "--sponsor",
        help="Who pays: a relay (https://…), or a folder to write signed acts into for somebody to submit.",
    ),
]
DaysOption = Annotated[
    int, typer.Option("--sponsor-days", min=1, max=366, help="How long a sponsor may submit what is signed now.")
]
DEFAULT_DAYS = 7


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A programme or pathway (.json), or rows of learners (.csv).")],
    issuer: Annotated[str, typer.Option(help="The issuer's short name.")],
    programme: Annotated[str | None, typer.Option(help="The programme's code, where the issuer has several.")] = None,
    label: Annotated[str | None, typer.Option(help="A name for the batch that the rows become.")] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Stores a programme or pathway, or drafts a batch from a CSV file. Nothing is stored unless all is right."""
    from ledger.cli.output import batch_dict, credentials, emit
    from ledger.workspace import Workspace

    content = read_file(file, MAX_IMPORT)
    with Workspace.open(data) as workspace:
        if file.suffix.lower() == ".json":
            emit(*import_definition(workspace, issuer, content), as_json=as_json)
        elif file.suffix.lower() == ".csv":
            code = programme or only_programme(workspace, issuer)
            batch = workspace.imports.import_rows(issuer, code, content, label=label)
            then = f"`cairn issue {batch.id}` signs and anchors {'it' if batch.size == 1 else 'them'}"
            text = f"batch {batch.id}: {credentials(batch.size)} drafted; {then}"
            emit(batch_dict(batch), text, as_json=as_json)
        else:
            raise CairnError("usage", "a file to import ends in .json or .csv")


def import_definition(workspace: Workspace, issuer: str, content: bytes) -> tuple[dict[str, object], str]:
    """Stores a programme, or a pathway: the member `components` tells them apart."""
    from ledger.documents.strict_json import parse

    if "components" in parse(content):
        pathway, _ = workspace.pathways.publish(issuer, content)
        return {"pathway": pathway.pathway_id}, f"pathway {pathway.pathway_id} is published"
    stored = workspace.programmes.add(issuer, content)
    value: dict[str, object] = {"programme": stored.code, "achievements": list(stored.achievements)}
    return value, f"programme {stored.code} is stored, with {len(stored.achievements)} achievements"


def only_programme(workspace: Workspace, issuer: str) -> str:
    codes = [stored.code for stored in workspace.catalog.programmes(issuer)]
    if len(codes) != 1:
        known = ", ".join(codes) or "none; import one first"
        raise CairnError("usage", f"say which programme with --programme (known: {known})")
    return codes[0]


@app.command()
def issue(
    batch: Annotated[int | None, typer.Argument(help="The batch; none: every one that is not finished.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show the first document; sign nothing.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait until the block is final and the proofs are attached.")] = True,
    sponsor: SponsorOption = None,
    sponsor_days: DaysOption = DEFAULT_DAYS,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Signs, seals, anchors and, once final, proves what was imported. Safe to stop and to run again."""
    from ledger.cli.output import batch_dict, emit
    from ledger.cli.working import carry_calls, issue_all
    from ledger.issuing.corrections import Corrections
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        known = workspace.catalog.batches()
        unfinished = [one.id for one in known if not one.is_finished]
        chosen = unfinished if batch is None else [workspace.catalog.batch(batch).id]
        if preview:
            emit(*preview_of(workspace, chosen), as_json=as_json)
            return
        done = issue_all(workspace, chosen, wait=wait, sponsor=sponsor, days=sponsor_days)
        superseded = Corrections(workspace.database).pending([b.id for b in done])
        if wait and superseded:
            carry_calls(workspace, superseded, sponsor=sponsor, days=sponsor_days)
        if wait:
            awarded = awarded_since(workspace, {one.id for one in known})
            done += issue_all(workspace, awarded, sponsor=sponsor, days=sponsor_days)
        lines = [batch_line(b) for b in done]
        emit(
            {"batches": [batch_dict(b) for b in done]}, "\n".join(lines) or "nothing is left to issue", as_json=as_json
        )


def awarded_since(workspace: Workspace, known: Collection[int]) -> Sequence[int]:
    """The batches of awards that what is final now brings by itself, drafted here or by a worker meanwhile."""
    from ledger.durable.awarding import award_completed

    with suppress(RegistryError):  # the next run, or whoever works for the folder, looks again
        award_completed(workspace)
    return [batch for batch in workspace.on_completion.batches() if batch not in known]


def preview_of(workspace: Workspace, batches: Sequence[int]) -> tuple[dict[str, object], str]:
    """The first document of each batch as it will be signed, and what the profiles that are claimed miss in it."""
    import json

    from ledger.cli.linting import findings_dict, findings_table
    from ledger.issuing.profile_checks import ProfileChecks

    shown = [workspace.imports.preview(number) for number in batches]
    checked = [ProfileChecks(workspace.database).of_batch(number) for number in batches]
    lines = [json.dumps(document, ensure_ascii=False, indent=2) for document in shown]
    lines += [findings_table(found.findings, found.profiles).rstrip() for found in checked if found.profiles]
    findings = [findings_dict(found.findings, found.profiles) for found in checked]
    return {"previews": shown, "findings": findings}, "\n".join(lines)


def desk_of(workspace: Workspace, sponsor: str | None, days: int) -> Desk:
    """The services that change the chain, paid for by the sponsor if one is named."""
    return workspace.desk if sponsor is None else workspace.sponsored_desk(sponsor, days=days)


def batch_line(batch: Batch) -> str:
    """Where a batch stands, for people."""
    from ledger.cli.output import credentials, waiting_line

    if batch.act is not None and batch.act.waits_for_a_person:
        return f"batch {batch.id}: {credentials(batch.size)} signed; {waiting_line(batch.act)}"
    where = f", block {batch.anchor_block}" if batch.anchor_block is not None else ""
    return f"batch {batch.id}: {credentials(batch.size)} {batch.state}{where}"
