"""What the issuers' endpoints take and give."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, Field

from api.wallets.schemas import Strict, Time

URN = r"^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
EXAMPLE_URN = "urn:uuid:0b9f6c4e-2f5f-4c57-8f60-0b8a3d4d4f0e"
CredentialId = Annotated[str, Field(pattern=URN, examples=[EXAMPLE_URN])]
CredentialIdPath = Annotated[str, Path(pattern=URN, examples=[EXAMPLE_URN])]


class TransactionOut(BaseModel):
    hash: str
    state: str
    block_number: int | None
    gas_used: int | None


class ActOut(BaseModel):
    """What an operator signed for a sponsor to submit, instead of a transaction of its own."""

    state: str
    operator: str
    nonce: str
    deadline: Time


class BatchOut(BaseModel):
    """A batch and how far it has come: open, sealed, planned, sent, mined, final."""

    id: int
    issuer: str
    label: str
    state: str
    approved: bool = Field(description="Whether it is to be signed and anchored.")
    finished: bool = Field(description="Final, and every document carries its anchor proof.")
    size: int
    created_at: Time
    root: str | None
    anchored_at: Time | None
    withdrawn_at: Time | None
    transaction: TransactionOut | None
    act: ActOut | None
    problem: str | None = Field(default=None, description="Why the last attempt to anchor it stopped, if it did.")


class CredentialOut(BaseModel):
    """A credential of a batch."""

    credential_id: str
    kind: str
    name: str
    achievement: str
    learner_name: str
    learner_id: str
    email: str
    state: str
    status: str
    status_index: int
    supersedes: str | None = Field(default=None, description="The id of the credential that this one corrects.")
    superseded_by: str | None = Field(default=None, description="The id of its correction, be it only a draft.")


ReasonName = Literal["issued_in_error", "assessment_invalid", "accreditation_withdrawn", "compromised", "superseded"]
"""The reasons that the registry knows."""


class StatusIn(Strict):
    """Which credentials, and why."""

    credential_ids: list[CredentialId] = Field(min_length=1, max_length=1000)
    reason: ReasonName = Field(examples=["issued_in_error"])


class WithdrawalIn(Strict):
    """Why a whole batch is withdrawn."""

    reason: ReasonName = Field(examples=["issued_in_error"])


class ReinstateIn(Strict):
    credential_ids: list[CredentialId] = Field(min_length=1, max_length=1000)


class StatusOut(BaseModel):
    """One registry call. It counts for verifiers once `final` is true."""

    action: str
    reason: str | None
    credential_ids: list[str]
    final: bool
    transaction_hash: str | None
    block_number: int | None


class ClaimsIn(Strict):
    days: int = Field(default=90, ge=1, le=366, description="Days until an unused claim ends.")


class ClaimOut(BaseModel):
    """A claim to hand to one learner. The token is shown this once; making claims again replaces unused ones."""

    email: str
    token: str = Field(examples=["cairn_claim_…"])
    credentials: int
    expires_at: Time
