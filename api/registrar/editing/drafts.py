"""Drafts of achievements and pathways: shared by the staff of an institution, and published by whoever may."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from sqlmodel import Session, col, select

from api.clock import Clock, unix_now
from api.registrar.editing.form_tree import Tree
from api.registrar.editing.tables import EditorDraftRow
from ledger.errors import Conflict, NotFound
from ledger.storage import Database

MAX_DRAFTS = 200


@dataclass(frozen=True)
class EditorDraft:
    """Something that is being written. `revision` counts the times it was kept."""

    id: int
    issuer: str
    kind: str
    subject: str
    title: str
    form: Tree
    revision: int
    edited_by: str
    edited_at: int


class EditorDrafts:
    """The drafts of all institutions, each seen by its own staff only."""

    def __init__(self, database: Database, clock: Clock = unix_now) -> None:
        self._database = database
        self._clock = clock

    def begin(self, issuer: str, kind: str, subject: str, title: str, form: Tree, who: str) -> EditorDraft:
        """A new draft. Raises Conflict `drafts_many`."""
        with self._database.writing() as session:
            known = session.exec(select(EditorDraftRow.id).where(EditorDraftRow.issuer == issuer)).all()
            if len(known) >= MAX_DRAFTS:
                raise Conflict(f"there are {MAX_DRAFTS} drafts already; throw some away first", "drafts_many")
            row = EditorDraftRow(
                issuer=issuer,
                kind=kind,
                subject=subject,
                title=title,
                form=orjson.dumps(form),
                revision=1,
                edited_by=who,
                edited_at=self._clock(),
            )
            session.add(row)
            session.flush()
            return _value(row)

    def keep(self, draft: EditorDraft, title: str, form: Tree, who: str, *, revision: int) -> EditorDraft:
        """The draft with this form. Raises Conflict `draft_changed` if somebody kept another one meanwhile."""
        with self._database.writing() as session:
            row = _row(session, draft.issuer, draft.kind, draft.id, locked=True)
            if row.revision != revision:
                raise Conflict(f"{row.edited_by} changed this draft meanwhile", "draft_changed")
            row.title, row.form, row.revision = title, orjson.dumps(form), revision + 1
            row.edited_by, row.edited_at = who, self._clock()
            session.add(row)
            return _value(row)

    def all(self, issuer: str, kind: str) -> list[EditorDraft]:
        """The drafts of an institution, the newest first."""
        with self._database.reading() as session:
            query = select(EditorDraftRow).where(EditorDraftRow.issuer == issuer, EditorDraftRow.kind == kind)
            return [_value(row) for row in session.exec(query.order_by(col(EditorDraftRow.edited_at).desc()))]

    def find(self, issuer: str, kind: str, draft_id: int) -> EditorDraft:
        """Raises NotFound `draft_unknown`."""
        with self._database.reading() as session:
            return _value(_row(session, issuer, kind, draft_id))

    def drop(self, issuer: str, kind: str, draft_id: int) -> None:
        """Throws a draft away, if it is there."""
        with self._database.writing() as session:
            row = session.get(EditorDraftRow, draft_id)
            if row is not None and (row.issuer, row.kind) == (issuer, kind):
                session.delete(row)


def _row(session: Session, issuer: str, kind: str, draft_id: int, *, locked: bool = False) -> EditorDraftRow:
    row = session.get(EditorDraftRow, draft_id, with_for_update=locked)
    if row is None or (row.issuer, row.kind) != (issuer, kind):
        raise NotFound("there is no such draft", "draft_unknown")
    return row


def _value(row: EditorDraftRow) -> EditorDraft:
    return EditorDraft(
        row.id or 0,
        row.issuer,
        row.kind,
        row.subject,
        row.title,
        orjson.loads(row.form),
        row.revision,
        row.edited_by,
        row.edited_at,
    )
