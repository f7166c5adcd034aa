"""What the services of issuing answer with: frozen values, bytes inside, Unix seconds for times."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ledger.chain.registry import Address, BlockRef, IssuerId, StatusAction
from ledger.documents.credential import IssuerProfile
from ledger.errors import Conflict
from ledger.sending.values import FINAL, IN_BLOCK, IN_FLIGHT, Transaction


class IssuerKind(StrEnum):
    """An issuer awards credentials; a publisher assembles records and needs no accreditation."""

    ISSUER = "issuer"
    PUBLISHER = "publisher"


class BatchState(StrEnum):
    """How far a batch has come. Nothing is handed out as anchored before it is final."""

    OPEN = "open"  # drafted: documents stored, not signed
    SEALED = "sealed"  # signed, root fixed
    PLANNED = "planned"  # transaction signed and stored, nothing sent
    SENT = "sent"
    MINED = "mined"  # in a block that may still be replaced
    SAFE = "safe"  # in a block that the chain calls safe, and not final yet
    FINAL = "final"


class CredentialKind(StrEnum):
    ACHIEVEMENT = "achievement"
    AWARD = "award"
    RECORD = "record"
    ENDORSEMENT = "endorsement"

    @property
    def is_earned(self) -> bool:
        """Whether a learner earned it: an achievement or an award."""
        return self in EARNED

    @property
    def is_a_learners(self) -> bool:
        """Whether it is a learner's to keep, where it is for one: what was earned, or what was recognised of that."""
        return self in EARNED or self is CredentialKind.ENDORSEMENT


EARNED = (CredentialKind.ACHIEVEMENT, CredentialKind.AWARD)


class CredentialStatus(StrEnum):
    """What was asked of the status, and, without `pending`, what the registry holds at a final block."""

    ACTIVE = "active"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    REVOKING = "revoking"  # asked for, not final yet
    SUSPENDING = "suspending"
    REINSTATING = "reinstating"
    WITHDRAWN = "withdrawn"  # with its whole batch


@dataclass(frozen=True)
class IssuerKey:
    """An assertion key, `<did>#key-<number>`. Times are of blocks; None until it is mined, or while it is open.

    A compromised one was closed as of a past moment.
    """

    number: int
    public_key: bytes
    opened_at: int | None
    closed_at: int | None
    is_compromised: bool = False


@dataclass(frozen=True)
class Issuer:
    """An issuer or publisher of this ledger. `registered_at` is None until the registry knows it with all its parts."""

    slug: str
    kind: IssuerKind
    name: str
    did: str
    base_url: str
    url: str | None
    country: str | None
    issuer_id: IssuerId
    admin: Address
    anchoring_operator: Address
    revoking_operator: Address
    registered_at: int | None
    keys: tuple[IssuerKey, ...]

    @property
    def current_key(self) -> IssuerKey:
        """The newest key that the registry lists and nobody closed. Raises Conflict `no_key` if there is none."""
        for key in reversed(self.keys):
            if key.opened_at is not None and key.closed_at is None:
                return key
        raise Conflict(f"{self.slug} has no assertion key that is in force; add one first", "no_key")

    @property
    def profile(self) -> IssuerProfile:
        """The issuer as its credentials name it."""
        return IssuerProfile(self.did, self.name, self.base_url, self.url, self.country)

    def verification_method(self, key: IssuerKey) -> str:
        return f"{self.did}#key-{key.number}"


@dataclass(frozen=True)
class Accreditor:
    """An account that recognises issuers."""

    slug: str
    name: str
    address: Address
    url: str | None
    country: str | None


@dataclass(frozen=True)
class Accreditation:
    """A recognition that this ledger's accreditor gave. `valid_from` is None until it is mined."""

    accreditor: str
    issuer: str
    scope: bytes
    valid_from: int | None
    valid_until: int


@dataclass(frozen=True)
class StoredProgramme:
    """A programme that was imported for an issuer: `content` is the file, `achievements` are the codes in it."""

    issuer: str
    code: str
    name: str
    content: bytes
    achievements: tuple[str, ...]


class Awarding(StrEnum):
    """What becomes of a learner who completes a pathway."""

    OFF = "off"  # nothing, until somebody asks
    QUEUE = "queue"  # proposed, for a person to approve
    AUTO = "auto"  # awarded


@dataclass(frozen=True)
class StoredPathway:
    """A published version of a pathway: `content` is its canonical JSON."""

    issuer: str
    code: str
    version: int
    name: str
    pathway_id: str
    content: bytes
    awarding: Awarding = Awarding.OFF


@dataclass(frozen=True)
class SponsoredAct:
    """A signed act that others submit. States: planned, sent, mined, final; lost if it can never count any more.

    `deadline` is the last second in which it can be submitted. `sponsor` is a relay's address or a folder, `said` is
    what was answered there, for people. The block is the final one that showed its nonce spent.
    """

    id: int
    purpose: str
    state: str
    operator: Address
    nonce: int
    deadline: int
    document: bytes
    sponsor: str
    said: str | None
    block_number: int | None
    block_time: int | None

    @property
    def waits_for_a_person(self) -> bool:
        """Whether it lies in a folder until somebody takes it further, so that no program should wait for it."""
        return self.state in IN_FLIGHT and "://" not in self.sponsor

    def is_over(self, block: BlockRef) -> bool:
        """Whether this final block would show its effect, if it was done and not cancelled."""
        return self.state == FINAL and self.block_number is not None and self.block_number <= block.number


Attempt = Transaction | SponsoredAct
"""What stands for a purpose: a transaction of our own, or an act in the hands of a sponsor."""


@dataclass(frozen=True)
class Batch:
    """A batch and how far it has come. `attached_at` is set when every document carries its anchor proof."""

    id: int
    issuer: str
    label: str
    state: BatchState
    size: int
    byte_count: int
    created_at: int
    suites: tuple[str, ...]
    verification_method: str | None
    root: bytes | None
    sealed_at: int | None
    anchored_at: int | None
    anchor_block: int | None
    attached_at: int | None
    withdrawn_at: int | None
    withdrawal_reason: int | None
    transaction: Transaction | None
    act: SponsoredAct | None
    is_gathering: bool = False

    @property
    def attempt(self) -> Attempt | None:
        """What is to anchor it."""
        return self.transaction or self.act

    @property
    def is_finished(self) -> bool:
        return self.attached_at is not None


@dataclass(frozen=True)
class RequestKey:
    """The name that a caller gave a request, so that asking again does nothing twice.

    `owner` is the issuer whose request it is, `body_hash` 32 bytes that stand for all that was asked.
    """

    owner: str
    key: str
    body_hash: bytes


@dataclass(frozen=True)
class BatchCount:
    """How many batches are in a state, and since when the oldest of them exists (or, once it is sealed, is sealed).

    A final batch counts as `is_finished` once every document carries its anchor proof.
    """

    state: BatchState
    is_finished: bool
    count: int
    since: int


@dataclass(frozen=True)
class StoredCredential:
    """A credential, award or record of this ledger, without its document.

    `supersedes` and `superseded_by` are ids of credentials: what this one corrects, and what corrects this one, be it
    only drafted.
    """

    credential_id: str
    kind: CredentialKind
    issuer: str
    batch_id: int
    batch_state: BatchState
    leaf_index: int
    status_index: int
    achievement: str
    name: str
    email: str
    learner_name: str
    learner_id: str
    digest: bytes
    status: CredentialStatus
    is_attached: bool
    supersedes: str | None = None
    superseded_by: str | None = None

    @property
    def state(self) -> str:
        """One word for people: draft, signed, mined or final, or its status where that says more."""
        if self.status is not CredentialStatus.ACTIVE:
            return str(self.status)
        if self.batch_state is BatchState.OPEN:
            return "signed" if self.kind is CredentialKind.RECORD else "draft"  # a record is signed at once
        if self.batch_state in {BatchState.SEALED, BatchState.PLANNED, BatchState.SENT}:
            return "signed"
        return str(self.batch_state)


@dataclass(frozen=True)
class StatusChange:
    """One registry call that revokes, suspends or reinstates. `is_final`: the registry holds it at a final block.

    `block_number` and `block_time` are of the transaction's block, or else of the final block that showed the change.
    """

    id: int
    issuer: str
    action: StatusAction
    reason: int
    credential_ids: tuple[str, ...]
    is_final: bool
    requested_at: int
    block_number: int | None
    block_time: int | None
    transaction: Transaction | None
    act: SponsoredAct | None

    @property
    def attempt(self) -> Attempt | None:
        """What is to bring it about."""
        return self.transaction or self.act

    @property
    def is_in_block(self) -> bool:
        """Whether a block holds it, final or not."""
        return self.is_final or (self.attempt is not None and self.attempt.state in IN_BLOCK)
