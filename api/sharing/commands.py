"""`cairn share`: links to what a learner's wallet holds, as the operator of the ledger makes and ends them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from api.opening import opened_site
from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app
from ledger.errors import CairnError

if TYPE_CHECKING:
    from api.sharing.schemas import Ending
    from api.sharing.values import Link

Model = TypeVar("Model", bound="Ending")

share_app = typer.Typer(help="Share links: what a learner shows, to whoever has the link.", invoke_without_command=True)
app.add_typer(share_app, name="share")

HideOption = Annotated[
    str | None, typer.Option(help="What to withhold: results, evidence, narrative, identifiers; several with commas.")
]
UntilOption = Annotated[str | None, typer.Option(help="The last day on which the link is open, as 2026-12-31.")]
CredentialOption = Annotated[
    list[str] | None, typer.Option("--credential", help="A credential in the wallet, by its id there; repeat.")
]
LinkArgument = Annotated[str, typer.Argument(help="The id of the link, as it was printed.")]


@share_app.callback()
def share(
    context: typer.Context,
    record_id: Annotated[
        str | None, typer.Option("--record", help="The id of a record, as `cairn record` prints it.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(help="Days until the link ends by itself.", min=1, max=366, show_default="30")
    ] = None,
    until: UntilOption = None,
    label: Annotated[str, typer.Option(help="What the link is for, as its holder will read it.")] = "Shared record",
    purpose: Annotated[str | None, typer.Option(help="What it is shared for, as viewers will read it.")] = None,
    pin: Annotated[
        str | None,
        typer.Option(help="A PIN of six characters or more that viewers have to give; - reads it from stdin."),
    ] = None,
    hide: HideOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Makes a link that shows a record; it is printed this once. Its other commands list, narrow and withdraw links."""
    if context.invoked_subcommand is not None:
        return
    from api.clock import DAY, unix_now
    from api.sharing.schemas import DEFAULT_DAYS, LinkIn
    from api.sharing.values import Choice
    from ledger.cli.output import emit, when
    from ledger.proofs.hideable import parse_hidden

    if record_id is None:
        raise CairnError("usage", "name a record with --record, or use one of: list, narrow, withdraw, unlock")
    with opened_site(data) as site:
        owner = site.records.owner(record_id)
        wanted = checked(
            LinkIn,
            record_id=record_id,
            days=days,
            until=until,
            label=label,
            purpose=purpose,
            pin=sys.stdin.readline().rstrip("\n") if pin == "-" else pin,
        )
        link, token = site.links.create(
            owner,
            Choice(record_id, hidden=parse_hidden(words(hide))),
            label=wanted.label,
            expires_at=end(wanted) or unix_now() + DEFAULT_DAYS * DAY,
            purpose=wanted.purpose,
            pin=wanted.pin,
        )
        url = site.share_url(token)
    value = {"link": link.id, "url": url, "expires_at": when(link.expires_at), "hidden": list(link.hidden)}
    lines = [url, f"link {link.id}, open until {when(link.expires_at)}, while `cairn serve` runs"]
    lines += ["asks for its PIN; tell it to viewers another way"] if link.has_pin else []
    emit(value, "\n".join(lines), as_json=as_json)


@share_app.command("list")
def list_links(
    record_id: Annotated[
        str | None, typer.Option("--record", help="A record of the wallet whose links to list.")
    ] = None,
    wallet: Annotated[str | None, typer.Option(help="The wallet whose links to list.")] = None,
    link: Annotated[str | None, typer.Option(help="A link whose receipts to list instead.")] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Lists the links of a wallet, or when one of them was opened, how and what for."""
    from ledger.cli.output import emit, table, when

    if [record_id, wallet, link].count(None) != 2:
        raise CairnError("usage", "name a record, a wallet or a link")
    with opened_site(data) as site:
        if link is not None:
            views = site.links.views(site.links.owner(link), link)
            seen = [(when(view.viewed_at), view.kind, view.purpose or "–") for view in views]
            listed = [dict(zip(("viewed_at", "kind", "purpose"), row, strict=True)) for row in seen]
            emit({"views": listed}, table(("opened", "as", "for"), seen), as_json=as_json)
            return
        found = site.links.links(wallet or site.records.owner(str(record_id)))
    rows = [(one.id, one.state, when(one.expires_at), one.views, guard(one), one.label) for one in found]
    emit({"links": [facts(one) for one in found]}, table(LISTED, rows), as_json=as_json)


LISTED = ("link", "state", "until", "opened", "PIN", "label")


@share_app.command()
def narrow(
    link: LinkArgument,
    credential: CredentialOption = None,
    hide: HideOption = None,
    until: UntilOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Has a link show less from now on: only these credentials, more withheld, or an earlier end. Never more."""
    from api.sharing.schemas import NarrowingIn
    from api.sharing.values import Choice
    from ledger.cli.output import emit, when
    from ledger.cli.working import issue_all
    from ledger.proofs.hideable import parse_hidden

    wanted = checked(NarrowingIn, credential_ids=credential, hide=words(hide), until=until)
    choice = Choice(credential_ids=tuple(wanted.credential_ids or ()), hidden=parse_hidden(wanted.hide))
    with opened_site(data) as site:
        changed = site.links.narrow(site.links.owner(link), link, choice, expires_at=end(wanted))
        if changed.record_id is not None and choice.credential_ids:
            issued = site.records.record(site.links.owner(link), changed.record_id).credential_id
            issue_all(site.workspace, [site.workspace.catalog.credential(issued).batch_id])
    emit(facts(changed), f"link {link} shows less now; open until {when(changed.expires_at)}", as_json=as_json)


@share_app.command()
def withdraw(link: LinkArgument, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Ends a link at once and for ever."""
    from ledger.cli.output import emit

    with opened_site(data) as site:
        site.links.withdraw(site.links.owner(link), link)
    emit({"link": link, "state": "withdrawn"}, f"link {link} is withdrawn", as_json=as_json)


@share_app.command()
def unlock(link: LinkArgument, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Lifts the lock that too many wrong PINs have put on a link."""
    from ledger.cli.output import emit

    with opened_site(data) as site:
        changed = site.links.unlock(site.links.owner(link), link)
    emit(facts(changed), f"link {link} takes its PIN again", as_json=as_json)


def checked(model: type[Model], **values: object) -> Model:
    """What was asked for, under the rules of the site. Raises CairnError `usage`."""
    from pydantic import ValidationError

    given = {name: value for name, value in values.items() if value is not None}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = " ".join(str(part) for part in first["loc"])
        raise CairnError("usage", f"{place}: {first['msg']}" if place else str(first["msg"])) from error


def end(wanted: Ending) -> int | None:
    from api.clock import unix_now
    from api.sharing.schemas import end_of

    return end_of(wanted, unix_now())


def words(text: str | None) -> list[str]:
    return [word.strip() for word in text.split(",")] if text else []


def guard(link: Link) -> str:
    """What stands before a link, in a word."""
    if not link.has_pin:
        return "no"
    return "locked" if link.locked_at is not None else f"yes, {link.wrong_pins} wrong" if link.wrong_pins else "yes"


def facts(link: Link) -> dict[str, object]:
    """A link as JSON, in the names of the API."""
    from api.sharing.owner_routes import link_out

    return link_out(link).model_dump()
