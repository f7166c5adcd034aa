"""`cairn export`: a credential as a file that other software and people take: JSON, badge, certificate, token, link."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, EXIT_REFUSED, DataOption, JsonOption, app
from ledger.errors import CairnError, Conflict, MalformedDocument, NotFound

if TYPE_CHECKING:
    from ledger.issuing.jwt_export import JwtExport
    from ledger.rendering.forms import Form, Rendered
    from ledger.verifying.report import VerificationReport
    from ledger.workspace import Workspace

    Judged = Mapping[bytes, VerificationReport | MalformedDocument]

CHUNK = 100
"""Documents of a batch that are checked together."""

Store = Callable[[str, bytes], object]


@app.command()
def export(
    credential: Annotated[
        str | None, typer.Argument(help="The id of a credential or record, or a file with one.")
    ] = None,
    form: Annotated[str, typer.Option(help="json, png, svg, pdf, jwt, sd-jwt or linkedin.")] = "pdf",
    out: Annotated[Path | None, typer.Option(help="The file to write; for a batch a folder, or a .zip.")] = None,
    batch: Annotated[int | None, typer.Option(help="Every credential of this batch instead.")] = None,
    url: Annotated[
        str | None, typer.Option(help="The public address of the credential, for its QR code and for LinkedIn.")
    ] = None,
    hide: Annotated[
        str | None,
        typer.Option(
            help="What an sd-jwt keeps back: results, evidence, narrative, identifiers, or several with commas."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> int:
    """Writes a credential as JSON, badge, printable certificate, JWT or SD-JWT VC, or gives its LinkedIn link."""
    from ledger.cli.output import emit
    from ledger.rendering.forms import TEXTS
    from ledger.workspace import Workspace

    wanted = parse_form(form)
    if (credential is None) == (batch is None):
        raise CairnError("usage", "name one credential, or a batch with --batch")
    if out is None and (batch is not None or wanted not in TEXTS or as_json):
        raise CairnError("usage", "say where to write it with --out")
    if out is not None and not force and (out.exists() and (batch is None or not is_empty_folder(out))):
        raise Conflict(f"{str(out)!r} is there already; --force writes over it", "file_exists")
    check_address(wanted, url)
    hidden = parse_hide(wanted, hide)
    with Workspace.open(data) as workspace:
        if batch is not None and out is not None:
            return export_batch(workspace, wanted, batch, out, url, hidden, as_json=as_json)
        made = export_one(workspace, wanted, str(credential), url, hidden)
    if out is None:
        sys.stdout.write(made.content.decode() + "\n")
        return 0
    write(out, made.content)
    value = {"file": str(out), "form": str(made.form), "type": made.media_type, "bytes": len(made.content)}
    emit(value, f"{out}: {made.media_type}, {len(made.content):,} bytes", as_json=as_json)
    return 0


def parse_form(text: str) -> Form:
    from ledger.rendering.forms import Form

    try:
        return Form(text.lower())
    except ValueError:
        raise CairnError("usage", f"--form takes {', '.join(Form)}") from None


def parse_hide(form: Form, text: str | None) -> frozenset[str]:
    """What to keep back. Raises as `hideable.parse_hidden`, and CairnError `usage` with another form."""
    from ledger.proofs.hideable import parse_hidden
    from ledger.rendering.forms import Form

    if text is None:
        return frozenset()
    if form is not Form.SD_JWT:
        raise CairnError("usage", "only --form sd-jwt can keep something back")
    return parse_hidden([word.strip() for word in text.split(",")])


def check_address(form: Form, url: str | None) -> None:
    """Refuses an address that would be printed and not be one. Raises CairnError `address_invalid`, `usage`."""
    from ledger.documents.text import url_problem
    from ledger.rendering.forms import Form

    if form is Form.LINKEDIN and url is None:
        raise CairnError("usage", "LinkedIn needs the credential's public address: --url https://…")
    if url is not None and (problem := url_problem(url)):
        raise CairnError("address_invalid", f"--url {problem.message}")


def export_one(workspace: Workspace, form: Form, credential: str, url: str | None, hidden: frozenset[str]) -> Rendered:
    """One credential of this ledger by its id, or one in a file."""
    from ledger.rendering.forms import SIGNED_ANEW, render

    if form in SIGNED_ANEW:
        return signed(workspace.jwt_export(), form, own_id(workspace, credential), hidden)
    document = document_of(workspace, credential)
    return render(form, document, workspace.verifier().verify, address=url or check_page(workspace))


def signed(export: JwtExport, form: Form, credential_id: str, hidden: frozenset[str]) -> Rendered:
    """A credential of this ledger as a token."""
    from ledger.rendering.forms import Form, Rendered

    if form is Form.SD_JWT:
        return Rendered(form, export.export_sd_jwt(credential_id, hidden).encode())
    return Rendered(form, export.export(credential_id).encode())


def own_id(workspace: Workspace, credential: str) -> str:
    """The id of a credential of this ledger, given as such or in a file: only its issuer can sign it once more.

    Raises Conflict `not_ours` for a file with anything else.
    """
    from ledger.documents.strict_json import parse

    if not is_file(credential):
        return credential
    document = parse(document_of(workspace, credential))
    identifier = document.get("id")
    if isinstance(identifier, str):
        with suppress(NotFound):
            if parse(workspace.catalog.document(identifier)) == document:
                return identifier
    raise Conflict("only a credential of this ledger, as it stands there, is signed as a token", "not_ours")


def is_file(credential: str) -> bool:
    return not credential.startswith("urn:") and Path(credential).is_file()


def document_of(workspace: Workspace, credential: str) -> bytes:
    """The document with this id, or in this file whatever it is wrapped in."""
    if is_file(credential):
        from ledger.cli.verify import MAX_BYTES, read_file
        from ledger.wrapping.unwrapping import Wrapped, unwrap

        found = [item.content for item in unwrap(read_file(Path(credential), MAX_BYTES)) if isinstance(item, Wrapped)]
        if len(found) != 1:
            raise CairnError("usage", f"{credential!r} holds {len(found)} credentials; export takes one")
        return found[0]
    return workspace.catalog.document(credential)


def export_batch(
    workspace: Workspace,
    form: Form,
    batch: int,
    out: Path,
    url: str | None,
    hidden: frozenset[str],
    *,
    as_json: bool,
) -> int:
    """Every credential of a batch, into a folder or a zip. What is not valid any more is left out and named."""
    from ledger.cli.output import emit, progress

    size, written, refused = workspace.catalog.batch(batch).size, 0, list[str]()
    with storing(out) as store, progress("export") as bar:
        for number, (credential_id, made) in enumerate(batch_forms(workspace, form, batch, url, hidden), start=1):
            bar(str(form), number, size)
            if isinstance(made, CairnError):
                refused.append(f"{credential_id}: {made}")
                continue
            store(f"{number:06d}-{credential_id.rpartition(':')[2]}-{made.file_name}", made.content)
            written += 1
    lines = [f"{written:,} files are in {out}"] + [f"left out {line}" for line in refused]
    emit({"written": written, "refused": refused, "out": str(out)}, "\n".join(lines), as_json=as_json)
    return EXIT_REFUSED if refused else 0


def batch_forms(
    workspace: Workspace, form: Form, batch: int, url: str | None, hidden: frozenset[str]
) -> Iterator[tuple[str, Rendered | CairnError]]:
    """Each credential id of a batch with its file, or with why there is none."""
    from ledger.rendering.forms import SIGNED_ANEW, Form, render

    address, verifier = url or check_page(workspace), workspace.verifier()
    jwt_export = workspace.jwt_export(verifier.verify) if form in SIGNED_ANEW else None
    documents = workspace.catalog.batch_documents(batch)
    while part := list(islice(documents, CHUNK)):
        judged = (
            [] if form is Form.JSON or form in SIGNED_ANEW else verifier.verify_many([document for _, document in part])
        )
        reports = {document: report for (_, document), report in zip(part, judged, strict=False)}
        for credential_id, document in part:
            try:
                if jwt_export is not None:
                    yield credential_id, signed(jwt_export, form, credential_id, hidden)
                else:
                    yield credential_id, render(form, document, partial(judged_before, reports), address=address)
            except CairnError as error:
                yield credential_id, error


def judged_before(reports: Judged, document: bytes) -> VerificationReport:
    """The report on a document that was verified with others. Raises MalformedDocument if it cannot be read."""
    report = reports[document]
    if isinstance(report, MalformedDocument):
        raise report
    return report


@contextmanager
def storing(out: Path) -> Iterator[Store]:
    """Puts files into a folder, or into a zip that stands there only once it is whole."""
    import zipfile

    if out.suffix.lower() != ".zip":
        out.mkdir(parents=True, exist_ok=True)
        yield lambda name, content: (out / name).write_bytes(content)
        return
    unfinished = out.with_name(f".{out.name}.unfinished")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            yield archive.writestr
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)


def check_page(workspace: Workspace) -> str:
    """Where anyone can check a file, on this ledger's own site."""
    return f"{workspace.link_base}/check"


def is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def write(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all. Raises CairnError `file_unwritable`."""
    from ledger.configuration import write_atomically

    try:
        write_atomically(path, content)
    except OSError as error:
        raise CairnError("file_unwritable", f"cannot write {str(path)!r}: {error.strerror}") from error
