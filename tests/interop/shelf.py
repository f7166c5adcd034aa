"""What other people's code has to judge: documents of every kind, out of the pipeline, with all that they name.

One office issues, corrects, endorses, gathers, rotates its key and revokes. `shelf.web` is what is published at the
end; `shelf.revocation` holds a status list at three moments around a revocation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson

from ledger.chain.registry import Reason
from ledger.documents.did import document_url
from ledger.documents.endorsement import endorsed_document
from ledger.documents.record import Subject
from ledger.issuing.drafts import Draft
from ledger.issuing.endorsements import Endorsements
from ledger.issuing.jwt_export import JwtExport
from ledger.issuing.recognitions import Recognitions, Wanted
from ledger.issuing.signer import issuer_key
from ledger.issuing.values import Batch, IssuerKind, StoredCredential
from ledger.proofs.data_integrity import CRYPTOSUITES, sign
from tests.fakes import MemoryRegistry
from tests.office import Office, drafts, pathway_file, programme_file

MODULES = ("needs", "models", "evaluation")
RECORD_SIZES = (1, 2, 50)
RECORD_SUBJECT = Subject(("Learner 1", "Learner One"), "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")


@dataclass(frozen=True)
class Revocation:
    """A credential, and its status list: before it is revoked, while that is not final, one block after."""

    document: bytes
    url: str
    before: bytes
    pending: bytes
    after: bytes


@dataclass(frozen=True)
class Shelf:
    """Documents as they were handed out. `records` are by size, `components` those of the award, in its order.

    `token` is the first of the credentials as a JWT, `revoked_token` that of the one that was revoked afterwards.
    """

    credentials: tuple[bytes, ...]
    components: tuple[bytes, ...]
    award: bytes
    correction: bytes
    superseded: bytes
    endorsement: bytes
    recognition: bytes
    records: dict[int, bytes]
    status_lists: tuple[bytes, ...]
    after_rotation: bytes
    expired: bytes
    early: bytes
    other_issuer: bytes
    token: bytes
    revoked_token: bytes
    revocation: Revocation
    web: dict[str, Any]
    office: Office

    def resigned(self, document: dict[str, Any], *, by: str, method: str) -> dict[str, Any]:
        """The document with proofs of both suites by key 1 of the issuer `by`, said to be by `method`."""
        bare = {name: value for name, value in document.items() if name != "proof"}
        signer = self.office.keys.signer(issuer_key(by, "key-1"))
        created = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
        proofs = [
            sign(bare, cryptosuite=suite, signer=signer, verification_method=method, created=created)
            for suite in CRYPTOSUITES
        ]
        return {**bare, "proof": proofs}


def fill(folder: Path) -> Shelf:
    """Does all the work that the documents come from, in an office in `folder`."""
    registry = MemoryRegistry()
    office = Office(folder, registry)
    office.an_issuer()
    office.issuers.register("um", name="Universiti Malaya", url="https://www.um.example/", country="MY")
    office.issuers.register("records", name="Cairn Records", kind=IssuerKind.PUBLISHER)
    office.programmes.add("usm", programme_file(*MODULES, award="design"))
    office.pathways.publish("usm", pathway_file(*MODULES, award="design"))

    cohort = _issue(office, drafts(RECORD_SIZES[-1] + 2, code=MODULES[0]))
    modules = (cohort[0], *_issue(office, [drafts(1, code=code)[0] for code in MODULES[1:]]))
    (expired,) = _issue(office, [replace(drafts(1, code="old")[0], valid_until=date(2026, 6, 30))])
    (early,) = _issue(office, [replace(drafts(1, code="new")[0], awarded_on=date(2199, 1, 1))])
    (elsewhere,) = _issue(office, drafts(1), issuer="um")
    award_batch = office.awards.draft("usm", office.catalog.pathways("usm")[0].pathway_id)
    assert award_batch is not None
    (award,) = _finish(office, award_batch)
    correction = _correct(office, cohort[-1])
    endorsed = endorsed_document(orjson.loads(_document(office, award)))
    endorsement_batch, _ = Endorsements(office.database).draft("um", endorsed, "We count it towards a master's degree.")
    (endorsement,) = _finish(office, endorsement_batch)
    decided = Wanted(credits=15, framework="NZQCF", level=8, comment="Agreed by the board.")
    (recognition,) = _finish(office, Recognitions(office.database).draft("um", endorsed, decided)[0])
    office.issuers.add_key("usm")
    (rotated,) = _issue(office, drafts(1, code="later"))

    held = [_document(office, one) for one in cohort]
    records = {size: _record(office, held[:size]) for size in RECORD_SIZES}
    exports = JwtExport(office.catalog, office.keys, lambda _: (True, ""))
    tokens = [exports.export(cohort[place].credential_id).encode() for place in (1, -2)]
    revocation = _revoke(office, registry, cohort[-2])
    lists = [office.status_lists.publish(slug, 0) for slug in ("usm", "um", "records")]
    web = {one.url: orjson.loads(one.document) for one in lists}
    for slug in ("usm", "um", "records"):
        did = office.issuers.did_document(slug)
        web[document_url(str(did["id"]))] = did
    return Shelf(
        credentials=tuple(_document(office, one) for one in cohort[1:4]),
        components=tuple(_document(office, one) for one in modules),
        award=_document(office, award),
        correction=_document(office, correction),
        superseded=_document(office, cohort[-1]),
        endorsement=_document(office, endorsement),
        recognition=_document(office, recognition),
        records=records,
        status_lists=tuple(one.document for one in lists),
        after_rotation=_document(office, rotated),
        expired=_document(office, expired),
        early=_document(office, early),
        other_issuer=_document(office, elsewhere),
        token=tokens[0],
        revoked_token=tokens[1],
        revocation=revocation,
        web=web,
        office=office,
    )


def _issue(office: Office, rows: Sequence[Draft], *, issuer: str = "usm") -> tuple[StoredCredential, ...]:
    return _finish(office, office.imports.draft_batch(issuer, rows, label="interop"))


def _finish(office: Office, batch: Batch) -> tuple[StoredCredential, ...]:
    return office.credentials(office.pipeline.advance(batch.id))


def _document(office: Office, credential: StoredCredential) -> bytes:
    return office.catalog.document(credential.credential_id)


def _correct(office: Office, credential: StoredCredential) -> StoredCredential:
    header = "achievement,learner_id,name,email,result,awarded_on,supersedes,note"
    row = (
        f"{MODULES[0]},{credential.learner_id},Learner Number 52,{credential.email},87.5,2026-03-02,"
        f"{credential.credential_id},The name was misspelt."
    )
    batch, _ = office.corrections.draft("usm", f"{header}\n{row}".encode())
    (correction,) = _finish(office, batch)
    office.revocation.advance()
    return correction


def _record(office: Office, documents: Sequence[bytes]) -> bytes:
    record = office.records.issue("records", name="My record", learner=RECORD_SUBJECT, documents=documents)
    office.pipeline.advance(record.batch_id)
    return _document(office, record)


def _revoke(office: Office, registry: MemoryRegistry, credential: StoredCredential) -> Revocation:
    before = office.status_lists.publish("usm", 0)
    registry.finality_lag = 1
    registry.mine()  # what was final stays so
    office.revocation.revoke([credential.credential_id], Reason.ISSUED_IN_ERROR, wait=False)
    pending = office.status_lists.publish("usm", 0)
    registry.mine()
    after = office.status_lists.publish("usm", 0)
    document = _document(office, credential)
    return Revocation(document, before.url, before.document, pending.document, after.document)
