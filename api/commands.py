"""The `cairn` command, whole: the ledger's commands, and `record`, `share` and `serve`, which need wallets and pages.

Nothing heavy is imported before the command that needs it runs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Never

import typer

from api.opening import open_site
from api.sharing.commands import share_app
from api.staff.commands import audit_app, staff_app
from api.wallets.commands import record_app
from api.wallets.leaving_commands import wallet_app
from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption
from ledger.cli.main import app, run

__all__ = ["audit_app", "open_site", "record_app", "share_app", "staff_app", "wallet_app"]


def main() -> Never:
    """Runs the command."""
    run()


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


if __name__ == "__main__":
    main()
