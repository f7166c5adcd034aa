"""The table of what staff are writing and have not published yet. It never leaves this package."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer
from sqlmodel import Field, SQLModel

ROW_ID = BigInteger().with_variant(Integer, "sqlite")


class EditorDraftRow(SQLModel, table=True):
    """A draft of an achievement or a pathway: its form as JSON, and who changed it last.

    `subject` is the code of what it changes, and `revision` counts the times it was kept.
    """

    __tablename__ = "editor_drafts"
    __table_args__ = (Index("editor_drafts_issuer", "issuer", "kind"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    issuer: str
    kind: str
    subject: str
    title: str
    form: bytes
    revision: int
    edited_by: str
    edited_at: int = Field(sa_type=BigInteger)
