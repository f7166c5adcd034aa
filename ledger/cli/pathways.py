"""`cairn pathway publish | list | show | auto`: by which rules credentials add up, and what completing one brings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app
from ledger.cli.verify import read_file
from ledger.errors import CairnError

if TYPE_CHECKING:
    from ledger.issuing.values import Awarding, StoredPathway

pathway_app = typer.Typer(help="Pathways: which credentials add up to an award.", no_args_is_help=True)
app.add_typer(pathway_app, name="pathway")

MODES = {"on": "auto", "off": "off", "queue": "queue"}
WHAT_FOLLOWS = {
    "auto": "who completes it is awarded by itself",
    "queue": "who completes it is proposed; see `cairn award queue`",
    "off": "nobody is awarded before somebody asks",
}

NameArgument = Annotated[str, typer.Argument(metavar="PATHWAY", help="Its id, code/version, or code for the newest.")]
IssuerOption = Annotated[str | None, typer.Option("--issuer", help="The issuer's short name.")]


@pathway_app.command("publish")
def publish(
    file: Annotated[Path, typer.Argument(help="The definition of a pathway (.json).")],
    issuer: Annotated[str, typer.Option(help="The issuer's short name.")],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Publishes a version of a pathway. What is published never changes; a new rule is a new version."""
    from ledger.cli.output import emit
    from ledger.workspace import Workspace

    content = read_file(file)
    with Workspace.open(data) as workspace:
        pathway, is_new = workspace.pathways.publish(issuer, content)
    text = f"pathway {pathway.pathway_id} is published" + ("" if is_new else " already")
    emit(pathway_dict(pathway) | {"new": is_new}, text, as_json=as_json)


@pathway_app.command("list")
def list_pathways(issuer: IssuerOption = None, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Shows the published pathways, each version, and what becomes of those who complete them."""
    from ledger.cli.output import emit, table
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        pathways = workspace.pathways.all(issuer)
    rows = [(p.issuer, p.code, p.version, p.awarding, p.name, p.pathway_id) for p in pathways]
    text = table(("issuer", "code", "version", "awarding", "title", "id"), rows) if rows else "no pathway is published"
    emit({"pathways": [pathway_dict(pathway) for pathway in pathways]}, text, as_json=as_json)


@pathway_app.command("show")
def show(
    name: NameArgument, issuer: IssuerOption = None, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False
) -> None:
    """Shows one version: its document, and the digest by which awards name it."""
    import orjson

    from ledger.cli.output import emit
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        pathway = workspace.pathways.find(name, issuer)
    document = orjson.loads(pathway.content)
    value = pathway_dict(pathway) | {"document": document}
    shown = orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
    head = f"{pathway.name}, version {pathway.version}, digest {value['digest']}\n{WHAT_FOLLOWS[pathway.awarding]}"
    emit(value, f"{head}\n{shown}", as_json=as_json)


@pathway_app.command("auto")
def auto(
    name: NameArgument,
    mode: Annotated[str, typer.Argument(metavar="on|off|queue", help="What becomes of those who complete it.")],
    issuer: IssuerOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Says what becomes of those who complete a version: awarded (on), proposed to a person (queue), nothing (off).

    Those who completed it before count too: `cairn award PATHWAY --dry-run` shows who they are.
    """
    from ledger.cli.output import emit
    from ledger.workspace import Workspace

    wanted = awarding_of(mode)
    with Workspace.open(data) as workspace:
        pathway = workspace.pathways.set_awarding(workspace.pathways.find(name, issuer).pathway_id, wanted)
    emit(pathway_dict(pathway), f"{pathway.pathway_id}: {WHAT_FOLLOWS[pathway.awarding]}", as_json=as_json)


def awarding_of(mode: str) -> Awarding:
    from ledger.issuing.values import Awarding

    if mode not in MODES:
        raise CairnError("usage", f"{mode!r} is none of {', '.join(MODES)}")
    return Awarding(MODES[mode])


def pathway_dict(pathway: StoredPathway) -> dict[str, object]:
    from hashlib import sha256

    from ledger.documents.canonical import digest_multibase

    return {
        "id": pathway.pathway_id,
        "issuer": pathway.issuer,
        "code": pathway.code,
        "version": pathway.version,
        "title": pathway.name,
        "digest": digest_multibase(sha256(pathway.content).digest()),
        "awarding": str(pathway.awarding),
    }
