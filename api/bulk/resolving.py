"""From what a row gives to the documents that are to be verified, or why there are none.

A link of this site shows what it shows anyone, and its owner finds the look among the link's receipts. A PIN is never
asked for here. A link to elsewhere is asked only where the site fetches at all, through the guarded client.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from api.sharing.service import Links
from api.tokens import SECRET
from ledger.bulk.given import Given, GivenKind
from ledger.bulk.uploads import contents_of
from ledger.errors import MalformedDocument, NotFound
from ledger.issuing.catalog import Catalog
from ledger.issuing.values import BatchState
from ledger.verifying.readings import Unknown
from ledger.verifying.resources import Fetcher

AT_ONCE = 8
"""Addresses of others that are asked at the same time."""
_SHARED = re.compile(r"/s/([^/]+)(?:/(?:document|overview)?)?")

NOTHING = ("row_empty", "this row has no link and no id")
UNUSABLE = ("not_a_link", "this is no link, and no id of a credential")
GONE = ("link_gone", "nothing is shared at this link, or not any more; ask the holder for a new one")
LOCKED = ("link_pin", "this link asks for a PIN; ask the holder for the PIN, and open the link by itself")
ELSEWHERE = ("link_elsewhere", "this link leads to another site, which is not asked from here; check it there")
UNKNOWN_ID = ("id_unknown", "this site holds no credential with this id; ask the holder for a link or the file")
EMPTY_FILE = ("file_unreadable", "this file of the archive is empty, damaged or locked")


@dataclass(frozen=True)
class Trouble:
    """Why there is nothing to verify in a row."""

    code: str
    message: str


@dataclass(frozen=True)
class Resolved:
    """The documents behind a row. `is_id` where only their id was given; `link` is that of a share link."""

    documents: tuple[bytes, ...] = field(repr=False)
    is_id: bool = False
    link: str | None = None


class Resolver:
    """Finds the documents of rows. Threads may share it."""

    def __init__(self, links: Links, catalog: Catalog, base: str, fetcher: Fetcher | None) -> None:
        """`base` is what links of this site begin with; without a `fetcher`, no other site is asked."""
        self._links = links
        self._catalog = catalog
        self._base = base
        self._fetcher = fetcher

    def resolve(self, given: Given, content: bytes, fetched: Mapping[str, bytes | Unknown]) -> Resolved | Trouble:
        """What a row gives. `content` is its file, `fetched` holds what other sites answered (`fetch`)."""
        try:
            match given.kind:
                case GivenKind.FILE:
                    return Resolved(contents_of(content)) if content else Trouble(*EMPTY_FILE)
                case GivenKind.TEXT:
                    return Resolved(contents_of(given.text.encode()))
                case GivenKind.ID:
                    return self._named(given.text)
                case GivenKind.LINK:
                    return self._linked(given.text, fetched)
                case GivenKind.NOTHING:
                    return Trouble(*NOTHING)
                case GivenKind.OTHER:
                    return Trouble(*UNUSABLE)
        except MalformedDocument as error:
            return Trouble(error.code, str(error))

    def fetch(self, links: list[str], may_go_on: Callable[[], bool]) -> dict[str, bytes | Unknown]:
        """What other sites answer to these links; nothing where no site is asked."""
        if self._fetcher is None:
            return {}
        foreign = [link for link in dict.fromkeys(links) if self._token(link) is None]
        if not foreign:
            return {}
        fetcher = self._fetcher

        def ask(link: str) -> bytes | Unknown:
            return fetcher.fetch(link) if may_go_on() else Unknown("list_stopped", "This was not asked any more.")

        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="list-fetch") as pool:
            return dict(zip(foreign, pool.map(ask, foreign), strict=True))

    def _linked(self, link: str, fetched: Mapping[str, bytes | Unknown]) -> Resolved | Trouble:
        token = self._token(link)
        if token is None:
            found = fetched.get(link)
            if isinstance(found, Unknown):
                return Trouble(found.code, found.message)
            return Resolved(contents_of(found)) if found is not None else Trouble(*ELSEWHERE)
        try:
            open_link = self._links.find(token)
            if open_link.pin_hash is not None:
                return Trouble(*LOCKED)
            return Resolved(self._links.shared(open_link).documents, link=open_link.id)
        except NotFound:
            return Trouble(*GONE)

    def _token(self, link: str) -> str | None:
        """The token of a share link of this site; None for any other address."""
        parts, ours = urlsplit(link), urlsplit(self._base)
        if (parts.scheme.lower(), parts.netloc.lower()) != (ours.scheme, ours.netloc.lower()):
            return None
        match = _SHARED.fullmatch(parts.path)
        # Whatever else stands at this site: nothing is shared there, and the site does not ask itself.
        return match[1] if match is not None and SECRET.fullmatch(match[1]) else ""

    def _named(self, credential_id: str) -> Resolved | Trouble:
        try:
            stored = self._catalog.credential(credential_id)
            if stored.batch_state is not BatchState.FINAL:
                return Trouble(*UNKNOWN_ID)
            return Resolved((self._catalog.document(credential_id),), is_id=True)
        except NotFound:
            return Trouble(*UNKNOWN_ID)
