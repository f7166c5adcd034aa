"""From a backup to a data folder: unpacked beside its place, checked through and through, and only then put there."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO

from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from ledger.chain.registry import Address
from ledger.configuration import read_configuration, write_configuration
from ledger.documents.strict_json import JsonObject, Limits, parse
from ledger.errors import CairnError, WorkspaceError
from ledger.keeping.backup import CHAIN, DATABASE, DUMP, MANIFEST, VERSION, Entry
from ledger.keeping.copying import load_postgres
from ledger.keeping.integrity import file_problems, problems_of
from ledger.storage import Database

Progress = Callable[[str, int, int], None]

_LIMITS = Limits(max_bytes=64 * 1024 * 1024, depth=4, keys=20, items=200_000, string=1024)
_NAME = re.compile(
    r"cairn\.json|ledger\.db|ledger\.dump|chain/chain\.sqlite"
    r"|(keys|statements)(/[A-Za-z0-9][A-Za-z0-9._-]*){0,4}/[A-Za-z0-9][A-Za-z0-9._-]*\.json"
)
_HASH = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1 << 20


def restore(
    backup: Path, target: Path, *, database_url: str | None = None, progress: Progress = lambda *_: None
) -> tuple[Entry, ...]:
    """Makes a data folder from a backup, whole or not at all; `database_url` names the server to load a dump into.

    Raises WorkspaceError `workspace_exists` for a place that holds something, `backup_damaged` for a file that is not
    as it was written, or whose content does not pass the check, `backup_missing`; and as `load_postgres`.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise WorkspaceError("workspace_exists", f"{target} holds something: restore into an empty or a new folder")
    if not backup.is_file():
        raise WorkspaceError("backup_missing", f"there is no backup at {backup}")
    target.parent.mkdir(parents=True, exist_ok=True)
    unpacked = target.with_name(f".{target.name}.restoring-{os.getpid()}")
    shutil.rmtree(unpacked, ignore_errors=True)
    try:
        entries = _unpack(backup, unpacked, progress)
        _set_up(unpacked, database_url, progress)
        if target.exists():
            target.rmdir()
        unpacked.rename(target)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    return entries


def _unpack(backup: Path, folder: Path, progress: Progress) -> tuple[Entry, ...]:
    """Writes the files of a backup, each only if it is what the manifest says."""
    folder.mkdir(mode=0o700)
    try:
        with tarfile.open(backup, mode="r:gz") as tar:
            entries = _read_manifest(tar)
            for done, entry in enumerate(entries):
                progress("unpack", done, len(entries))
                _write(tar, entry, folder / entry.name)
            if tar.next() is not None:
                raise _damaged("it holds more than its manifest names")
    except (tarfile.TarError, EOFError, zlib.error, OSError, KeyError, ValueError) as error:
        raise _damaged(str(error)) from error
    return entries


def _read_manifest(tar: tarfile.TarFile) -> tuple[Entry, ...]:
    first = tar.next()
    content = tar.extractfile(first) if first is not None and first.name == MANIFEST and first.isreg() else None
    if first is None or content is None or first.size > _LIMITS.max_bytes:
        raise _damaged("it does not begin with a manifest")
    try:
        manifest = parse(content.read(), _LIMITS)
    except CairnError as error:
        raise _damaged(f"its manifest cannot be read: {error}") from error
    files = manifest.get("files")
    if manifest.get("version") != VERSION or not isinstance(files, list):
        raise _damaged(f"its manifest is not one of version {VERSION}")
    entries = tuple(_entry(one) for one in files if isinstance(one, dict))
    names = {entry.name for entry in entries}
    if len(names) != len(files) or "cairn.json" not in names or len(names & {DATABASE, DUMP}) != 1:
        raise _damaged("its manifest does not name what belongs to a ledger")
    return entries


def _entry(one: JsonObject) -> Entry:
    name, size, sha256 = one.get("name"), one.get("size"), one.get("sha256")
    if not isinstance(name, str) or not isinstance(size, int) or not isinstance(sha256, str):
        raise _damaged("its manifest has an entry that cannot be read")
    if not _NAME.fullmatch(name) or ".." in name or not _HASH.fullmatch(sha256):
        raise _damaged("its manifest has an entry that no backup has")
    return Entry(name, size, sha256)


def _write(tar: tarfile.TarFile, entry: Entry, target: Path) -> None:
    member = tar.next()
    content = tar.extractfile(member) if member is not None and member.isreg() else None
    if member is None or content is None or (member.name, member.size) != (entry.name, entry.size):
        raise _damaged(f"{entry.name} is not where the manifest says")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if _copy(content, target) != entry.sha256:
        raise _damaged(f"{entry.name} is not what was backed up")


def _copy(content: IO[bytes], target: Path) -> str:
    """Copies a file for its owner alone, and gives its SHA-256."""
    found = hashlib.sha256()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while block := content.read(_BLOCK):
            found.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return found.hexdigest()


def _set_up(folder: Path, database_url: str | None, progress: Progress) -> None:
    """Loads the database, and checks all of it."""
    configuration = read_configuration(folder)
    dump = folder / DUMP
    if dump.exists():
        configuration = replace(configuration, database_url=database_url or configuration.database_url)
        database = Database(configuration.database_url or "")
        _require_empty(database)
        load_postgres(configuration.database_url or "", dump)
        dump.unlink()
        write_configuration(folder, configuration)
    elif database_url is not None:
        raise WorkspaceError("database_url", "this backup has its database in itself: it goes to no server")
    else:
        database = Database.at(folder / DATABASE)
    try:
        database.migrate()
        chain = file_problems(folder / CHAIN) if (folder / CHAIN).exists() else []
        problems = chain or problems_of(
            database,
            chain_id=configuration.chain_id,
            registry=configuration.registry or Address(b""),
            progress=progress,
        )
    finally:
        database.close()
    if problems:
        raise _damaged(problems[0])


def _require_empty(database: Database) -> None:
    try:
        with database.reading() as session:
            tables = inspect(session.connection()).get_table_names()
    except SQLAlchemyError as error:
        raise WorkspaceError("database_unreachable", "the database server cannot be reached") from error
    if tables:
        raise WorkspaceError("database_exists", "the database on the server is not empty; name another")


def _damaged(why: str) -> WorkspaceError:
    return WorkspaceError("backup_damaged", f"the backup is damaged: {why}; nothing was restored")
