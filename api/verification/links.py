"""Links that are pasted or scanned where a document is expected: to a page of this site, or to somewhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from api.problems import Refusal
from ledger.bulk.given import AROUND
from ledger.verifying.fetching import GuardedFetcher
from ledger.verifying.readings import Unknown

MAX_LINK = 2_048

_LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_SHARED = re.compile(r"/s/([A-Za-z0-9_-]{1,100})(?:\.json|/document|/qr\.svg)?(?:\?on=([0-9TZ:+.-]{1,40}))?", re.ASCII)
_IN_MAIL = (
    r"[\s>]*/s/((?:[\s>]*[A-Za-z0-9_-]){43})(?:\.json|/document|/qr\.svg)?(?:\?on=([0-9TZ:+-]{1,40}))?(?![A-Za-z0-9_-])"
)
"""The rest of a share link as letters bring it: in a sentence, or with its lines broken, or with marks of a reply."""
_DOCUMENTS = "application/vc, application/vc+jwt, application/json;q=0.5, application/pdf;q=0.4, */*;q=0.1"


@dataclass(frozen=True)
class OwnPage:
    """A share page of this site, by its path."""

    path: str


@dataclass(frozen=True)
class Elsewhere:
    """An address of another site, or one of this site that shows no credential."""

    url: str
    is_ours: bool = False

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


def link_in(text: str, base: str) -> OwnPage | Elsewhere | None:
    """What a text leads to, if it is a link, or some lines of a letter with one share link of this site in it.

    `base` is what links of this site begin with.
    """
    if len(text) > MAX_LINK or not text:
        return None
    whole, text = text, text.strip(AROUND)
    path = text.removeprefix(base) if text.startswith(f"{base}/") else text
    if (shared := _SHARED.fullmatch(path.partition("#")[0])) is not None:
        on = f"?on={shared[2]}" if shared[2] else ""
        return OwnPage(f"/s/{shared[1]}{on}")
    if (mailed := _mailed(whole, base)) is not None:
        return mailed
    if text.startswith(f"{base}/"):
        return Elsewhere(text, is_ours=True)
    if not _LINK.fullmatch(text):
        return None
    try:
        return Elsewhere(text) if urlsplit(text).hostname else None
    except ValueError:
        return None


def _mailed(text: str, base: str) -> OwnPage | None:
    """The one share link of this site in some lines of prose; a document may well have such a link in it."""
    if "{" in text or "</" in text:
        return None
    found = {
        ("".join(re.findall(r"[^\s>]", token)), on)
        for token, on in re.findall(re.escape(base) + _IN_MAIL, text, re.ASCII)
    }
    if len(found) != 1:
        return None
    token, on = found.pop()
    return OwnPage(f"/s/{token}{f'?on={on}' if on else ''}")


def fetched(link: Elsewhere) -> bytes:
    """The document at an address, for a site that may fetch: https alone, as `GuardedFetcher` guards it.

    Raises Refusal 422 with what to do instead.
    """
    found = GuardedFetcher(accept=_DOCUMENTS).fetch(link.url.partition("#")[0])
    if isinstance(found, Unknown):
        raise Refusal(422, found.code, "that address gave nothing that can be read")
    return found
