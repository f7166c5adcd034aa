"""What the receipt endpoints take and give."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

RECEIPT_FILE: dict[str, Any] = {
    "description": "The receipt, signed, as `docs/format.md` describes it; or a PDF with it attached.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["type", "version", "id", "issuer", "checked_at", "policy", "tally", "documents", "proof"],
            }
        },
        "application/pdf": {"schema": {"type": "string", "format": "binary"}},
    },
}
RECEIPT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object", "description": "The receipt itself."}},
            "application/pdf": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


class JudgedOut(BaseModel):
    """Whether a receipt is genuine. `receipt` is what it says, and null unless it is."""

    outcome: Literal["valid", "invalid", "indeterminate"]
    code: str = Field(examples=["ok"])
    message: str
    is_ours: bool = Field(description="Whether its publisher is one of this site.")
    publisher: str = Field(examples=["did:web:cairn.example:issuers:records"])
    receipt: dict[str, Any] | None
