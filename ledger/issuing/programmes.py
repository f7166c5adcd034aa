"""What an issuer awards: programmes, stored as they were given, and their versions.

A programme with the same content is taken as stored already; other content under the same code is refused unless it is
saved as a new version. Credentials carry the achievement as it was when they were issued, so a new version changes only
what is drafted from then on.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlmodel import Session, col, select

from ledger.documents.achievement import achievement_id
from ledger.documents.programme import Programme, parse_programme
from ledger.errors import Conflict, DraftError, Problem
from ledger.issuing.catalog import Catalog
from ledger.issuing.rows import issuer_row, saved
from ledger.issuing.tables import (
    AchievementRow,
    CredentialRow,
    IssuerRow,
    PathwayRow,
    ProgrammeRow,
    ProgrammeVersionRow,
)
from ledger.issuing.values import StoredProgramme
from ledger.stacking.pathway import parse_pathway
from ledger.stacking.profiles.claims import programme_problems
from ledger.storage import Database

NOTHING_SAVED = "nothing was saved"


@dataclass(frozen=True)
class ProgrammeVersion:
    """A programme as it was saved once. Of the first version of one that came from a file, `saved_by` is empty."""

    number: int
    content: bytes
    saved_by: str
    saved_at: int | None


class Programmes:
    """Stores the programmes of issuers."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._catalog = Catalog(database)

    def add(self, issuer: str, content: bytes, *, restored: bool = False) -> StoredProgramme:
        """Stores a programme file. One that is `restored` was taken before: its claims are not looked at again.

        Raises DraftError with every problem of the file, also where it does not fit a profile that it claims or has a
        title that the issuer may not give; Conflict `programme_exists` for other content under a code
        that is taken, `achievement_exists` if another programme of the issuer has one of the achievements.
        """
        programme = parse_programme(content)
        with self._database.writing() as session:
            owner = saved(issuer_row(session, issuer).id)
            known = session.exec(
                select(ProgrammeRow).where(ProgrammeRow.issuer == owner, ProgrammeRow.code == programme.code)
            ).first()
            if known is not None and known.content != content:
                raise Conflict(f"{issuer} has another programme {programme.code!r} already", "programme_exists")
            if known is None and not restored:
                _require_claims(programme, country=issuer_row(session, issuer).country)
            if known is None:
                row = ProgrammeRow(issuer=owner, code=programme.code, name=programme.title, content=content)
                session.add(row)
                session.flush()
                for achievement in programme.achievements:
                    taken = session.exec(
                        select(AchievementRow.code).where(
                            AchievementRow.issuer == owner, AchievementRow.code == achievement.code
                        )
                    ).first()
                    if taken is not None:
                        raise Conflict(f"{issuer} has an achievement {taken!r} already", "achievement_exists")
                    session.add(
                        AchievementRow(
                            issuer=owner, programme=saved(row.id), code=achievement.code, name=achievement.title
                        )
                    )
        return self._catalog.programme(issuer, programme.code)

    def revise(self, issuer: str, content: bytes, *, replaces: bytes | None, saved_by: str) -> StoredProgramme:
        """Saves a new version of a programme, or a new programme. The same content changes nothing.

        `replaces` is the content that the new one was made from, None for a programme that is new. Raises DraftError
        with every problem, `programme_in_use` among them for an achievement that was left out although something was
        issued for it or a pathway names it; Conflict `programme_changed` if it is another one meanwhile,
        `achievement_exists`.
        """
        programme = parse_programme(content)
        if problems := programme_problems(programme, country=self._catalog.issuer(issuer).country):
            raise DraftError(problems, then=NOTHING_SAVED)
        if replaces is None:
            known = [stored.code for stored in self._catalog.programmes(issuer)]
            if programme.code in known:
                raise Conflict(f"{issuer} has a programme {programme.code!r} already", "programme_exists")
            return self.add(issuer, content)
        with self._database.writing() as session:
            owner = issuer_row(session, issuer)
            row = session.exec(
                select(ProgrammeRow)
                .where(ProgrammeRow.issuer == owner.id, ProgrammeRow.code == programme.code)
                .with_for_update()
            ).first()
            if row is None or row.content not in (replaces, content):
                raise Conflict("somebody saved another version meanwhile; look at it first", "programme_changed")
            if row.content != content:
                _take_up(session, owner, row, programme)
                _store_version(session, row, content, saved_by)
                row.name, row.content = programme.title, content
                session.add(row)
        return self._catalog.programme(issuer, programme.code)

    def versions(self, issuer: str, code: str) -> tuple[ProgrammeVersion, ...]:
        """Every version of a programme, the oldest first. Raises NotFound."""
        stored = self._catalog.programme(issuer, code)
        with self._database.reading() as session:
            rows = session.exec(
                select(ProgrammeVersionRow)
                .join(ProgrammeRow, col(ProgrammeRow.id) == ProgrammeVersionRow.programme)
                .where(ProgrammeRow.issuer == issuer_row(session, issuer).id, ProgrammeRow.code == code)
                .order_by(col(ProgrammeVersionRow.number))
            ).all()
        if not rows:
            return (ProgrammeVersion(1, stored.content, "", None),)
        return tuple(ProgrammeVersion(row.number, row.content, row.saved_by, row.saved_at or None) for row in rows)

    def parsed(self, issuer: str, code: str) -> Programme:
        """A stored programme as a value."""
        return parse_programme(self._catalog.programme(issuer, code).content)


def _require_claims(programme: Programme, *, country: str | None) -> None:
    if found := programme_problems(programme, country=country):
        raise DraftError(found, then="nothing was stored")


def _take_up(session: Session, owner: IssuerRow, row: ProgrammeRow, programme: Programme) -> None:
    """Notes the codes of a new version. Raises as `Programmes.revise`."""
    wanted = {achievement.code: achievement.title for achievement in programme.achievements}
    of_issuer = session.exec(select(AchievementRow).where(AchievementRow.issuer == owner.id)).all()
    for known in of_issuer:
        if known.code in wanted and known.programme != row.id:
            raise Conflict(f"{owner.slug} has an achievement {known.code!r} already", "achievement_exists")
    here = {known.code: known for known in of_issuer if known.programme == row.id}
    if problems := [
        Problem("programme_in_use", f"“{code}” is in use and cannot be left out", column="achievements")
        for code in sorted(here.keys() - wanted.keys())
        if _is_used(session, owner, code)
    ]:
        raise DraftError(problems, then=NOTHING_SAVED)
    for code in here.keys() - wanted.keys():
        session.delete(here[code])
    for code, title in wanted.items():
        known_row = here.get(code) or AchievementRow(
            issuer=saved(owner.id), programme=saved(row.id), code=code, name=""
        )
        known_row.name = title
        session.add(known_row)


def _is_used(session: Session, owner: IssuerRow, code: str) -> bool:
    """Whether a credential was drafted for an achievement, or a pathway of the issuer names it."""
    query = select(CredentialRow.id).where(CredentialRow.issuer == owner.id, CredentialRow.achievement == code)
    if session.exec(query.limit(1)).first() is not None:
        return True
    named = achievement_id(owner.base_url, code)
    pathways = session.exec(select(PathwayRow.content).where(PathwayRow.issuer == owner.id)).all()
    return any(
        named == pathway.award_id or any(named == one.achievement_id for one in pathway.components)
        for pathway in map(parse_pathway, pathways)
    )


def _store_version(session: Session, row: ProgrammeRow, content: bytes, saved_by: str) -> None:
    last = session.exec(
        select(ProgrammeVersionRow.number)
        .where(ProgrammeVersionRow.programme == row.id)
        .order_by(col(ProgrammeVersionRow.number).desc())
    ).first()
    number = last or 1
    if last is None:
        session.add(
            ProgrammeVersionRow(programme=saved(row.id), number=1, content=row.content, saved_by="", saved_at=0)
        )
    session.add(
        ProgrammeVersionRow(
            programme=saved(row.id), number=number + 1, content=content, saved_by=saved_by, saved_at=int(time.time())
        )
    )
