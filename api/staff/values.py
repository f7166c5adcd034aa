"""What the services for people of institutions answer with. Times are Unix seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from api.tokens import Token


class InstitutionKind(StrEnum):
    ISSUER = "issuer"
    ACCREDITOR = "accreditor"


class Role(StrEnum):
    """What somebody may do for an institution. Each role may do what the ones before it may."""

    PREPARES = "prepares"
    """Drafts and imports."""
    APPROVES = "approves"
    """Approves what somebody else prepared; revokes and suspends."""
    ADMIN = "admin"
    """Looks after people and keys."""


class Way(StrEnum):
    """How somebody signed in."""

    LINK = "link"
    PASSKEY = "passkey"


_RANKS = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True)
class Institution:
    """An issuer or an accreditor of this ledger."""

    kind: InstitutionKind
    slug: str
    name: str

    @property
    def path(self) -> str:
        """Where its pages for its people begin."""
        return f"/staff/{self.kind}s/{self.slug}"


@dataclass(frozen=True)
class Member:
    """A person in an institution, whose `institution` is its slug. Of a program, `email` is empty."""

    person_id: str
    email: str
    name: str
    institution: str
    kind: InstitutionKind
    roles: frozenset[Role]

    def may(self, role: Role) -> bool:
        """Whether one of the roles allows what this one does."""
        return any(_RANKS[held] >= _RANKS[role] for held in self.roles)

    @property
    def highest(self) -> Role:
        return max(self.roles, key=_RANKS.__getitem__)


OPERATOR = "operator"
"""Who acts on the machine itself, as a person in the log."""


def the_operator(kind: InstitutionKind, slug: str) -> Member:
    """Whoever runs the machine, acting for an institution by a command."""
    return Member(OPERATOR, "", "Operator of the machine", slug, kind, frozenset({Role.ADMIN}))


def the_key(slug: str, key_id: str) -> Member:
    """A machine of an issuer that has an API key: it prepares, as somebody of its own."""
    return Member(f"key:{key_id}", "", f"API key {key_id}", slug, InstitutionKind.ISSUER, frozenset({Role.PREPARES}))


def roles_text(roles: Iterable[Role]) -> str:
    """The roles as they are stored."""
    return ",".join(sorted(roles))


def roles_of(text: str) -> frozenset[Role]:
    """Roles as they are stored."""
    return frozenset(Role(one) for one in text.split(",") if one)


@dataclass(frozen=True)
class Person:
    id: str
    email: str
    name: str


@dataclass(frozen=True)
class Entered:
    """Somebody who signed in, and the session that began with it. `token` is known only now."""

    person_id: str
    token: Token = field(repr=False)
    expires_at: int


@dataclass(frozen=True)
class SignedIn:
    """A live session of a person."""

    id: str
    person_id: str
    way: Way
    created_at: int
    seen_at: int
    expires_at: int


@dataclass(frozen=True)
class Passkey:
    """A passkey of a person. A stopped one opens nothing: there is a copy of it."""

    id: str
    name: str
    added_at: int
    used_at: int | None
    stopped_at: int | None


@dataclass(frozen=True)
class TwoPersons:
    """Whether what one person prepared needs another to approve it. `chosen` is None where nobody set it."""

    needed: bool
    chosen: bool | None


@dataclass(frozen=True)
class Entry:
    """A line of an institution's log: who did what, when, to what. `number` counts from 1 without a gap.

    `detail` says more in a few words, and neither names a learner. `hash` is over this line and the hash before it.
    """

    number: int
    at: int
    person_id: str
    who: str
    what: str
    subject: str
    detail: str
    previous: bytes
    hash: bytes
