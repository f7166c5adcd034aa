"""The rows of a batch as they come in: a CSV file, or JSON that stands for one."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError

from api.bodies import require_type
from api.dependencies import ActingIssuer
from api.issuers.schemas import EXAMPLE_URN
from api.issuers.service import csv_of
from api.wallets.schemas import Strict
from ledger.documents.strict_json import Limits, parse
from ledger.issuing.csv_rows import MAX_ROWS

ROWS = Limits(max_bytes=5 * 1024 * 1024, depth=4, keys=20, items=MAX_ROWS + 1, string=8 * 1024)
TYPES = frozenset({"text/csv", "application/json"})


class Row(Strict):
    """One credential; every field is text."""

    achievement: str
    learner_id: str
    name: str
    email: str
    result: str = ""
    awarded_on: str
    valid_until: str = ""
    evidence_url: str = ""
    evidence_name: str = ""
    evidence_narrative: str = ""
    evidence_genre: str = ""
    narrative: str = ""
    did: str = ""


class CorrectionRow(Row):
    """A credential as it should be, and the id of the one that it corrects."""

    supersedes: str
    note: str = ""


class RevocationRow(Strict):
    """A credential to be revoked, by its id or by its learner and achievement."""

    credential_id: str = ""
    learner_id: str = ""
    achievement: str = ""
    reason: str
    note: str = ""


class RowsIn(Strict):
    rows: list[Row] = Field(min_length=1, max_length=MAX_ROWS)


class CorrectionRowsIn(Strict):
    rows: list[CorrectionRow] = Field(min_length=1, max_length=MAX_ROWS)


class RevocationRowsIn(Strict):
    rows: list[RevocationRow] = Field(min_length=1, max_length=MAX_ROWS)


async def batch_rows(request: Request, slug: ActingIssuer) -> bytes:
    """The CSV file; JSON rows are written as one, so that both are read by one set of rules."""
    del slug  # nobody without a key gets as far as having a body read
    return await _rows(request, RowsIn)


async def correction_rows(request: Request, slug: ActingIssuer) -> bytes:
    """As `batch_rows`, for corrections."""
    del slug
    return await _rows(request, CorrectionRowsIn)


async def revocation_rows(request: Request, slug: ActingIssuer) -> bytes:
    """As `batch_rows`, for credentials to be revoked."""
    del slug
    return await _rows(request, RevocationRowsIn)


async def _rows(request: Request, model: type[Strict]) -> bytes:
    if require_type(request, TYPES) == "text/csv":
        return await request.body()
    try:
        rows = model.model_validate(parse(await request.body(), ROWS)).model_dump()["rows"]
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in found]) from error
    return csv_of(rows, tuple(rows[0]))


EXAMPLE = {
    "achievement": "id-1",
    "learner_id": "0012",
    "name": "Nur Aisyah binti Abdullah",
    "email": "aisyah@students.example",
    "result": "A",
    "awarded_on": "2026-03-14",
}
CORRECTION_EXAMPLE = EXAMPLE | {"supersedes": EXAMPLE_URN, "note": "The name was misspelt."}
REVOCATION_EXAMPLE = {"credential_id": EXAMPLE_URN, "reason": "issued_in_error"}


def _body(model: type[Strict], example: dict[str, str]) -> dict[str, Any]:
    """What `_rows` reads, for OpenAPI (`openapi_extra`)."""
    return {
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {
                    "schema": {"type": "string"},
                    "example": ",".join(example) + "\n" + ",".join(example.values()) + "\n",
                },
                "application/json": {
                    "schema": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["rows"],
                        "properties": {
                            "rows": {
                                "type": "array",
                                "minItems": 1,
                                "items": {
                                    "type": "object",
                                    "additionalProperties": False,
                                    "properties": {name: {"type": "string"} for name in model.model_fields},
                                },
                            }
                        },
                    },
                    "example": {"rows": [example]},
                },
            },
        }
    }


BATCH_BODY = _body(Row, EXAMPLE)
CORRECTION_BODY = _body(CorrectionRow, CORRECTION_EXAMPLE)
REVOCATION_BODY = _body(RevocationRow, REVOCATION_EXAMPLE)
