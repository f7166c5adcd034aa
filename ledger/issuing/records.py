"""Learner records: what a learner chose, assembled and signed by the publisher, and anchored like any credential."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from ledger.documents.credential import Learner
from ledger.documents.record import Association, PreviousVersion, build_record
from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import Conflict
from ledger.issuing.catalog import Catalog
from ledger.issuing.drafting import Entry
from ledger.issuing.imports import Imports
from ledger.issuing.pipeline import Pipeline
from ledger.issuing.values import CredentialKind, StoredCredential
from ledger.storage import Database


class Records:
    """Issues records in the name of a publisher."""

    def __init__(self, database: Database, pipeline: Pipeline) -> None:
        self._imports = Imports(database)
        self._pipeline = pipeline
        self._catalog = Catalog(database)

    def issue(
        self,
        publisher: str,
        *,
        name: str,
        learner_name: str,
        documents: Sequence[bytes],
        associations: Sequence[Association] = (),
        previous: PreviousVersion | None = None,
        learner_id: str = "",
    ) -> StoredCredential:
        """Assembles secured documents, in this order, into a record, and signs it; its batch is then to be issued.

        `learner_id` is whatever the caller knows the learner by (a wallet's id); it stands in no document. Raises
        MalformedDocument for a document that cannot be read, Conflict `record_invalid` for none at all or one twice.
        """
        credentials = [parse(document) for document in documents]
        who = self._catalog.issuer(publisher)
        moment = datetime.now(UTC).replace(microsecond=0)

        def build(record_id: str, status_index: int) -> JsonObject:
            return build_record(
                publisher=who.profile,
                name=name,
                learner_name=learner_name,
                credentials=credentials,
                associations=associations,
                status_index=status_index,
                record_id=record_id,
                valid_from=moment,
                previous=previous,
            )

        entry = Entry(CredentialKind.RECORD, "record", name, Learner(learner_name, "", learner_id), build)
        try:
            batch = self._imports.store(publisher, [entry], label=f"Record: {name}")
        except ValueError as error:
            raise Conflict(f"these credentials cannot form a record: {error}", "record_invalid") from error
        self._pipeline.seal(batch.id)
        (stored,) = self._catalog.credentials(batch=batch.id)
        return stored
