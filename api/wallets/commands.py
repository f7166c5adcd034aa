"""`cairn record`, `cairn record history` and `cairn record overview`: a learner's record, as the operator makes it."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app
from ledger.errors import CairnError, NotFound

if TYPE_CHECKING:
    from api.site import Site

record_app = typer.Typer(help="A learner's record: made, its versions, and what it adds up to.")
app.add_typer(record_app, name="record", invoke_without_command=True)

EmailOption = Annotated[str, typer.Option(help="The learner's e-mail address, as the issuers know it.")]


@record_app.callback()
def record(
    context: typer.Context,
    email: Annotated[str | None, typer.Option(help="The learner's e-mail address, as the issuers know it.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the record to this file.")] = None,
    name: Annotated[str, typer.Option(help="What the record is called.")] = "Learning record",
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Gathers what a learner holds in this ledger into a wallet, and makes one signed and anchored record of it."""
    if context.invoked_subcommand is not None:
        return
    if email is None:
        raise CairnError("usage", "name the learner with --email, or ask for: cairn record history, overview")
    from api.opening import open_site
    from api.wallets.gathering import gather
    from ledger.cli.output import credentials, emit
    from ledger.cli.working import issue_all
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        site = open_site(workspace)
        try:
            site.records.require_publisher()
            gathered = gather(site, email)
            try:
                whose = site.holdings.whose(gathered.wallet_id)
                chosen = [held.id for held in gathered.held if whose[held.id] != "other"]
                made = site.records.make(gathered.wallet_id, chosen, name=name)
                issue_all(workspace, [workspace.catalog.credential(made.credential_id).batch_id])
                document = site.records.document(gathered.wallet_id, made.id)
            except CairnError:
                if gathered.token:  # the wallet stands, and nobody will see its token again
                    sys.stderr.write(f"new wallet {gathered.wallet_id}; its token: {gathered.token.text}\n")
                raise
        finally:
            site.close()
    if out is not None:
        write(out, document)
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


@record_app.command("history")
def history(
    email: EmailOption,
    out: Annotated[Path | None, typer.Option(help="Write all versions to this ZIP, for `cairn verify`.")] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> int:
    """Shows the versions of a learner's record, and whether each follows the one before it. Exit code 1 if not."""
    from api.opening import open_site
    from ledger.cli.output import emit, table, when
    from ledger.verifying.report import shown_bytes
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        site = open_site(workspace)
        try:
            versions = site.records.history(wallet_of(site, email))
        finally:
            site.close()
    if out is not None:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for version in versions:
                file.writestr(f"version-{version.record.version}.json", version.document)
        write(out, archive.getvalue())
    shown = [
        {
            "version": version.record.version,
            "record": version.record.id,
            "credential_id": version.record.credential_id,
            "created_at": when(version.record.created_at),
            "credentials": version.record.size,
            "state": version.record.state,
            "digest": shown_bytes(version.record.digest),
            "follows": version.follows,
        }
        for version in versions
    ]
    rows = [
        (
            str(one["version"]),
            str(one["created_at"]),
            str(one["credentials"]),
            str(one["state"]),
            str(one["digest"])[:18],
            "yes" if one["follows"] else "NO",
        )
        for one in shown
    ]
    text = table(("version", "made", "credentials", "state", "digest", "follows the one before"), rows)
    emit({"versions": shown, "file": str(out) if out else None}, text, as_json=as_json)
    return 0 if all(version.follows for version in versions) else 1


@record_app.command("overview")
def show_overview(
    email: EmailOption,
    unit: Annotated[str, typer.Option(help="The unit of the total: ECTS, NZQCF, MQF, CATS, US or AQF.")] = "ECTS",
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Shows what a learner's credentials add up to, when they came, and which pathways they lead into."""
    from api.opening import open_site
    from api.wallets.overview_text import overview_text
    from ledger.cli.output import emit
    from ledger.stacking.totals import UNITS
    from ledger.workspace import Workspace

    if unit not in UNITS:
        raise CairnError("usage", f"--unit takes {', '.join(UNITS)}")
    with Workspace.open(data) as workspace:
        site = open_site(workspace)
        try:
            found = site.overviews.of_wallet(wallet_of(site, email), unit=unit)
        finally:
            site.close()
    emit(dict(found), overview_text(found), as_json=as_json)


def wallet_of(site: Site, email: str) -> str:
    """The wallet of an e-mail address. Raises NotFound `learner_unknown`."""
    found = site.wallets.with_address(email.strip().lower())
    if found is None:
        raise NotFound("no wallet has that e-mail address; make one with: cairn record --email …", "learner_unknown")
    return found


def write(path: Path, content: bytes) -> None:
    """Raises CairnError `file_unwritable`."""
    from ledger.configuration import write_atomically

    try:
        write_atomically(path, content)
    except OSError as error:
        raise CairnError("file_unwritable", f"cannot write {str(path)!r}: {error.strerror}") from error
