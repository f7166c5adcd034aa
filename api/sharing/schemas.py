"""What the share link endpoints take and give."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator

from api.wallets.schemas import Id, Strict, Time, Title

MAX_DAYS = 366


class LinkIn(Strict):
    """What to share: a record, or chosen credentials. Several credentials are put into a record of their own."""

    record_id: Id | None = None
    credential_ids: list[Id] | None = Field(default=None, min_length=1, max_length=500)
    label: Title = Field(default="Shared record", examples=["Application at Example Ltd"])
    days: int = Field(default=30, ge=1, le=MAX_DAYS, description="Days until the link ends by itself.")

    @model_validator(mode="after")
    def share_one_thing(self) -> Self:
        if (self.record_id is None) == (self.credential_ids is None):
            raise ValueError("give either record_id or credential_ids")
        return self


class NewLink(BaseModel):
    """A link that was just made. The address is shown this once: only its hash is stored."""

    id: Id
    url: str = Field(examples=["https://cairn.example/s/…"])
    expires_at: Time


class LinkOut(BaseModel):
    """A link as its owner sees it. `state` is live, expired or withdrawn."""

    id: Id
    label: str
    state: Literal["live", "expired", "withdrawn"]
    record_id: Id | None
    credential_id: Id | None
    created_at: Time
    expires_at: Time
    withdrawn_at: Time | None
    views: int
    last_viewed_at: Time | None


class ViewOut(BaseModel):
    """One access to a link: when and how, never by whom."""

    viewed_at: Time
    kind: Literal["page", "json", "document"]
