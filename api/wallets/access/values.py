"""What the services of access answer with. Times are Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from api.tokens import Token

MINUTE = 60
HOUR = 60 * MINUTE


class Way(StrEnum):
    """How somebody came into a wallet."""

    TOKEN = "token"  # noqa: S105 - a word, no secret
    LINK = "link"
    PASSKEY = "passkey"
    ACCOUNT = "account"
    RECOVERY = "recovery"


class What(StrEnum):
    """What was done to the ways into a wallet."""

    SIGNED_IN = "signed_in"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    TOKEN_MADE = "token_made"  # noqa: S105 - a word, no secret
    TOKEN_ENDED = "token_ended"  # noqa: S105
    ADDRESS_ADDED = "address_added"
    ADDRESS_REMOVED = "address_removed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_RENAMED = "passkey_renamed"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_COPIED = "passkey_copied"
    ACCOUNT_ADDED = "account_added"
    ACCOUNT_REMOVED = "account_removed"
    CODES_MADE = "recovery_codes_made"
    CODE_USED = "recovery_code_used"
    MERGED = "merged"


@dataclass(frozen=True)
class Entered:
    """A wallet that somebody came into, and the session that began with it. `token` is known only now."""

    wallet_id: str
    token: Token = field(repr=False)
    expires_at: int


@dataclass(frozen=True)
class SignedIn:
    """A live session."""

    id: str
    wallet_id: str
    way: Way
    created_at: int
    seen_at: int
    expires_at: int


@dataclass(frozen=True)
class Address:
    """An e-mail address of a wallet. Only a proven one opens it."""

    id: str
    email: str
    added_at: int
    proven_at: int | None


@dataclass(frozen=True)
class Passkey:
    """A passkey of a wallet. A stopped one opens nothing: there is a copy of it."""

    id: str
    name: str
    added_at: int
    used_at: int | None
    stopped_at: int | None


@dataclass(frozen=True)
class BoundAccount:
    """An Ethereum account that opens a wallet, spelled as EIP-55 has it."""

    account: str
    added_at: int
    used_at: int | None


@dataclass(frozen=True)
class WaysIn:
    """Everything that opens a wallet."""

    has_token: bool
    addresses: tuple[Address, ...]
    passkeys: tuple[Passkey, ...]
    accounts: tuple[BoundAccount, ...]
    recovery_codes: int


@dataclass(frozen=True)
class WalletEvent:
    at: int
    what: str
    way: str
