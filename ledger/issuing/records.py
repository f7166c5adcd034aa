"""Learner records: what a learner chose, assembled and signed by the publisher, and anchored with its next batch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from ledger.documents.credential import IssuerProfile, Learner, new_credential_id
from ledger.documents.record import Association, PreviousVersion, Subject, build_record
from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import Conflict
from ledger.issuing.catalog import Catalog
from ledger.issuing.drafting import Entry
from ledger.issuing.gathering import Gathering
from ledger.issuing.pipeline import Pipeline
from ledger.issuing.values import CredentialKind, StoredCredential
from ledger.proofs.data_integrity import CRYPTOSUITES, EDDSA_JCS, Signer, sign
from ledger.proofs.enveloped import envelop
from ledger.proofs.known_shapes import canonicalize_known, canonicalize_own
from ledger.storage import Database

_TOKEN = re.compile(rb"\s*[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\s*")


class Records:
    """Issues records in the name of a publisher."""

    def __init__(self, database: Database, pipeline: Pipeline) -> None:
        self._gathering = Gathering(database)
        self._pipeline = pipeline
        self._catalog = Catalog(database)

    def issue(
        self,
        publisher: str,
        *,
        name: str,
        learner: Subject,
        documents: Sequence[bytes],
        associations: Sequence[Association] = (),
        previous: PreviousVersion | None = None,
        wallet: str = "",
    ) -> StoredCredential:
        """Assembles secured documents, JSON or tokens, in this order, into a record, and signs it.

        It waits with others for the publisher's next anchor. `wallet` is whatever the caller knows the learner by; it
        stands in no document. Raises MalformedDocument for a document that cannot be read, Conflict `record_invalid`
        for none at all or one twice.
        """
        credentials = [in_record(document) for document in documents]
        who = self._catalog.issuer(publisher)
        moment = datetime.now(UTC).replace(microsecond=0)

        def build(record_id: str, status_index: int) -> JsonObject:
            return build_record(
                publisher=who.profile,
                name=name,
                learner=learner,
                credentials=credentials,
                associations=associations,
                status_index=status_index,
                record_id=record_id,
                valid_from=moment,
                previous=previous,
            )

        entry = Entry(CredentialKind.RECORD, "record", name, Learner(learner.names[0], "", wallet), build)
        try:
            batch_id, credential_id = self._gathering.add(publisher, entry, label="Records")
        except ValueError as error:
            raise Conflict(f"these credentials cannot form a record: {error}", "record_invalid") from error
        self._pipeline.sign(batch_id)
        return self._catalog.credential(credential_id)


def self_published(
    did: str,
    signer: Signer,
    *,
    name: str,
    learner: Subject,
    documents: Sequence[bytes],
    associations: Sequence[Association] = (),
    previous: PreviousVersion | None = None,
) -> JsonObject:
    """A record that the learner signs alone, with the key of their `did:key`: on no ledger, and nobody can revoke it.

    Raises as `Records.issue`.
    """
    moment = datetime.now(UTC).replace(microsecond=0)
    try:
        record = build_record(
            publisher=IssuerProfile(did, learner.names[0], ""),
            name=name,
            learner=replace(learner, did=did),
            credentials=[in_record(document) for document in documents],
            associations=associations,
            status_index=None,
            record_id=new_credential_id(),
            valid_from=moment,
            previous=previous,
        )
    except ValueError as error:
        raise Conflict(f"these credentials cannot form a record: {error}", "record_invalid") from error
    method = f"{did}#{did.removeprefix('did:key:')}"
    return record | {
        "proof": [
            sign(
                record,
                cryptosuite=suite,
                signer=signer,
                verification_method=method,
                created=moment,
                canonicalize_rdf=canonicalize_own,
            )
            for suite in (CRYPTOSUITES if canonicalize_known(record) is not None else (EDDSA_JCS,))
        ]
    }


def in_record(document: bytes) -> JsonObject:
    """A secured document as a record holds it: JSON as it is, a token in its envelope. Raises MalformedDocument."""
    return envelop(document.strip()) if _TOKEN.fullmatch(document) else parse(document)
