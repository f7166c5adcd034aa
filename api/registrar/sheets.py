"""Files that registrars brought, while they are put right: kept for three days, and gone once a batch was drafted."""

from __future__ import annotations

import hashlib
import secrets
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from api.clock import Clock, unix_now
from api.registrar.approvals import Approvals
from api.registrar.import_templates import example_row
from api.registrar.tables import ImportHeadingRow, ImportSheetRow
from api.staff.values import Member
from ledger.documents.programme import Programme
from ledger.errors import Conflict, MalformedDocument, NotFound
from ledger.issuing.drafts import COLUMNS, OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from ledger.issuing.headings import HEADINGS
from ledger.issuing.imports import Imports
from ledger.issuing.values import Batch, RequestKey
from ledger.sheets.columns import normal, suggest
from ledger.sheets.reading import Sheet, read_sheet
from ledger.storage import Database

DAYS = 3
"""How long a file is kept that nobody touches: it names people, and nobody decided to keep it."""
LEFT_OUT = ""
"""What a heading is taken for that counts for nothing."""


@dataclass(frozen=True)
class Taken:
    """What the columns of a file are taken for: one for each heading, and what is the same in every row.

    `is_agreed` once somebody looked at it, or there was nothing to ask.
    """

    columns: tuple[str, ...]
    same: Mapping[str, str] = field(default_factory=dict)
    is_agreed: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """The columns that a file has to have, and this one has not."""
        return tuple(one for one in REQUIRED_COLUMNS if one not in self.columns and one not in self.same)

    @property
    def used(self) -> tuple[str, ...]:
        """The columns that there are, in the order of the format."""
        return tuple(one for one in REQUIRED_COLUMNS + OPTIONAL_COLUMNS if one in self.columns or one in self.same)


@dataclass(frozen=True)
class ImportSheet:
    """A file that was brought for a programme. `batch` is what was drafted from it. Row 0 is row 2 of the file."""

    id: str
    issuer: str
    programme: str
    label: str
    file_name: str
    code_page: str | None
    headings: tuple[str, ...]
    rows: list[list[str]] = field(repr=False)
    taken: Taken
    version: int
    changed_at: int
    batch: int | None

    def place(self, column: str) -> int | None:
        """Where the cells of a column stand in a row; None for one that is the same in every row, or is not there."""
        return self.taken.columns.index(column) if column in self.taken.columns else None

    def value(self, row: list[str], column: str) -> str:
        """What a row says in a column; nothing where there is no such column."""
        place = self.place(column)
        return self.taken.same.get(column, "") if place is None else row[place]


class ImportSheets:
    """The files of all issuers."""

    def __init__(self, database: Database, imports: Imports, approvals: Approvals, *, clock: Clock = unix_now) -> None:
        self._database = database
        self._imports = imports
        self._approvals = approvals
        self._clock = clock

    def add(self, member: Member, programme: Programme, data: bytes, *, file_name: str, label: str) -> ImportSheet:
        """Keeps a file, without the example of its template. Raises MalformedDocument as `read_sheet`."""
        found = without_example(read_sheet(data), programme)
        row = ImportSheetRow(
            id=secrets.token_hex(16),
            issuer=member.institution,
            person=member.person_id,
            programme=programme.code,
            label=label,
            file_name=file_name,
            encoding=found.code_page,
            original=data if found.code_page is not None else None,
            content=_packed(found),
            columns=_written(self._first_guess(member.institution, programme, found.headings)),
            version=1,
            changed_at=self._clock(),
        )
        with self._database.writing() as session:
            old = self._clock() - DAYS * 86_400
            session.exec(delete(ImportSheetRow).where(col(ImportSheetRow.changed_at) < old))
            session.add(row)
        return _value(row)

    def sheet(self, issuer: str, sheet_id: str) -> ImportSheet:
        """Raises NotFound `sheet_unknown`."""
        with self._database.reading() as session:
            return _value(_row(session, issuer, sheet_id))

    def open(self, issuer: str) -> list[ImportSheet]:
        """The files of an issuer from which nothing was drafted yet, the latest first."""
        with self._database.reading() as session:
            query = select(ImportSheetRow).where(ImportSheetRow.issuer == issuer, col(ImportSheetRow.batch).is_(None))
            return [_value(row) for row in session.exec(query.order_by(col(ImportSheetRow.changed_at).desc()))]

    def remembered(self, issuer: str) -> dict[str, str]:
        """What headings, as `normal` has them, were taken for in the files from which an issuer drafted."""
        with self._database.reading() as session:
            rows = session.exec(select(ImportHeadingRow).where(ImportHeadingRow.issuer == issuer)).all()
            return {row.heading: row.column for row in rows}

    # --- putting right ---

    def take(self, sheet: ImportSheet, columns: Sequence[str], same: Mapping[str, str]) -> ImportSheet:
        """Notes what somebody says the columns are."""
        chosen = Taken(tuple(columns), dict(same), is_agreed=True)
        return self._change(sheet, columns=_written(chosen))

    def read_again(self, sheet: ImportSheet, code_page: str) -> ImportSheet:
        """Reads the file as it came by another code page; what was mended in it is lost.

        Raises Conflict `sheet_encoding_known`, MalformedDocument as `read_sheet`.
        """
        with self._database.reading() as session:
            original = _row(session, sheet.issuer, sheet.id).original
        if original is None:
            raise Conflict("this file says itself in which encoding it is", "sheet_encoding_known")
        found = read_sheet(original, code_page)
        return self._change(sheet, content=_packed(found), encoding=found.code_page)

    def edit(self, sheet: ImportSheet, cells: Mapping[tuple[int, str], str], dropped: Collection[int]) -> ImportSheet:
        """Puts cells right, by the row's number in the file and the column, and leaves rows out."""
        rows = [list(row) for row in sheet.rows]
        for (number, column), text in cells.items():
            place = sheet.place(column)
            if place is not None and 0 <= number - 2 < len(rows):
                rows[number - 2][place] = text.strip()
        for number in dropped:
            if 0 <= number - 2 < len(rows):
                rows[number - 2] = [""] * len(sheet.headings)
        return self._change(sheet, content=_packed(Sheet(sheet.headings, rows)))

    def discard(self, sheet: ImportSheet, member: Member) -> None:
        """Deletes a file from which nothing was drafted."""
        with self._database.writing() as session:
            row = _row(session, member.institution, sheet.id)
            if row.batch is None:
                session.delete(row)

    # --- drafting ---

    def draft(self, sheet: ImportSheet, member: Member, content: bytes, *, label: str, rest: Sheet | None) -> Batch:
        """Drafts a batch from `content`, the rows that were chosen as CSV; a second time gives the same batch.

        What was left out stays as a file of its own, `rest`. Raises as `Imports.import_once`.
        """
        request = RequestKey(sheet.issuer, f"sheet:{sheet.id}", hashlib.sha256(sheet.id.encode()).digest())

        def then(session: Session, batch_id: int) -> None:
            self._approvals.note_prepared(session, batch_id, member)
            self._remember(session, sheet)
            row = _row(session, sheet.issuer, sheet.id)
            if rest is not None:
                session.add(self._rest(row, rest))
            row.batch, row.content, row.original, row.changed_at = batch_id, b"", None, self._clock()
            session.add(row)

        batch, _ = self._imports.import_once(
            sheet.issuer, sheet.programme, content, label=label, request=request, then=then
        )
        return batch

    def _rest(self, row: ImportSheetRow, rest: Sheet) -> ImportSheetRow:
        kept = row.model_dump() | {"id": secrets.token_hex(16), "content": _packed(rest), "version": 1}
        return ImportSheetRow(**kept | {"original": None, "changed_at": self._clock(), "batch": None})

    def _first_guess(self, issuer: str, programme: Programme, headings: Sequence[str]) -> Taken:
        known = self.remembered(issuer)
        columns = tuple(suggest(headings, HEADINGS, known))
        same = {}
        if "result" not in columns and all(one.result is None for one in programme.achievements):
            same["result"] = ""
        if "achievement" not in columns and len(programme.achievements) == 1:
            same["achievement"] = programme.achievements[0].code
        guess = Taken(columns, same)
        is_plain = set(headings) <= {*COLUMNS.required, *COLUMNS.optional} and len(set(headings)) == len(headings)
        is_known = all(heading and normal(heading) in known for heading in headings)
        return Taken(columns, same, is_agreed=(is_plain or is_known) and not guess.missing)

    def _remember(self, session: Session, sheet: ImportSheet) -> None:
        for heading, column in zip(sheet.headings, sheet.taken.columns, strict=True):
            if name := normal(heading)[:200]:
                session.merge(ImportHeadingRow(issuer=sheet.issuer, heading=name, column=column))

    def _change(self, sheet: ImportSheet, **values: Any) -> ImportSheet:
        """Changes a file that is still as it was seen. Raises Conflict `sheet_changed`."""
        with self._database.writing() as session:
            changed = session.exec(
                update(ImportSheetRow)
                .where(
                    col(ImportSheetRow.id) == sheet.id,
                    col(ImportSheetRow.version) == sheet.version,
                    col(ImportSheetRow.batch).is_(None),
                )
                .values(**values, version=sheet.version + 1, changed_at=self._clock())
            )
            if not changed.rowcount:
                raise Conflict("somebody changed this file meanwhile; look at it again", "sheet_changed")
            return _value(_row(session, sheet.issuer, sheet.id))


def without_example(sheet: Sheet, programme: Programme) -> Sheet:
    """A file without the row that stands in every template: of somebody who does not exist.

    Raises MalformedDocument `sheet_empty` where there is no other.
    """
    example = example_row(programme)
    known = {example["learner_id"], example["name"], example["email"]}
    rows = [row for row in sheet.rows if not known <= set(row)]
    if not rows:
        raise MalformedDocument("sheet_empty", "the file has no row but the example of its template")
    return Sheet(sheet.headings, rows, sheet.code_page)


def _row(session: Session, issuer: str, sheet_id: str) -> ImportSheetRow:
    row = session.get(ImportSheetRow, sheet_id)
    if row is None or row.issuer != issuer:
        raise NotFound("there is no such file; it may be gone after three days", "sheet_unknown")
    return row


def _packed(sheet: Sheet) -> bytes:
    return zlib.compress(orjson.dumps([sheet.headings, sheet.rows]), 1)


def _written(taken: Taken) -> str:
    return orjson.dumps([taken.columns, dict(taken.same), taken.is_agreed]).decode()


def _value(row: ImportSheetRow) -> ImportSheet:
    headings, rows = orjson.loads(zlib.decompress(row.content)) if row.content else ([], [])
    columns, same, is_agreed = orjson.loads(row.columns)
    return ImportSheet(
        id=row.id,
        issuer=row.issuer,
        programme=row.programme,
        label=row.label,
        file_name=row.file_name,
        code_page=row.encoding,
        headings=tuple(headings),
        rows=rows,
        taken=Taken(tuple(columns), same, is_agreed),
        version=row.version,
        changed_at=row.changed_at,
        batch=row.batch,
    )
