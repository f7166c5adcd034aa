"""`cairn correct`: new credentials in the place of final ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app
from ledger.cli.issuing import MAX_IMPORT
from ledger.cli.verify import read_file


@app.command()
def correct(
    file: Annotated[
        Path, typer.Argument(help="Rows as for an import, with `supersedes` (a credential's id) and maybe `note`.")
    ],
    issuer: Annotated[str, typer.Option(help="The issuer's short name.")],
    label: Annotated[str | None, typer.Option(help="A name for the batch that the rows become.")] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Drafts corrections of final credentials. Once they are final, those that they supersede are revoked.

    Nothing is stored unless all is right.
    """
    from ledger.cli.output import batch_dict, emit
    from ledger.issuing.corrections import Corrections
    from ledger.workspace import Workspace

    content = read_file(file, MAX_IMPORT)
    with Workspace.open(data) as workspace:
        batch, _ = Corrections(workspace.database).draft(issuer, content, label=label)
        text = (
            f"batch {batch.id}: {batch.size:,} correction{'' if batch.size == 1 else 's'} drafted; "
            f"`cairn issue {batch.id}` signs and anchors, and revokes what is superseded"
        )
        emit(batch_dict(batch), text, as_json=as_json)
