"""Where the embedded chain keeps its blocks: one SQLite file, one transaction a block.

py-evm writes through the mapping methods into memory; `commit` puts all of it, and the block's logs, on the disk at
once. In WAL mode with full synchronisation a block is either wholly there or not at all, whenever the process is
killed, and a block that was acknowledged is there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import WorkspaceError

_APPLICATION_ID = 0x4361726E
_VERSION = 1
_CACHED_VALUES = 20_000

_SCHEMA = f"""
CREATE TABLE entry (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE log (
    block INTEGER NOT NULL, position INTEGER NOT NULL, block_hash BLOB NOT NULL, block_time INTEGER NOT NULL,
    transaction_hash BLOB NOT NULL, address BLOB NOT NULL,
    topic0 BLOB, topic1 BLOB, topic2 BLOB, topic3 BLOB, data BLOB NOT NULL,
    PRIMARY KEY (block, position)
) WITHOUT ROWID;
CREATE INDEX log_by_topics ON log (topic0, topic1, topic2, block);
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {_VERSION};
"""

Topics = Sequence[Sequence[bytes] | None]
"""For each place the topics that will do, or None for any."""


@dataclass(frozen=True)
class StoredLog:
    """One event, as its block holds it."""

    block: int
    position: int
    block_hash: bytes
    block_time: int
    transaction_hash: bytes
    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


class ChainStore:
    """A mapping of bytes to bytes for py-evm, and an index of logs. Not safe for threads: the node has one lock."""

    def __init__(self, path: Path) -> None:
        """Opens the file or creates it. Raises `WorkspaceError` (`workspace_invalid`) if it is not such a file."""
        self._written: dict[bytes, bytes | None] = {}
        self._cache: dict[bytes, bytes] = {}
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._prepare()
        except sqlite3.DatabaseError as error:
            raise WorkspaceError("workspace_invalid", f"{path} is not an embedded chain ({error})") from None

    def _prepare(self) -> None:
        execute = self._connection.execute
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = FULL")
        application, version, tables = (
            execute(query).fetchone()[0]
            for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema")
        )
        if tables == 0:
            self._connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        elif (application, version) != (_APPLICATION_ID, _VERSION):
            raise sqlite3.DatabaseError("it was made by another program or another version")

    def close(self) -> None:
        self._connection.close()

    # --- the mapping ---

    def __getitem__(self, key: bytes) -> bytes:
        if key in self._written:
            value = self._written[key]
        elif key in self._cache:
            return self._cache[key]
        else:
            row = self._connection.execute("SELECT value FROM entry WHERE key = ?", (key,)).fetchone()
            value = None if row is None else bytes(row[0])
            if value is not None:
                self._remember(key, value)
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._written[key] = value

    def __delitem__(self, key: bytes) -> None:
        self[key]
        self._written[key] = None

    def __contains__(self, key: bytes) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    # --- blocks ---

    @property
    def is_empty(self) -> bool:
        """Whether no chain was begun here."""
        return self._connection.execute("SELECT 1 FROM entry LIMIT 1").fetchone() is None

    def commit(self, logs: Sequence[StoredLog] = ()) -> None:
        """Puts everything that was written since the last commit on the disk, in one transaction."""
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany(
                "INSERT INTO entry VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [(key, value) for key, value in self._written.items() if value is not None],
            )
            self._connection.executemany(
                "DELETE FROM entry WHERE key = ?", [(key,) for key, value in self._written.items() if value is None]
            )
            self._connection.executemany(
                "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [_row(log) for log in logs]
            )
            execute("COMMIT")
        except BaseException:
            execute("ROLLBACK")
            raise
        for key, value in self._written.items():
            self._cache.pop(key, None)
            if value is not None:
                self._remember(key, value)
        self._written.clear()

    def discard(self) -> None:
        """Forgets what was written since the last commit."""
        self._written.clear()

    def logs(
        self, first_block: int, last_block: int, addresses: Sequence[bytes] | None, topics: Topics
    ) -> list[StoredLog]:
        """The logs of these blocks (both included) that match, oldest first."""
        conditions = ["block BETWEEN ? AND ?"]
        values: list[object] = [first_block, last_block]
        wanted = {"address": addresses, **{f"topic{place}": topic for place, topic in enumerate(topics)}}
        for column, choices in wanted.items():
            if choices is not None:
                conditions.append(f"{column} IN ({','.join('?' * len(choices))})")
                values += choices
        if topics:
            # A filter of three places, even of three "any", is for logs of three topics or more.
            conditions.append(f"topic{len(topics) - 1} IS NOT NULL")
        # Only names of columns and question marks are put together here.
        query = f"SELECT * FROM log WHERE {' AND '.join(conditions)} ORDER BY block, position"  # noqa: S608
        return [
            StoredLog(number, position, block_hash, time, sent, address, _given(a, b, c, d), data)
            for number, position, block_hash, time, sent, address, a, b, c, d, data in self._connection.execute(
                query, values
            )
        ]

    def _remember(self, key: bytes, value: bytes) -> None:
        if len(self._cache) >= _CACHED_VALUES:
            self._cache.clear()
        self._cache[key] = value


def _given(*topics: bytes | None) -> tuple[bytes, ...]:
    return tuple(topic for topic in topics if topic is not None)


def _row(log: StoredLog) -> tuple[object, ...]:
    topics = log.topics + (None,) * (4 - len(log.topics))
    place = (log.block, log.position, log.block_hash, log.block_time)
    return (*place, log.transaction_hash, log.address, *topics, log.data)
