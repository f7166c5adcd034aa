"""`cairn endorse`: an issuer speaks for a credential, an achievement or another organisation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app
from ledger.cli.verify import read_file
from ledger.errors import CairnError

if TYPE_CHECKING:
    from datetime import date

    from ledger.documents.endorsement import Endorsed


@app.command()
def endorse(
    target: Annotated[str, typer.Argument(help="A file with a credential or an achievement, or an id: a DID, an URL.")],
    issuer: Annotated[str, typer.Option(help="The short name of the issuer that endorses it.")],
    comment: Annotated[str, typer.Option(help="What it says of it, in plain words.")],
    until: Annotated[str | None, typer.Option(help="Last day, YYYY-MM-DD; without one it has no end.")] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Drafts an endorsement: what an issuer says of a credential, an achievement or another organisation."""
    from ledger.cli.output import batch_dict, emit
    from ledger.issuing.endorsements import Endorsements
    from ledger.workspace import Workspace

    endorsed, last = endorsed_by(target), last_day(until) if until else None
    with Workspace.open(data) as workspace:
        batch, _ = Endorsements(workspace.database).draft(issuer, endorsed, comment, valid_until=last)
        text = f"batch {batch.id}: “{batch.label}” drafted; `cairn issue {batch.id}` signs and anchors it"
        emit(batch_dict(batch), text, as_json=as_json)


def endorsed_by(target: str) -> Endorsed:
    """What a file holds or an id names. Raises DraftError, and MalformedDocument for a file that cannot be read."""
    from ledger.documents.endorsement import endorsed_document, endorsed_id
    from ledger.documents.strict_json import parse

    if Path(target).exists():
        return endorsed_document(parse(read_file(Path(target))))
    return endorsed_id(target)


def last_day(text: str) -> date:
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CairnError("usage", f"{text!r} is not a day like 2031-12-31") from error
