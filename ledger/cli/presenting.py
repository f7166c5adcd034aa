"""`cairn present`: shows what is yours, with a key of your own, in answer to a challenge. Needs no server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.app import JsonOption, app
from ledger.errors import CairnError, Conflict, KeystoreError, MalformedDocument

PASSPHRASE_VARIABLE = "CAIRN_KEY_PASSPHRASE_FILE"  # noqa: S105 - the name of a variable


@app.command()
def present(
    key: Annotated[Path, typer.Option(help="Your key: the keystore file or the JSON Web Key that a wallet gave you.")],
    challenge: Annotated[str, typer.Option(help="What whoever asks you gave you to answer.")],
    audience: Annotated[str, typer.Option(help="Who asks you, as they call themselves: https://employer.example.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Credentials and records (JSON, JWT, PNG, SVG, PDF, ZIP); none to show your DID alone."),
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="The key's name in a DID of your own: did:web:me.example#key-1.")
    ] = None,
    passphrase_file: Annotated[
        Path | None,
        typer.Option(envvar=PASSPHRASE_VARIABLE, help="The passphrase of a keystore file; asked for if not given."),
    ] = None,
    minutes: Annotated[int, typer.Option(min=1, max=7 * 24 * 60, help="How long the presentation counts.")] = 10,
    suite: Annotated[
        list[str] | None, typer.Option(help="eddsa-rdfc-2022 or eddsa-jcs-2022; both if not given.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The file to write; standard output if not given.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Signs a presentation of your credentials, bound to one challenge and one audience."""
    from datetime import UTC, datetime, timedelta

    import orjson

    from ledger.cli.output import emit
    from ledger.holder_keys import read_holder
    from ledger.proofs.data_integrity import CRYPTOSUITES
    from ledger.proofs.presenting import present as sign

    unknown = [name for name in suite or () if name not in CRYPTOSUITES]
    if unknown:
        raise CairnError("usage", f"--suite takes {' or '.join(CRYPTOSUITES)}")
    if out is None and as_json:
        raise CairnError("usage", "say where to write the presentation with --out")
    if out is not None and out.exists() and not force:
        raise Conflict(f"{str(out)!r} is there already; --force writes over it", "file_exists")
    documents = [content for path in files or () for content in documents_in(path)]
    holder = read_holder(key, lambda: read_passphrase(passphrase_file), method=method)
    made = sign(
        documents,
        holder,
        challenge=challenge,
        audience=audience,
        created=datetime.now(UTC).replace(microsecond=0),
        lifetime=timedelta(minutes=minutes),
        suites=suite or (),
    )
    content = orjson.dumps(made, option=orjson.OPT_INDENT_2) + b"\n"
    if out is None:
        sys.stdout.buffer.write(content)
        return 0
    out.write_bytes(content)
    value = {"holder": holder.did, "documents": len(documents), "audience": audience, "file": str(out)}
    emit(value, f"{out}: {len(documents)} presented to {audience} by {holder.did}", as_json=as_json)
    return 0


def documents_in(path: Path) -> list[bytes]:
    """The credentials in a file, out of what they came in. Raises MalformedDocument for a file with none."""
    from ledger.cli.verify import read_file
    from ledger.wrapping.unwrapping import Wrapped, unwrap

    try:
        items = unwrap(read_file(path))
    except MalformedDocument as error:
        raise MalformedDocument(error.code, f"{path}: {error}") from error
    found = [item.content for item in items if isinstance(item, Wrapped)]
    if not found:
        raise MalformedDocument("archive_without_credential", f"{path}: there is no credential in it")
    return found


def read_passphrase(file: Path | None) -> str:
    """The passphrase of a keystore file. Raises KeystoreError `passphrase_missing` where nobody can be asked."""
    from ledger.folder import read_passphrase_file

    if file is not None:
        return read_passphrase_file(file)
    if not sys.stdin.isatty():
        message = "the key is encrypted: name the file with its passphrase with --passphrase-file"
        raise KeystoreError("passphrase_missing", message)
    return str(typer.prompt("Passphrase of the key", hide_input=True, err=True))
