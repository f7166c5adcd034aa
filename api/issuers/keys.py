"""API keys: how a machine of an issuer shows that it may act for it. The key is shown once, its hash is kept."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import col, select

from api.clock import Clock, unix_now
from api.issuers.tables import ApiKeyRow
from api.tokens import new_api_key, parse_api_key, same
from ledger.errors import NotFound
from ledger.issuing.catalog import Catalog
from ledger.storage import Database


@dataclass(frozen=True)
class KeyEntry:
    """A key as lists show it. `key_id` is the part of the key that is not secret."""

    key_id: str
    issuer: str
    label: str
    created_at: int
    closed_at: int | None


class ApiKeys:
    """The API keys of the issuers of this ledger."""

    def __init__(self, database: Database, catalog: Catalog, clock: Clock = unix_now) -> None:
        self._database = database
        self._catalog = catalog
        self._clock = clock

    def create(self, issuer: str, label: str) -> tuple[KeyEntry, str]:
        """A new key for an issuer, and its text, which is known only now. Raises NotFound for an unknown issuer."""
        self._catalog.issuer(issuer)
        key = new_api_key()
        row = ApiKeyRow(key_id=key.key_id, issuer=issuer, label=label, key_hash=key.hash, created_at=self._clock())
        with self._database.writing() as session:
            session.add(row)
        return entry_of(row), key.text

    def close(self, issuer: str, key_id: str) -> KeyEntry:
        """Ends a key now. Raises NotFound (`key_unknown`)."""
        with self._database.writing() as session:
            row = session.get(ApiKeyRow, key_id)
            if row is None or row.issuer != issuer:
                raise NotFound("there is no such API key", "key_unknown")
            row.closed_at = row.closed_at or self._clock()
            session.add(row)
            return entry_of(row)

    def keys(self, issuer: str) -> list[KeyEntry]:
        """The keys of an issuer, closed ones too, the oldest first."""
        with self._database.reading() as session:
            query = select(ApiKeyRow).where(ApiKeyRow.issuer == issuer).order_by(col(ApiKeyRow.created_at))
            return [entry_of(row) for row in session.exec(query)]

    def find(self, text: str) -> KeyEntry | None:
        """The open key that this is, or None."""
        parsed = parse_api_key(text)
        if parsed is None:
            return None
        key_id, key_hash = parsed
        with self._database.reading() as session:
            row = session.get(ApiKeyRow, key_id)
            if row is None or row.closed_at is not None or not same(row.key_hash, key_hash):
                return None
            return entry_of(row)


def entry_of(row: ApiKeyRow) -> KeyEntry:
    return KeyEntry(row.key_id, row.issuer, row.label, row.created_at, row.closed_at)
