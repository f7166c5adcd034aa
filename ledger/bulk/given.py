"""What stands in a cell of a list: a link, an id, a document in text, or nothing that can be checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from ledger.documents.text import visible
from ledger.wrapping.content import is_json_object, is_token

_UUID = re.compile(
    r"(?:urn:uuid:)?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", re.ASCII | re.IGNORECASE
)
_LINK = re.compile(r"https?://[^\s<>\"]{1,2040}", re.IGNORECASE)
AROUND = " \t\r\n\u00a0\u200b\u200e\u200f\u202a\u202c\ufeff<>\"'“”"
_SHOWN, _TOKEN_START, _TOKEN_END = 60, 6, 4


class GivenKind(StrEnum):
    """What kind of thing was given."""

    LINK = "link"
    ID = "id"
    TEXT = "text"
    FILE = "file"
    NOTHING = "nothing"
    OTHER = "other"


@dataclass(frozen=True)
class Given:
    """One thing to check. `text` is the link, the id or the document itself; `shown` is how a report names it."""

    kind: GivenKind
    text: str = field(repr=False)
    shown: str

    @property
    def can_be_checked(self) -> bool:
        return self.kind in (GivenKind.LINK, GivenKind.ID, GivenKind.TEXT)


def given_in(cell: str) -> Given:
    """What a cell gives. Never raises: what cannot be understood is `OTHER`, with as much of it as may be shown."""
    text = cell.strip(AROUND)
    if not text:
        return Given(GivenKind.NOTHING, "", "")
    if (found := _UUID.fullmatch(text)) is not None:
        name = f"urn:uuid:{found[1].lower()}"
        return Given(GivenKind.ID, name, name)
    if _LINK.fullmatch(text) is not None and _host_of(text):
        return Given(GivenKind.LINK, text, shortened(text))
    if is_token(text.encode()) and len(text) > _SHOWN:
        return Given(GivenKind.TEXT, text, f"{text[:12]}…")
    if is_json_object(text.encode()):
        return Given(GivenKind.TEXT, text, "{…}")
    return Given(GivenKind.OTHER, text, visible(" ".join(text.split()), limit=_SHOWN))


def shortened(link: str) -> str:
    """A link as a report shows it: enough to find it again, and not enough to open it."""
    parts = urlsplit(link)
    path = parts.path
    if len(path) > 20:
        start = path.rfind("/") + 1 if len(path) - path.rfind("/") > 20 else 1
        path = f"{path[: start + _TOKEN_START]}…{path[-_TOKEN_END:]}"
    return visible(f"{parts.scheme}://{parts.hostname}{':' + str(_port(link)) if _port(link) else ''}{path}", limit=120)


def _host_of(link: str) -> str | None:
    try:
        return urlsplit(link).hostname if _port(link) is not False else None
    except ValueError:
        return None


def _port(link: str) -> int | bool | None:
    """The port of a link, None without one, False for one that is none."""
    try:
        return urlsplit(link).port
    except ValueError:
        return False
