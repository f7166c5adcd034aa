"""`cairn init`, `cairn accreditor register`, and `cairn issuer register | accredit | key`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app
from ledger.errors import CairnError

issuer_app = typer.Typer(help="Issuers: register, recognise, look after keys.", no_args_is_help=True)
accreditor_app = typer.Typer(help="Accreditors, who recognise issuers.", no_args_is_help=True)
app.add_typer(issuer_app, name="issuer")
app.add_typer(accreditor_app, name="accreditor")

SlugArgument = Annotated[str, typer.Argument(help="A short name of your choice: a–z, 0–9 and hyphens.")]
NameOption = Annotated[str, typer.Option(help="The name that people know it by.")]
UrlOption = Annotated[str | None, typer.Option(help="Its web site (https).")]
CountryOption = Annotated[str | None, typer.Option(help="Its country, two letters, as MY.")]


@app.command()
def init(
    origin: Annotated[str, typer.Option(help="Where issuers' documents are published.")] = "https://cairn.example",
    link_base: Annotated[str, typer.Option(help="Where this site is reached.")] = "http://127.0.0.1:8000",
    rpc: Annotated[list[str] | None, typer.Option(help="JSON-RPC address of a node; none: an embedded chain.")] = None,
    chain_id: Annotated[int | None, typer.Option(help="EIP-155 chain id; none: as the node says.")] = None,
    registry: Annotated[str | None, typer.Option(help="Address of the registry; none: the usual one.")] = None,
    finality: Annotated[
        str | None, typer.Option(help="finalized, safe, latest, or confirmations; none: the chain's own rule.")
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(help="A PostgreSQL server, without a password (PGPASSFILE says it); none: a file in the folder."),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Keys that open fast and serve development chains only.")
    ] = False,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Makes a data folder: database, keys, and an embedded chain with a registry unless a node is named."""
    from ledger.chain.addresses import caip10, parse_address
    from ledger.cli.output import emit
    from ledger.workspace import Workspace

    with Workspace.init(
        data,
        origin=origin,
        link_base=link_base,
        rpc_urls=tuple(rpc or ()),
        chain_id=chain_id,
        registry=parse_address(registry) if registry else None,
        finality=finality,
        database_url=without_password(database_url),
        demo=demo,
    ) as workspace:
        name = caip10(workspace.configuration.chain_id, workspace.registry.registry)
        emit({"data": str(data), "registry": name}, f"{data} is ready; its registry is {name}", as_json=as_json)


@accreditor_app.command("register")
def register_accreditor(
    slug: SlugArgument,
    name: NameOption,
    url: UrlOption = None,
    country: CountryOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Makes an accreditor's account, whose recognition this folder trusts."""
    from ledger.chain.addresses import checksum_address
    from ledger.cli.output import emit
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        made = workspace.accreditors.register(slug, name=name, url=url, country=country)
        address = checksum_address(made.address)
        emit({"slug": slug, "name": name, "address": address}, f"{name} recognises as {address}", as_json=as_json)


@issuer_app.command("register")
def register_issuer(
    slug: SlugArgument,
    name: NameOption,
    url: UrlOption = None,
    country: CountryOption = None,
    did: Annotated[
        str | None,
        typer.Option(help="A did:web of its own domain, as did:web:uni.example; `cairn issuer did` writes its file."),
    ] = None,
    publisher: Annotated[
        bool, typer.Option("--publisher", help="It assembles learners' records, and awards nothing.")
    ] = False,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Registers an issuer on chain, with its operators and its first assertion key."""
    from ledger.cli.output import emit, issuer_dict
    from ledger.issuing.values import IssuerKind
    from ledger.workspace import Workspace

    if country is None and not publisher:
        raise CairnError("usage", "an issuer needs --country: whoever recognises it says where it is")
    kind = IssuerKind.PUBLISHER if publisher else IssuerKind.ISSUER
    with Workspace.open(data) as workspace:
        issuer = workspace.issuers.register(slug, name=name, kind=kind, url=url, country=country, did=did)
        emit(issuer_dict(issuer), f"{name} is {issuer.did}, issuer id 0x{issuer.issuer_id.hex()}", as_json=as_json)


@issuer_app.command("accredit")
def accredit_issuer(
    slug: SlugArgument,
    by: Annotated[str, typer.Option(help="The accreditor's short name.")],
    until: Annotated[str | None, typer.Option(help="Last day, YYYY-MM-DD; five years if not given.")] = None,
    end: Annotated[bool, typer.Option("--end", help="End the recognition now.")] = False,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Has an accreditor recognise an issuer for a period, or ends that."""
    from ledger.cli.output import emit, when
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        if end:
            given = workspace.accreditors.end(by, slug)
        else:
            given = workspace.accreditors.accredit(by, slug, until=end_of_day(until) if until else None)
        value = {"issuer": slug, "accreditor": by, "from": when(given.valid_from), "until": when(given.valid_until)}
        emit(value, f"{by} recognises {slug} from {value['from']} until {value['until']}", as_json=as_json)


@issuer_app.command("key")
def issuer_key(
    slug: SlugArgument,
    add: Annotated[bool, typer.Option("--add", help="Open a new key, which signs from now on.")] = False,
    close: Annotated[int | None, typer.Option(help="Close the key with this number.")] = None,
    since: Annotated[
        str | None,
        typer.Option(help="The key is compromised since then, YYYY-MM-DDTHH:MM:SSZ; without it, it is retired now."),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Lists an issuer's assertion keys, opens a new one, or closes one, also as of a past moment."""
    from ledger.cli.output import emit, issuer_dict, table, when
    from ledger.documents.codecs import parse_timestamp
    from ledger.workspace import Workspace

    if since is not None and close is None:
        raise CairnError("usage", "--since goes with --close")
    until = int(parse_timestamp(since).timestamp()) if since else None
    with Workspace.open(data) as workspace:
        issuer = workspace.catalog.issuer(slug)
        if add:
            issuer = workspace.issuers.add_key(slug)
        if close is not None:
            issuer = workspace.issuers.close_key(slug, close, until=until)
        rows = [(k.number, f"0x{k.public_key.hex()}", when(k.opened_at), when(k.closed_at) or "–") for k in issuer.keys]
        emit(issuer_dict(issuer), table(("key", "public key", "valid from", "until"), rows), as_json=as_json)


def end_of_day(text: str) -> int:
    """The first second after a day given as YYYY-MM-DD (UTC)."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise CairnError("usage", f"{text!r} is not a day like 2031-12-31") from error
    return int(day.timestamp()) + 86_400


def without_password(url: str | None) -> str | None:
    """A database's URL as it may stand in a file. Raises CairnError `usage` if there is a password in it."""
    from urllib.parse import urlsplit

    if url is not None and urlsplit(url).password is not None:
        raise CairnError("usage", "leave the password out of --database-url: a file that PGPASSFILE names can hold it")
    return url
