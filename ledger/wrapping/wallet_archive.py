"""A wallet's export among ZIP files: its manifest says which of its members are credentials and records.

Everything else in it (pages, instructions, DID documents, status lists) is there for people, and is passed over.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.documents.strict_json import DOCUMENT, parse
from ledger.errors import MalformedDocument
from ledger.wrapping.archive import Member

MANIFEST = "cairn-wallet.json"
FORMAT = "cairn-wallet-export"
VERSION = 1


def documents_among(members: Sequence[Member]) -> list[Member]:
    """The members that the manifest lists, in the archive's order; all of them, if there is no manifest of ours.

    Raises MalformedDocument `archive_without_credential` for an export of an empty wallet, `archive_newer` for one of a
    later version.
    """
    manifest = next((member for member in members if member.name == MANIFEST), None)
    if manifest is None or isinstance(manifest.content, MalformedDocument):
        return list(members)
    try:
        told = parse(manifest.content, DOCUMENT)
    except MalformedDocument:
        return list(members)
    if told.get("format") != FORMAT:
        return list(members)
    if told.get("version") != VERSION:
        raise MalformedDocument(
            "archive_newer", "a newer Cairn wrote this export of a wallet; this one does not read it"
        )
    listed = {
        entry.get("file")
        for name in ("credentials", "records")
        for entry in (told.get(name) if isinstance(told.get(name), list) else [])  # type: ignore[union-attr]
        if isinstance(entry, dict)
    }
    found = [member for member in members if member.name in listed]
    if not found:
        raise MalformedDocument("archive_without_credential", "the wallet that was exported held no documents")
    return found
