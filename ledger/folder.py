"""The files of a data folder other than database, keys and chain: making it, its passphrase, its statements."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

import orjson

from ledger.configuration import FILE, Configuration, read_configuration, write_atomically, write_configuration
from ledger.documents.accreditation import AccreditationStatement, parse_accreditation
from ledger.documents.codecs import encode_hex
from ledger.documents.strict_json import parse
from ledger.errors import CairnError, Conflict, KeystoreError, WorkspaceError

PASSPHRASE_VARIABLE = "CAIRN_PASSPHRASE_FILE"  # noqa: S105 - the name of a variable


def make_folder(path: Path, wanted: Configuration) -> None:
    """Makes the folder and its configuration, unless it stands there already and says the same.

    Raises WorkspaceError `workspace_invalid` for a place that cannot be a data folder, Conflict `workspace_exists` for
    one that was made with other settings.
    """
    try:
        if (path / FILE).exists():
            _require_same(path, read_configuration(path), wanted)
            return
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise WorkspaceError("workspace_invalid", f"{path} holds other things; choose an empty or a new folder")
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_configuration(path, wanted)
    except OSError as error:
        raise WorkspaceError("workspace_invalid", f"{path} cannot be a data folder: {error.strerror}") from error


def make_passphrase(path: Path) -> None:
    """Writes a random passphrase for the keys of the folder, unless there is one or another file is named for it."""
    keys = path / "keys"
    keys.mkdir(mode=0o700, exist_ok=True)
    file = keys / "passphrase"
    if PASSPHRASE_VARIABLE not in os.environ and not file.exists():
        write_atomically(file, secrets.token_urlsafe(32).encode() + b"\n", mode=0o600)


def read_passphrase(path: Path) -> str:
    """The passphrase of the folder's keys. Raises as `read_passphrase_file`."""
    return read_passphrase_file(Path(os.environ.get(PASSPHRASE_VARIABLE) or path / "keys" / "passphrase"))


def read_passphrase_file(file: Path) -> str:
    """The passphrase in a file of its own. Raises KeystoreError `passphrase_missing`, `key_permissions`."""
    try:
        if file.is_file() and file.stat().st_mode & 0o077:
            raise KeystoreError("key_permissions", f"others may read the passphrase in {file}; run: chmod 600 {file}")
        passphrase = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise KeystoreError("passphrase_missing", f"the passphrase of the keys cannot be read from {file}") from error
    if not passphrase:
        raise KeystoreError("passphrase_missing", f"the passphrase in {file} is empty")
    return passphrase


def read_statements(path: Path) -> dict[bytes, AccreditationStatement]:
    """The folder's statements by their hash. A file whose content does not have its hash is left out."""
    found: dict[bytes, AccreditationStatement] = {}
    for file in sorted((path / "statements").glob("0x*.json")):
        with contextlib.suppress(CairnError, OSError):
            statement = parse_accreditation(parse(file.read_bytes()))
            if encode_hex(statement.scope()) == file.stem:
                found[statement.scope()] = statement
    return found


def write_statement(path: Path, statement: AccreditationStatement) -> None:
    """Puts a statement into the folder, under its hash."""
    folder = path / "statements"
    folder.mkdir(exist_ok=True)
    content = orjson.dumps(statement.to_dict(), option=orjson.OPT_INDENT_2) + b"\n"
    write_atomically(folder / f"{encode_hex(statement.scope())}.json", content)


def _require_same(path: Path, stored: Configuration, wanted: Configuration) -> None:
    different = [
        name
        for name in ("origin", "link_base", "chain_id", "rpc_urls", "finality", "quorum", "database_url", "demo")
        if getattr(stored, name) != getattr(wanted, name)
    ]
    if wanted.registry is not None and stored.registry not in (None, wanted.registry):
        different.append("registry")
    if different:
        names = ", ".join(name.replace("_", " ") for name in different)
        raise Conflict(f"{path} is a data folder already, with another {names}", "workspace_exists")
