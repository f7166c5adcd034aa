"""`cairn issuer did`: the DID document of an issuer, to look at, to host, and to compare with the registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption
from ledger.cli.setting_up import SlugArgument, issuer_app
from ledger.cli.verify import fetch_link, read_file
from ledger.errors import CairnError, MalformedDocument

if TYPE_CHECKING:
    from ledger.issuing.identity import IdentityProblem
    from ledger.issuing.values import Issuer
    from ledger.workspace import Workspace


@issuer_app.command("did")
def did(
    slug: SlugArgument,
    out: Annotated[
        Path | None, typer.Option(help="Write it below this folder, where the web server of its domain expects it.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Fetch what is published, and compare it with the registry both ways.")
    ] = False,
    document: Annotated[
        Path | None, typer.Option(help="With --check: a copy of what is published, instead of fetching it.")
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> int:
    """Shows an issuer's DID document, writes it for its domain, or checks the published one against the registry."""
    import orjson

    from ledger.cli.output import emit
    from ledger.documents.did import document_url
    from ledger.workspace import Workspace

    if document is not None and not check:
        raise CairnError("usage", "--document goes with --check")
    with Workspace.open(data) as workspace:
        issuer = workspace.catalog.issuer(slug)
        url = document_url(issuer.did)
        if check:
            problems = compared(workspace, issuer, read_file(document) if document else published(url))
            value = {"did": issuer.did, "url": url, "problems": [vars(problem) for problem in problems]}
            text = "\n".join(problem.message for problem in problems) or f"{issuer.did} and the registry agree"
            emit(value, text, as_json=as_json)
            return 1 if problems else 0
        content = orjson.dumps(workspace.issuers.did_document(slug), option=orjson.OPT_INDENT_2) + b"\n"
        if out is None:
            typer.echo(content, nl=False)
            return 0
        path = out.joinpath(*url.split("/", 3)[3].split("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        emit({"did": issuer.did, "url": url, "file": str(path)}, f"{path} is to be served as {url}", as_json=as_json)
    return 0


def published(url: str) -> bytes:
    """The DID document that the issuer's domain serves. Raises MalformedDocument `did_unpublished`."""
    try:
        return fetch_link(url)
    except MalformedDocument as error:
        reason = "nothing is published there" if error.code == "link_unknown" else str(error)
        raise MalformedDocument("did_unpublished", f"{url} gives no DID document: {reason}") from error


def compared(workspace: Workspace, issuer: Issuer, content: bytes) -> tuple[IdentityProblem, ...]:
    """Where the published document and the registry do not agree. Raises MalformedDocument, RegistryUnreachable."""
    from ledger.chain.addresses import caip10
    from ledger.documents.did import parse_did_document
    from ledger.documents.strict_json import parse
    from ledger.issuing.identity import identity_problems

    published = parse_did_document(parse(content))
    registry = workspace.registry
    state = registry.read([issuer.issuer_id], [], []).issuers.get(issuer.issuer_id)
    return identity_problems(issuer, published, state, caip10(registry.chain_id, registry.registry))
