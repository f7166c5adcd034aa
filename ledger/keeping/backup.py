"""A backup: one file with everything of a data folder but the passphrase of its keys.

A gzipped tar of `manifest.json` and the files that it names, each with its size and SHA-256: the configuration, the
database and the embedded chain as of one moment, the encrypted keys, the statements. What the executor of durable work
keeps is left out: it can be lost without losing anything.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from ledger.configuration import FILE as CONFIGURATION_FILE
from ledger.configuration import Configuration, read_configuration
from ledger.errors import WorkspaceError
from ledger.keeping.copying import copy_sqlite, dump_postgres
from ledger.keeping.integrity import file_problems

MANIFEST = "manifest.json"
VERSION = 1
DATABASE = "ledger.db"
DUMP = "ledger.dump"
CHAIN = "chain/chain.sqlite"


@dataclass(frozen=True)
class Entry:
    """A file of a backup: its name there and in the data folder, its size in bytes, its SHA-256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class BackedUp:
    """What was written."""

    file: Path
    entries: tuple[Entry, ...]


def back_up(folder: Path, target: Path) -> BackedUp:
    """Writes a backup of a data folder, also while a server writes to it. The file appears whole or not at all.

    Raises WorkspaceError `workspace_*` and `configuration_*` as for opening, `database_missing`, `backup_exists`
    rather than overwrite a file, `database_corrupt` for a database that is damaged already, and as `copy_sqlite`.
    """
    configuration = read_configuration(folder)
    if target.exists():
        raise WorkspaceError("backup_exists", f"there is a file {target} already; it is not overwritten")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as temporary:
        copies = _copy_databases(folder, configuration, Path(temporary))
        files = {CONFIGURATION_FILE: folder / CONFIGURATION_FILE, **copies, **dict(_plain_files(folder))}
        entries = tuple(_entry(name, files[name]) for name in sorted(files))
        packed = Path(temporary) / "packed"
        _pack(packed, _manifest(configuration, entries), {entry.name: files[entry.name] for entry in entries})
        os.link(packed, target)  # fails, where `replace` would overwrite
    return BackedUp(target, entries)


def require_database(file: Path) -> None:
    """Raises WorkspaceError `database_missing` where there is no file, or an empty one."""
    if not file.is_file():
        raise WorkspaceError("database_missing", f"there is no database at {file}")
    if file.stat().st_size == 0:
        raise WorkspaceError("database_missing", f"the database {file} is empty: it was never set up")


def hash_of(file: Path) -> str:
    """SHA-256 in hex, of a file of any size."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _copy_databases(folder: Path, configuration: Configuration, temporary: Path) -> dict[str, Path]:
    copies: dict[str, Path] = {}
    sources: dict[Path, Path] = {}
    if configuration.database_url is not None:
        copies[DUMP] = temporary / "dump"
        dump_postgres(configuration.database_url, copies[DUMP])
    else:
        require_database(folder / DATABASE)
        copies[DATABASE] = sources[folder / DATABASE] = temporary / "database"
    if configuration.is_embedded and (folder / CHAIN).is_file():
        copies[CHAIN] = sources[folder / CHAIN] = temporary / "chain"
    if sources:
        copy_sqlite(sources)
    for name, copy in copies.items():
        if name != DUMP and (problems := file_problems(copy)):
            raise WorkspaceError("database_corrupt", f"{name} is damaged already: {problems[0]}; nothing was written")
    return copies


def _plain_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Keys and statements. The passphrase stays where it is, or the keys would lie open in every copy."""
    for part in ("keys", "statements"):
        for path in sorted((folder / part).rglob("*.json")):
            if not path.name.startswith("."):  # which is being written just now
                yield path.relative_to(folder).as_posix(), path


def _entry(name: str, path: Path) -> Entry:
    return Entry(name, path.stat().st_size, hash_of(path))


def _manifest(configuration: Configuration, entries: tuple[Entry, ...]) -> bytes:
    content = {
        "version": VERSION,
        "made_at": int(time.time()),
        "chain_id": str(configuration.chain_id),
        "files": [{"name": entry.name, "size": entry.size, "sha256": entry.sha256} for entry in entries],
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"


def _pack(target: Path, manifest: bytes, files: dict[str, Path]) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as raw:
        with (
            gzip.GzipFile(fileobj=raw, mode="wb", filename="") as packed,
            tarfile.open(fileobj=packed, mode="w") as tar,
        ):
            tar.addfile(_member(MANIFEST, len(manifest)), io.BytesIO(manifest))
            for name, path in files.items():
                with path.open("rb") as content:
                    tar.addfile(_member(name, path.stat().st_size), content)
        raw.flush()
        os.fsync(raw.fileno())


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(time.time())
    return member
