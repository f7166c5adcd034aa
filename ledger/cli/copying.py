"""`cairn backup | restore | check`, and `cairn archive`: copies of the ledger, and whether it is sound in itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, EXIT_REFUSED, DataOption, JsonOption, app
from ledger.errors import CairnError

archive_app = typer.Typer(help="An issuer's archive: final documents with their proofs.", no_args_is_help=True)
app.add_typer(archive_app, name="archive")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, as cairn-2026-03-02.tar.gz.")],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Writes everything but the passphrase of the keys into one file, also while the server runs."""
    from ledger.cli.output import emit
    from ledger.keeping.backup import back_up

    done = back_up(data, file)
    size = file.stat().st_size
    value: dict[str, object] = {
        "file": str(file),
        "bytes": size,
        "files": [{"name": one.name, "size": one.size, "sha256": one.sha256} for one in done.entries],
    }
    text = (
        f"{len(done.entries)} files are in {file} ({size:,} bytes)\n"
        "the passphrase of the keys is not among them: keep it elsewhere, for without it they never open again"
    )
    emit(value, text, as_json=as_json)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `cairn backup` wrote.")],
    database_url: Annotated[
        str | None, typer.Option("--database-url", help="An empty database on a server, for a backup of one.")
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Makes a data folder from a backup, after checking all of it. The folder must be empty or new."""
    from ledger.cli.output import emit, progress
    from ledger.keeping.restore import restore as restore_backup

    with progress("restore") as bar:
        entries = restore_backup(file, data, database_url=database_url, progress=bar)
    text = (
        f"{len(entries)} files are in {data}, and the database is sound\n"
        f"put the passphrase of the keys into {data / 'keys' / 'passphrase'}, or name its file in "
        "CAIRN_PASSPHRASE_FILE; then run `cairn reconcile`"
    )
    emit({"data": str(data), "files": len(entries)}, text, as_json=as_json)


@app.command()
def check(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> int:
    """Reads every byte that anything rests on: the database's own order, each document, each batch's root and proofs.

    Exit codes: 0 sound, 1 damaged.
    """
    from ledger.cli.output import emit, progress
    from ledger.keeping.parts import check as check_ledger
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace, progress("check") as bar:
        problems = check_ledger(workspace, progress=bar)
    lines = [f"✗ {problem}" for problem in problems] or ["✓ the ledger is sound in itself"]
    emit({"sound": not problems, "problems": list(problems)}, "\n".join(lines), as_json=as_json)
    return EXIT_REFUSED if problems else 0


@archive_app.command("export")
def export(
    folder: Annotated[Path, typer.Argument(help="Where to write: an empty or new folder, or an earlier archive.")],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Writes every final document with its proofs into plain files. They hold personal data: keep them so."""
    from ledger.cli.output import emit, progress
    from ledger.keeping.archive import export_archive
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace, progress("archive") as bar:
        done = export_archive(workspace.catalog, folder, progress=bar)
    left = f"; {done.left_out} batches are not final and were left out" if done.left_out else ""
    value = {"batches": done.batches, "documents": done.documents, "left_out": done.left_out}
    emit(value, f"{done.documents:,} documents of {done.batches:,} batches are in {folder}{left}", as_json=as_json)


@archive_app.command("import")
def import_(
    place: Annotated[Path, typer.Argument(help="An archive, or a file or folder of documents.")],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Takes documents back into the batches that they belong to, as after `cairn rebuild`."""
    from ledger.cli.output import emit, progress
    from ledger.keeping.parts import import_archive
    from ledger.workspace import Workspace

    if not place.exists():
        raise CairnError("archive_missing", f"there is nothing at {place}")
    with Workspace.open(data) as workspace, progress("archive") as bar:
        found = import_archive(workspace, place, progress=bar)
    lacking = f"; {found.lacking} batches lack documents still" if found.lacking else ""
    value = {"read": found.read, "added": found.added, "lacking_batches": found.lacking}
    emit(value, f"{found.added:,} of {found.read:,} documents were taken back{lacking}", as_json=as_json)
