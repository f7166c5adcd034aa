"""What the program claims: the batches and credentials of a data folder's database, read with plain SQL."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BATCHES = """SELECT b.id, i.issuer_id, b.state, b.root, b.size, b.attached_at
FROM batches b JOIN issuers i ON i.id = b.issuer ORDER BY b.id"""
_CREDENTIALS = """SELECT c.credential_id, c.batch, i.issuer_id, c.status_index, c.status, d.body
FROM credentials c JOIN issuers i ON i.id = c.issuer
LEFT JOIN documents d ON d.batch = c.batch AND d.position = c.position ORDER BY c.id"""


@dataclass(frozen=True)
class BatchClaim:
    id: int
    issuer: bytes
    state: str
    root: bytes | None
    size: int
    is_finished: bool


@dataclass(frozen=True)
class CredentialClaim:
    """`body` is the SHA-256 of the stored document, None if it is gone."""

    id: str
    batch: int
    issuer: bytes
    status_index: int
    status: str
    body: bytes | None


@dataclass(frozen=True)
class Claims:
    batches: dict[int, BatchClaim]
    credentials: dict[str, CredentialClaim]

    def of_batch(self, batch: int) -> list[CredentialClaim]:
        return [one for one in self.credentials.values() if one.batch == batch]


def read_claims(database: Path | str) -> Claims:
    """The claims of an SQLite file, or of a PostgreSQL database by URL."""
    with connected(database) as run:
        batches = [
            BatchClaim(number, as_bytes(issuer), state, as_bytes(root) if root else None, size, attached is not None)
            for number, issuer, state, root, size, attached in run(_BATCHES)
        ]
        credentials = [
            CredentialClaim(name, batch, as_bytes(issuer), index, status, digest_of(body))
            for name, batch, issuer, index, status, body in run(_CREDENTIALS)
        ]
    return Claims({one.id: one for one in batches}, {one.id: one for one in credentials})


@contextmanager
def connected(database: Path | str) -> Iterator[Any]:
    """A function that runs a statement and gives its rows."""
    if isinstance(database, Path):
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
            yield lambda statement: connection.execute(statement).fetchall()
        return
    import psycopg

    with psycopg.connect(database, connect_timeout=10) as server:
        yield lambda statement: server.execute(statement).fetchall()


def change(database: Path | str, statements: Iterable[str]) -> None:
    """Changes the database behind the program's back, as a fault does."""
    if isinstance(database, Path):
        with closing(sqlite3.connect(database, timeout=10, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)
        return
    import psycopg

    with psycopg.connect(database, connect_timeout=10, autocommit=True) as server:
        for statement in statements:
            server.execute(statement.encode())


def as_bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview | bytearray) else b""


def digest_of(body: object) -> bytes | None:
    return hashlib.sha256(as_bytes(body)).digest() if body is not None else None
