"""The register of issuers, as pages and files show it: who is recognised, by whom, for what, from when until when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from api.clock import DAY
from ledger.documents.accreditation import AccreditationStatement
from ledger.issuing.values import Accreditation, Accreditor, Issuer, IssuerKind
from ledger.workspace import Workspace

SOON_SECONDS = 90 * DAY


class Standing(StrEnum):
    """How it stands with the recognition of an issuer."""

    RECOGNISED = "recognised"
    ENDS_SOON = "ends_soon"
    ENDED = "ended"
    NEVER = "never"


@dataclass(frozen=True)
class Recognition:
    """A recognition that an accreditor gave. `name` and `recognised` are what the statement says, if it is here."""

    accreditor: Accreditor
    name: str
    recognised: tuple[str, ...]
    scope: bytes
    valid_from: int
    valid_until: int
    standing: Standing

    @property
    def statement_path(self) -> str:
        return f"/accreditations/0x{self.scope.hex()}"


@dataclass(frozen=True)
class Entry:
    """An issuer in the register, with its recognitions, the latest first. `standing` is of those."""

    issuer: Issuer
    recognitions: tuple[Recognition, ...]
    standing: Standing

    @property
    def current(self) -> Recognition | None:
        """The recognition that is in force, or else the one that ended last."""
        return next(iter(self.recognitions), None)

    @property
    def name(self) -> str:
        """The name under which it is recognised now; else the one that it gave itself."""
        found = self.current
        in_force = found is not None and found.standing in (Standing.RECOGNISED, Standing.ENDS_SOON)
        return found.name if found is not None and in_force and found.name else self.issuer.name


class Register:
    """The register of one data folder. `now` is in Unix seconds."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def entries(self, now: int, *, by: str | None = None) -> list[Entry]:
        """Every issuer of this ledger by name, with the recognitions of all accreditors, or those `by` one."""
        catalog = self._workspace.catalog
        accreditors = {one.slug: one for one in catalog.accreditors()}
        statements = self._workspace.statements()
        found = [
            entry_of(issuer, catalog.accreditations(issuer.slug), accreditors, statements, now, by)
            for issuer in catalog.issuers()
            if issuer.kind is IssuerKind.ISSUER
        ]
        return sorted(found, key=lambda entry: entry.name.casefold())

    def entry(self, slug: str, now: int, *, by: str | None = None) -> Entry | None:
        """One issuer."""
        return next((entry for entry in self.entries(now, by=by) if entry.issuer.slug == slug), None)


def entry_of(
    issuer: Issuer,
    given: tuple[Accreditation, ...],
    accreditors: dict[str, Accreditor],
    statements: dict[bytes, AccreditationStatement],
    now: int,
    by: str | None,
) -> Entry:
    found = [
        recognition_of(one, one.valid_from, accreditors[one.accreditor], statements.get(one.scope), now)
        for one in given
        if one.valid_from is not None and by in (None, one.accreditor)
    ]
    found.sort(key=lambda one: (one.standing is not Standing.ENDED, one.valid_from), reverse=True)
    return Entry(issuer, tuple(found), found[0].standing if found else Standing.NEVER)


def recognition_of(
    given: Accreditation, began: int, by: Accreditor, statement: AccreditationStatement | None, now: int
) -> Recognition:
    standing = Standing.RECOGNISED
    if given.valid_until <= now:
        standing = Standing.ENDED
    elif given.valid_until <= now + SOON_SECONDS:
        standing = Standing.ENDS_SOON
    return Recognition(
        accreditor=by,
        name=statement.name if statement else "",
        recognised=statement.recognised if statement else (),
        scope=given.scope,
        valid_from=began,
        valid_until=given.valid_until,
        standing=standing,
    )
