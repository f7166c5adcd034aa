"""The tables of delivering. They never leave this package. Times are Unix seconds."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer
from sqlmodel import Field, SQLModel

# SQLite gives out row ids by itself only for a column that is spelled INTEGER.
ROW_ID = BigInteger().with_variant(Integer, "sqlite")


class EventRow(SQLModel, table=True):
    """Something that happened. `body` is JSON that never changes.

    `spread` counts the credentials of `batch` that were gone through; `spread_at` is null until all were.
    """

    __tablename__ = "events"
    __table_args__ = (Index("events_spread", "spread_at"),)

    number: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    id: str = Field(unique=True)
    kind: str
    issuer: str
    body: bytes
    batch: int | None = Field(default=None, sa_type=BigInteger)
    noted_at: int = Field(sa_type=BigInteger)
    spread: int
    spread_at: int | None = Field(default=None, sa_type=BigInteger)


class WebhookRow(SQLModel, table=True):
    """An address that hears of an issuer's events. Its secret is a key file; `said` is why it was closed."""

    __tablename__ = "webhooks"
    __table_args__ = (Index("webhooks_issuer", "issuer"),)

    number: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    id: str = Field(unique=True)
    issuer: str
    url: str
    created_at: int = Field(sa_type=BigInteger)
    closed_at: int | None = Field(default=None, sa_type=BigInteger)
    said: str | None = None


class NotificationRow(SQLModel, table=True):
    """One event for one receiver, and how far it came. States: waiting, delivered, dead, dropped.

    `lane` is the webhook's id, or `mail`. Who is written to stands in the catalog alone, under the credential. Nobody
    else hands it over while `claimed_until` lies ahead.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        Index("notifications_due", "state", "due_at"),
        Index("notifications_lane", "lane", "state"),
    )

    id: str = Field(primary_key=True)
    event: int = Field(foreign_key="events.number", sa_type=ROW_ID)
    lane: str
    credential: str | None = None
    state: str
    tries: int
    noted_at: int = Field(sa_type=BigInteger)
    due_at: int = Field(sa_type=BigInteger)
    claimed_by: str | None = None
    claimed_until: int | None = Field(default=None, sa_type=BigInteger)
    ended_at: int | None = Field(default=None, sa_type=BigInteger)
    problem: str | None = None
