"""What the share link endpoints take and give."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from api.clock import DAY
from api.wallets.schemas import Id, Strict, Time, Title, Verdict
from ledger.errors import Conflict

MAX_DAYS = 366
DEFAULT_DAYS = 30

Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2026-12-31"])]
Days = Annotated[int, Field(ge=1, le=MAX_DAYS)]
Hide = Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=10)]
Pin = Annotated[str, StringConstraints(strip_whitespace=True), Field(min_length=6, max_length=64, examples=["295174"])]
Purpose = Annotated[str, Field(min_length=1, max_length=200)]
UNTIL = "The last day on which the link is open (UTC), instead of `days`."
HIDE = "What to withhold of each credential: results, evidence, narrative, identifiers."


class Ending(Strict):
    """When a link ends by itself: after some days, or with a day."""

    days: Days | None = Field(default=None, description="Days until the link ends by itself.")
    until: Day | None = Field(default=None, description=UNTIL)

    @model_validator(mode="after")
    def end_once(self) -> Self:
        if "days" in self.model_fields_set and self.days is None:
            raise ValueError("days is a number, or left out")
        if self.days is not None and self.until is not None:
            raise ValueError("give either days or until")
        if self.until is not None:
            date.fromisoformat(self.until)
        return self


class Chosen(Ending):
    """What to share, and how: a record, or chosen credentials, and what to withhold of each."""

    record_id: Id | None = None
    credential_ids: list[Id] | None = Field(default=None, min_length=1, max_length=500)
    label: Title = Field(default="Shared record", examples=["Application at Example Ltd"])
    purpose: Purpose | None = Field(default=None, description="What it is shared for; the page says so.")
    hide: Hide = Field(default=[], description=HIDE)

    @model_validator(mode="after")
    def share_one_thing(self) -> Self:
        if (self.record_id is None) == (self.credential_ids is None):
            raise ValueError("give either record_id or credential_ids")
        return self


class LinkIn(Chosen):
    """What to share. Several credentials of which nothing is withheld are put into a record of their own."""

    pin: Pin | None = Field(default=None, description="A PIN that viewers have to give. Tell it to them another way.")


class PreviewIn(Chosen):
    """As for a link, which is not made."""


class NarrowingIn(Ending):
    """How a link is to show less: only these of its credentials, more of them withheld, or an earlier end."""

    credential_ids: list[Id] | None = Field(default=None, min_length=1, max_length=500)
    hide: Hide = Field(default=[], description=HIDE + " What is withheld already stays so.")

    @model_validator(mode="after")
    def change_something(self) -> Self:
        if not (self.credential_ids or self.hide or self.days or self.until):
            raise ValueError("say what to leave out, what to withhold, or when to end")
        return self


class NewLink(BaseModel):
    """A link that was just made. The address is shown this once: only its hash is stored."""

    id: Id
    url: str = Field(examples=["https://cairn.example/s/…"])
    expires_at: Time = Field(description="When the link ends. How long a credential is valid stands in the credential.")


class LinkOut(BaseModel):
    """A link as its owner sees it. `state` is live, expired or withdrawn.

    It shows a record, a credential, or the `items`: credentials of the wallet of which it withholds what is `hidden`.
    `locked_at` is when too many wrong PINs locked it.
    """

    id: Id
    label: str
    purpose: str | None
    state: Literal["live", "expired", "withdrawn"]
    record_id: Id | None
    credential_id: Id | None
    items: list[Id]
    hidden: list[str]
    created_at: Time
    expires_at: Time
    withdrawn_at: Time | None
    has_pin: bool
    wrong_pins: int
    locked_at: Time | None
    views: int
    last_viewed_at: Time | None


class ViewOut(BaseModel):
    """One access to a link: when, how, and what for if the viewer said so; never by whom."""

    viewed_at: Time
    kind: Literal["page", "json", "document"]
    purpose: str | None


class ShownOut(BaseModel):
    """One document that a link shows, with the verdict of this moment. A token is a string, anything else an object."""

    verdict: Verdict
    withheld: list[str]
    report: dict[str, Any]
    document: Any


class PreviewOut(BaseModel):
    """What whoever opens the link would see."""

    verdict: Verdict
    label: str
    purpose: str | None
    shared_until: Time
    shown: list[ShownOut]


def end_of(wanted: Ending, now: int) -> int | None:
    """When a link is to end, in Unix seconds, if that was said. Raises Conflict `expiry_past`, `expiry_far`."""
    if wanted.days is not None:
        return now + wanted.days * DAY
    if wanted.until is None:
        return None
    midnight = datetime.combine(date.fromisoformat(wanted.until), time(), UTC)
    if int(midnight.timestamp()) + DAY <= now:
        raise Conflict("that day has passed", "expiry_past")
    if int(midnight.timestamp()) > now + MAX_DAYS * DAY:
        raise Conflict(f"a link is open for {MAX_DAYS} days at most", "expiry_far")
    return int((midnight + timedelta(days=1)).timestamp())
