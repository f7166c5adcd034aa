"""An issuer's archive: every final document with its proofs, and what no chain tells of the issuers, in plain files.

    ARCHIVE/archive.json              issuers, accreditors, programmes, pathways
    ARCHIVE/<issuer>/<root>.ndjson    a batch: one line for each document, with whom it is for

It holds personal data: its files are for their owner alone. Any folder of documents can be read as an archive, too: a
learner's own copies bring back what they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from ledger.chain.addresses import checksum_address, parse_address
from ledger.chain.registry import Address, IssuerId
from ledger.configuration import write_atomically
from ledger.documents.codecs import decode_hex, encode_hex
from ledger.documents.strict_json import JsonObject, JsonValue, Limits, parse
from ledger.errors import WorkspaceError
from ledger.issuing.catalog import Catalog
from ledger.issuing.facts import Facts
from ledger.issuing.readmission import Archived, Readmission
from ledger.issuing.values import (
    Accreditor,
    Batch,
    BatchState,
    Issuer,
    IssuerKind,
    StoredCredential,
    StoredPathway,
    StoredProgramme,
)
from ledger.storage import Database

FILE = "archive.json"
VERSION = 1
CHUNK = 500
_MEMBERS = ("document", "achievement", "name", "email", "learner_name", "learner_id", "superseded_by")

_LINE = Limits(max_bytes=12 * 1024 * 1024, depth=2, keys=20, items=1, string=10 * 1024 * 1024)
_FACTS = Limits(max_bytes=256 * 1024 * 1024, depth=4, keys=20, items=100_000, string=64 * 1024 * 1024)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Exported:
    """What was written, and how many batches were left out because they are not final."""

    batches: int
    documents: int
    left_out: int


@dataclass(frozen=True)
class Imported:
    """How many documents were read, and how many of them were not there; `lacking` final batches lack some still."""

    read: int
    added: int
    lacking: int


def export_archive(catalog: Catalog, folder: Path, *, progress: Progress = lambda *_: None) -> Exported:
    """Writes everything that is final into a folder; what an earlier export wrote there is written anew.

    Raises WorkspaceError `archive_invalid` for a folder that holds other things.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / FILE).exists():
        raise WorkspaceError("archive_invalid", f"{folder} holds other things; choose an empty or a new folder")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    batches = catalog.batches()
    finished = [batch for batch in batches if batch.is_finished and batch.root is not None]
    _write(folder / FILE, orjson.dumps(_facts(catalog), option=orjson.OPT_INDENT_2) + b"\n")
    documents = 0
    for done, batch in enumerate(finished):
        progress("archive", done, len(finished))
        lines = list(_lines(catalog, batch))
        if lines:
            (folder / batch.issuer).mkdir(exist_ok=True, mode=0o700)
            _write(folder / batch.issuer / f"{encode_hex(batch.root or b'')}.ndjson", b"".join(lines))
        documents += len(lines)
    return Exported(
        len(finished), documents, sum(batch.state is not BatchState.OPEN for batch in batches) - len(finished)
    )


def import_archive(database: Database, place: Path, *, progress: Progress = lambda *_: None) -> Imported:
    """Takes an archive, or a file or folder of documents, into the batches that they belong to.

    Raises WorkspaceError `archive_invalid` for what is no archive, DraftError for documents that belong to no final
    batch here: of the 500 that they are among none is added, and none after them.
    """
    if place.is_dir() and (place / FILE).exists():
        Facts(database).note(*_read_facts(place / FILE))
    files = sorted([*place.rglob("*.ndjson"), *place.rglob("*.json")]) if place.is_dir() else [place]
    files = [file for file in files if file.name != FILE]
    if not files:
        raise WorkspaceError("archive_invalid", f"there are no documents in {place}")
    admission = Readmission(database)
    read = added = 0
    for done, file in enumerate(files):
        progress("documents", done, len(files))
        for chunk in _chunks(file):
            read += len(chunk)
            added += admission.admit(chunk)
    return Imported(read, added, admission.finish())


# --- writing --------------------------------------------------------------------------------------------------------


def _lines(catalog: Catalog, batch: Batch) -> Iterator[bytes]:
    documents = catalog.batch_documents(batch.id)
    offset = 0
    while held := catalog.credentials(batch=batch.id, offset=offset, limit=CHUNK):
        known = {credential.credential_id: credential for credential in held}
        for _ in held:
            credential_id, document = next(documents)
            yield orjson.dumps(_line(known[credential_id], document)) + b"\n"
        offset += len(held)


def _line(credential: StoredCredential, document: bytes) -> dict[str, str | None]:
    return {
        "document": document.decode(),
        "achievement": credential.achievement,
        "name": credential.name,
        "email": credential.email,
        "learner_name": credential.learner_name,
        "learner_id": credential.learner_id,
        "superseded_by": credential.superseded_by,
    }


def _facts(catalog: Catalog) -> dict[str, object]:
    issuers = catalog.issuers()
    return {
        "version": VERSION,
        "issuers": [
            {
                "slug": issuer.slug,
                "kind": str(issuer.kind),
                "name": issuer.name,
                "did": issuer.did,
                "url": issuer.url,
                "country": issuer.country,
                "issuer_id": encode_hex(issuer.issuer_id),
            }
            for issuer in issuers
        ],
        "accreditors": [
            {"slug": a.slug, "name": a.name, "address": checksum_address(a.address), "url": a.url, "country": a.country}
            for a in catalog.accreditors()
        ],
        "programmes": [
            {"issuer": issuer.slug, "code": p.code, "name": p.name, "content": p.content.decode()}
            for issuer in issuers
            for p in catalog.programmes(issuer.slug)
        ],
        "pathways": [
            {
                "issuer": issuer.slug,
                "code": p.code,
                "version": str(p.version),
                "name": p.name,
                "pathway_id": p.pathway_id,
                "content": p.content.decode(),
            }
            for issuer in issuers
            for p in catalog.pathways(issuer.slug)
        ],
    }


def _write(file: Path, content: bytes) -> None:
    write_atomically(file, content, mode=0o600)


# --- reading --------------------------------------------------------------------------------------------------------


def _chunks(file: Path) -> Iterator[list[Archived]]:
    if file.suffix != ".ndjson":
        yield [Archived(file.read_bytes(), file.name)]
        return
    chunk: list[Archived] = []
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            chunk.append(_archived(line, f"{file.name}, line {number}"))
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
    if chunk:
        yield chunk


def _archived(line: bytes, place: str) -> Archived:
    content = parse(line, _LINE)
    values = {name: content.get(name) for name in _MEMBERS}
    document = values.pop("document")
    if not isinstance(document, str) or any(not isinstance(value, str | None) for value in values.values()):
        raise WorkspaceError("archive_invalid", f"{place} is not a line of an archive")
    return Archived(document.encode(), place, **{name: _text(value) for name, value in values.items()})


def _read_facts(
    file: Path,
) -> tuple[list[Issuer], list[Accreditor], list[StoredProgramme], list[StoredPathway]]:
    content = parse(file.read_bytes(), _FACTS)
    if content.get("version") != VERSION:
        raise WorkspaceError("archive_invalid", f"{file} is not an archive of version {VERSION}")
    nobody = Address(bytes(20))
    issuers = [
        Issuer(
            slug=_string(one, "slug"),
            kind=IssuerKind(_string(one, "kind")),
            name=_string(one, "name"),
            did=_string(one, "did"),
            base_url="",
            url=_text(one.get("url")),
            country=_text(one.get("country")),
            issuer_id=IssuerId(decode_hex(_string(one, "issuer_id"), size=32)),
            admin=nobody,
            anchoring_operator=nobody,
            revoking_operator=nobody,
            registered_at=None,
            keys=(),
        )
        for one in _objects(content, "issuers")
    ]
    accreditors = [
        Accreditor(
            _string(one, "slug"),
            _string(one, "name"),
            parse_address(_string(one, "address")),
            _text(one.get("url")),
            _text(one.get("country")),
        )
        for one in _objects(content, "accreditors")
    ]
    programmes = [
        StoredProgramme(
            _string(one, "issuer"), _string(one, "code"), _string(one, "name"), _string(one, "content").encode(), ()
        )
        for one in _objects(content, "programmes")
    ]
    pathways = [
        StoredPathway(
            _string(one, "issuer"),
            _string(one, "code"),
            int(_string(one, "version")),
            _string(one, "name"),
            _string(one, "pathway_id"),
            _string(one, "content").encode(),
        )
        for one in _objects(content, "pathways")
    ]
    return issuers, accreditors, programmes, pathways


def _objects(content: JsonObject, member: str) -> list[JsonObject]:
    listed = content.get(member)
    if not isinstance(listed, list):
        raise WorkspaceError("archive_invalid", f"the archive has no {member}")
    return [one for one in listed if isinstance(one, dict)]


def _string(content: JsonObject, member: str) -> str:
    value = content.get(member)
    if not isinstance(value, str):
        raise WorkspaceError("archive_invalid", f"the archive has an entry without {member}")
    return value


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None
