"""`cairn wallet export | erase` and `cairn issuer forget-learner`: what is a learner's, taken along or erased."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.opening import opened_site
from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app
from ledger.cli.setting_up import SlugArgument, issuer_app
from ledger.errors import CairnError, Conflict

if TYPE_CHECKING:
    from api.wallets.erasing import Erased

wallet_app = typer.Typer(help="Wallets of learners: take one along, erase one.", no_args_is_help=True)
app.add_typer(wallet_app, name="wallet")

WalletArgument = Annotated[str, typer.Argument(help="The wallet's id.")]


@wallet_app.command("export")
def export(
    wallet: WalletArgument,
    out: Annotated[Path, typer.Option(help="The ZIP file; further parts get a number: wallet-2.zip.")],
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Writes everything in a wallet into ZIP files: documents, records, pathways, links, and how to check them."""
    from api.wallets.exporting import Exporting
    from ledger.cli.output import emit

    with opened_site(data) as site:
        exporting = Exporting(site, wallet)
        files = [out, *(out.with_stem(f"{out.stem}-{part}") for part in range(2, exporting.parts + 1))]
        for file in files:
            if file.exists() and not force:
                raise Conflict(f"{str(file)!r} is there already; --force writes over it", "file_exists")
        for part, file in enumerate(files, 1):
            file.touch(0o600)
            with file.open("wb") as target:
                target.writelines(exporting.stream(part))
    emit({"wallet": wallet, "files": [str(file) for file in files]}, "\n".join(map(str, files)), as_json=as_json)


@wallet_app.command("erase")
def erase(
    wallet: WalletArgument,
    confirm: Annotated[str, typer.Option("--erase", help="The wallet's id once more: there is no way back.")] = "",
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Erases a wallet and everything in it. What issuers awarded stays with them: see `issuer forget-learner`."""
    if confirm != wallet:
        raise CairnError("usage", f"to erase this wallet for good, add --erase {wallet}")
    with opened_site(data) as site:
        tell(site.erasing.erase(wallet), as_json=as_json)


@issuer_app.command("forget-learner")
def forget_learner(
    slug: SlugArgument,
    email: Annotated[str | None, typer.Option(help="The learner's e-mail address.")] = None,
    learner_id: Annotated[str | None, typer.Option(help="The issuer's own number for the learner.")] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Forgets a learner on the issuer's side: documents, name, address, number. Revoking goes on by credential id."""
    if (email is None) == (learner_id is None):
        raise CairnError("usage", "name the learner by --email or by --learner-id")
    address = email.strip().lower() if email else None
    with opened_site(data) as site:
        site.workspace.catalog.issuer(slug)
        tell(site.erasing.forget_learner(slug, email=address, learner_id=learner_id), as_json=as_json)


def tell(erased: Erased, *, as_json: bool) -> None:
    """Says what is gone, and what is not within reach."""
    from ledger.cli.output import emit

    text = (
        f"erased: {erased.credentials} credentials, {erased.records} records, {erased.addresses} addresses, "
        f"{erased.mails} mails in the folder for mail\n"
    )
    if not erased.is_clean:
        text += "the database is in use, so its file was not written anew yet; run `cairn wallet clear` later\n"
    text += "backups, archives, and mails that were sent are out of reach"
    value = {
        "credentials": erased.credentials,
        "records": erased.records,
        "addresses": erased.addresses,
        "mails": erased.mails,
        "clean": erased.is_clean,
    }
    emit(value, text, as_json=as_json)


@wallet_app.command("clear")
def clear(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> int:
    """Writes the database's file anew, so that nothing which was erased before is left in it."""
    from ledger.cli.output import emit
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        is_clean = workspace.database.clear_traces()
    text = "nothing that was erased is left" if is_clean else "the database is in use; try again when it is not"
    emit({"clean": is_clean}, text, as_json=as_json)
    return 0 if is_clean else 1
