"""What the relay's endpoints take and give."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.wallets.schemas import Time
from ledger.chain.act_document import LAST_DEADLINE, MOST_SIGNATURE_BYTES

Hex32 = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$", examples=["0x" + "5a" * 32])]
Account = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$", examples=["0x70997970C51812dc3A010C7d01b50e0d17dc79C8"])]


class RelayTransactionOut(BaseModel):
    hash: Hex32
    state: str
    block_number: int | None
    gas_used: int | None


class RelayedActOut(BaseModel):
    """An act that was accepted, and how far it has come. The registry alone says what counts."""

    id: str = Field(examples=["6f1c9a52c0e94c2f9f0a3c1f6f0e7b21"])
    state: Literal["accepted", "mined", "final", "spent", "failed"] = Field(
        description="spent: it was submitted by somebody else, or cancelled. failed: see `problem`."
    )
    issuer_id: Hex32
    operator: Account
    nonce: Hex32
    deadline: Time
    accepted_at: Time
    gas: int = Field(description="What counts against the issuer's budget: set aside at first, then what was used.")
    transaction: RelayTransactionOut | None
    problem: str | None = Field(default=None, description="What keeps it, or why it failed.")


def _string(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern}


def _call(function: str, **members: dict[str, Any]) -> dict[str, Any]:
    properties = {"function": {"const": function}, **members}
    return {"type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}


HEX_32 = _string(r"^0x[0-9a-f]{64}$")
ADDRESS = _string(r"^0x[0-9a-fA-F]{40}$")
REASON = {"type": "integer", "minimum": 1, "maximum": 5}
WORD = {
    "type": "object",
    "additionalProperties": False,
    "required": ["word", "mask"],
    "properties": {"word": _string(r"^0x[0-9a-f]{16}$"), "mask": HEX_32},
}
ACT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "registry", "issuer_id", "call", "operator", "nonce", "deadline", "signature"],
    "properties": {
        "version": {"const": 1},
        "registry": _string(r"^eip155:[1-9][0-9]{0,18}:0x[0-9a-fA-F]{40}$"),
        "issuer_id": HEX_32,
        "call": {
            "oneOf": [
                _call("anchor", root=HEX_32, tree_size={"type": "integer", "minimum": 1, "maximum": 2**32 - 1}),
                _call("withdraw", root=HEX_32, reason=REASON),
                _call(
                    "setStatus",
                    action={"enum": ["revoke", "suspend", "reinstate"]},
                    reason={**REASON, "minimum": 0},
                    words={"type": "array", "minItems": 1, "maxItems": 256, "items": WORD},
                ),
            ]
        },
        "operator": ADDRESS,
        "nonce": HEX_32,
        "deadline": {"type": "integer", "minimum": 0, "maximum": LAST_DEADLINE},
        "signature": {**_string(r"^0x([0-9a-f]{2})*$"), "maxLength": 2 + 2 * MOST_SIGNATURE_BYTES},
    },
}
ACT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": ACT_SCHEMA,
                "example": {
                    "version": 1,
                    "registry": "eip155:11155111:0x5FbDB2315678afecb367f032d93F642f64180aa3",
                    "issuer_id": "0x" + "1c" * 32,
                    "call": {"function": "anchor", "root": "0x" + "5a" * 32, "tree_size": 720},
                    "operator": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
                    "nonce": "0x" + "00" * 31 + "07",
                    "deadline": 1795910400,
                    "signature": "0x" + "11" * 64 + "1b",
                },
            }
        },
    }
}
"""What `ledger.chain.act_document` reads, for OpenAPI. It also asks for the checksum of each address (EIP-55)."""
