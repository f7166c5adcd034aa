"""The `cairn` command, whole: the ledger's commands, and `record`, `share` and `serve`, which need wallets and pages.

Nothing heavy is imported before the command that needs it runs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Never

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption
from ledger.cli.main import app, run
from ledger.errors import CairnError

if TYPE_CHECKING:
    from api.site import Site
    from ledger.workspace import Workspace


def main() -> Never:
    """Runs the command."""
    run()


@app.command()
def record(
    email: Annotated[str, typer.Option(help="The learner's e-mail address, as the issuers know it.")],
    out: Annotated[Path | None, typer.Option(help="Write the record to this file.")] = None,
    name: Annotated[str, typer.Option(help="What the record is called.")] = "Learning record",
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Gathers what a learner holds in this ledger into a wallet, and makes one signed and anchored record of it."""
    from api.wallets.gathering import gather
    from ledger.cli.output import credentials, emit
    from ledger.cli.working import issue_all
    from ledger.configuration import write_atomically
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        site = open_site(workspace)
        try:
            site.records.require_publisher()
            gathered = gather(site, email)
            try:
                made = site.records.make(gathered.wallet_id, [held.id for held in gathered.held], name=name)
                issue_all(workspace, [workspace.catalog.credential(made.credential_id).batch_id])
                document = site.records.document(gathered.wallet_id, made.id)
            except CairnError:
                if gathered.token:  # the wallet stands, and nobody will see its token again
                    sys.stderr.write(f"new wallet {gathered.wallet_id}; its token: {gathered.token.text}\n")
                raise
        finally:
            site.close()
    if out is not None:
        try:
            write_atomically(out, document)
        except OSError as error:
            raise CairnError("file_unwritable", f"cannot write {str(out)!r}: {error.strerror}") from error
    value: dict[str, object] = {
        "record": made.id,
        "version": made.version,
        "credentials": made.size,
        "wallet": gathered.wallet_id,
        "token": gathered.token.text if gathered.token else None,
        "file": str(out) if out else None,
    }
    lines = [f"record {made.id}, version {made.version}: {credentials(made.size)}"]
    lines += [f"written to {out}"] if out else []
    lines += (
        [f"new wallet {gathered.wallet_id}; its token, shown this once: {value['token']}"] if value["token"] else []
    )
    lines += [f"share it: cairn share --data {data} --record {made.id}"]
    emit(value, "\n".join(lines), as_json=as_json)


@app.command()
def share(
    record_id: Annotated[str, typer.Option("--record", help="The id of a record, as `cairn record` prints it.")],
    days: Annotated[int, typer.Option(help="Days until the link ends by itself.", min=1, max=366)] = 30,
    label: Annotated[str, typer.Option(help="What the link is for, as its holder will read it.")] = "Shared record",
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Makes a link that shows a record to whoever has it. The link is printed this once."""
    from ledger.cli.output import emit, when
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        site = open_site(workspace)
        try:
            owner = site.records.owner(record_id)
            link, token = site.links.create(owner, label=label, days=days, record_id=record_id)
        finally:
            site.close()
    url = site.share_url(token)
    value = {"link": link.id, "url": url, "expires_at": when(link.expires_at)}
    emit(value, f"{url}\nopen until {when(link.expires_at)}, while `cairn serve` runs", as_json=as_json)


@app.command("api-key")
def api_key(
    issuer: Annotated[str, typer.Argument(help="The issuer's short name.")],
    label: Annotated[str, typer.Option(help="What the key is for.")] = "API key",
    close: Annotated[str | None, typer.Option(help="Close the key with this id instead.")] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Makes an API key with which a machine of an issuer may use the site, or closes one. Lists the issuer's keys."""
    from api.issuers.keys import ApiKeys
    from ledger.cli.output import emit, table, when
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        keys = ApiKeys(workspace.database, workspace.catalog)
        made = None if close else keys.create(issuer, label)
        if close:
            keys.close(issuer, close)
        entries = keys.keys(issuer)
    names = ("id", "label", "created_at", "closed_at")
    rows = [(entry.key_id, entry.label, when(entry.created_at), when(entry.closed_at)) for entry in entries]
    listed = [dict(zip(names, row, strict=True)) for row in rows]
    text = table(("id", "label", "since", "closed"), [(*row[:3], row[3] or "–") for row in rows])
    if made:
        text += f"\nthe new key, shown this once: {made[1]}"
    emit({"keys": listed, "key": made[1] if made else None}, text, as_json=as_json)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", show_default="8000")] = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Serves the site over a data folder: share links, the page to check files, and everything for programs."""
    serve_site(data, host=host, port=port)


def serve_site(data: Path, *, host: str | None = None, port: int | None = None) -> int:
    """Serves the site until it is told to stop, and gives the exit code. What is left out, the environment says.

    Raises CairnError (`port_busy`, `host_unusable`), WorkspaceError and the registry's errors before it serves.
    """
    from api.serving import listen, run_site
    from api.settings import load_settings
    from ledger.workspace import Workspace

    def announce(line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    settings = load_settings(host=host, port=port, data=data)
    with listen(settings.host, settings.port) as listener, Workspace.open(settings.data) as workspace:
        run_site(workspace, settings, listener, announce=announce)
    return 0


def open_site(workspace: Workspace) -> Site:
    """The services of the site without a server, as the operator of the data folder uses them."""
    from api.settings import link_base, load_settings
    from api.site import Site

    settings = load_settings(data=workspace.path)
    return Site(workspace, settings, link_base(settings, workspace.configuration.link_base))


if __name__ == "__main__":
    main()
