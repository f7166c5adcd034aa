"""The rows of a batch as they come in: a CSV file, or JSON that stands for one."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError

from api.bodies import require_type
from api.dependencies import ActingIssuer
from api.issuers.service import COLUMNS, csv_of
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
    narrative: str = ""


class RowsIn(Strict):
    rows: list[Row] = Field(min_length=1, max_length=MAX_ROWS)


async def batch_rows(request: Request, slug: ActingIssuer) -> bytes:
    """The CSV file; JSON rows are written as one, so that both are read by one set of rules."""
    del slug  # nobody without a key gets as far as having a body read
    if require_type(request, TYPES) == "text/csv":
        return await request.body()
    try:
        rows = RowsIn.model_validate(parse(await request.body(), ROWS)).rows
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in found]) from error
    return csv_of([row.model_dump() for row in rows])


EXAMPLE = {
    "achievement": "id-1",
    "learner_id": "0012",
    "name": "Nur Aisyah binti Abdullah",
    "email": "aisyah@students.example",
    "result": "A",
    "awarded_on": "2026-03-14",
}
BATCH_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {
                "schema": {"type": "string"},
                "example": ",".join(EXAMPLE) + "\n" + ",".join(EXAMPLE.values()) + "\n",
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
                                "properties": {name: {"type": "string"} for name in COLUMNS},
                            },
                        }
                    },
                },
                "example": {"rows": [EXAMPLE]},
            },
        },
    }
}
