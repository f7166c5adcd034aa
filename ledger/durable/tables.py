"""The tables of durable work. They never leave this package. Times are Unix seconds."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer
from sqlmodel import Field, SQLModel

# SQLite gives out row ids by itself only for a column that is spelled INTEGER.
ROW_ID = BigInteger().with_variant(Integer, "sqlite")


class OrderRow(SQLModel, table=True):
    """Something that a person or a machine asked for, and that is carried on until it is done.

    `kind` is issue, withdraw or status; `subject` the batch, or the status call. `attempt` counts how often it was
    begun anew after it had stopped. `problem` is why it does not go on now; a `parked` one waits for a person.
    """

    __tablename__ = "work_orders"
    __table_args__ = (
        Index("work_orders_subject", "kind", "subject", unique=True),
        Index("work_orders_open", "done_at", "id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    kind: str
    subject: int = Field(sa_type=BigInteger)
    reason: int | None = None
    sponsor: str | None = None
    sponsor_days: int | None = None
    asked_at: int = Field(sa_type=BigInteger)
    attempt: int = 1
    problem: str | None = None
    problem_code: str | None = None
    parked: bool = False
    done_at: int | None = Field(default=None, sa_type=BigInteger)


class WorkerRow(SQLModel, table=True):
    """A process that works. `token` tells two runs of the same name apart; it is empty once others took over."""

    __tablename__ = "workers"

    name: str = Field(primary_key=True)
    token: str
    started_at: int = Field(sa_type=BigInteger)
    seen_at: float
    stopped_at: int | None = Field(default=None, sa_type=BigInteger)
