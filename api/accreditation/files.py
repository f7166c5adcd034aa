"""The register and its history as files: CSV, XLSX and JSON. Headings are the same in every language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import orjson
from fastapi.responses import Response

from api.accreditation.history import Change
from api.accreditation.register import Entry
from ledger.sheets.writing import CSV_TYPE, XLSX_TYPE, Cell, csv_table, xlsx_table
from ledger.verifying.report import shown_bytes, shown_time

Form = Literal["csv", "xlsx", "json"]

REGISTER = (
    "issuer",
    "name",
    "did",
    "issuer_id",
    "country",
    "state",
    "accreditor",
    "accreditor_account",
    "recognised_name",
    "recognised",
    "valid_from",
    "valid_until",
    "statement_sha256",
)
HISTORY = (
    "block",
    "block_hash",
    "time",
    "transaction",
    "change",
    "accreditor",
    "accreditor_account",
    "issuer",
    "issuer_id",
    "valid_from",
    "valid_until",
    "statement_sha256",
)


def register_rows(entries: Sequence[Entry]) -> list[list[Cell]]:
    """A row for each recognition; one for an issuer that has none."""
    rows: list[list[Cell]] = []
    for entry in entries:
        issuer = entry.issuer
        facts: list[Cell] = [issuer.slug, issuer.name, issuer.did, shown_bytes(issuer.issuer_id), issuer.country]
        if not entry.recognitions:
            rows.append([*facts, entry.standing.value, *[None] * 7])
        rows += [
            [
                *facts,
                one.standing.value,
                one.accreditor.name,
                shown_bytes(one.accreditor.address),
                one.name,
                " | ".join(one.recognised),
                shown_time(one.valid_from),
                shown_time(one.valid_until),
                shown_bytes(one.scope),
            ]
            for one in entry.recognitions
        ]
    return rows


def history_rows(changes: Sequence[Change]) -> list[list[Cell]]:
    return [
        [
            one.block.number,
            shown_bytes(one.block.hash),
            shown_time(one.block.time),
            shown_bytes(one.transaction_hash),
            "ended" if one.is_end else "recognised",
            one.accreditor.name,
            shown_bytes(one.accreditor.address),
            one.name,
            shown_bytes(one.issuer_id),
            shown_time(one.valid_from),
            shown_time(one.valid_until),
            shown_bytes(one.scope) if one.scope else None,
        ]
        for one in changes
    ]


def file_of(form: Form, headings: Sequence[str], rows: Sequence[Sequence[Cell]], name: str) -> Response:
    """The table as a download in one of the forms."""
    if form == "json":
        content = orjson.dumps([dict(zip(headings, row, strict=True)) for row in rows], option=orjson.OPT_INDENT_2)
        media_type = "application/json"
    elif form == "csv":
        content, media_type = csv_table([headings, *rows]), CSV_TYPE
    else:
        content, media_type = xlsx_table([headings, *rows], name), XLSX_TYPE
    disposition = f'attachment; filename="{name}.{form}"'
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})
