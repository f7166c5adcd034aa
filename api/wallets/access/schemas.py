"""What the endpoints for the ways into a wallet take and give."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from api.wallets.schemas import Id, Strict, Time

Email = Annotated[str, Field(min_length=3, max_length=254, examples=["aisha@students.example"])]
LinkToken = Annotated[str, Field(min_length=1, max_length=200, examples=["cairn_link_…"])]
PasskeyName = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,60}$"), Field(examples=["My phone"])]
Account = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$", examples=["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"])]
ChainId = Annotated[int, Field(ge=1, le=10**15, examples=[1])]
Signed = Annotated[str, Field(min_length=1, max_length=2_000)]
Signature = Annotated[str, Field(min_length=1, max_length=4_000, examples=["0x…"])]
Answer = Annotated[
    dict[str, Any],
    Field(description="What the browser's `navigator.credentials` gave, as JSON (PublicKeyCredential.toJSON)."),
]


class EmailIn(Strict):
    email: Email


class LinkIn(Strict):
    token: LinkToken


class CodeIn(Strict):
    code: str = Field(min_length=1, max_length=60, examples=["7K3QZ-0F9AB-XW2MN-4T8RD"])


class AccountIn(Strict):
    account: Account
    chain_id: ChainId | None = Field(default=None, description="The chain to name; the ledger's own if left out.")


class SignedMessage(Strict):
    message: Signed
    signature: Signature


class PasskeyAnswer(Strict):
    credential: Answer


class NewPasskey(Strict):
    name: PasskeyName = "Passkey"
    credential: Answer


class PasskeyRename(Strict):
    name: PasskeyName


class MergeIn(Strict):
    """One proof that the other wallet is yours too: its token, a link that went to its address, a passkey's answer to
    the options for signing in, or a message to sign in that its account signed."""

    token: str | None = Field(default=None, min_length=1, max_length=200, examples=["cairn_wallet_…"])
    link: LinkToken | None = None
    passkey: Answer | None = None
    account: SignedMessage | None = None

    @model_validator(mode="after")
    def prove_in_one_way(self) -> Self:
        if sum(proof is not None for proof in (self.token, self.link, self.passkey, self.account)) != 1:
            raise ValueError("give exactly one proof")
        return self


class OnItsWay(BaseModel):
    """The same answer for every address: whether there is a wallet is told by mail, if at all."""

    sent: Literal["if_known"] = "if_known"


class MessageOut(BaseModel):
    message: str = Field(description="The text to sign, exactly (EIP-4361 by `personal_sign`).")


class SignedInOut(BaseModel):
    """A session began; it is in the cookie."""

    wallet_id: Id
    expires_at: Time


class LinkUsed(BaseModel):
    """What a link did. `signed_in`: a session began. Otherwise the address now belongs to the wallet."""

    wallet_id: Id
    email: str
    signed_in: bool


class SessionOut(BaseModel):
    id: Id
    wallet_id: Id
    way: Literal["token", "link", "passkey", "account", "recovery"]
    created_at: Time
    seen_at: Time
    expires_at: Time


class AddressOut(BaseModel):
    """An e-mail address. Only one with `proven_at` opens the wallet: a link that we sent there was used."""

    id: Id
    email: str
    added_at: Time
    proven_at: Time | None


class PasskeyOut(BaseModel):
    """A passkey. One with `stopped_at` opens nothing: its counter showed that there is a copy of it."""

    id: Id
    name: str
    added_at: Time
    used_at: Time | None
    stopped_at: Time | None


class AccountOut(BaseModel):
    account: str
    added_at: Time
    used_at: Time | None


class WaysInOut(BaseModel):
    """Everything that opens the wallet."""

    token: bool = Field(description="Whether there is a token for programs.")
    addresses: list[AddressOut]
    passkeys: list[PasskeyOut]
    accounts: list[AccountOut]
    recovery_codes: int = Field(description="How many are left.")


class TokenOut(BaseModel):
    """The wallet's token for programs, shown this once."""

    token: str = Field(examples=["cairn_wallet_…"])


class CodesOut(BaseModel):
    """Recovery codes, shown this once. Each is good once."""

    codes: list[str]


class GatheredOut(BaseModel):
    added: int = Field(description="How many credentials came into the wallet.")


class EventOut(BaseModel):
    at: Time
    what: str = Field(examples=["passkey_added"])
    way: str = Field(examples=["link"])
