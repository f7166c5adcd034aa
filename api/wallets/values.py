"""What the wallet services answer with. Times are Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Wallet:
    """A wallet and what is in it, as counts. `addresses` are e-mail addresses that a claim has shown to be its own."""

    id: str
    created_at: int
    addresses: tuple[str, ...]
    credentials: int
    records: int


@dataclass(frozen=True)
class Held:
    """A credential in a wallet. `verdict` and `code` are of the moment it arrived. The bytes are as received."""

    id: str
    issuer: str
    credential_id: str
    kind: str
    name: str
    issuer_name: str | None
    learner_name: str | None
    valid_from: str | None
    source: str
    added_at: int
    verdict: str
    code: str
    document: bytes = field(repr=False)


@dataclass(frozen=True)
class Record:
    """A record made of a wallet's credentials. `version` is None for a selection that was made to be shared."""

    id: str
    version: int | None
    previous: str | None
    name: str
    credential_id: str
    size: int
    created_at: int
    digest: bytes
    state: str


@dataclass(frozen=True)
class Version:
    """A version of a record as it is stored. `follows`: it names the version before it as that is stored too."""

    record: Record
    follows: bool
    document: bytes = field(repr=False)


@dataclass(frozen=True)
class WalletPathway:
    """A pathway that a learner brought along: its id in the wallet, its own id, its canonical document."""

    id: str
    pathway_id: str
    title: str
    added_at: int
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Claim:
    """A claim to hand to one learner; `token` is known only now."""

    email: str
    token: str = field(repr=False)
    credentials: int
    expires_at: int
