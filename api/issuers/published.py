"""The documents that credentials of this ledger name by address: put together from what is stored, for anyone."""

from __future__ import annotations

import orjson

from ledger.documents.achievement import Achievement
from ledger.documents.canonical import canonicalize
from ledger.documents.codecs import decode_hex
from ledger.errors import MalformedDocument, NotFound
from ledger.issuing.status_lists import StatusList
from ledger.workspace import Workspace


class Published:
    """Published documents as bytes of JSON. Raises NotFound for those that there are not."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def did_document(self, slug: str) -> bytes:
        """The keys of an issuer, and its place in the registry."""
        return orjson.dumps(self._workspace.issuers.did_document(slug))

    def status_list(self, slug: str, number: int) -> StatusList:
        """A signed Bitstring Status List: one bit for each credential, set if it is revoked or suspended."""
        return self._workspace.status_lists.publish(slug, number)

    def achievement(self, slug: str, code: str, language: str | None = None) -> bytes:
        """An Open Badges 3.0 `Achievement`, as the issuer's credentials carry it, or in another language."""
        base_url = self._workspace.catalog.issuer(slug).base_url
        found = self._achievement(slug, code)
        document = found.to_dict(base_url) if language is None else found.in_language(language, base_url)
        if document is None:
            raise NotFound("the achievement is not published in that language", "achievement_unknown")
        return orjson.dumps(document)

    def _achievement(self, slug: str, code: str) -> Achievement:
        for programme in self._workspace.catalog.programmes(slug):
            if code in programme.achievements:
                parsed = self._workspace.programmes.parsed(slug, programme.code)
                return next(achievement for achievement in parsed.achievements if achievement.code == code)
        raise NotFound("there is no such achievement", "achievement_unknown")

    def pathway(self, slug: str, code: str, version: str) -> bytes:
        """A version of a pathway, byte for byte as awards name it by digest."""
        issuer = self._workspace.catalog.issuer(slug)
        return self._workspace.catalog.pathway(f"{issuer.base_url}/pathways/{code}/{version}").content

    def accreditation(self, scope: str) -> bytes:
        """The statement of an accreditor whose hash the registry holds, in the form that has this hash."""
        try:
            wanted = decode_hex(scope, size=32)
        except MalformedDocument as error:
            raise unknown_statement() from error
        statement = self._workspace.statements().get(wanted)
        if statement is None:
            raise unknown_statement()
        return canonicalize(statement.to_dict())


def unknown_statement() -> NotFound:
    return NotFound("there is no such statement", "accreditation_unknown")
