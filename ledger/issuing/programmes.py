"""What an issuer awards: programmes, stored as they were given.

A programme with the same content is taken as stored already; other content under the same code is refused, because
credentials that were issued under it point there.
"""

from __future__ import annotations

from sqlmodel import select

from ledger.documents.programme import Programme, parse_programme
from ledger.errors import Conflict, DraftError
from ledger.issuing.catalog import Catalog
from ledger.issuing.rows import issuer_row, saved
from ledger.issuing.tables import AchievementRow, ProgrammeRow
from ledger.issuing.values import StoredProgramme
from ledger.stacking.profiles.claims import programme_problems
from ledger.storage import Database


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

    def parsed(self, issuer: str, code: str) -> Programme:
        """A stored programme as a value."""
        return parse_programme(self._catalog.programme(issuer, code).content)


def _require_claims(programme: Programme, *, country: str | None) -> None:
    if found := programme_problems(programme, country=country):
        raise DraftError(found, then="nothing was stored")
