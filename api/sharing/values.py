"""What the services of sharing take and give. Times are Unix seconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

ViewKind = Literal["page", "json", "document"]
LinkState = Literal["live", "expired", "withdrawn"]


@dataclass(frozen=True)
class Choice:
    """What to share: a record, or chosen credentials; and what to hide of each credential (`proofs.hideable`)."""

    record_id: str | None = None
    credential_ids: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Item:
    """A credential of a wallet as its issuer signed it for one link."""

    held_id: str
    document: bytes = field(repr=False)


@dataclass(frozen=True)
class Contents:
    """What a link shows: a record, one credential, or items that hide something. Exactly one of the three."""

    record_id: str | None = None
    credential_id: str | None = None
    items: tuple[Item, ...] = ()


@dataclass(frozen=True)
class Link:
    """A link as its owner sees it. Exactly one of `record_id`, `credential_id` and `items` says what it shows.

    `items` are ids of credentials in the wallet. `wrong_pins` counts since the link was made, or its lock lifted.
    """

    id: str
    label: str
    purpose: str | None
    state: LinkState
    record_id: str | None
    credential_id: str | None
    items: tuple[str, ...]
    hidden: tuple[str, ...]
    created_at: int
    expires_at: int
    withdrawn_at: int | None
    has_pin: bool
    wrong_pins: int
    locked_at: int | None
    views: int
    last_viewed_at: int | None


@dataclass(frozen=True)
class OpenLink:
    """A live link that somebody has the token of. What guards it is in `pin_hash`, where it has a PIN."""

    id: str
    wallet: str
    label: str
    purpose: str | None
    expires_at: int
    record_id: str | None
    credential_id: str | None
    pin_hash: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Shared:
    """What a link shows: one document, or several where it hides something of several credentials.

    `link_id` is empty in a preview.
    """

    link_id: str
    label: str
    purpose: str | None
    expires_at: int
    documents: tuple[bytes, ...] = field(repr=False)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.documents)


@dataclass(frozen=True)
class View:
    """One access to a link. `purpose` is what the viewer said it was for, if they did."""

    viewed_at: int
    kind: ViewKind
    purpose: str | None
