"""What comes in: a registrar's file, or drafts of any kind, as an open batch that can be looked at and thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import orjson
from sqlmodel import select

from ledger.documents.strict_json import JsonObject
from ledger.errors import NotFound
from ledger.issuing.catalog import Catalog
from ledger.issuing.drafting import (
    Entry,
    Then,
    batch_of_request,
    discard_batch,
    entry_from_draft,
    store_batch,
)
from ledger.issuing.drafts import Draft, read_csv
from ledger.issuing.profile_checks import require_profiles
from ledger.issuing.programmes import Programmes
from ledger.issuing.tables import DocumentRow
from ledger.issuing.values import Batch, RequestKey
from ledger.storage import Database


class Imports:
    """Makes open batches. Never asks the chain."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._catalog = Catalog(database)
        self._programmes = Programmes(database)

    def import_rows(self, issuer: str, programme: str, content: bytes, *, label: str | None = None) -> Batch:
        """Drafts a batch from a CSV file for one of the issuer's programmes.

        Raises DraftError with every problem by row and column, also where a credential does not fit a profile that the
        programme claims; Conflict `already_issued` naming the rows. Nothing is
        stored then.
        """
        batch, _ = self.import_once(issuer, programme, content, label=label, request=None)
        return batch

    def import_once(
        self,
        issuer: str,
        programme: str,
        content: bytes,
        *,
        label: str | None,
        request: RequestKey | None,
        then: Then | None = None,
    ) -> tuple[Batch, bool]:
        """As `import_rows`, at most once for a request; says whether the batch is new. `then` is noted with a new one.

        The batch and the name of the request are stored together, so that a caller who never got the answer asks again
        and is given the same batch. Raises Conflict `idempotency_conflict` if the name was used for another request.
        """
        if request is not None and (made := self.made_by(request)) is not None:
            return made, False
        known = self._programmes.parsed(issuer, programme)
        today = datetime.now(UTC).date()
        drafts = read_csv(content, known, today=today)
        profile = self._catalog.issuer(issuer).profile
        entries = [entry_from_draft(profile, draft) for draft in drafts]
        require_profiles(entries, known.profiles, country=profile.country, today=today)
        return self.store_once(issuer, entries, label=label or known.title, request=request, then=then)

    def draft_batch(self, issuer: str, drafts: Sequence[Draft], *, label: str) -> Batch:
        """Stores drafts as an open batch of unsigned documents. Raises Conflict `already_issued`, `batch_empty`."""
        profile = self._catalog.issuer(issuer).profile
        return self.store(issuer, [entry_from_draft(profile, draft) for draft in drafts], label=label)

    def store(self, issuer: str, entries: Sequence[Entry], *, label: str) -> Batch:
        """Stores entries of any kind (awards and records too) as an open batch."""
        batch, _ = self.store_once(issuer, entries, label=label, request=None)
        return batch

    def store_once(
        self,
        issuer: str,
        entries: Sequence[Entry],
        *,
        label: str,
        request: RequestKey | None,
        then: Then | None = None,
    ) -> tuple[Batch, bool]:
        """As `store`, at most once for a request, as `import_once`. `then` is noted with a new batch, or not at all."""
        batch_id, is_new = store_batch(self._database, issuer, entries, label=label, request=request, then=then)
        return self._catalog.batch(batch_id), is_new

    def made_by(self, request: RequestKey) -> Batch | None:
        """The batch that this request made before. Raises Conflict `idempotency_conflict`, NotFound if it is gone."""
        with self._database.reading() as session:
            batch_id = batch_of_request(session, request)
        return None if batch_id is None else self._catalog.batch(batch_id)

    def preview(self, batch_id: int, position: int = 0) -> JsonObject:
        """One document of a batch as it will be signed."""
        with self._database.reading() as session:
            body = session.exec(
                select(DocumentRow.body).where(DocumentRow.batch == batch_id, DocumentRow.position == position)
            ).first()
        if body is None:
            raise NotFound(f"batch {batch_id} has no document {position}", "credential_unknown")
        document: JsonObject = orjson.loads(body)
        return document

    def discard(self, batch_id: int) -> None:
        """Deletes an open batch. Raises Conflict `batch_sealed` for one that is signed."""
        discard_batch(self._database, batch_id)
