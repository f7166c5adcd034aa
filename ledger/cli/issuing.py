"""`cairn import`, `cairn issue`, `cairn award`, and `cairn revoke | suspend | reinstate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app
from ledger.cli.verify import read_file
from ledger.errors import CairnError

if TYPE_CHECKING:
    from ledger.chain.registry import Reason
    from ledger.issuing.values import StatusChange
    from ledger.workspace import Workspace

MAX_IMPORT = 64 * 1024 * 1024

IdsArgument = Annotated[list[str], typer.Argument(help="Ids of credentials (urn:uuid:…).")]
ReasonOption = Annotated[
    str, typer.Option(help="issued-in-error, assessment-invalid, accreditation-withdrawn, compromised or superseded.")
]


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
    from ledger.cli.output import batch_dict, emit
    from ledger.workspace import Workspace

    content = read_file(file, MAX_IMPORT)
    with Workspace.open(data) as workspace:
        if file.suffix.lower() == ".json":
            emit(*import_definition(workspace, issuer, programme, content), as_json=as_json)
        elif file.suffix.lower() == ".csv":
            code = programme or only_programme(workspace, issuer)
            batch = workspace.imports.import_rows(issuer, code, content, label=label)
            text = (
                f"batch {batch.id}: {batch.size:,} credentials drafted; `cairn issue {batch.id}` signs and anchors them"
            )
            emit(batch_dict(batch), text, as_json=as_json)
        else:
            raise CairnError("usage", "a file to import ends in .json or .csv")


def import_definition(
    workspace: Workspace, issuer: str, programme: str | None, content: bytes
) -> tuple[dict[str, object], str]:
    """Stores a programme, or a pathway: the member `components` tells them apart."""
    from ledger.documents.strict_json import parse

    if "components" in parse(content):
        code = programme or only_programme(workspace, issuer)
        pathway = workspace.programmes.add_pathway(issuer, code, content)
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
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Signs, seals, anchors and, once final, proves what was imported. Safe to stop and to run again."""
    import json

    from ledger.cli.output import batch_dict, emit, progress
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        unfinished = [known.id for known in workspace.catalog.batches() if not known.is_finished]
        chosen = unfinished if batch is None else [workspace.catalog.batch(batch).id]
        if preview:
            shown = [workspace.imports.preview(number) for number in chosen]
            emit(
                {"previews": shown},
                "\n".join(json.dumps(d, ensure_ascii=False, indent=2) for d in shown),
                as_json=as_json,
            )
            return
        done = []
        for number in chosen:
            with progress(f"batch {number}") as bar:
                done.append(workspace.pipeline.advance(number, wait=wait, progress=bar))
        lines = [f"batch {b.id}: {b.size:,} credentials {b.state}, block {b.anchor_block}" for b in done]
        emit(
            {"batches": [batch_dict(b) for b in done]}, "\n".join(lines) or "nothing is left to issue", as_json=as_json
        )


@app.command()
def award(
    pathway: Annotated[str, typer.Argument(help="The pathway's id, as `cairn import` printed it.")],
    issuer: Annotated[str, typer.Option(help="The issuer's short name.")],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Drafts the award of a pathway for everyone who has completed it and does not hold it yet."""
    from ledger.cli.output import batch_dict, emit
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        batch = workspace.awards.draft(issuer, pathway)
        if batch is None:
            emit({"batch": None}, "nobody has completed it who does not hold the award already", as_json=as_json)
            return
        text = f"batch {batch.id}: {batch.size:,} awards drafted; `cairn issue {batch.id}` signs and anchors them"
        emit({"batch": batch_dict(batch)}, text, as_json=as_json)


@app.command()
def revoke(
    ids: IdsArgument, reason: ReasonOption, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False
) -> None:
    """Revokes credentials, for ever."""
    from ledger.workspace import Workspace

    why = parse_reason(reason)
    with Workspace.open(data) as workspace:
        show_changes(workspace.revocation.revoke(ids, why), "revoked", as_json=as_json)


@app.command()
def suspend(
    ids: IdsArgument, reason: ReasonOption, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False
) -> None:
    """Suspends credentials until they are reinstated."""
    from ledger.workspace import Workspace

    why = parse_reason(reason)
    with Workspace.open(data) as workspace:
        show_changes(workspace.revocation.suspend(ids, why), "suspended", as_json=as_json)


@app.command()
def reinstate(ids: IdsArgument, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Ends a suspension."""
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        show_changes(workspace.revocation.reinstate(ids), "reinstated", as_json=as_json)


def show_changes(changes: tuple[StatusChange, ...], word: str, *, as_json: bool) -> None:
    from ledger.cli.output import change_dict, emit

    lines = [f"{name} {word} in block {change.block_number}" for change in changes for name in change.credential_ids]
    emit(
        {"changes": [change_dict(change) for change in changes]},
        "\n".join(lines) or "nothing to change",
        as_json=as_json,
    )


def parse_reason(text: str) -> Reason:
    """A reason by name or by number."""
    from ledger.chain.registry import Reason

    by_name = {reason.name.lower().replace("_", "-"): reason for reason in Reason}
    by_number = {str(reason.value): reason for reason in Reason}
    found = by_name.get(text) or by_number.get(text)
    if found is None:
        raise CairnError("usage", f"{text!r} is no reason; choose one of {', '.join(by_name)}")
    return found
