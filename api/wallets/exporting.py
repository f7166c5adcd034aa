"""Taking a wallet along: everything in it as ZIP files, to keep, to import elsewhere, and to check without us.

A wallet comes in parts, so that each can be imported and checked again whole: the limits of a part are those of
`ledger.wrapping`. The first part has besides the documents what is needed to read and to check them: an index for
people and one for machines, pathways, links and what is known of their use, DID documents and status lists of this
ledger's issuers, the statements of accreditors, and instructions. No part holds a key or a token.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import RawIOBase
from typing import TYPE_CHECKING

import orjson

from api.wallets.export_words import index_page, instructions
from ledger.chain.addresses import caip10, checksum_address
from ledger.documents.codecs import encode_hex
from ledger.documents.strict_json import JsonObject, JsonValue, parse
from ledger.errors import CairnError, MalformedDocument, NotFound
from ledger.verifying.report import shown_time
from ledger.wrapping.content import is_token
from ledger.wrapping.wallet_archive import FORMAT, MANIFEST, VERSION

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from api.site import Site
    from api.wallets.values import Held

PART_DOCUMENTS = 350
PART_BYTES = 4 * 1024 * 1024
"""Documents of one part, before they are packed; a single larger one has a part to itself."""
MAX_EXTRAS = 100
"""Files of the first part that are no documents of the learner's: what is needed to check them."""

_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_STATUS_URL = re.compile(r"/status/([0-9]{1,9})$")


@dataclass(frozen=True)
class Entry:
    """A document of the wallet: its file's name, how to read it, its size in bytes, and what the index says of it."""

    file: str
    size: int
    load: Callable[[], bytes] = field(repr=False)
    facts: JsonObject


class Exporting:
    """The parts of one wallet's export, as of now. Nothing is read before it is needed but the sizes."""

    def __init__(self, site: Site, wallet_id: str) -> None:
        """Raises NotFound `wallet_unknown`."""
        self._site = site
        self._wallet = site.wallets.wallet(wallet_id)
        self._held = site.wallets.credentials(wallet_id)
        credentials = [_credential(number, held) for number, held in enumerate(self._held, 1)]
        records = [entry for entry in self._records() if entry is not None]
        self._parts = list(in_parts([*credentials, *records]))

    @property
    def parts(self) -> int:
        """How many there are: one at least."""
        return len(self._parts)

    def stream(self, part: int) -> Iterator[bytes]:
        """The ZIP file of a part, from 1 on, while it is made. Raises NotFound `part_unknown`."""
        if not 1 <= part <= len(self._parts):
            raise NotFound(f"this export has {len(self._parts)} parts", "part_unknown")
        return self._stream(part)

    def _stream(self, part: int) -> Iterator[bytes]:
        sink = _Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
            extras = self._extras() if part == 1 else {}
            manifest = self._manifest(part, sorted(extras))
            texts = {"index.html": index_page(manifest), "README.txt": instructions(manifest)} if part == 1 else {}
            told = orjson.dumps(manifest, option=orjson.OPT_INDENT_2)
            for name, content in {MANIFEST: told, **texts, **extras}.items():
                archive.writestr(name, content)
                yield sink.taken()
            for entry in self._parts[part - 1]:
                archive.writestr(entry.file, entry.load())
                yield sink.taken()
        yield sink.taken()

    def _manifest(self, part: int, extras: list[str]) -> JsonObject:
        entries = [entry.facts | {"file": entry.file} for entry in self._parts[part - 1]]
        manifest: JsonObject = {
            "format": FORMAT,
            "version": VERSION,
            "part": part,
            "parts": len(self._parts),
            "exported_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "wallet": self._wallet.id,
            "credentials": [entry for entry in entries if entry["kind"] != "record"],
            "records": [entry for entry in entries if entry["kind"] == "record"],
        }
        if part > 1:
            return manifest
        dids: list[JsonValue] = [
            {"did": one.did, "own": one.is_own, "in_use": one.in_use, "since": shown_time(one.added_at)}
            for one in self._site.wallet_keys.dids(self._wallet.id)
        ]
        manifest |= {"created_at": shown_time(self._wallet.created_at), "addresses": list(self._wallet.addresses)}
        manifest |= {"dids": dids, "links": self._links(), "check": self._check(), "files": [*extras]}
        return manifest

    def _check(self) -> JsonObject:
        """What a verifier has to be told: the chain, the registry, who recognises issuers here."""
        configuration = self._site.workspace.configuration
        registry = configuration.registry or self._site.workspace.reader.registry
        return {
            "registry": caip10(configuration.chain_id, registry),
            "network": self._site.network.name,
            "kind": self._site.network.kind,
            "accreditors": [checksum_address(address) for address in configuration.accreditors],
            "site": self._site.base,
        }

    def _links(self) -> list[JsonValue]:
        """Share links, without what would open them, and each access to one."""
        links = self._site.links
        return [
            {
                "label": link.label,
                "purpose": link.purpose,
                "state": link.state,
                "hidden": list(link.hidden),
                "created_at": shown_time(link.created_at),
                "expires_at": shown_time(link.expires_at),
                "withdrawn_at": shown_time(link.withdrawn_at),
                "has_pin": link.has_pin,
                "views": [
                    {"at": shown_time(view.viewed_at), "kind": view.kind, "purpose": view.purpose}
                    for view in links.views(self._wallet.id, link.id)
                ],
            }
            for link in links.links(self._wallet.id)
        ]

    def _records(self) -> Iterator[Entry | None]:
        for record in self._site.records.records(self._wallet.id):
            load = _loader(self._site, self._wallet.id, record.id)
            version = f"version-{record.version:04d}" if record.version is not None else f"selection-{record.id[:8]}"
            facts: JsonObject = {
                "kind": "record",
                "id": record.credential_id,
                "record": record.id,
                "name": record.name,
                "version": record.version,
                "previous": record.previous,
                "state": record.state,
                "created_at": shown_time(record.created_at),
            }
            with suppress(NotFound):  # one that was made a moment ago has no document yet
                yield Entry(f"records/{version}-{record.id[:6]}.json", len(load()), load, facts)

    # --- what is needed to check them ---

    def _extras(self) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for name, content in self._checkable():
            if len(found) >= MAX_EXTRAS:
                break
            found.setdefault(name, content)
        return found

    def _checkable(self) -> Iterator[tuple[str, bytes]]:
        for pathway in self._site.overviews.pathways(self._wallet.id):
            yield f"pathways/{slug_of(pathway.title)}-{pathway.id[:6]}.json", pathway.content
        documents = [document for held in self._held if (document := _json(held.document)) is not None]
        for name in sorted({str(one) for document in documents for one in _related(document)}):
            with suppress(CairnError):
                stored = self._site.workspace.catalog.pathway(name)
                yield f"pathways/{slug_of(stored.name)}-{slug_of(name)[-40:]}.json", stored.content
        for scope, statement in self._site.workspace.statements().items():
            yield f"check/statements/{encode_hex(scope)}.json", orjson.dumps(statement.to_dict())
        numbers = [status for document in documents if (status := _status_url(document))]
        for issuer in self._site.workspace.catalog.issuers():
            with suppress(CairnError):  # a chain that gives no answer now; the documents are complete without these
                yield f"check/did/{issuer.slug}.json", self._site.published.did_document(issuer.slug)
                for number in sorted({n for url, n in numbers if url.startswith(f"{issuer.base_url}/status/")} or {0}):
                    listed = self._site.published.status_list(issuer.slug, number)
                    yield f"check/status/{issuer.slug}-{number}.json", listed.document


def in_parts(entries: list[Entry]) -> Iterator[list[Entry]]:
    """The entries in their order, as many together as a part may hold; one empty part if there are none."""
    part: list[Entry] = []
    size = 0
    for entry in entries:
        if part and (len(part) >= PART_DOCUMENTS or size + entry.size > PART_BYTES):
            yield part
            part, size = [], 0
        part.append(entry)
        size += entry.size
    yield part


def slug_of(text: str) -> str:
    """A plain piece of a file's name."""
    return _NOT_PLAIN.sub("-", text.lower()).strip("-")[:60] or "document"


def _credential(number: int, held: Held) -> Entry:
    ending = "jwt" if is_token(held.document) else "json"
    facts: JsonObject = {
        "kind": held.kind,
        "id": held.credential_id,
        "name": held.name,
        "issuer": held.issuer,
        "issuer_name": held.issuer_name,
        "learner_name": held.learner_name,
        "valid_from": held.valid_from,
        "source": held.source,
        "added_at": shown_time(held.added_at),
        "verdict": held.verdict,
        "code": held.code,
        "sha256": hashlib.sha256(held.document).hexdigest(),
    }
    name = f"credentials/{number:04d}-{slug_of(held.name)}.{ending}"
    return Entry(name, len(held.document), lambda: held.document, facts)


def _loader(site: Site, wallet_id: str, record_id: str) -> Callable[[], bytes]:
    return lambda: site.records.document(wallet_id, record_id)


def _json(document: bytes) -> JsonObject | None:
    try:
        return parse(document)
    except MalformedDocument:
        return None


def _related(document: JsonObject) -> Iterator[object]:
    related = document.get("relatedResource")
    for entry in related if isinstance(related, list) else [related]:
        if isinstance(entry, dict) and isinstance(entry.get("id"), str) and "/pathways/" in str(entry["id"]):
            yield entry["id"]


def _status_url(document: JsonObject) -> tuple[str, int] | None:
    entry = document.get("credentialStatus")
    url = entry.get("statusListCredential") if isinstance(entry, dict) else None
    found = _STATUS_URL.search(url) if isinstance(url, str) else None
    return (url, int(found[1])) if found and isinstance(url, str) else None


class _Sink(RawIOBase):
    """Where a ZIP is written to, and taken from piece by piece."""

    def __init__(self) -> None:
        self._pieces = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: ReadableBuffer) -> int:
        self._pieces += piece
        return len(bytes(piece))

    def taken(self) -> bytes:
        """What was written since it was asked last."""
        found = bytes(self._pieces)
        self._pieces.clear()
        return found
