"""What the wallet endpoints take and give."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", examples=["6f1c9a52c0e94c2f9f0a3c1f6f0e7b21"])]
Time = Annotated[str, Field(examples=["2026-11-22T09:30:00Z"])]
Verdict = Literal["valid", "invalid", "indeterminate"]
Title = Annotated[str, Field(min_length=1, max_length=200)]


class Strict(BaseModel):
    """A request: exact types, and no member that is not named here."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NewWallet(BaseModel):
    """A wallet that was just made. The token is shown this once; it is the only key."""

    wallet_id: Id
    token: str = Field(examples=["cairn_wallet_…"])


class WalletOut(BaseModel):
    wallet_id: Id
    created_at: Time
    addresses: list[str] = Field(description="E-mail addresses that a claim has shown to belong to this wallet.")
    credentials: int
    records: int


class ClaimIn(Strict):
    token: str = Field(min_length=1, max_length=200, examples=["cairn_claim_…"])


class HeldCredential(BaseModel):
    """A credential in a wallet. `verdict` and `code` are of the moment it arrived; a share link checks again."""

    id: Id
    credential_id: str = Field(examples=["urn:uuid:0b9f6c4e-2f5f-4c57-8f60-0b8a3d4d4f0e"])
    issuer: str = Field(description="The issuer's DID.", examples=["did:web:cairn.example:issuers:usm"])
    issuer_name: str | None = Field(description="The accredited name, or none if nobody recognises the issuer.")
    kind: str
    name: str
    learner_name: str | None
    valid_from: Time | None
    source: Literal["claim", "import", "ledger"]
    added_at: Time
    verdict: Verdict
    code: str
    whose: Literal["shown", "not_shown", "other"] = Field(
        description="Whether it is shown to be this learner's, not shown, or another person's."
    )
    whose_because: str


class Imported(BaseModel):
    """What became of an imported document. `kept` says whether it is now held, or an equal or newer one was held."""

    kept: Literal["added", "replaced", "unchanged"]
    credential: HeldCredential
    report: dict[str, object]


class NotImported(BaseModel):
    """A file of an archive that is no credential which a wallet keeps, and why."""

    name: str = Field(examples=["certificates/photo.png"])
    form: str | None = None
    error: dict[str, str]


class ImportedFile(Imported):
    """What became of one credential of several in a file."""

    name: str = Field(examples=["certificates/needs-assessment.json"])
    form: str = Field(examples=["json"])


class ImportedSeveral(BaseModel):
    """What became of each file of an archive, or of each credential of a PDF with several."""

    imported: list[ImportedFile | NotImported]


class RecordIn(Strict):
    credential_ids: list[Id] = Field(min_length=1, max_length=500, description="The `id` of held credentials.")
    name: Title = Field(default="Learning record", examples=["My learning record"])


class RecordOut(BaseModel):
    """A record, in versions: each names the digest of the one before. `version` is none for a selection to share."""

    id: Id
    version: int | None
    previous: Id | None
    name: str
    credential_id: str
    digest: str = Field(description="What the next version names this one by.", examples=["0x9f86d0…"])
    credentials: int
    created_at: Time
    state: str = Field(description="signed, sent, mined or final", examples=["final"])


Object = dict[str, Any]


class Overview(BaseModel):
    """What a learner's credentials add up to. `key` names a credential: its id in the wallet, or its own id."""

    as_of: str = Field(examples=["2026-11-22"])
    credentials: int
    counted: int = Field(description="How many are valid now and not another person's: only these count.")
    not_counted: list[Object]
    totals: Object
    levels: dict[str, dict[str, int]]
    timeline: list[Object]
    skills: list[Object]
    tags: list[Object]
    issuers: list[Object]
    pathways: list[Object]
    associations: list[Object]


class StacksInto(BaseModel):
    """What one credential counts for. `counts` is false for one that is not valid now, or another person's."""

    key: str
    id: str | None
    name: str | None
    counts: bool
    verdict: Verdict
    code: str
    whose: str | None
    pathways: list[Object]


class PathwayOut(BaseModel):
    """A pathway that the learner brought along."""

    id: Id
    pathway: str = Field(description="The pathway's own id.")
    title: str
    added_at: Time
