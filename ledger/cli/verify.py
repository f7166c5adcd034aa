"""`cairn verify`: one document, one verdict, from the file and a node alone, or from a data folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.anchor_nodes import parse_anchor_nodes
from ledger.cli.app import DEFAULT_DATA, DataOption, JsonOption, app
from ledger.cli.report_text import render
from ledger.cli.verify_list import Wish, check_list
from ledger.errors import CairnError, MalformedDocument, WorkspaceError

if TYPE_CHECKING:
    from ledger.chain.finality import Finality
    from ledger.chain.foreign_anchors import InscriptionReader
    from ledger.chain.reader import RpcRegistryReader
    from ledger.proofs.rdfc_worker import BoundedCanonicalizer
    from ledger.verifying.policy import Policy
    from ledger.verifying.report import VerificationReport
    from ledger.verifying.verifier import Verifier
    from ledger.wrapping.judging import Item

MAX_BYTES = 5 * 1024 * 1024
MAX_LIST = 50 * 1024 * 1024
NEED_RDF = (
    *(b"eddsa-rdfc-2022", b"ecdsa-rdfc-2019", b"Ed25519Signature2020"),
    *(b"MerkleProof2019", b"merkle-proof-2019"),
)


@app.command()
def verify(
    source: Annotated[
        str | None,
        typer.Argument(
            help="A file (JSON, JWT, PNG, SVG, PDF or ZIP), a share link (http or https), or - for standard input."
        ),
    ] = None,
    rpc: Annotated[list[str] | None, typer.Option(help="JSON-RPC address of a node; repeat for several.")] = None,
    registry: Annotated[str | None, typer.Option(help="The registry, CAIP-10: eip155:<chain>:<address>.")] = None,
    accreditor: Annotated[list[str] | None, typer.Option(help="An accreditor's address that you trust.")] = None,
    finality: Annotated[str, typer.Option(help="finalized, safe, latest, or a number of confirmations.")] = "finalized",
    min_rpc: Annotated[
        int | None, typer.Option(min=1, help="How many nodes have to agree; more than half of them if not given.")
    ] = None,
    document: Annotated[
        list[str] | None,
        typer.Option(
            help="URL=FILE: a DID document, key or status list that the credential names; repeat for several."
        ),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            help="any-issuer (UNSAFE): judges documents of issuers that no accreditor knows by their signature alone; "
            "whoever makes a key can issue what it pleases."
        ),
    ] = None,
    fetch: Annotated[
        bool,
        typer.Option(
            "--fetch",
            help="Fetches DID documents and status lists that were not given; tells their hosts of the check.",
        ),
    ] = False,
    anchor_rpc: Annotated[
        list[str] | None,
        typer.Option(help="CHAIN=URL: a node of another chain that anchors Blockcerts, as eip155:1=https://…; repeat."),
    ] = None,
    challenge: Annotated[
        str | None, typer.Option(help="Of a presentation: the challenge that its holder was to answer.")
    ] = None,
    audience: Annotated[
        str | None, typer.Option(help="Of a presentation: who you are, as you told the holder when you asked.")
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="Judges as of a date: 2026-09-01, which means its end in UTC, or 2026-09-01T12:00:00Z.",
        ),
    ] = None,
    beside: Annotated[
        list[Path] | None,
        typer.Option(
            "--with",
            metavar="FILE",
            help="Another file to look at too: an earlier version of the record, a component of the award; repeat.",
        ),
    ] = None,
    listed: Annotated[
        Path | None,
        typer.Option("--list", metavar="FILE", help="A table (CSV, XLSX, XLS) of links or ids, or a ZIP: checks all."),
    ] = None,
    report_file: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="With --list: the report to write, .xlsx or .csv, a row each."),
    ] = None,
    column: Annotated[
        str | None, typer.Option(help="With --list: the column with links or ids, by its name or number.")
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> int:
    """Checks a credential, record, presentation, list. Exit code 0 valid, 1 not, 3 could not check, 2 not readable."""
    from ledger.cli.presented_text import tell_of_presentation
    from ledger.wrapping.judging import gives_several, judge_each
    from ledger.wrapping.presented import presentation_in
    from ledger.wrapping.unwrapping import Wrapped, unwrap

    moment = moment_of(on)
    wanted = Wanted(
        accreditors=tuple(accreditor or ()),
        min_rpc=min_rpc,
        documents=dict(read_named_document(pair) for pair in document or []),
        any_issuer=accepts_any_issuer(policy),
        fetch=fetch,
        anchor_nodes=parse_anchor_nodes(anchor_rpc or ()),
        finality=parse_finality(finality),
    )
    if (source is None) == (listed is None) or (listed is None and (report_file or column)):
        raise CairnError("usage", "name what to check: one file or link, or a list with --list")
    if listed is not None:
        if moment is not None or beside or challenge or audience:
            raise CairnError("usage", "--list goes without --on, --with, --challenge and --audience")
        wish = Wish(listed, read_file(listed, MAX_LIST), report_file, column, data)
        return check_list(wish, partial(chosen_verifier, rpc, registry, data, wanted), fetch_link, as_json=as_json)
    content = read_source(source or "-")
    presentation = presentation_in(content)
    items = unwrap(content) if presentation is None else ()
    inside = [item.content for item in items if isinstance(item, Wrapped)] or [content]
    if presentation is None and (challenge is not None or audience is not None):
        raise CairnError("usage", "--challenge and --audience go with a presentation, and this is none")
    if presentation is not None and moment is not None:
        raise CairnError("usage", "--on goes with a credential or a record; a presentation is an answer of this moment")
    refuse_receipts(inside)
    with chosen_verifier(rpc, registry, data, wanted, inside) as verifier:
        if presentation is not None:
            return tell_of_presentation(verifier, presentation, challenge, audience, as_json=as_json)
        results = judge_each(items, partial(judged_beside, verifier, contents_of(beside or []), moment))
    if gives_several(content, items):
        return tell_of_several(items, results, as_json=as_json)
    (report,) = (result for result in results if not isinstance(result, MalformedDocument))
    sys.stdout.write(json.dumps(report.to_dict(), ensure_ascii=False) + "\n" if as_json else render(report))
    return report.exit_code


def refuse_receipts(contents: Sequence[bytes]) -> None:
    """Points to the command for receipts of checks, which are no credentials. Raises CairnError `usage`."""
    from ledger.receipts.reading import receipt_in

    if any(receipt_in(content) is not None for content in contents):
        raise CairnError("usage", "this is the receipt of a check, and no credential; run: cairn verify-receipt FILE")


def contents_of(files: Sequence[Path]) -> list[bytes]:
    """The credentials in files that are handed in besides. Raises MalformedDocument for one in which there is none."""
    from ledger.wrapping.unwrapping import Wrapped, unwrap

    found = []
    for path in files:
        inside = [item.content for item in unwrap(read_file(path)) if isinstance(item, Wrapped)]
        if not inside:
            raise MalformedDocument("archive_empty", f"there is no credential in {str(path)!r}")
        found += inside
    return found


def judged_beside(
    verifier: Verifier, beside: Sequence[bytes], moment: datetime | None, contents: Sequence[bytes]
) -> Sequence[VerificationReport | MalformedDocument]:
    """The reports on contents that are looked at together with others."""
    return verifier.verify_many([*contents, *beside], on=moment)[: len(contents)]


@dataclass(frozen=True)
class Wanted:
    """What was asked for beside the ledger: whom to trust, what was given, how far to go."""

    accreditors: tuple[str, ...]
    min_rpc: int | None
    documents: Mapping[str, bytes]
    any_issuer: bool
    fetch: bool
    anchor_nodes: Mapping[str, tuple[str, ...]]
    finality: Finality

    @property
    def is_enough_without_ledger(self) -> bool:
        """Whether something can be said of a document even if there is no ledger to ask."""
        return self.any_issuer or self.fetch or bool(self.documents) or bool(self.anchor_nodes)

    def on(self, policy: Policy) -> Policy:
        """A policy with what was asked for."""
        return replace(
            policy,
            documents=self.documents,
            min_providers=self.min_rpc,
            any_issuer=self.any_issuer,
            fetch=self.fetch,
        )

    def inscriptions(self, configured: Mapping[str, tuple[str, ...]] | None = None) -> Mapping[str, InscriptionReader]:
        """Readers of the other chains that were named, and of those that are configured besides."""
        nodes = {**(configured or {}), **self.anchor_nodes}
        if not nodes:
            return {}
        from ledger.chain.foreign_anchors import inscription_readers

        return inscription_readers(nodes, self.finality)


def moment_of(text: str | None) -> datetime | None:
    """The moment to judge as of, if one was named."""
    if text is None:
        return None
    from ledger.verifying.as_of import parse_moment

    return parse_moment(text, datetime.now(UTC))


def accepts_any_issuer(policy: str | None) -> bool:
    if policy not in (None, "any-issuer"):
        raise CairnError("usage", "--policy takes any-issuer, which is unsafe, or is left out")
    return policy is not None


def tell_of_several(
    items: Sequence[Item], results: Sequence[VerificationReport | MalformedDocument], *, as_json: bool
) -> int:
    """Prints a line, or a report in a list, for each credential of one file; the exit code is the worst of theirs."""
    from ledger.cli.report_table import listed, table, worst_exit_code

    if as_json:
        sys.stdout.write(json.dumps(listed(items, results), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(table(items, results))
    return worst_exit_code(results)


def canonicalizer_for(contents: Sequence[bytes]) -> BoundedCanonicalizer:
    """The canonicalizer for documents; its child starts now, beside the rest, if one of them seems to need it."""
    from ledger.proofs.rdfc_worker import BoundedCanonicalizer

    canonicalizer = BoundedCanonicalizer()
    if any(suite in content for content in contents for suite in NEED_RDF):
        canonicalizer.warm_up()
    return canonicalizer


def verifier_for_nodes(rpc: list[str], registry: str, wanted: Wanted, canonicalizer: BoundedCanonicalizer) -> Verifier:
    """A verifier that needs nothing but nodes: what it trusts is what the caller named."""
    from ledger.chain.addresses import parse_address, parse_caip10
    from ledger.chain.networks import network_of
    from ledger.chain.reader import RpcRegistryReader
    from ledger.chain.rpc import HttpTransport
    from ledger.configuration import require_nodes
    from ledger.verifying.policy import Policy, TrustedRegistry
    from ledger.verifying.verifier import Verifier

    require_nodes(rpc)
    chain_id, address = parse_caip10(registry)
    network = network_of(chain_id)
    reader = RpcRegistryReader([HttpTransport(url) for url in rpc], address, chain_id, wanted.finality)
    policy = Policy(
        registries=(TrustedRegistry(chain_id, address, network.kind, network.name),),
        accreditors=tuple(parse_address(text) for text in wanted.accreditors),
    )
    readers = {(chain_id, address): asking(reader, wanted.min_rpc)}
    return Verifier(wanted.on(policy), readers, canonicalizer=canonicalizer, inscriptions=wanted.inscriptions())


def verifier_without_ledger(wanted: Wanted, canonicalizer: BoundedCanonicalizer) -> Verifier:
    """A verifier for documents of others alone: it trusts no registry, and asks none."""
    from ledger.verifying.policy import Policy
    from ledger.verifying.verifier import Verifier

    policy = wanted.on(Policy((), ()))
    return Verifier(policy, {}, canonicalizer=canonicalizer, inscriptions=wanted.inscriptions())


def asking(reader: RpcRegistryReader, min_rpc: int | None) -> RpcRegistryReader:
    """The reader with as many nodes agreeing as were asked for."""
    if min_rpc is None:
        return reader
    nodes = len(reader.health())
    if min_rpc > nodes:
        raise CairnError("usage", f"--min-rpc {min_rpc} cannot be reached: nodes to ask: {nodes}")
    return reader.with_quorum(min_rpc)


def parse_finality(text: str) -> Finality:
    if text.isascii() and text.isdecimal() and len(text) <= 5:
        return int(text)
    match text:
        case "finalized" | "safe" | "latest":
            return text
    raise CairnError("usage", "--finality takes finalized, safe, latest, or a number of confirmations")


@contextmanager
def chosen_verifier(
    rpc: list[str] | None, registry: str | None, data: Path, wanted: Wanted, contents: Sequence[bytes]
) -> Iterator[Verifier]:
    """The verifier that was asked for: for nodes alone, for no ledger at all, or with a data folder."""
    if rpc or registry:
        if not rpc or not registry:
            raise CairnError("usage", "give both --rpc and --registry, or neither and use --data")
        yield verifier_for_nodes(rpc, registry, wanted, canonicalizer_for(contents))
    elif wanted.is_enough_without_ledger and data == DEFAULT_DATA and not data.exists():
        yield verifier_without_ledger(wanted, canonicalizer_for(contents))
    else:
        with workspace_verifier(contents, data, wanted) as verifier:
            yield verifier


def verify_with_workspace(
    contents: Sequence[bytes], data: Path, wanted: Wanted
) -> Sequence[VerificationReport | MalformedDocument]:
    """Verifies with the chain, the accreditors and the statements that a data folder is configured for."""
    with workspace_verifier(contents, data, wanted) as verifier:
        return verifier.verify_many(contents)


@contextmanager
def workspace_verifier(contents: Sequence[bytes], data: Path, wanted: Wanted) -> Iterator[Verifier]:
    """A verifier with the chain, the accreditors and the statements that a data folder is configured for."""
    from ledger.verifying.verifier import Verifier
    from ledger.workspace import Workspace

    if not data.exists():
        raise WorkspaceError("workspace_missing", f"there is no data folder at {data}; name one with --data, or --rpc")
    with Workspace.open(data) as workspace:
        canonicalizer = canonicalizer_for(contents)
        policy = wanted.on(workspace.policy(accreditors=wanted.accreditors))
        reader = asking(workspace.reader, wanted.min_rpc)
        readers = {(reader.chain_id, reader.registry): reader}
        inscriptions = wanted.inscriptions(workspace.configuration.anchor_rpc_urls)
        yield Verifier(policy, readers, canonicalizer=canonicalizer, inscriptions=inscriptions)


def read_source(source: str) -> bytes:
    """The bytes behind a path, a link or standard input; never more than 5 MiB."""
    if source == "-":
        return within(sys.stdin.buffer.read(MAX_BYTES + 1), MAX_BYTES)
    if source.startswith(("http://", "https://")):
        return within(fetch_link(source), MAX_BYTES)
    return read_file(Path(source))


def read_file(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Reads a regular file; a folder, a device or a pipe is refused rather than waited for."""
    try:
        if not path.exists():
            raise MalformedDocument("file_missing", f"there is no file {str(path)!r}")
        if not path.is_file():
            raise MalformedDocument("file_type", f"{str(path)!r} is not a file")
        with path.open("rb") as file:
            return within(file.read(limit + 1), limit)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a usable path"
        raise MalformedDocument("file_unreadable", f"cannot read {str(path)!r}: {reason}") from error


def within(content: bytes, limit: int) -> bytes:
    if len(content) > limit:
        raise MalformedDocument("limit_body", f"that is larger than {limit:,} bytes")
    return content


def fetch_link(url: str) -> bytes:
    """Fetches the document behind a share link that the user typed: no redirects, ten seconds, 5 MiB."""
    import httpx

    try:
        with httpx.stream(
            "GET", url, headers={"Accept": "application/vc, application/json;q=0.5"}, timeout=10.0
        ) as response:
            if response.status_code == 404:
                raise MalformedDocument("link_unknown", "nothing is shared at that link, or not any more")
            if response.status_code != 200:
                raise MalformedDocument("link_unreadable", f"the link answered with status {response.status_code}")
            content = b""
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > MAX_BYTES:
                    break
            return content
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise MalformedDocument("link_unreachable", "the link could not be reached") from error


def read_named_document(pair: str) -> tuple[str, bytes]:
    url, separator, path = pair.partition("=")
    if not separator or not path:
        raise CairnError("usage", "--document takes URL=FILE")
    return url, read_file(Path(path))
